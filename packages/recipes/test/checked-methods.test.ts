import type { ZooKeeper, ZooKeeperError } from '@zookit/client'
import { expect } from 'chai'
import * as recipes from '../src/index.ts'
import { settle, TestBed } from './support/test-bed.ts'

/** A method: the arguments that it must have, each with values of the wrong kind, and whether options follow. */
interface Method {
  readonly args: readonly unknown[]
  readonly wrong: readonly (readonly unknown[])[]
  readonly options: boolean
}

const ignore = (): void => {}

/** A method that takes arguments and then options. */
function method(args: readonly unknown[] = [], ...wrong: readonly (readonly unknown[])[]): Method {
  return { args, wrong, options: true }
}

/** Returns a method that takes no options. */
function bare(args: readonly unknown[] = [], ...wrong: readonly (readonly unknown[])[]): Method {
  return { args, wrong, options: false }
}

const FUNCTION = [undefined, null, 5, {}]
const NUMBER = [undefined, null, '5', 1.5, {}]
const PERMITS = [null, '5', 1.5, 0, {}]
const DATA = [undefined, 5, {}, []]
const TEXT = [undefined, null, 5, {}]
const TRANSACTION = [undefined, null, {}, 5]
const INSTANCE = [undefined, null, 5, {}]

const guard = bare([{ check: ignore }], TRANSACTION)
const lock = {
  acquire: method(),
  tryAcquire: method(),
  withLock: method([ignore], FUNCTION),
  isLocked: method(),
}
const looks = { contenders: method(), count: method(), observe: method() }
const handle = { release: method(), guard }
const revoke = method([null], [5, {}, 'a'])
const cache = { start: method(), changes: method(), close: bare() }
const kept = { start: method(), changes: method(), setData: method(['x'], DATA), close: method() }
const queue = {
  take: method(),
  tryTake: method(),
  consume: method([ignore], FUNCTION),
  size: method(),
}

/** The public methods of every class. */
const METHODS: Readonly<Record<string, Readonly<Record<string, Method>>>> = {
  RateLimiter: {
    acquire: method([1], PERMITS),
    tryAcquire: method([1], PERMITS),
    available: method(),
  },
  AtomicCounter: {
    get: method(),
    increment: method(),
    decrement: method(),
    add: method([5], NUMBER),
    compareAndSet: method([5, 6], NUMBER, NUMBER),
    update: method([ignore], FUNCTION),
  },
  Barrier: { set: method(), remove: method(), isSet: method(), wait: method() },
  BarrierMember: { ...handle, leave: method() },
  ChildrenCache: cache,
  Config: { ...cache, update: method([ignore], FUNCTION), set: method(['x']) },
  DelayQueue: {
    ...queue,
    put: method(['x'], DATA),
    putAll: method([[{ data: 'x' }]], [null, 5, {}, [5], [null]]),
  },
  DoubleBarrier: { enter: method(), members: method() },
  Group: { join: method() },
  GuaranteedDelete: { delete: method(['/gone'], TEXT), idle: method() },
  HeldLease: { ...handle, renew: method() },
  IdGenerator: { next: method() },
  LeaderElection: {
    campaign: method(),
    lead: method([ignore], FUNCTION),
    candidates: method(),
    leader: method(),
    count: method(),
    observe: method(),
  },
  Leadership: { ...handle, resign: method() },
  Lease: { tryAcquire: method(), holders: method(), isLocked: method() },
  Lock: handle,
  Membership: { changes: method(), setData: method(['x'], DATA), leave: method() },
  MultiHandle: handle,
  MultiLock: lock,
  Mutex: { ...lock, ...looks, revoke },
  NodeCache: cache,
  Partition: handle,
  Partitioner: { start: method(), changes: method(), run: method([ignore], FUNCTION), close: method() },
  Permit: handle,
  PersistentNode: kept,
  PersistentTtlNode: kept,
  PriorityQueue: {
    ...queue,
    put: method(['x'], DATA),
    putAll: method([[{ data: 'x' }]], [null, 5, {}, [5], [null]]),
  },
  Publication: {
    changes: method(),
    update: method([{}], INSTANCE.slice(0, 3)),
    report: method([true], [undefined, 1]),
    unpublish: method(),
  },
  Queue: { ...queue, put: method(['x'], DATA), putAll: method([['x']], [null, 5, {}, [5]]) },
  QueueItem: { ...handle, complete: method() },
  ReadLock: handle,
  ReadWriteLock: { ...looks, revoke },
  ReentrantLock: { ...handle, enter: bare() },
  ReentrantMutex: { ...lock, ...looks, revoke },
  Semaphore: { ...lock, ...looks },
  Service: {
    ...cache,
    pick: method(),
    call: method([ignore], FUNCTION),
    reportFailure: bare([{ name: 'web', id: 'a' }], INSTANCE),
    reportSuccess: bare([{ name: 'web', id: 'a' }], INSTANCE),
  },
  ServiceDiscovery: { names: method(), instances: method(['web'], TEXT), service: bare(['web'], TEXT) },
  ServiceRegistry: { publish: method([{ name: 'web', id: 'a' }], INSTANCE), close: method() },
  SharedValue: {
    ...cache,
    get: method(),
    set: method([Buffer.of(1)], ['x', 5]),
    trySet: method([Buffer.of(1), 0], ['x', 5], ['0', 1.5, {}]),
    update: method([ignore], FUNCTION),
  },
  TreeCache: { ...cache, children: bare(['/a'], [null, 5, {}]) },
  WriteLock: { ...handle, downgrade: method() },
}

