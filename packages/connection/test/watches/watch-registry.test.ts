import { EventType, op, Reader, type SetWatches2, Xid } from '@zookit/jute'
import { expect } from 'chai'
import fc from 'fast-check'
import { ZooKeeperError } from '../../src/index.ts'
import { encodeSetWatches, type SetWatchesContent } from '../../src/watches/set-watches.ts'
import { setBy, type Watcher, type WatchName, WatchRegistry } from '../../src/watches/watch-registry.ts'

const KINDS: readonly WatchName[] = ['data', 'exist', 'child', 'persistent', 'recursive']
const { nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged } = EventType

/** A registry whose watchers are known by name. */
class Bench {
  readonly calls: string[] = []
  readonly registry: WatchRegistry
  readonly #names = new Map<Watcher, string>()

  constructor() {
    this.registry = new WatchRegistry((watcher, event) => {
      this.calls.push(`${this.#names.get(watcher)}: ${event.type} ${event.path}`)
    })
  }

  watcher(name: string): Watcher {
    const watcher = (): void => {}
    this.#names.set(watcher, name)
    return watcher
  }

  /** Returns one watcher for each kind, named after it. */
  all(path: string, kinds: readonly WatchName[] = KINDS): void {
    for (const kind of kinds) this.registry.add(kind, path, this.watcher(kind))
  }

  heard(act: () => void): string[] {
    this.calls.length = 0
    act()
    return [...this.calls]
  }

  fire(type: number, path: string, zxid = 1n): string[] {
    return this.heard(() => this.registry.fire(type, path, zxid))
  }
}

const left = (registry: WatchRegistry, path: string): WatchName[] =>
  KINDS.filter(kind => registry.has([kind], path))

