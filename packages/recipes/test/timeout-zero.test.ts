import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import {
  AtomicCounter,
  Barrier,
  Config,
  DelayQueue,
  DoubleBarrier,
  Group,
  IdGenerator,
  LeaderElection,
  Lease,
  MultiLock,
  Mutex,
  NodeCache,
  Partitioner,
  PersistentNode,
  Queue,
  RateLimiter,
  ReadWriteLock,
  ReentrantMutex,
  Semaphore,
  ServiceDiscovery,
  ServiceRegistry,
  SharedValue,
} from '../src/index.ts'
import { countListeners } from './support/listeners.ts'
import { failure, TestBed, until } from './support/test-bed.ts'

const quick = { jitter: 0 }
const once = { timeout: 0 }

type Call = (zk: ZooKeeper) => Promise<unknown>

/** Every kind of call that may have to wait. None of them has to when it is alone. */
const CALLS: Readonly<Record<string, Call>> = {
  'Mutex.acquire': zk => new Mutex(zk, '/mutex', quick).acquire(once),
  'ReentrantMutex.acquire': zk => new ReentrantMutex(zk, '/reentrant', quick).acquire(once),
  'ReadWriteLock.read': zk => new ReadWriteLock(zk, '/rw', quick).read.acquire(once),
  'ReadWriteLock.write': zk => new ReadWriteLock(zk, '/rw-2', quick).write.acquire(once),
  'Semaphore.acquire': zk => new Semaphore(zk, '/semaphore', { ...quick, size: 1 }).acquire(once),
  'MultiLock.acquire': zk => new MultiLock(zk, [new Mutex(zk, '/multi', quick)]).acquire(once),
  'LeaderElection.campaign': zk => new LeaderElection(zk, '/election', quick).campaign(once),
  'Lease.tryAcquire': zk => new Lease(zk, '/lease', { ...quick, duration: 60_000 }).tryAcquire(once),
  'Barrier.set': zk => new Barrier(zk, '/set/barrier', quick).set(once),
  'Barrier.wait': zk => new Barrier(zk, '/barrier', quick).wait(once),
  'DoubleBarrier.enter': zk => new DoubleBarrier(zk, '/double', { ...quick, count: 1 }).enter(once),
  'Group.join': zk => new Group(zk, '/group', quick).join(once),
  'PersistentNode.start': zk => new PersistentNode(zk, '/kept', quick).start(once),
  'RateLimiter.acquire': zk =>
    new RateLimiter(zk, '/rate', { permits: 1, interval: 60_000 }).acquire(1, once),
  'AtomicCounter.add': zk => new AtomicCounter(zk, '/counter').add(1, once),
  'IdGenerator.next': zk => new IdGenerator(zk, '/ids').next(once),
  'NodeCache.start': zk => new NodeCache(zk, '/cache', quick).start(once),
  'SharedValue.update': zk => new SharedValue(zk, '/value', { initial: Buffer.of(1) }).start(once),
  'Config.start': zk => new Config(zk, '/config', { default: {} }).start(once),
  'Config.update': zk => new Config(zk, '/config-2', { default: {} }).update(() => ({ a: 1 }), once),
  'Queue.put': zk => new Queue(zk, '/queue', quick).put('x', once),
  'Queue.take': zk => new Queue(zk, '/queue', quick).take(once),
  'DelayQueue.put': zk => new DelayQueue(zk, '/delay', quick).put('x', once),
  'DelayQueue.take': zk => new DelayQueue(zk, '/delay', quick).take(once),
  'ServiceRegistry.publish': zk =>
    new ServiceRegistry(zk, '/services', quick).publish({ name: 'web', address: 'a' }, once),
  'Service.call': zk => new ServiceDiscovery(zk, '/services', quick).service('web').call(() => 1, once),
}

/** Calls after which the call of the same name would have to wait. */
const OBSTACLES: Readonly<Record<string, Call>> = {
  'Mutex.acquire': zk => new Mutex(zk, '/mutex').acquire(),
  'ReentrantMutex.acquire': zk => new ReentrantMutex(zk, '/reentrant').acquire(),
  'ReadWriteLock.read': zk => new ReadWriteLock(zk, '/rw').write.acquire(),
  'ReadWriteLock.write': zk => new ReadWriteLock(zk, '/rw-2').read.acquire(),
  'Semaphore.acquire': zk => new Semaphore(zk, '/semaphore', { size: 1 }).acquire(),
  'MultiLock.acquire': zk => new Mutex(zk, '/multi').acquire(),
  'LeaderElection.campaign': zk => new LeaderElection(zk, '/election').campaign(),
  'RateLimiter.acquire': zk => new RateLimiter(zk, '/rate', { permits: 1, interval: 60_000 }).acquire(),
  'Barrier.wait': zk => new Barrier(zk, '/barrier').set(),
  'Queue.take': zk => new Queue(zk, '/queue', quick).size(),
  'DelayQueue.take': zk => new DelayQueue(zk, '/delay', quick).put('x', { delay: 60_000 }),
}

