import { openAcl, readOnlyAcl, Session, ZooKeeper, type ZooKeeperError } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import * as recipes from '../src/index.ts'

type Constructor = new (...args: unknown[]) => unknown

const classes = new Map(Object.entries(recipes)) as ReadonlyMap<string, unknown> as ReadonlyMap<
  string,
  Constructor
>

const ignore = (): void => {}
const codec = { encode: String, decode: String }
const shared = { data: 'x', acl: [], whenSuspended: 'keep', parent: 'persistent', jitter: 5 }
const { data, acl, whenSuspended, parent, jitter } = shared

/** Valid options of every recipe that is constructed with a client, a path and options. */
const OPTIONS: Readonly<Record<string, object>> = {
  RateLimiter: { permits: 3, interval: 1000, acl },
  AtomicCounter: { initial: 5, tries: 3, acl },
  Barrier: { data, acl, jitter },
  ChildrenCache: { data: false, window: 5, jitter, select: ignore },
  Config: { codec, subtree: true, default: {}, history: 5, acl, jitter },
  DelayQueue: { acl, whenSuspended, jitter, maxSize: 5 },
  DoubleBarrier: { count: 3, data, acl, whenSuspended, jitter },
  Group: { data, acl, parent, jitter },
  IdGenerator: { block: 5, first: 3n, acl },
  LeaderElection: shared,
  Lease: { duration: 5000, limit: 3, holder: 'me', data, acl, jitter },
  Mutex: { ...shared, revocable: true },
  NodeCache: { data: false, window: 5, jitter },
  Partitioner: {
    partitions: ['a'],
    settle: 5,
    member: 'me',
    assign: ignore,
    data,
    acl,
    whenSuspended,
    jitter,
  },
  PersistentNode: { mode: 'persistent', data, acl, parent, jitter },
  PersistentTtlNode: { ttl: 5000, touchInterval: 5, data, acl, parent, jitter },
  PriorityQueue: { acl, whenSuspended, jitter, maxSize: 5 },
  Queue: { acl, whenSuspended, jitter, maxSize: 5 },
  ReadWriteLock: { ...shared, revocable: true },
  ReentrantMutex: { ...shared, revocable: true },
  // Waiting clients read the permits of others: an empty ACL would not let them.
  Semaphore: { ...shared, acl: openAcl, size: 3 },
  ServiceDiscovery: { backoff: {}, jitter },
  ServiceRegistry: { payloadClass: null, acl, parent, jitter },
  SharedValue: { codec, initial: 'x', acl, jitter },
  TreeCache: { data: false, window: 5, jitter, maxDepth: 3, select: ignore },
}

/** Classes that are made otherwise: by methods, with other arguments, or to be extended. */
const OTHERS = [
  'BarrierMember',
  'Cache',
  'ContendedLock',
  'GuaranteedDelete',
  'HeldLease',
  'ItemQueue',
  'KeptNode',
  'Leadership',
  'Lock',
  'Lockable',
  'Membership',
  'MultiHandle',
  'MultiLock',
  'NodeHandle',
  'OwnershipError',
  'Partition',
  'Permit',
  'Publication',
  'QueueItem',
  'ReadLock',
  'ReentrantLock',
  'RevocableHandle',
  'SchemaError',
  'Service',
  'WriteLock',
]

/** Options whose value a recipe checks where it uses it, and where null is not among the valid ones. */
const ANY_VALUE = ['default', 'data', 'payloadClass']

