import { expect } from 'chai'
import { DoubleBarrier, type Partition, Partitioner } from '../src/index.ts'
import { seeded } from './contention/random.ts'
import { FaultyEnsemble } from './support/faulty-ensemble.ts'
import { abortOf, failure, settle, until } from './support/test-bed.ts'

describe('When sessions, connections, replies and leaders are lost', function () {
  this.timeout(60_000)

  for (const seed of [1, 2, 3]) {
    it(`Z6 a double barrier blocks nobody for ever, and mixes no rounds (seed ${seed})`, async () => {
      const random = seeded(seed)
      await using faulty = await FaultyEnsemble.start(4, random)
      const { zks } = faulty
      const come: number[] = []
      const ROUNDS = 12
      const step = async (index: number): Promise<void> => {
        const barrier = new DoubleBarrier(zks[index]!, '/faults/barrier', { count: 4, jitter: 3 })
        for (let round = 0; round < ROUNDS; round++) {
          come[round] = (come[round] ?? 0) + 1
          const entering = barrier.enter()
          if (random() < 0.3) faulty.strike(zks[index]!)
          const member = await entering
          expect(come[round], `come to round ${round}`).to.equal(4)
          if (random() < 0.3) faulty.strike(zks[index]!)
          await member.leave()
        }
      }
      await Promise.all(zks.map((_, index) => step(index)))
      await until('nothing is left', async () => {
        return (await zks[0]!.getChildren('/faults/barrier')).children.length === 0
      })
    })

    it(`Z6 a set stays divided, and each part has one owner (seed ${seed})`, async () => {
      const random = seeded(seed)
      await using faulty = await FaultyEnsemble.start(4, random)
      const { zks } = faulty
      const partitions = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
      /** The highest token of each partition, and the number of workers on it now. */
      const newest = new Map<string, bigint>()
      const working = new Map<string, number>()
      const stop = new AbortController()
      const work = async (partition: Partition, signal: AbortSignal): Promise<void> => {
        const { name, token } = partition
        expect(token > (newest.get(name) ?? 0n), 'an owner before has a higher token').to.equal(true)
        newest.set(name, token)
        working.set(name, (working.get(name) ?? 0) + 1)
        await abortOf(signal)
        await settle()
        working.set(name, working.get(name)! - 1)
      }
      const running = zks.map(zk =>
        failure(
          new Partitioner(zk, '/faults/set', { partitions, settle: 20, jitter: 3 }).run(work, {
            signal: stop.signal,
          }),
        ),
      )
      const isDivided = (): boolean => partitions.every(name => working.get(name) === 1)
      for (let strikes = 0; strikes < 12; strikes++) {
        await until('all is worked on', isDivided)
        faulty.strike(zks[Math.floor(random() * 4)]!)
        for (let turns = Math.floor(random() * 5); turns > 0; turns--) await settle()
      }
      await until('all is worked on', isDivided)
      stop.abort()
      for (const error of await Promise.all(running)) expect(error).to.include({ code: 'ABORTED' })
      await until('nothing is left', async () => {
        return (await zks[0]!.getChildren('/faults/set/members')).children.length === 0
      })
    })
  }
})