describe('A call with timeout 0', () => {
  it('does its work when nothing stands in the way, however late the answers are', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    for (const [name, call] of Object.entries(CALLS)) {
      bed.server.holdReplies()
      let isDone = false
      const working = call(zk).finally(() => {
        isDone = true
      })
      working.catch(() => {})
      // Long enough for a timer of a millisecond.
      await new Promise(resolve => setTimeout(resolve, 3))
      expect(isDone, name).to.equal(false)
      while (!isDone) {
        bed.server.releaseReplies()
        await new Promise(resolve => setImmediate(resolve))
      }
      await working
    }
  })

  for (const [name, obstacle] of Object.entries(OBSTACLES)) {
    it(`${name} ends with REQUEST_TIMEOUT in place of waiting, and leaves nothing behind`, async () => {
      await using bed = await TestBed.start()
      const [zk, other] = [await bed.client(), await bed.client()]
      await obstacle(other)
      const error = await failure(CALLS[name]!(zk))
      expect(error, error.message).to.include({ code: 'REQUEST_TIMEOUT', outcome: 'rejected' })
      expect(error.message).to.match(/would have to wait \(timeout: 0\)/)
      await until('nothing is left', async () => (await zk.getEphemerals()).length === 0)
    })
  }

  it('does not wait for a second member of a barrier, or for the others of a partitioned set', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const entering = new DoubleBarrier(zk, '/double', { ...quick, count: 2 }).enter(once)
    expect(await failure(entering)).to.include({ code: 'REQUEST_TIMEOUT', operation: 'enter' })
    const partitioner = new Partitioner(zk, '/parts', { ...quick, partitions: ['a'] })
    expect(await failure(partitioner.start(once))).to.include({ code: 'REQUEST_TIMEOUT', operation: 'start' })
    await until(
      'nothing is left',
      () => bed.names('/parts/members').length + bed.names('/double').length === 0,
    )
  })

  it('leaves no listener on the client', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const counter = new AtomicCounter(zk, '/counter')
    await counter.add(1, once)
    const listeners = countListeners(zk)
    await counter.add(1, once)
    expect(listeners()).to.equal(0)
  })

  it('does not wait for a connection, nor sends anything', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    await bed.server.stop()
    await until('it is cut off', () => zk.state !== 'connected')
    for (const [name, call] of Object.entries(CALLS)) {
      const error = await failure(call(zk))
      expect(error, name).to.include({ code: 'REQUEST_TIMEOUT' })
    }
    bed.server.clearRequests()
    await bed.server.restart()
    await until('it is back', () => zk.state === 'connected')
    const writes = bed.operations(zk).filter(name => /create|set(Data)|multi/.test(name))
    expect(writes).to.deep.equal([])
  })

  it('ends when the connection is lost under it', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    bed.server.holdReplies()
    const starting = failure(new NodeCache(zk, '/cache', quick).start(once))
    const acquiring = failure(new Mutex(zk, '/mutex', quick).acquire(once))
    await until('both are sent', () => bed.operations(zk).length > 1)
    bed.server.dropConnections()
    expect(await starting).to.include({ code: 'REQUEST_TIMEOUT' })
    expect(await acquiring).to.include({ code: 'REQUEST_TIMEOUT' })
  })

  it('begins work that goes on, and says so once', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = await new Mutex(zk, '/mutex').acquire()
    bed.server.dropConnections()
    await until('it is cut off', () => zk.state !== 'connected')
    const error = await failure(lock.release(once))
    expect(error).to.include({ code: 'REQUEST_TIMEOUT', outcome: 'unknown' })
    expect(error.message.match(/REQUEST_TIMEOUT/g)).to.have.length(1)
    await until('it is released', () => bed.names('/mutex').length === 0)
  })

  it('ends when the client was closed, with the reason', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    await zk.close()
    expect(await failure(new Mutex(zk, '/mutex').acquire(once))).to.include({ code: 'CLOSED' })
    expect(await failure(new Barrier(zk, '/barrier').wait(once))).to.include({ code: 'CLOSED' })
  })
})
