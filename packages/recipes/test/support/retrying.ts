import { connect, type ZooKeeper } from '@zookit/client'
import {
  AtomicCounter,
  Barrier,
  ChildrenCache,
  Config,
  codecs,
  DelayQueue,
  DoubleBarrier,
  Group,
  GuaranteedDelete,
  IdGenerator,
  LeaderElection,
  Lease,
  type Limits,
  Mutex,
  NodeCache,
  Partitioner,
  PersistentNode,
  PersistentTtlNode,
  Queue,
  RateLimiter,
  ReadWriteLock,
  Semaphore,
  ServiceDiscovery,
  ServiceRegistry,
  SharedValue,
  TreeCache,
} from '../../src/index.ts'

/** Prepares a call while requests are answered. Returns the call. */
type Prepare = (zk: ZooKeeper) => Promise<(limits: Limits) => Promise<unknown>>

const OPTIONS = { jitter: 0 }

const CALLS: Record<string, Prepare> = {
  'Mutex.acquire': async zk => limits => new Mutex(zk, '/a', OPTIONS).acquire(limits),
  'ReadWriteLock.read.acquire': async zk => limits =>
    new ReadWriteLock(zk, '/a', OPTIONS).read.acquire(limits),
  'Semaphore.acquire': async zk => limits =>
    new Semaphore(zk, '/a', { ...OPTIONS, size: { path: '/number' } }).acquire(limits),
  'LeaderElection.campaign': async zk => limits => new LeaderElection(zk, '/a', OPTIONS).campaign(limits),
  'Barrier.set': async zk => limits => new Barrier(zk, '/a', OPTIONS).set(limits),
  'Barrier.wait': async zk => limits => new Barrier(zk, '/number', OPTIONS).wait(limits),
  'Barrier.remove': async zk => limits => new Barrier(zk, '/number', OPTIONS).remove(limits),
  'DoubleBarrier.enter': async zk => limits =>
    new DoubleBarrier(zk, '/a', { ...OPTIONS, count: 1 }).enter(limits),
  'Queue.put': async zk => limits => new Queue(zk, '/a', OPTIONS).put('x', limits),
  'Queue.take': async zk => limits => new Queue(zk, '/a', OPTIONS).take(limits),
  'DelayQueue.put': async zk => limits => new DelayQueue(zk, '/a', OPTIONS).put('x', { ...limits, delay: 1 }),
  'Lease.tryAcquire': async zk => limits =>
    new Lease(zk, '/a', { ...OPTIONS, duration: 60_000 }).tryAcquire(limits),
  'HeldLease.renew': async zk => {
    const held = await new Lease(zk, '/a', { ...OPTIONS, duration: 60_000 }).tryAcquire()
    return limits => held!.renew(limits)
  },
  'RateLimiter.acquire': async zk => limits =>
    new RateLimiter(zk, '/rate', { permits: 5, interval: 60_000 }).acquire(1, limits),
  'AtomicCounter.increment': async zk => limits => new AtomicCounter(zk, '/number').increment(limits),
  'IdGenerator.next': async zk => limits => new IdGenerator(zk, '/number').next(limits),
  'SharedValue.start': async zk => limits => new SharedValue(zk, '/number', OPTIONS).start(limits),
  'SharedValue.update': async zk => limits =>
    new SharedValue(zk, '/number', { ...OPTIONS, codec: codecs.text }).update(() => 'x', limits),
  'Config.start': async zk => limits => new Config(zk, '/number', OPTIONS).start(limits),
  'Config.update': async zk => limits => new Config(zk, '/number', OPTIONS).update(() => 5, limits),
  'NodeCache.start': async zk => limits => new NodeCache(zk, '/number', OPTIONS).start(limits),
  'ChildrenCache.start': async zk => limits => new ChildrenCache(zk, '/', OPTIONS).start(limits),
  'TreeCache.start': async zk => limits => new TreeCache(zk, '/', OPTIONS).start(limits),
  'Service.call': async zk => limits =>
    new ServiceDiscovery(zk, '/a', OPTIONS).service('web').call(() => 1, limits),
  'PersistentNode.start': async zk => limits => new PersistentNode(zk, '/a', OPTIONS).start(limits),
  'PersistentNode.setData': async zk => {
    const node = new PersistentNode(zk, '/a', OPTIONS)
    await node.start()
    return limits => node.setData('x', limits)
  },
  'PersistentNode.close': async zk => {
    const node = new PersistentNode(zk, '/a', OPTIONS)
    await node.start()
    return limits => node.close(limits)
  },
  'PersistentTtlNode.start': async zk => limits =>
    new PersistentTtlNode(zk, '/a', { ...OPTIONS, ttl: 60_000 }).start(limits),
  'Group.join': async zk => limits => new Group(zk, '/a', OPTIONS).join(limits),
  'ServiceRegistry.publish': async zk => limits =>
    new ServiceRegistry(zk, '/a', OPTIONS).publish({ name: 'web' }, limits),
  'Partitioner.start': async zk => limits =>
    new Partitioner(zk, '/a', { ...OPTIONS, partitions: ['x'], settle: 0 }).start(limits),
  'GuaranteedDelete.delete': async zk => limits => new GuaranteedDelete(zk).delete('/number', limits),
  'Lock.release': async zk => {
    const lock = await new Mutex(zk, '/a', OPTIONS).acquire()
    return limits => lock.release(limits)
  },
}

/** Options of a client whose queue is soon full, and which then refuses requests at once while it is connected. */
const FULL = { maxInFlight: 1, maxQueuedBytes: 10_000, whenFull: 'reject' } as const

/** Fills the queue of a client whose replies are held. */
async function occupy(zk: ZooKeeper): Promise<void> {
  let isFull = false
  while (!isFull) {
    zk.exists('/').catch(() => {
      isFull = true
    })
    // A refusal has arrived by then; the loop never waits for an answer.
    for (let turn = 0; turn < 3; turn++) await null
  }
}

/**
 * Makes every call in turn where each request fails at once: the queue of the client is full, or the client is being
 * closed. Reports to the process that started it, which takes a silence for an endless loop.
 */
async function main(hosts: string, how: string): Promise<void> {
  for (const [name, prepare] of Object.entries(CALLS)) {
    process.send!({ begin: name })
    const zk = await connect(hosts, { closeTimeout: 100, ...(how === 'full' ? FULL : {}) })
    await zk.removeTree('/a').catch(() => {})
    await zk.create('/number', '1').catch(() => {})
    const call = await prepare(zk)
    process.send!({ hold: true })
    await new Promise(resolve => process.once('message', resolve))
    if (how === 'full') await occupy(zk)
    else zk.exists('/').catch(() => {})
    const closing = how === 'closing' ? zk.close() : null
    const limits = how === 'full' ? { timeout: 20 } : {}
    const result = await call(limits).then(
      () => 'done',
      error => error.code ?? String(error),
    )
    process.send!({ end: name, result })
    await new Promise(resolve => process.once('message', resolve))
    await (closing ?? zk.close())
  }
  process.exit(0)
}

await main(process.argv[2]!, process.argv[3]!)
