import { expect } from 'chai'
import { resolveOptions } from '../src/core/options.ts'
import type { Partition } from '../src/index.ts'
import { assignEvenly } from '../src/partitioner/assignment.ts'
import { Holdings } from '../src/partitioner/holdings.ts'
import { Workers } from '../src/partitioner/workers.ts'
import { settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/partitions/feed'

describe('A member of a partitioned set', () => {
  it('releases a lock that it acquires at the moment in which the partition is reassigned', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const { on } = zk
    for (let turns = 0; turns < 16; turns++) {
      const errors: unknown[] = []
      const holdings = new Holdings(
        zk,
        PATH,
        resolveOptions({ jitter: 0 }),
        () => {},
        error => errors.push(error),
      )
      let isStruck = false
      // The lock listens to the session; after this many turns the partition is reassigned.
      zk.on = (name, listener) => {
        let later = Promise.resolve()
        for (let turn = 0; turn < turns; turn++) later = later.then(() => {})
        void later.then(() => {
          isStruck = true
          holdings.assign([])
        })
        return on.call(zk, name, listener) as typeof zk
      }
      holdings.assign(['one'])
      await until('it is due to somebody else', () => isStruck)
      await settle()
      zk.on = on
      await holdings.release()
      await until('it has gone', () => bed.names(`${PATH}/one`).length === 0)
      expect(errors).to.deep.equal([])
    }
  })
})

describe('The work on partitions', () => {
  /** A partition with only the parts that the work sees. */
  class Stub {
    readonly controller = new AbortController()
    released = 0
    readonly name = 'one'

    get signal(): AbortSignal {
      return this.controller.signal
    }

    async release(): Promise<void> {
      this.released++
    }

    revoke(): void {
      this.controller.abort()
    }
  }

  const take = (workers: Workers, ...stubs: Stub[]): void => {
    workers.take(stubs as unknown as Partition[])
  }

  it('waits for the rest of earlier work on the same partition, and runs once for each', async () => {
    const begun: Stub[] = []
    let finish = (): void => {}
    const workers = new Workers(async partition => {
      begun.push(partition as unknown as Stub)
      await new Promise<void>(resolve => {
        finish = resolve
      })
    })
    const [old, next] = [new Stub(), new Stub()]
    take(workers, old)
    take(workers, old, next)
    await settle()
    expect(begun).to.deep.equal([old])
    old.revoke()
    finish()
    await settle()
    expect([begun, old.released, next.released]).to.deep.equal([[old, next], 1, 0])
    const ending = workers.end()
    expect(next.signal.aborted).to.equal(true)
    finish()
    await ending
    take(workers, new Stub())
    await settle()
    expect([begun.length, next.released]).to.deep.equal([2, 1])
  })

  it('does not begin on a partition that is asked for earlier, which is released all the same', async () => {
    let begun = 0
    const workers = new Workers(() => void begun++)
    const stub = new Stub()
    stub.revoke()
    take(workers, stub)
    await workers.end()
    expect([begun, stub.released]).to.deep.equal([0, 1])
  })
})

describe('An even assignment', () => {
  const who = (count: number, from = 0): string[] =>
    Array.from({ length: count }, (_, index) => `member-${from + index}`).sort()
  const names = Array.from({ length: 100 }, (_, index) => `partition-${index}`).sort()

  it('gives each member the same number or one more, and leaves no partition out', () => {
    for (const count of [1, 2, 3, 7, 10, 99, 100, 101, 150]) {
      const shares = assignEvenly(names, who(count))
      const sizes = [...shares.values()].map(({ length }) => length)
      expect(Math.max(...sizes) - Math.min(...sizes), `${count} members`).to.be.at.most(1)
      expect([...shares.values()].flat().sort()).to.deep.equal(names)
    }
    expect(assignEvenly(names, []).size).to.equal(0)
    expect(assignEvenly([], who(2)).get('member-0')).to.deep.equal([])
  })

  it('moves few partitions when a member comes or goes', () => {
    const ownerOf = (shares: Map<string, string[]>): Map<string, string> =>
      new Map([...shares].flatMap(([member, share]) => share.map(name => [name, member] as const)))
    for (let from = 0; from < 20; from++) {
      const ten = ownerOf(assignEvenly(names, who(10, from)))
      const eleven = ownerOf(assignEvenly(names, [...who(10, from), 'newcomer'].sort()))
      const moved = names.filter(name => ten.get(name) !== eleven.get(name))
      // At least nine must move.
      expect(moved.length).to.be.within(9, 22)
    }
  })
})