/** Methods that classes have for those that extend them. */
/** The methods that JSON calls, without arguments that anybody passes. */
const CALLED_BY_JSON = 'toJSON'
const PROTECTED = ['check', 'deadline', 'end', 'enter', 'newcomer', 'onEnd', 'putEntries', 'watchNode']
/** A method that the partitioner calls. */
const INTERNAL = 'Partition.revoke'
/** Classes without methods of their own beside those of a class above, and errors. */
const OTHERS = [
  'Cache',
  'ContendedLock',
  'ItemQueue',
  'KeptNode',
  'Lockable',
  'NodeHandle',
  'OwnershipError',
  'RevocableHandle',
  'SchemaError',
]

function methodsOf(type: { prototype: object }): string[] {
  const names = new Set<string>()
  for (let one = type.prototype; one !== Object.prototype; one = Object.getPrototypeOf(one)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(one)))
      if (name !== 'constructor' && typeof value === 'function') names.add(name)
  }
  return [...names]
}

/** Makes an object of every class. */
async function objectsOf(zk: ZooKeeper): Promise<Record<string, object>> {
  const quick = { jitter: 0 }
  const of = recipes
  const semaphore = new of.Semaphore(zk, '/semaphore', { ...quick, size: 2 })
  const lease = new of.Lease(zk, '/lease', { ...quick, duration: 60_000 })
  const rw = new of.ReadWriteLock(zk, '/rw', quick)
  const reentrant = new of.ReentrantMutex(zk, '/reentrant', quick)
  const mutex = new of.Mutex(zk, '/mutex', quick)
  const multi = new of.MultiLock(zk, [new of.Mutex(zk, '/multi', quick)])
  const registry = new of.ServiceRegistry(zk, '/services', quick)
  const discovery = new of.ServiceDiscovery(zk, '/services', quick)
  const partitioner = new of.Partitioner(zk, '/parts', { ...quick, partitions: ['a'], settle: 1 })
  const jobs = new of.Queue(zk, '/queue', quick)
  const barrier = new of.DoubleBarrier(zk, '/double', { ...quick, count: 1 })
  const election = new of.LeaderElection(zk, '/election', quick)
  await jobs.put('x')
  const read = await rw.read.acquire()
  await partitioner.start()
  return {
    AtomicCounter: new of.AtomicCounter(zk, '/counter'),
    RateLimiter: new of.RateLimiter(zk, '/rate', { permits: 3, interval: 60_000 }),
    Barrier: new of.Barrier(zk, '/barrier', quick),
    BarrierMember: await barrier.enter(),
    ChildrenCache: new of.ChildrenCache(zk, '/cache', quick),
    Config: new of.Config(zk, '/config', quick),
    DelayQueue: new of.DelayQueue(zk, '/delay', quick),
    DoubleBarrier: barrier,
    Group: new of.Group(zk, '/group', quick),
    GuaranteedDelete: new of.GuaranteedDelete(zk),
    HeldLease: (await lease.tryAcquire())!,
    IdGenerator: new of.IdGenerator(zk, '/ids'),
    LeaderElection: election,
    Leadership: await election.campaign(),
    Lease: lease,
    Lock: await mutex.acquire(),
    Membership: await new of.Group(zk, '/group', quick).join(),
    MultiHandle: await multi.acquire(),
    MultiLock: multi,
    Mutex: mutex,
    NodeCache: new of.NodeCache(zk, '/cache', quick),
    Partition: partitioner.current.partitions[0]!,
    Partitioner: partitioner,
    Permit: await semaphore.acquire(),
    PersistentNode: new of.PersistentNode(zk, '/kept', quick),
    PersistentTtlNode: new of.PersistentTtlNode(zk, '/kept', { ...quick, ttl: 5000 }),
    PriorityQueue: new of.PriorityQueue(zk, '/priority', quick),
    Publication: await registry.publish({ name: 'web', id: 'a' }),
    Queue: jobs,
    QueueItem: await jobs.take(),
    ReadLock: read,
    ReadWriteLock: rw,
    ReentrantLock: await reentrant.acquire(),
    ReentrantMutex: reentrant,
    Semaphore: semaphore,
    Service: discovery.service('web'),
    ServiceDiscovery: discovery,
    ServiceRegistry: registry,
    SharedValue: new of.SharedValue(zk, '/value', quick),
    TreeCache: new of.TreeCache(zk, '/cache', quick),
    WriteLock: await new of.ReadWriteLock(zk, '/rw-2', quick).write.acquire(),
  }
}

