import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { createIf, isSame, nextVersion, writeIf } from '../src/core/conditional-write.ts'
import { Deadline } from '../src/core/deadline.ts'
import { failure, TestBed, until } from './support/test-bed.ts'

const PATH = '/value'
const WRITES: ReadonlySet<string> = new Set(['setData', 'create'])

/** Something that happens while the writer has no connection. */
type Meanwhile = (bed: TestBed, other: ZooKeeper) => unknown

const written =
  (...values: string[]): Meanwhile =>
  bed => {
    for (const value of values) bed.server.seed({ value })
  }
const nothing: Meanwhile = () => {}

/** Loses the connection under the write, lets something happen, and lets the writer connect again. */
async function interrupted<Result>(
  bed: TestBed,
  zk: ZooKeeper,
  isApplied: boolean,
  meanwhile: Meanwhile,
  write: (deadline: Deadline) => Promise<Result>,
): Promise<Result> {
  const other = await bed.client()
  bed.server.closeNewConnections(true)
  if (isApplied) bed.server.loseNextReply(({ operation }) => WRITES.has(operation))
  else bed.server.dropNextRequest(({ operation }) => WRITES.has(operation))
  using deadline = new Deadline(zk, {}, { operation: 'set', path: PATH })
  const writing = write(deadline)
  writing.catch(() => {})
  await until('the connection is lost', () => zk.state === 'suspended')
  await meanwhile(bed, other)
  bed.server.closeNewConnections(false)
  return await writing
}

describe('A write on the condition of a version', () => {
  /** Writes `mine` over the version 0, which a lost connection interrupts. */
  async function write(bed: TestBed, isApplied: boolean, meanwhile: Meanwhile): Promise<number | null> {
    const zk = await bed.client()
    const stat = await interrupted(bed, zk, isApplied, meanwhile, deadline =>
      writeIf(zk, PATH, 'mine', 0, deadline),
    )
    return stat?.version ?? null
  }

  it('is repeated where it was not applied, and nobody has written since', async () => {
    await using bed = await TestBed.start({ seed: { value: 'old' } })
    expect(await write(bed, false, nothing)).to.equal(1)
    expect(bed.server.dump()[PATH]).to.equal('mine')
  })

  it('is null where the next version is certainly another writer’s', async () => {
    await using bed = await TestBed.start({ seed: { value: 'old' } })
    expect(await write(bed, false, written('theirs'))).to.equal(null)
    expect(bed.server.dump()[PATH]).to.equal('theirs')
  })

  for (const [what, isApplied, meanwhile] of [
    ['the next version has the same data', true, nothing],
    ['somebody else has written the same data', false, written('mine')],
    ['the version is later than the next', true, written('theirs')],
    ['others have written twice', false, written('theirs', 'theirs again')],
    ['the znode was deleted', false, (_, other) => other.delete(PATH)],
  ] satisfies [string, boolean, Meanwhile][]) {
    it(`fails with the outcome unknown where ${what}`, async () => {
      await using bed = await TestBed.start({ seed: { value: 'old' } })
      expect(await failure(write(bed, isApplied, meanwhile))).to.include({
        code: 'CONNECTION_LOSS',
        outcome: 'unknown',
        path: PATH,
      })
    })
  }

  it('is null where a busy server has refused it, and another version is there', async () => {
    await using bed = await TestBed.start({ seed: { value: 'old' } })
    const zk = await bed.client()
    bed.server.seed({ value: 'mine' })
    bed.server.answerWith('setData', 'THROTTLED_OP', 1)
    using deadline = new Deadline(zk, {}, { operation: 'set', path: PATH })
    expect(await writeIf(zk, PATH, 'mine', 0, deadline)).to.equal(null)
    bed.server.answerWith('setData', 'THROTTLED_OP', 1)
    expect((await writeIf(zk, PATH, 'mine', 1, deadline))?.version).to.equal(2)
  })
})

describe('A creation on the condition that there is no znode', () => {
  async function create(bed: TestBed, isApplied: boolean, meanwhile: Meanwhile): Promise<boolean> {
    const zk = await bed.client()
    return interrupted(bed, zk, isApplied, meanwhile, deadline =>
      createIf(zk, PATH, 'mine', undefined, deadline),
    )
  }

  it('is repeated where it was not applied', async () => {
    await using bed = await TestBed.start()
    expect(await create(bed, false, nothing)).to.equal(true)
    expect(bed.server.dump()[PATH]).to.equal('mine')
  })

  it('fails with the outcome unknown where the znode is there', async () => {
    for (const [isApplied, meanwhile] of [
      [true, nothing],
      [false, written('theirs')],
    ] as const) {
      await using bed = await TestBed.start()
      expect(await failure(create(bed, isApplied, meanwhile))).to.include({ outcome: 'unknown' })
    }
  })

  it('is false where the znode is there before, also for a server that was busy first', async () => {
    await using bed = await TestBed.start({ seed: { value: 'old' } })
    const zk = await bed.client()
    bed.server.answerWith('create', 'THROTTLED_OP', 1)
    using deadline = new Deadline(zk, {}, { operation: 'set', path: PATH })
    expect(await createIf(zk, PATH, 'mine', undefined, deadline)).to.equal(false)
    expect(bed.server.dump()[PATH]).to.equal('old')
  })
})

describe('The parts of a conditional write', () => {
  it('know versions of 32 bits, and tell no data from empty data', () => {
    expect([nextVersion(0), nextVersion(2 ** 31 - 1)]).to.deep.equal([1, -(2 ** 31)])
    expect(isSame(null, null)).to.equal(true)
    expect(isSame(null, '')).to.equal(false)
    expect(isSame(Buffer.alloc(0), null)).to.equal(false)
    expect(isSame(Buffer.from('ü'), 'ü')).to.equal(true)
    expect(isSame(Buffer.from('a'), Buffer.from('b'))).to.equal(false)
  })
})
