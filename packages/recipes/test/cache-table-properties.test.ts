import { nameOf, parentOf, type Stat, StatRecord } from '@zookit/client'
import { expect } from 'chai'
import fc from 'fast-check'
import { type CachedNode, childPath, type NodeChange } from '../src/cache/table/cached-node.ts'
import { NodeMap } from '../src/cache/table/node-map.ts'
import { NodeTable } from '../src/cache/table/node-table.ts'

const RUNS = { seed: 13, numRuns: 400 }

/** Names that are alike in some way: in their first characters, in a byte of each, in being their parent's. */
const ODD = [
  'a',
  'ab',
  'b',
  'é',
  '\u01e9',
  'ÿ',
  '\u0100',
  '中文',
  '😀',
  '\ud83d',
  '\ude00',
  'x'.repeat(200),
  '中'.repeat(200),
]
const UNITS = fc
  .array(fc.integer({ min: 1, max: 0xffff }), { minLength: 1, maxLength: 6 })
  .map(units => String.fromCharCode(...units).replaceAll('/', '|'))
const NAME = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...ODD) }, UNITS)
const PATH = fc.array(NAME, { maxLength: 4 }).map(names => names.reduce(childPath, '/'))

const LONG = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(-(2n ** 63n), -1n, 0n, 1n, 2n ** 32n, 2n ** 40n - 1n, 2n ** 40n, 2n ** 63n - 1n),
)
const INT = fc.oneof(fc.constant(0), fc.integer(), fc.constantFrom(-1, 1, 2 ** 31 - 1, -(2 ** 31)))
const TIME = fc.oneof(
  fc.integer({ min: 1_790_000_000_000, max: 1_800_000_000_000 }),
  LONG.map(Number),
  fc.constantFrom(
    0,
    -1,
    0.5,
    2 ** 40 - 1,
    2 ** 40,
    2 ** 40 + 0.5,
    2 ** 41 - 1,
    2 ** 41,
    1e300,
    Number.MAX_SAFE_INTEGER,
  ),
)
const DATA = fc
  .oneof(
    fc.constantFrom(null, 0, 0, 1, 10, 100, 191, 192, 5000, 16_127, 16_128, 70_000),
    fc.integer({ min: 0, max: 300 }),
  )
  .map(length => (typeof length === 'number' ? Buffer.alloc(length, length) : length))

/** A Stat, whose fields are often as those of other Stats, or of one another. */
const STAT: fc.Arbitrary<Stat> = fc
  .record({
    czxid: LONG,
    mzxid: fc.option(LONG, { nil: undefined }),
    pzxid: fc.option(LONG, { nil: undefined }),
    ctime: TIME,
    mtime: fc.option(TIME, { nil: undefined }),
    ints: fc.tuple(INT, INT, INT, INT, INT),
    owner: fc.oneof(fc.constant(0n), LONG),
  })
  .map(({ czxid, mzxid = czxid, pzxid = czxid, ctime, mtime = ctime, ints: [a, b, c, d, e], owner }) => {
    return new StatRecord(czxid, mzxid, ctime, mtime, a, b, c, owner, d, e, pzxid)
  })

type Step =
  | { do: 'put'; path: string; data: Buffer | null; stat: Stat; grows: boolean }
  | { do: 'remove'; path: string; zxid: bigint | undefined }

const PUT = fc.record({
  do: fc.constant('put' as const),
  path: PATH,
  data: DATA,
  stat: STAT,
  grows: fc.boolean(),
})
const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: PUT },
  fc.record({ do: fc.constant('remove' as const), path: PATH, zxid: fc.option(LONG, { nil: undefined }) }),
)

/** Does what a table is to do, in an obvious way. */
class Model {
  readonly nodes = new Map<string, CachedNode>()

  put(path: string, data: Buffer | null, stat: Stat): void {
    const known = this.nodes.get(path)
    if (known !== undefined && stat.mzxid <= known.stat.mzxid) return
    this.nodes.set(path, { path, name: nameOf(path), data, stat })
  }

  remove(path: string, zxid: bigint | undefined): void {
    const known = this.nodes.get(path)
    if (known !== undefined && zxid !== undefined && zxid < known.stat.czxid) return
    for (const one of [...this.nodes.keys()]) if (isWithin(one, path)) this.nodes.delete(one)
  }

  childNames(path: string): string[] {
    return [...this.nodes.keys()].filter(one => one !== '/' && parentOf(one) === path).map(nameOf)
  }
}

function isWithin(path: string, top: string): boolean {
  return path === top || top === '/' || path.startsWith(`${top}/`)
}

/** Applies events to a map, and checks that each fits. */
function replay(nodes: Map<string, CachedNode>, event: NodeChange): void {
  expect(nodes.get(event.path)).to.deep.equal('previous' in event ? event.previous : undefined)
  if (event.type !== 'deleted') return void nodes.set(event.path, event.node)
  nodes.delete(event.path)
  const left = [...nodes.keys()].filter(one => isWithin(one, event.path))
  expect(left, 'a znode goes after its descendants').to.deep.equal([])
}

