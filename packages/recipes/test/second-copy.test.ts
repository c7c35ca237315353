import { MultiError, ZooKeeper, ZooKeeperError } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import {
  AtomicCounter,
  Barrier,
  Config,
  codecs,
  DelayQueue,
  DoubleBarrier,
  Group,
  IdGenerator,
  LeaderElection,
  Lease,
  Mutex,
  NodeCache,
  OwnershipError,
  PersistentNode,
  PriorityQueue,
  Queue,
  RateLimiter,
  ReadWriteLock,
  ReentrantMutex,
  SchemaError,
  Semaphore,
  ServiceRegistry,
  SharedValue,
  TreeCache,
} from '../src/index.ts'
import { copyOfAnotherRealm, secondCopy } from './support/second-copy.ts'

/** One use of each recipe, on a path whose parents are missing. */
const USES: Readonly<Record<string, (zk: ZooKeeper, path: string) => Promise<unknown>>> = {
  Mutex: async (zk, path) => (await new Mutex(zk, path).acquire()).release(),
  ReentrantMutex: async (zk, path) => (await new ReentrantMutex(zk, path).acquire()).release(),
  ReadWriteLock: async (zk, path) => (await new ReadWriteLock(zk, path).write.acquire()).release(),
  Semaphore: async (zk, path) => (await new Semaphore(zk, path, { size: 2 }).acquire()).release(),
  Lease: async (zk, path) => (await new Lease(zk, path, { duration: 60_000 }).tryAcquire())?.release(),
  LeaderElection: async (zk, path) => (await new LeaderElection(zk, path).campaign()).resign(),
  Group: async (zk, path) => (await new Group(zk, path).join({ name: 'one' })).leave(),
  PersistentNode: async (zk, path) => {
    await using node = new PersistentNode(zk, path, { data: 'x' })
    await node.start()
  },
  Config: async (zk, path) => {
    await new Config(zk, path).set({ a: 1 })
    await using config = new Config(zk, path)
    await config.start()
    expect(config.current).to.deep.equal({ a: 1 })
  },
  'Config of a subtree': async (zk, path) => {
    const config = new Config(zk, path, { subtree: true, default: {} })
    await config.update(() => ({ 'a/b': 1 }))
    await config.update(values => ({ ...(values as object), c: 2 }))
  },
  Queue: async (zk, path) => {
    await new Queue(zk, path).put('x')
    await (await new Queue(zk, path).take()).complete()
    expect(await new Queue(zk, path).tryTake()).to.equal(null)
  },
  PriorityQueue: (zk, path) => new PriorityQueue(zk, path).put('x', { priority: 2 }),
  DelayQueue: (zk, path) => new DelayQueue(zk, path).put('x', { delay: 10 }),
  RateLimiter: (zk, path) => new RateLimiter(zk, path, { permits: 1, interval: 1000 }).acquire(),
  AtomicCounter: async (zk, path) => expect(await new AtomicCounter(zk, path).add(2n)).to.equal(2n),
  IdGenerator: (zk, path) => new IdGenerator(zk, path).next(),
  SharedValue: (zk, path) => new SharedValue(zk, path, { codec: codecs.text }).set('x'),
  Barrier: async (zk, path) => {
    await new Barrier(zk, path).set()
    await new Barrier(zk, path).remove()
    await new Barrier(zk, path).wait()
  },
  DoubleBarrier: async (zk, path) => (await new DoubleBarrier(zk, path, { count: 1 }).enter()).leave(),
  ServiceRegistry: async (zk, path) => {
    await using registry = new ServiceRegistry(zk, path)
    await registry.publish({ name: 'web', id: 'a', address: '10.0.0.1', port: 80 })
  },
  NodeCache: async (zk, path) => {
    await using cache = new NodeCache(zk, path)
    await cache.start()
    expect(cache.current).to.equal(null)
  },
  TreeCache: async (zk, path) => {
    await using cache = new TreeCache(zk, path)
    await cache.start()
    expect(cache.current.size).to.equal(0)
  },
}

const COPIES = { 'a second copy': secondCopy, 'a copy of another realm': copyOfAnotherRealm }

for (const [name, load] of Object.entries(COPIES)) {
  describe(`The recipes on a client of ${name} of @zookit/client`, () => {
    let server: TestServer
    let copy: Awaited<ReturnType<typeof load>>
    let zk: ZooKeeper

    before(async () => {
      server = await TestServer.start()
      copy = await load()
      zk = await copy.connect(server.hosts)
    })

    after(async () => {
      await zk?.close()
      await server.stop()
    })

    it('work with a class of their own', () => {
      expect(copy.ZooKeeperError).not.to.equal(ZooKeeperError)
      expect(zk).not.to.be.instanceOf(ZooKeeper)
    })

    for (const [recipe, use] of Object.entries(USES)) {
      it(`create what is missing: ${recipe}`, async () => {
        await use(zk, `/${recipe.replaceAll(' ', '-')}/a/b`)
      })
    }

    it('know its errors, and have errors that it knows', async () => {
      const refused = await zk.getData('/none').catch((error: unknown) => error)
      expect(refused).not.to.be.instanceOf(ZooKeeperError)
      expect(ZooKeeperError.is(refused) && refused.code).to.equal('NO_NODE')

      const rolledBack = await zk.multi([{ type: 'delete', path: '/none' }]).catch((error: unknown) => error)
      expect(MultiError.is(rolledBack) && rolledBack.index).to.equal(0)
      expect(MultiError.is(refused)).to.equal(false)

      const lost = new OwnershipError('deleted', '/a')
      expect(lost.message).to.contain('somebody has deleted the znode').and.contain('ask for a new one')
      expect(copy.ZooKeeperError.is(lost) && lost.code).to.equal('OWNERSHIP_LOST')
      expect(OwnershipError.is(lost)).to.equal(true)
      expect(SchemaError.is(lost)).to.equal(false)
      expect(SchemaError.is(new SchemaError([{ message: 'bad' }], '/a'))).to.equal(true)
      for (const other of [null, undefined, 'NO_NODE', new Error('NO_NODE'), { code: 'NO_NODE' }])
        expect(ZooKeeperError.is(other), String(other)).to.equal(false)
    })
  })
}