describe('The watch registry', () => {
  const table: [string, number, WatchName[], WatchName[]][] = [
    ['created', nodeCreated, ['persistent', 'recursive', 'data', 'exist'], ['child']],
    ['deleted', nodeDeleted, ['persistent', 'recursive', 'data', 'exist', 'child'], []],
    ['changed', nodeDataChanged, ['persistent', 'recursive', 'data', 'exist'], ['child']],
    ['children', nodeChildrenChanged, ['persistent', 'child'], ['data', 'exist']],
  ]
  for (const [event, type, told, stay] of table) {
    it(`W1 tells ${told.join(', ')} watches of "${event}", lasting ones first; one-shot ones are spent by it`, () => {
      const bench = new Bench()
      bench.all('/x')
      bench.all('/xy')
      expect(bench.fire(type, '/x')).to.deep.equal(told.map(kind => `${kind}: ${event} /x`))
      expect(left(bench.registry, '/x')).to.deep.equal([...stay, 'persistent', 'recursive'])
      expect(left(bench.registry, '/xy')).to.deep.equal(KINDS)
    })
  }

  it('W1 tells a watch on an absent znode of no deletion that a watch on its children was told of', () => {
    const bench = new Bench()
    bench.all('/x', ['exist', 'child'])
    expect(bench.fire(nodeDeleted, '/x')).to.deep.equal(['child: deleted /x'])
    expect(left(bench.registry, '/x')).to.deep.equal(['exist'])
    // Alone, or with a data watch in its place at the server, it has been spent.
    expect(bench.fire(nodeDeleted, '/x')).to.deep.equal(['exist: deleted /x'])
    bench.all('/x', ['data', 'exist', 'child'])
    expect(bench.fire(nodeDeleted, '/x')).to.have.lengthOf(3)
    expect(left(bench.registry, '/x')).to.deep.equal([])
  })

  it('P5 calls no watcher for other events', () => {
    const bench = new Bench()
    bench.all('/x')
    for (const type of [-1, 0, 5, 6, 7, 77]) {
      expect(bench.registry.fire(type, '/x', 1n)).to.equal(false)
    }
    expect(bench.calls).to.deep.equal([])
    expect(bench.registry.fire(nodeDeleted, '/unwatched', 1n)).to.equal(true)
  })

  it('W6 tells recursive watches of everything at and below their path, from the nearest up, and no others', () => {
    const bench = new Bench()
    for (const path of ['/', '/a', '/a/b', '/a/b/c', '/ab', '/b']) {
      bench.registry.add('recursive', path, bench.watcher(path))
    }
    const told = ['/a/b', '/a', '/'].map(name => `${name}: changed /a/b`)
    expect(bench.fire(nodeDataChanged, '/a/b')).to.deep.equal(told)
    expect(bench.fire(nodeDataChanged, '/')).to.deep.equal(['/: changed /'])
    expect(bench.fire(nodeChildrenChanged, '/a/b')).to.deep.equal([])
  })

  it('W6 makes the children events that a server before 3.9 does not send on the path of a recursive watch', () => {
    const bench = new Bench()
    bench.all('/p', ['child', 'persistent', 'recursive'])
    expect(bench.fire(nodeCreated, '/p/c', -1n)).to.deep.equal([
      'recursive: created /p/c',
      'persistent: children /p',
      'child: children /p',
    ])
    expect(bench.fire(nodeDeleted, '/p/c', -1n)).to.deep.equal([
      'recursive: deleted /p/c',
      'persistent: children /p',
    ])
    expect(bench.fire(nodeDataChanged, '/p/c', -1n)).to.deep.equal(['recursive: changed /p/c'])
    expect(bench.fire(nodeCreated, '/p/c/d', -1n)).to.deep.equal(['recursive: created /p/c/d'])
    expect(bench.fire(nodeCreated, '/p/c', 5n)).to.deep.equal(['recursive: created /p/c'])
    bench.registry.add('recursive', '/', bench.watcher('top'))
    bench.registry.add('persistent', '/', bench.watcher('top too'))
    expect(bench.fire(nodeCreated, '/q', -1n)).to.deep.equal(['top: created /q', 'top too: children /'])
    expect(bench.fire(nodeDeleted, '/', -1n)).to.deep.equal(['top too: deleted /', 'top: deleted /'])
  })

  it('W8 calls a watcher once for an event, however many of its watches hear of it', () => {
    const bench = new Bench()
    const watcher = bench.watcher('one')
    for (const kind of KINDS) for (let i = 0; i < 2; i++) bench.registry.add(kind, '/x', watcher)
    bench.registry.add('recursive', '/', watcher)
    bench.registry.add('data', '/x', bench.watcher('other'))
    expect(bench.fire(nodeDataChanged, '/x')).to.deep.equal(['one: changed /x', 'other: changed /x'])
  })

  it('W1 derives the watch that a reply confirms', () => {
    for (const operation of [op.getData, op.getChildren, op.getChildren2]) {
      expect(setBy(operation, -101)).to.equal(null)
      expect(setBy(operation, -102)).to.equal(null)
    }
    expect(setBy(op.exists, -102)).to.equal(null)
    expect(setBy(op.exists, -101)).to.equal('exist')
    expect(setBy(op.exists, 0)).to.equal('data')
    expect(setBy(op.getData, 0)).to.equal('data')
    expect(setBy(op.getChildren2, 0)).to.equal('child')
  })

  it('tells which one-shot watches a persistent or recursive one covers', () => {
    const bench = new Bench()
    const covered = (path: string): boolean[] =>
      (['data', 'exist', 'child'] as const).map(kind => bench.registry.covers(kind, path))
    expect(covered('/x')).to.deep.equal([false, false, false])
    bench.registry.add('recursive', '/x', bench.watcher('r'))
    expect(covered('/x')).to.deep.equal([true, true, false])
    expect(covered('/x/below')).to.deep.equal([false, false, false])
    bench.registry.add('persistent', '/x', bench.watcher('p'))
    expect(covered('/x')).to.deep.equal([true, true, true])
  })

  it('W7 removes watches by kind, path and watcher, and tells exactly those', () => {
    const bench = new Bench()
    const { registry } = bench
    const [a, b] = [bench.watcher('a'), bench.watcher('b')]
    for (const kind of ['data', 'child'] as const) for (const each of [a, b]) registry.add(kind, '/x', each)
    expect(registry.has(['data'], '/x', a)).to.equal(true)
    expect(registry.hasBesides(['data'], '/x', a)).to.equal(true)
    expect(bench.heard(() => registry.remove(['data'], '/x', a))).to.deep.equal(['a: removed /x'])
    expect(registry.has(['data'], '/x', a)).to.equal(false)
    expect(registry.has(['child'], '/x', a)).to.equal(true)
    registry.add('persistent', '/x', a)
    expect([registry.has(['persistent'], '/x', a), registry.has(['persistent'], '/x', b)]).to.deep.equal([
      true,
      false,
    ])
    registry.remove(['persistent'], '/x')
    expect(registry.hasBesides(['data'], '/x', b)).to.equal(false)
    expect(bench.heard(() => registry.remove(['data'], '/x', a))).to.deep.equal([])
    expect(bench.heard(() => registry.remove(KINDS, '/x'))).to.deep.equal(['b: removed /x', 'a: removed /x'])
    expect(registry.size).to.equal(0)
  })

  it('W7 tells whether a path has other watchers, and forgets a path with its last watcher', () => {
    const { registry } = new Bench()
    const [a, b, c] = [(): void => {}, (): void => {}, (): void => {}]
    const others = (watcher: Watcher | undefined): boolean => registry.hasBesides(['data'], '/x', watcher)
    expect([others(a), others(undefined)]).to.deep.equal([false, false])
    registry.add('data', '/x', a)
    expect([others(a), others(b), others(undefined)]).to.deep.equal([false, true, true])
    registry.add('data', '/x', b)
    expect([others(a), others(c), others(undefined)]).to.deep.equal([true, true, true])
    registry.remove(['data'], '/x', a)
    expect([others(a), others(b), others(undefined)]).to.deep.equal([true, false, true])
    registry.remove(['data'], '/x', b)
    expect([registry.has(['data'], '/x'), registry.size, others(undefined)]).to.deep.equal([false, 0, false])
  })

  it('W5 tells persistent and recursive watches that were set again, and no others, of a gap', () => {
    const bench = new Bench()
    bench.all('/x')
    const [chunk] = framesOf(bench.registry).map(({ pieces }) => pieces)
    expect(bench.heard(() => bench.registry.restored(chunk!))).to.deep.equal([
      'persistent: resync /x',
      'recursive: resync /x',
    ])
  })

  it('W4 tells the watchers of what was refused, and no others, that their watches are lost', () => {
    const bench = new Bench()
    const long = `/${'x'.repeat(100_000)}`
    bench.all(long)
    const chunks = framesOf(bench.registry).map(({ pieces }) => pieces)
    expect(chunks).to.have.lengthOf(4)
    const error = new ZooKeeperError('NO_AUTH')
    const lost = (chunk: number): string[] =>
      bench.heard(() => bench.registry.refused(chunks[chunk]!, () => error))
    expect(lost(1)).to.deep.equal([`child: lost ${long}`])
    expect(left(bench.registry, long)).to.deep.equal(KINDS.filter(kind => kind !== 'child'))
    // The data watch is asked for in the place of both.
    expect(lost(0)).to.deep.equal([`data: lost ${long}`, `exist: lost ${long}`])
    expect(bench.heard(() => bench.registry.loseAll(error))).to.have.lengthOf(2)
    expect(bench.registry.size).to.equal(0)
  })

  it('W3 sets every watch once, in frames under 128 KiB, persistent and recursive ones last, with one zxid', () => {
    const name = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 60_000 }).map(size => 'x'.repeat(size)),
      fc.integer({ min: 1, max: 20_000 }).map(size => '\u4e00'.repeat(size)),
    )
    const watch = fc.record({ kind: fc.constantFrom(...KINDS), path: name.map(text => `/${text}`) })
    fc.assert(
      fc.property(fc.array(watch, { maxLength: 40 }), watches => {
        const { registry } = new Bench()
        for (const { kind, path } of watches) registry.add(kind, path, () => {})
        const armed = framesOf(registry, 9n).flatMap(({ frame, pieces, lasting: says }) => {
          expect(frame.length).to.be.lessThan(128 * 1024)
          expect(frame.readInt32BE(0)).to.equal(frame.length - 4)
          expect(frame.readInt32BE(4)).to.equal(Xid.setWatches)
          const chunk = watchesIn(frame)
          const told = pieces.flatMap(([kind, paths]) => paths.map(path => [kind, path]))
          expect(listed(chunk)).to.deep.equal(told)
          expect(chunk.relativeZxid).to.equal(9n)
          const lasting = [...chunk.persistentWatches, ...chunk.persistentRecursiveWatches]
          const { code } = lasting.length > 0 ? op.setWatches2 : op.setWatches
          expect(frame.readInt32BE(8)).to.equal(code)
          expect(says).to.equal(lasting.length > 0)
          return listed(chunk)
        })
        const order = armed.map(([kind]) => KINDS.indexOf(kind))
        expect(order).to.deep.equal([...order].sort((a, b) => a - b))
        const isServed = (path: string): boolean =>
          watches.some(watch => watch.kind === 'data' && watch.path === path)
        const asked = watches.filter(({ kind, path }) => kind !== 'exist' || !isServed(path))
        const expected = new Set(asked.map(({ kind, path }) => `${kind} ${path}`))
        expect(armed).to.have.lengthOf(expected.size)
        expect(new Set(armed.map(([kind, path]) => `${kind} ${path}`))).to.deep.equal(expected)
      }),
      { numRuns: 60, seed: 7 },
    )
  })
})