function apply(step: Step, to: Pick<Model, 'put' | 'remove'>, known: CachedNode | undefined): void {
  if (step.do === 'remove') return to.remove(step.path, step.zxid)
  const { path, data, stat, grows } = step
  const isNext = grows && known !== undefined && known.stat.mzxid < 2n ** 63n - 1n
  const { mzxid } = isNext ? { mzxid: known.stat.mzxid + 1n } : stat
  to.put(path, data, Object.assign(Object.create(Object.getPrototypeOf(stat)), stat, { mzxid }))
}

describe("A cache's table of any znodes", () => {
  it('is a Map of what was put and not removed', () => {
    const check = (steps: readonly Step[]): void => {
      const [model, events] = [new Model(), new Map<string, CachedNode>()]
      const table = new NodeTable({ listeners: 1, emit: event => replay(events, event) })
      const map = new NodeMap(table)
      for (const step of steps) {
        const known = model.nodes.get(step.path)
        apply(step, model, known)
        apply(step, table, known)
        const { path } = step
        const node = model.nodes.get(path)
        expect(map.get(path)).to.deep.equal(node)
        expect([map.has(path), table.mzxidOf(path), table.dataLengthOf(path)]).to.deep.equal([
          node !== undefined,
          node?.stat.mzxid,
          node?.stat.dataLength,
        ])
      }
      expect(map.size).to.equal(model.nodes.size)
      expect(new Map(map)).to.deep.equal(model.nodes)
      expect(new Map(map)).to.deep.equal(events)
      for (const path of ['/', ...steps.map(({ path }) => path)])
        expect(table.childNames(path)).to.have.members(model.childNames(path))
    }
    fc.assert(fc.property(fc.array(STEP, { maxLength: 60, size: 'max' }), check), RUNS)
  })

  it('is iterated over as a Map while it changes: what is there all the time comes once', () => {
    const check = (first: readonly Step[], then: readonly Step[]): void => {
      const table = new NodeTable({ listeners: 0, emit() {} })
      for (const step of first) apply(step, table, table.get(step.path))
      const steady = new Set(table.paths())
      const seen: string[] = []
      const waiting = [...then]
      for (const path of table.paths()) {
        seen.push(path)
        const step = waiting.shift()
        if (step === undefined) continue
        apply(step, table, table.get(step.path))
        for (const one of steady) if (!table.has(one)) steady.delete(one)
      }
      const times = [...steady].map(path => seen.filter(one => one === path).length)
      expect(times).to.deep.equal(times.map(() => 1))
    }
    const steps = fc.array(STEP, { maxLength: 30, size: 'max' })
    fc.assert(fc.property(steps, steps, check), RUNS)
  })
})

describe('The memory of the table of a cache', () => {
  const stat = (mzxid: bigint): Stat => new StatRecord(1n, mzxid, 2 ** 40, 2 ** 40, 0, 0, 0, 0n, 0, 0, 1n)

  function tableOf(): NodeTable {
    return new NodeTable({ listeners: 0, emit() {} })
  }

  /** Fills a table in which each znode has data of some length. */
  function fill(table: NodeTable, count: number, zxid: bigint, lengthOf: (index: number) => number): void {
    for (let i = 0; i < count; i++) table.put(`/many/${i % 7}/${i}`, Buffer.alloc(lengthOf(i), i), stat(zxid))
  }

  it('is little more than names, Stats and data', () => {
    const table = tableOf()
    fill(table, 20_000, 1n, () => 100)
    expect(table.memory / table.size).to.be.within(100, 150)
    const one = tableOf()
    one.put('/a', Buffer.alloc(10), stat(1n))
    expect(one.memory).to.be.lessThan(1024)
  })

  it('stays bounded, whatever is replaced by whatever', () => {
    const table = tableOf()
    const lengthOf = (round: number) => (index: number) =>
      (index * 31 + round * 97) % (round % 2 === 0 ? 300 : 30)
    const expected = (round: number): number => {
      const fresh = tableOf()
      fill(fresh, 3000, 2n, lengthOf(round))
      return fresh.memory
    }
    for (let round = 1; round <= 12; round++) {
      fill(table, 3000, BigInt(round), lengthOf(round))
      expect(table.memory).to.be.lessThan(1.6 * expected(round) + 70_000)
    }
    for (let i = 0; i < 3000; i++)
      expect(table.get(`/many/${i % 7}/${i}`)!.data!.length).to.equal(lengthOf(12)(i))
  })

  it('stays bounded while znodes come and go among siblings that stay', () => {
    const table = tableOf()
    for (let i = 0; i < 20_000; i++) {
      table.put(`/queue/${i}`, Buffer.alloc(20), stat(1n))
      if (i >= 20) table.remove(`/queue/${i - 10}`)
    }
    expect([table.size, table.memory < 6000]).to.deep.equal([20, true])
  })

  it('is given back when znodes go, and all of it when all have gone', () => {
    const table = tableOf()
    for (let round = 0; round < 3; round++) {
      fill(table, 10_000, 1n, index => index % 200)
      const whole = table.memory
      for (let i = 100; i < 10_000; i++) table.remove(`/many/${i % 7}/${i}`)
      expect(table.size).to.equal(100)
      expect(table.memory).to.be.lessThan(whole / 10)
      table.remove('/')
      expect([table.size, table.memory < 512, [...table.paths()]]).to.deep.equal([0, true, []])
    }
  })
})
