import type { ZooKeeper } from '@zookit/client'
import type { RecordedRequest } from '@zookit/testing'
import { expect } from 'chai'
import {
  AtomicCounter,
  Barrier,
  Config,
  DoubleBarrier,
  Group,
  IdGenerator,
  LeaderElection,
  Lease,
  Mutex,
  PersistentNode,
  PersistentTtlNode,
  Queue,
  RateLimiter,
  ReadWriteLock,
  ReentrantMutex,
  Semaphore,
  ServiceRegistry,
  SharedValue,
} from '../src/index.ts'
import { failure, TestBed } from './support/test-bed.ts'

const quick = { jitter: 0 }

/** Calls that write, each with its way to begin. */
const CALLS: Record<string, (zk: ZooKeeper) => Promise<unknown>> = {
  AtomicCounter: zk => new AtomicCounter(zk, '/m/counter').add(1),
  Barrier: zk => new Barrier(zk, '/m/barrier', quick).set(),
  Config: zk => new Config(zk, '/m', quick).set(1),
  DoubleBarrier: zk => new DoubleBarrier(zk, '/m', { count: 1, ...quick }).enter(),
  Group: zk => new Group(zk, '/m', quick).join(),
  IdGenerator: zk => new IdGenerator(zk, '/m/ids').next(),
  LeaderElection: zk => new LeaderElection(zk, '/m', quick).campaign(),
  Lease: zk => new Lease(zk, '/m/lease', { duration: 60_000, ...quick }).tryAcquire(),
  Mutex: zk => new Mutex(zk, '/m', quick).acquire(),
  'Mutex, with a timeout': zk => new Mutex(zk, '/m', quick).acquire({ timeout: 60_000 }),
  'Mutex, tried': zk => new Mutex(zk, '/m', quick).tryAcquire(),
  PersistentNode: zk => new PersistentNode(zk, '/m/kept', quick).start(),
  PersistentTtlNode: zk => new PersistentTtlNode(zk, '/m/kept', { ttl: 1000, ...quick }).start(),
  Queue: zk => new Queue(zk, '/m', quick).put('x'),
  RateLimiter: zk => new RateLimiter(zk, '/m/rate', { permits: 1, interval: 100 }).acquire(),
  ReadWriteLock: zk => new ReadWriteLock(zk, '/m', quick).write.acquire(),
  ReentrantMutex: zk => new ReentrantMutex(zk, '/m', quick).acquire(),
  Semaphore: zk => new Semaphore(zk, '/m', { size: 1, ...quick }).acquire(),
  ServiceRegistry: zk => new ServiceRegistry(zk, '/m', quick).publish({ name: 'web' }),
  SharedValue: zk => new SharedValue(zk, '/m', quick).update(() => Buffer.from('x')),
}

/** Number of the writes of a call of which each is lost once. */
const MOST = 3

describe('A call whose session ends for good', () => {
  for (const [name, call] of Object.entries(CALLS)) {
    it(`does not say that nothing was sent when a write was: ${name}`, async () => {
      for (let nth = 1; nth <= MOST; nth++) {
        await using bed = await TestBed.start({ seed: { m: '' } })
        const zk = await bed.client({ renew: false })
        let writes = 0
        bed.server.loseNextReply(({ sessionId, operation }: RecordedRequest) => {
          const isWrite = sessionId === zk.session.id && /^(create|setData|delete|multi)/.test(operation)
          return isWrite && ++writes === nth
        })
        zk.on('state', state => {
          if (state === 'suspended') bed.server.expireSession(zk.session.id)
        })
        const error = await call(zk).then(
          () => null,
          reason => reason,
        )
        // It needs no more writes, or has looked up what became of this one.
        if (writes < nth || error === null) continue
        expect(error, `write ${nth}`).to.include({ outcome: 'unknown' })
      }
    })

    it(`says that nothing was sent when nothing was: ${name}`, async () => {
      await using bed = await TestBed.start({ seed: { m: '' } })
      const zk = await bed.client({ renew: false })
      bed.server.closeNewConnections(true)
      bed.server.dropConnection(zk.session.id)
      bed.server.expireSession(zk.session.id)
      while (zk.state === 'connected') await new Promise(setImmediate)
      const calling = failure(call(zk))
      bed.server.closeNewConnections(false)
      expect((await calling) as object).to.include({ code: 'SESSION_EXPIRED', outcome: 'not-sent' })
    })
  }
})