function framesOf(registry: WatchRegistry, zxid = 7n): (SetWatchesContent & { frame: Buffer })[] {
  const frames: (SetWatchesContent & { frame: Buffer })[] = []
  encodeSetWatches(registry, zxid, (frame, content) => {
    // Every other frame is held: its memory must not be written again.
    const isHeld = frames.length % 2 === 1
    frames.push({ ...content, frame: isHeld ? frame : Buffer.from(frame) })
    return isHeld ? frame.length : 0
  })
  return frames
}

/** Decodes the watches of a frame. */
function watchesIn(frame: Buffer): SetWatches2 {
  const reader = new Reader(frame)
  reader.take(12)
  if (frame.readInt32BE(8) === op.setWatches2.code) return op.setWatches2.readRequest(reader)
  return { ...op.setWatches.readRequest(reader), persistentWatches: [], persistentRecursiveWatches: [] }
}

function listed(chunk: SetWatches2): [WatchName, string][] {
  const lists: Record<WatchName, readonly string[]> = {
    data: chunk.dataWatches,
    exist: chunk.existWatches,
    child: chunk.childWatches,
    persistent: chunk.persistentWatches,
    recursive: chunk.persistentRecursiveWatches,
  }
  return KINDS.flatMap(kind => lists[kind].map(path => [kind, path] as [WatchName, string]))
}
