import { expect } from 'chai'
import {
  Barrier,
  Config,
  codecs,
  DelayQueue,
  DoubleBarrier,
  Lease,
  Queue,
  SharedValue,
} from '../src/index.ts'
import { failure, TestBed } from './support/test-bed.ts'

const quick = { jitter: 0 }

type Work = (zk: Awaited<ReturnType<TestBed['client']>>) => Promise<unknown>

/** The methods that are called on a path of which nothing exists. */
const WORKS: Record<string, Work> = {
  'Barrier.set': zk => new Barrier(zk, '/deep/down/barrier', quick).set(),
  'DoubleBarrier.enter': zk => new DoubleBarrier(zk, '/deep/down/gate', { count: 1, ...quick }).enter(),
  'Queue.put': zk => new Queue(zk, '/deep/down/queue', quick).put('x'),
  'DelayQueue.put': zk => new DelayQueue(zk, '/deep/down/queue', quick).put('x', { delay: 5 }),
  'Lease.tryAcquire': zk => new Lease(zk, '/deep/down/lease', { duration: 60_000, ...quick }).tryAcquire(),
  'SharedValue.update': zk =>
    new SharedValue(zk, '/deep/down/value', { codec: codecs.json, ...quick }).update(() => 1),
  'Config.set': zk => new Config(zk, '/deep/down/config', quick).set(1),
  'Config.set of a subtree': zk =>
    new Config(zk, '/deep/down/config', { subtree: true, ...quick }).set({ a: 1 }),
}

describe('A connection that is lost with any request on a path where nothing exists', () => {
  for (const [name, work] of Object.entries(WORKS)) {
    it(`is survived by ${name}`, async () => {
      const BATCH = 8
      let isOver = false
      for (let first = 1; !isOver; first += BATCH) {
        const batch = Array.from({ length: BATCH }, (_, index) => withLoss(work, first + index))
        isOver = (await Promise.all(batch)).includes('over')
      }
    })
  }
})

/** Does the work on a server that drops the connection instead of taking the n-th request. */
async function withLoss(work: Work, lost: number): Promise<'lost' | 'over'> {
  await using bed = await TestBed.start()
  const zk = await bed.client()
  let count = 0
  bed.server.dropNextRequest(({ operation }) => operation !== 'ping' && ++count === lost)
  const result = await work(zk).then(
    () => null,
    error => error,
  )
  // Nothing but the write itself may be unknown, and only where somebody could have taken it since.
  const isOpen = result?.code === 'CONNECTION_LOSS' && result.outcome === 'unknown'
  const exists = bed.names('/deep/down').some(one => /\/items$|value|config/.test(one))
  if (result !== null && !(isOpen && exists)) throw result
  return count < lost ? 'over' : 'lost'
}

describe('On a server that has no create2', () => {
  for (const version of ['3.4', '3.5'] as const) {
    it(`the first Lease and the first DelayQueue of a client work, ${version}`, async () => {
      await using bed = await TestBed.start({ version })
      const [one, two] = [await bed.client(), await bed.client()]
      const lease = await new Lease(one, '/lease', { duration: 60_000, ...quick }).tryAcquire()
      expect(lease?.held).to.equal(true)
      await new DelayQueue(two, '/queue', quick).put('x', { delay: 1 })
      const item = await new DelayQueue(two, '/queue', quick).take()
      expect(String(item.data)).to.equal('x')
    })
  }
})

describe('A request that no server takes', () => {
  it('is refused by a put to a queue whose znode is missing', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    expect(await failure(new Queue(zk, '/q', quick).put(Buffer.alloc(2_000_000)))).to.include({
      code: 'BAD_ARGUMENTS',
    })
  })
})
