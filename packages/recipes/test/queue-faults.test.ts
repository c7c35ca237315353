import { type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { expect } from 'chai'
import { Queue, type QueueItem } from '../src/index.ts'
import { seeded } from './contention/random.ts'
import { FaultyEnsemble } from './support/faulty-ensemble.ts'
import { until } from './support/test-bed.ts'

const PATH = '/queues/jobs'
const ITEMS = 60
const CONSUMERS = 5

/** State of the items, by their paths. */
class Ledger {
  readonly completed = new Map<string, number>()
  readonly unknown = new Set<string>()
  refused = 0
  /** The last owner of an item, by its token. */
  readonly newest = new Map<string, bigint>()

  taken({ path, token }: QueueItem): void {
    const newest = this.newest.get(path)
    if (newest === undefined || token > newest) this.newest.set(path, token)
  }

  /** Completes an item, and records the result. */
  async complete(item: QueueItem): Promise<void> {
    const fenced = this.newest.get(item.path)! > item.token
    try {
      await item.complete()
      expect(fenced, 'completed by one who had been fenced off').to.equal(false)
      this.completed.set(item.path, (this.completed.get(item.path) ?? 0) + 1)
    } catch (error) {
      expect(error).to.be.instanceOf(ZooKeeperError)
      const { code, outcome } = error as ZooKeeperError
      if (outcome === 'unknown') this.unknown.add(item.path)
      else expect(code).to.equal('OWNERSHIP_LOST')
      this.refused++
    }
  }
}

describe('A queue whose consumers crash', function () {
  this.timeout(60_000)

  for (const seed of [1, 2, 3]) {
    it(`Z6 loses nothing, and no consumer completes an item that it has lost (seed ${seed})`, async () => {
      const random = seeded(seed)
      await using faulty = await FaultyEnsemble.start(CONSUMERS + 1, random)
      const { zks } = faulty
      const producer = new Queue(zks[CONSUMERS]!, PATH, { jitter: 5 })
      const paths = await producer.putAll(Array.from({ length: ITEMS }, (_, index) => `${index}`))
      const ledger = new Ledger()
      const stop = new AbortController()
      const consume = async (zk: ZooKeeper): Promise<void> => {
        const queue = new Queue(zk, PATH, { jitter: 5 })
        const late: QueueItem[] = []
        while (!stop.signal.aborted) {
          const item = await queue.take({ signal: stop.signal, timeout: 30 }).catch(() => null)
          if (!item) {
            for (const each of late.splice(0)) await ledger.complete(each)
            continue
          }
          ledger.taken(item)
          const dice = random()
          if (dice < 0.25) faulty.strike(zk)
          // Some are completed much later, when another consumer may have them.
          if (dice < 0.2) late.push(item)
          else if (dice > 0.9) await item.release().catch(() => {})
          else await ledger.complete(item)
          if (late.length > 2 || (dice > 0.6 && late.length > 0)) await ledger.complete(late.shift()!)
        }
        await Promise.all(late.map(item => item.release().catch(() => {})))
      }
      const consuming = Promise.all(zks.slice(0, CONSUMERS).map(consume))
      try {
        await until('all is done', async () => (await producer.size().catch(() => -1)) === 0)
      } finally {
        stop.abort()
        await consuming
      }
      for (const path of paths) {
        const times = ledger.completed.get(path) ?? 0
        expect(times + (ledger.unknown.has(path) ? 1 : 0), path).to.be.at.least(1)
        expect(times, path).to.be.at.most(1)
      }
      await until('nothing is left', async () => {
        const counts = await Promise.all(
          ['items', 'claims'].map(part => zks[0]!.getChildren(`${PATH}/${part}`)),
        )
        return counts.every(({ children }) => children.length === 0)
      })
      expect(ledger.refused, 'refused').to.be.above(0)
    })
  }
})
