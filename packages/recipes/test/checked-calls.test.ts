import type { ZooKeeper, ZooKeeperError } from '@zookit/client'
import { expect } from 'chai'
import {
  AtomicCounter,
  Barrier,
  Config,
  DelayQueue,
  DoubleBarrier,
  Group,
  GuaranteedDelete,
  IdGenerator,
  LeaderElection,
  Lease,
  MultiLock,
  Mutex,
  NodeCache,
  Partitioner,
  PersistentNode,
  PriorityQueue,
  Queue,
  ReadWriteLock,
  Semaphore,
  ServiceDiscovery,
  ServiceRegistry,
  SharedValue,
} from '../src/index.ts'
import { TestBed } from './support/test-bed.ts'

type Call = (options: never) => unknown

const ignore = (): void => {}
const instance = { name: 'web', address: 'a', port: 1 }

/** Returns every kind of call that takes options, with the options that plain JavaScript may pass. */
function callsOf(zk: ZooKeeper): Readonly<Record<string, Call>> {
  const mutex = new Mutex(zk, '/mutex')
  const lock = new ReadWriteLock(zk, '/rw')
  const election = new LeaderElection(zk, '/election')
  const counter = new AtomicCounter(zk, '/counter')
  const barrier = new Barrier(zk, '/barrier')
  const value = new SharedValue(zk, '/value')
  const registry = new ServiceRegistry(zk, '/services')
  const service = new ServiceDiscovery(zk, '/services').service('web')
  const partitioner = new Partitioner(zk, '/parts', { partitions: ['a'] })
  const queue = new Queue(zk, '/queue')
  return {
    'Mutex.acquire': options => mutex.acquire(options),
    'Mutex.tryAcquire': options => mutex.tryAcquire(options),
    'Mutex.withLock': options => mutex.withLock(ignore, options),
    'Mutex.contenders': options => mutex.contenders(options),
    'Mutex.isLocked': options => mutex.isLocked(options),
    'Mutex.revoke': options => mutex.revoke(null, options),
    'ReadWriteLock.read.acquire': options => lock.read.acquire(options),
    'ReadWriteLock.write.tryAcquire': options => lock.write.tryAcquire(options),
    'Semaphore.acquire': options => new Semaphore(zk, '/semaphore', { size: 2 }).acquire(options),
    'MultiLock.acquire': options => new MultiLock(zk, [mutex]).acquire(options),
    'Lease.tryAcquire': options => new Lease(zk, '/lease', { duration: 5000 }).tryAcquire(options),
    'Lease.holders': options => new Lease(zk, '/lease', { duration: 5000 }).holders(options),
    'LeaderElection.campaign': options => election.campaign(options),
    'LeaderElection.lead': options => election.lead(ignore, options),
    'LeaderElection.leader': options => election.leader(options),
    'LeaderElection.observe': options => election.observe(options).next(),
    'DoubleBarrier.enter': options => new DoubleBarrier(zk, '/double', { count: 2 }).enter(options),
    'Barrier.set': options => barrier.set(options),
    'Barrier.wait': options => barrier.wait(options),
    'Group.join': options => new Group(zk, '/group').join(options),
    'PersistentNode.start': options => new PersistentNode(zk, '/kept').start(options),
    'GuaranteedDelete.delete': options => new GuaranteedDelete(zk).delete('/gone', options),
    'AtomicCounter.get': options => counter.get(options),
    'AtomicCounter.add': options => counter.add(5, options),
    'IdGenerator.next': options => new IdGenerator(zk, '/ids').next(options),
    'SharedValue.get': options => value.get(options),
    'SharedValue.changes': options => value.changes(options),
    'Config.start': options => new Config(zk, '/config').start(options),
    'NodeCache.start': options => new NodeCache(zk, '/cache').start(options),
    'NodeCache.changes': options => new NodeCache(zk, '/cache').changes(options),
    'Queue.put': options => queue.put('x', options),
    'Queue.take': options => queue.take(options),
    'Queue.consume': options => queue.consume(ignore, options),
    'Queue.size': options => queue.size(options),
    'PriorityQueue.put': options => new PriorityQueue(zk, '/priority').put('x', options),
    'DelayQueue.put': options => new DelayQueue(zk, '/delay').put('x', options),
    'ServiceRegistry.publish': options => registry.publish(instance, options),
    'ServiceDiscovery.names': options => new ServiceDiscovery(zk, '/services').names(options),
    'ServiceDiscovery.instances': options => new ServiceDiscovery(zk, '/services').instances('web', options),
    'Service.start': options => service.start(options),
    'Service.pick': options => service.pick(options),
    'Service.call': options => service.call(ignore, options),
    'Partitioner.start': options => new Partitioner(zk, '/parts', { partitions: ['a'] }).start(options),
    'Partitioner.run': options => partitioner.run(ignore, options),
    'Partitioner.changes': options => partitioner.changes(options).next(),
  }
}

/** Returns the error of a call, whether it throws or rejects. */
async function errorOf(call: Call, options: unknown): Promise<ZooKeeperError> {
  try {
    await call(options as never)
  } catch (error) {
    return error as ZooKeeperError
  }
  throw new Error('the call did not fail')
}

describe('A call of a recipe, from plain JavaScript', () => {
  let bed: TestBed
  let zk: ZooKeeper
  before(async () => {
    bed = await TestBed.start()
    zk = await bed.client()
  })
  after(() => bed[Symbol.asyncDispose]())

  it('refuses options that are no object or do not exist, and limits of the wrong kind, before anything is sent', async () => {
    const wrongs: [options: unknown, reason: RegExp][] = [
      [null, /options must be an object .*, not null/],
      [99, /options must be an object .*, not 99/],
      ['5s', /options must be an object .*, not "5s"/],
      [ignore, /options must be an object .*, not a function/],
      [[], /options must be an object .*, not an array/],
      [{ verison: 99 }, /there is no option "verison"/],
      [{ signal: {} }, /option signal must be an AbortSignal/],
    ]
    const sent = bed.server.requests().length
    for (const [name, call] of Object.entries(callsOf(zk))) {
      for (const [options, reason] of wrongs) {
        if (name === 'Service.pick' && options !== null && typeof options === 'object' && 'signal' in options)
          continue
        const error = await errorOf(call, options)
        expect(error, `${name}(${String(options)}): ${error.message}`).to.include({
          code: 'BAD_ARGUMENTS',
          outcome: 'not-sent',
        })
        expect(error.message, name).to.match(reason)
        expect(error.operation, name).to.be.a('string')
        expect(error.path, name).to.match(/^\/[a-z]/)
      }
    }
    expect(bed.server.requests().length).to.equal(sent)
  })

  it('refuses work that is no function before anything is acquired', async () => {
    const works: ((work: never) => Promise<unknown>)[] = [
      work => new Mutex(zk, '/mutex').withLock(work),
      work => new LeaderElection(zk, '/election').lead(work),
      work => new Queue(zk, '/queue').consume(work),
      work => new Partitioner(zk, '/parts', { partitions: ['a'] }).run(work),
      work => new ServiceDiscovery(zk, '/services').service('web').call(work),
    ]
    const sent = bed.server.requests().length
    for (const call of works) {
      for (const work of [undefined, null, 5, {}]) {
        const error = await errorOf(call as Call, work)
        expect(error, call.toString()).to.include({ code: 'BAD_ARGUMENTS' })
        expect(error.message).to.match(/the work must be a function/)
      }
    }
    expect(bed.server.requests().length).to.equal(sent)
  })
})