describe('Every recipe, constructed from plain JavaScript', () => {
  let server: TestServer
  let zk: ZooKeeper
  before(async () => {
    server = await TestServer.start()
    const [host = '', port] = server.hosts.split(':')
    zk = new ZooKeeper(new Session({ servers: [{ host, port: Number(port) }] }), { now: () => 0 })
  })
  after(async () => {
    await zk.close()
    await server.stop()
  })

  function expectRefusal(name: string, args: readonly unknown[], reason: RegExp): void {
    const Recipe = classes.get(name)!
    const details = { code: 'BAD_ARGUMENTS', outcome: 'not-sent' }
    expect(() => new Recipe(...args), `${name}(${args.map(String).join()})`)
      .to.throw(reason)
      .that.includes(details)
  }

  it('is listed here', () => {
    const isClass = (value: unknown): boolean => typeof value === 'function' && /^class\b/.test(String(value))
    const names = [...classes].flatMap(([name, value]) => (isClass(value) ? [name] : []))
    expect(names.filter(name => !OTHERS.includes(name)).sort()).to.deep.equal(Object.keys(OPTIONS).sort())
  })

  for (const [name, options] of Object.entries(OPTIONS)) {
    it(`${name} takes its own options`, () => {
      const Recipe = classes.get(name)!
      expect(() => new Recipe(zk, '/a', options)).not.to.throw()
    })

    it(`${name} refuses other options, and values of another kind, with the name of the option`, () => {
      expectRefusal(name, [zk, '/a', { ...options, verison: 99 }], /no option "verison"/)
      for (const wrong of [null, 99, 'x', ignore, []]) {
        expectRefusal(name, [zk, '/a', wrong], /options must be an object/)
      }
      for (const option of Object.keys(options)) {
        if (ANY_VALUE.includes(option) || (name === 'SharedValue' && option === 'initial')) continue
        expectRefusal(name, [zk, '/a', { ...options, [option]: Symbol('wrong') }], new RegExp(option))
        if (option !== 'parent')
          expectRefusal(name, [zk, '/a', { ...options, [option]: null }], new RegExp(option))
      }
    })

    it(`${name} names itself, the path and the kind of what it was given, for each option`, () => {
      const Recipe = classes.get(name)!
      for (const option of Object.keys(options)) {
        if (ANY_VALUE.includes(option) || option === 'initial') continue
        let error: ZooKeeperError | undefined
        try {
          new Recipe(zk, '/a', { ...options, [option]: '3' })
        } catch (refusal) {
          error = refusal as ZooKeeperError
        }
        // Text is of the right kind for some of them.
        if (error === undefined) continue
        expect(error, option).to.include({ code: 'BAD_ARGUMENTS', operation: name, path: '/a' })
        expect(error.message, option)
          .to.include(option)
          .and.to.match(/"3"|'3'|string|text/)
      }
    })

    it(`${name} refuses an invalid client or path, with its own name`, () => {
      expectRefusal(name, [{}, '/a', options], /must be a ZooKeeper client/)
      expectRefusal(name, [undefined, '/a', options], /must be a ZooKeeper client/)
      for (const path of ['a', '/a/', 5, undefined]) expectRefusal(name, [zk, path, options], /invalid path/)
      const Recipe = classes.get(name)!
      let error: ZooKeeperError | undefined
      try {
        new Recipe(zk, '/a/', options)
      } catch (refusal) {
        error = refusal as ZooKeeperError
      }
      expect(error).to.include({ operation: name, path: '/a/' })
    })
  }

  it('refuses more arguments than it takes, and names itself in every refusal', () => {
    const { Mutex } = recipes
    const mutex = new Mutex(zk, '/m')
    const calls: [name: string, args: unknown[], reason: RegExp][] = [
      ...Object.entries(OPTIONS).map(([name, options]): [string, unknown[], RegExp] => {
        return [name, [zk, '/m', options, 'surplus'], /too many arguments: it takes 3/]
      }),
      ['GuaranteedDelete', [zk, 'surplus'], /too many arguments: it takes 1 argument/],
      ['MultiLock', [zk, [mutex], 'surplus'], /too many arguments: it takes 2/],
      ['MultiLock', [zk, mutex], /must be a list of locks, not an object/],
      ['MultiLock', [zk, []], /must have at least one lock/],
      ['MultiLock', [zk, [mutex, undefined]], /must have locks only, not undefined/],
      ['MultiLock', [zk, [mutex, new Mutex(zk, '/m')]], /MultiLock \/m\): two of the locks/],
      ['PersistentNode', [zk, '/'], /the root cannot be kept/],
      ['PersistentTtlNode', [zk, '/', { ttl: 5 }], /the root cannot be kept/],
      ['PersistentTtlNode', [zk, '/m', {}], /the option ttl is required/],
      ['DoubleBarrier', [zk, '/m', {}], /the option count is required/],
      ['RateLimiter', [zk, '/m', { permits: 5 }], /the option interval is required/],
      ['Lease', [zk, '/m', {}], /the option duration is required/],
      ['Lease', [zk, '/m', { duration: Number.POSITIVE_INFINITY }], /duration must be .* to 2\^40, not Inf/],
      ['Semaphore', [zk, '/m', { size: 3, acl: readOnlyAcl }], /the acl must allow WRITE/],
      ['ServiceDiscovery', [zk, '/m', { backoff: { initail: 5 } }], /there is no option "initail"/],
      ['ServiceDiscovery', [zk, '/m', { backoff: { initial: 0 } }], /initial must be a number of mill/],
      ['ServiceDiscovery', [zk, '/m', { backoff: { initial: 9, max: 5 } }], /max must be at least 9/],
    ]
    for (const [name, args, reason] of calls) {
      const Recipe = classes.get(name)!
      const details = { code: 'BAD_ARGUMENTS', outcome: 'not-sent', operation: name }
      expect(() => new Recipe(...args), `${name}: ${reason}`)
        .to.throw(reason)
        .that.includes(details)
    }
  })
})
