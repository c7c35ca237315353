import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import {
  DoubleBarrier,
  Group,
  LeaderElection,
  Lease,
  MultiLock,
  Mutex,
  NodeCache,
  Partitioner,
  PersistentNode,
  Queue,
  ReadWriteLock,
  ReentrantMutex,
  Semaphore,
  ServiceRegistry,
} from '../src/index.ts'
import { TestBed, until } from './support/test-bed.ts'

interface Owned {
  readonly held: boolean
  readonly signal?: AbortSignal
}

const OWNED: Record<string, (zk: ZooKeeper) => Promise<Owned>> = {
  'A lock': zk => new Mutex(zk, '/a').acquire(),
  'A re-entrant lock': zk => new ReentrantMutex(zk, '/a').acquire(),
  'A lock for reading': zk => new ReadWriteLock(zk, '/a').read.acquire(),
  'A lock for writing': zk => new ReadWriteLock(zk, '/a').write.acquire(),
  'A lock that outlasts connections': zk => new Mutex(zk, '/a', { whenSuspended: 'keep' }).acquire(),
  'A permit': zk => new Semaphore(zk, '/a', { size: 1 }).acquire(),
  'The leadership': zk => new LeaderElection(zk, '/a').campaign(),
  'A member of a double barrier': zk => new DoubleBarrier(zk, '/a', { count: 1 }).enter(),
  'Several locks': zk => new MultiLock(zk, [new Mutex(zk, '/a'), new Mutex(zk, '/b')]).acquire(),
  'A lease': async zk => (await new Lease(zk, '/a', { duration: 60_000 }).tryAcquire())!,
  'An item of a queue': async zk => {
    const queue = new Queue(zk, '/a')
    await queue.put('x')
    return await queue.take()
  },
  'A partition': async zk => {
    const partitioner = new Partitioner(zk, '/a', { partitions: ['x'], settle: 0 })
    await partitioner.start()
    await until('it is held', () => partitioner.current.partitions.length === 1)
    return partitioner.current.partitions[0]!
  },
  'A membership': zk => new Group(zk, '/a').join(),
  'A publication': zk => new ServiceRegistry(zk, '/a').publish({ name: 'web' }),
  'A permanent publication': zk =>
    new ServiceRegistry(zk, '/a').publish({ name: 'web', serviceType: 'PERMANENT' }),
  'A kept znode': async zk => {
    const node = new PersistentNode(zk, '/a')
    await node.start()
    return {
      get held() {
        return !node.stale
      },
    }
  },
  'A cache': async zk => {
    const cache = new NodeCache(zk, '/a')
    await cache.start()
    return {
      get held() {
        return !cache.stale
      },
    }
  },
}

describe('While its client is being closed', () => {
  for (const [name, own] of Object.entries(OWNED)) {
    it(`${name} is not held any more, and its signal says so at once`, async () => {
      await using bed = await TestBed.start()
      const zk = await bed.client()
      const owned = await own(zk)
      const { signal } = owned
      expect([owned.held, signal?.aborted ?? false]).to.deep.equal([true, false])
      bed.server.holdReplies()
      const closing = zk.close()
      expect([zk.state, signal?.aborted ?? true, owned.held]).to.deep.equal(['connected', true, false])
      if (signal) expect(signal.reason).to.include({ code: 'OWNERSHIP_LOST', reason: 'closed' })
      bed.server.releaseReplies()
      await closing
    })
  }
})