/** Calls a method. Returns its error, whether it throws, rejects, or the iterator that it returns does. */
async function errorOf(
  object: object,
  name: string,
  args: readonly unknown[],
): Promise<ZooKeeperError | null> {
  try {
    const result = await (object as Record<string, (...args: readonly unknown[]) => unknown>)[name]!(...args)
    const iterator = result as Partial<AsyncIterator<unknown>> | undefined
    void iterator?.return?.()
  } catch (error) {
    return error as ZooKeeperError
  }
  return null
}

describe('Every method of a recipe', () => {
  let bed: TestBed
  let objects: Record<string, object>
  before(async () => {
    bed = await TestBed.start()
    objects = await objectsOf(await bed.client())
    await settle()
  })
  after(() => bed[Symbol.asyncDispose]())

  it('is listed here', () => {
    const isClass = (value: unknown): value is { prototype: object } =>
      typeof value === 'function' && /^class\b/.test(String(value))
    const classes = Object.entries(recipes).flatMap(([name, value]) =>
      isClass(value) ? [{ name, value }] : [],
    )
    for (const { name, value } of classes) {
      if (OTHERS.includes(name)) continue
      const names = methodsOf(value)
        .filter(one => `${name}.${one}` !== INTERNAL)
        .filter(one => one !== CALLED_BY_JSON)
        .filter(one => !PROTECTED.includes(one) || one in (METHODS[name] ?? {}))
      expect(names.sort(), name).to.deep.equal(Object.keys(METHODS[name] ?? {}).sort())
    }
    expect(Object.keys(objects).sort()).to.deep.equal(Object.keys(METHODS).sort())
  })

  for (const [type, methods] of Object.entries(METHODS)) {
    for (const [name, { args, wrong, options }] of Object.entries(methods)) {
      it(`${type}.${name} refuses arguments that are too many, missing or of the wrong kind`, async () => {
        const calls: (readonly unknown[])[] = [[...args, ...(options ? [{}] : []), 'surplus']]
        for (const [index, values] of wrong.entries())
          for (const value of values) calls.push(args.with(index, value))
        if (options)
          for (const value of [null, 99, 'x', [], ignore, { verison: 1 }]) calls.push([...args, value])
        const sent = bed.server.requests().length
        for (const call of calls) {
          const error = await errorOf(objects[type]!, name, call)
          const what = `${type}.${name}(${call.map(one => JSON.stringify(one) ?? String(one)).join(', ')})`
          expect(error, what).to.be.instanceOf(Error)
          expect(error, what).to.include({ code: 'BAD_ARGUMENTS', outcome: 'not-sent' })
          expect(error!.operation, what).to.be.a('string')
          if (type !== 'GuaranteedDelete') expect(error!.path, what).to.match(/^\/[a-z]/)
        }
        expect(bed.server.requests().length, 'requests').to.equal(sent)
      })
    }
  }
})
