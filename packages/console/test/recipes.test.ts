import { acl, connect, type ZooKeeper } from '@zookit/client'
import {
  Barrier,
  DoubleBarrier,
  Group,
  LeaderElection,
  Lease,
  Mutex,
  Partitioner,
  Queue,
  ReadWriteLock,
  Semaphore,
  ServiceRegistry,
} from '@zookit/recipes'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import type { RecipeView } from '../src/protocol.ts'
import { type Opened, openConsole } from './support/opened.ts'

const sessionOf = (zk: ZooKeeper): string => `0x${BigInt.asUintN(64, zk.session.id).toString(16)}`
const uuid = (n: number): string => `${String(n).padStart(8, '0')}-1111-4111-8111-111111111111`

describe('The console recognises recipes', () => {
  let server: TestServer
  let one: ZooKeeper
  let two: ZooKeeper
  let opened: Opened
  beforeEach(async () => {
    server = await TestServer.start()
    ;[one, two] = [await connect(server.hosts), await connect(server.hosts)]
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) =>
          typeof (value as { port?: unknown }).port === 'number'
            ? { value }
            : { issues: [{ message: 'must be a number', path: ['port'] }] },
      },
    }
    opened = await openConsole(server.hosts, { schemas: { '/conf': schema } })
  })
  afterEach(async () => {
    await Promise.all([one.close(), two.close(), opened[Symbol.asyncDispose]()])
    await server.stop()
  })
  const look = async (path: string): Promise<RecipeView> =>
    (await opened.get(`/api/recipe?path=${encodeURIComponent(path)}`)).body
  const roles = ({ participants }: RecipeView): string[] => participants.map(({ role }) => role)
  const sequential = (path: string): Promise<string> =>
    one.create(path, null, { mode: 'ephemeral-sequential' })
  /** Waits until so many children are there. */
  const arrived = async (path: string, count: number): Promise<void> => {
    while (((await one.exists(path))?.numChildren ?? 0) < count)
      await new Promise(resolve => setTimeout(resolve, 5))
  }

  it('a lock: its holder, and who waits for whom', async () => {
    await using _held = await new Mutex(one, '/lock', { data: 'first' }).acquire()
    const waiting = new Mutex(two, '/lock', { data: 'second' }).acquire({ timeout: 3000 })
    waiting.catch(() => {})
    await arrived('/lock', 2)
    const recipe = await look('/lock')
    expect(recipe).to.include({ kind: 'lock', layout: 'zookit', revocable: true })
    const [holder, waiter] = recipe.participants
    expect(holder).to.include({ role: 'holder', data: 'first', owner: sessionOf(one) })
    expect(waiter).to.include({ role: 'waiting', data: 'second', owner: sessionOf(two) })
    expect(waiter!.blockedBy).to.deep.equal([holder!.path])
  })

  it('a lock whose holder was asked to release', async () => {
    await using writable = await openConsole(server.hosts, { write: true })
    const lock = await new Mutex(one, '/lock', { revocable: true }).acquire()
    const { participants } = await look('/lock')
    const asked = new Promise(resolve => lock.revoked.addEventListener('abort', resolve))
    const { path, version } = participants[0]!
    const answer = await writable.post('/api/write', { do: 'revoke', path, version })
    expect(answer.body.message).to.equal('asked to release')
    await asked
    expect((await look('/lock')).participants[0]!.revoked).to.equal(true)
    await lock.release()
  })

  it('a lock whose holder is asked to release by what is seen alone: no waiter, no other znode, no version that is old', async () => {
    await using writable = await openConsole(server.hosts, { write: true })
    await using _held = await new Mutex(one, '/lock', { data: 'first' }).acquire()
    const waiting = new Mutex(two, '/lock').acquire({ timeout: 3000 })
    waiting.catch(() => {})
    await arrived('/lock', 2)
    const [holder, waiter] = (await look('/lock')).participants
    const ask = (path: string, version?: number) =>
      writable.post('/api/write', { do: 'revoke', path, version })
    await one.create('/plain')
    await one.create('/plain/not-a-lock-0000000001', 'data', { acl: [acl('rwd', 'world', 'anyone')] })
    await one.create('/plain/zz-latch-0000000002', 'data')
    for (const path of ['/lock', waiter!.path, '/plain/not-a-lock-0000000001', '/lock/x-lock-0000000009'])
      expect((await ask(path, 0)).status, path).to.equal(400)
    expect((await ask(holder!.path)).status).to.equal(400)
    await one.setData(holder!.path, 'newer')
    expect((await ask(holder!.path, holder!.version)).body.code).to.equal('BAD_VERSION')
    expect(String((await one.getData(holder!.path)).data)).to.equal('newer')
    expect((await ask(holder!.path, 1)).status).to.equal(200)
  })

  it('a read-write lock: readers together, a writer behind them, a reader behind the writer', async () => {
    const lock = (zk: ZooKeeper): ReadWriteLock => new ReadWriteLock(zk, '/rw')
    await using _first = await lock(one).read.acquire()
    await using _second = await lock(two).read.acquire()
    const rest = [lock(one).write.acquire({ timeout: 3000 })]
    await arrived('/rw', 3)
    const last = lock(two).read.acquire({ timeout: 3000 })
    for (const each of [...rest, last]) each.catch(() => {})
    await arrived('/rw', 4)
    const recipe = await look('/rw')
    expect(roles(recipe)).to.deep.equal(['reader', 'reader', 'writer, waiting', 'reader, waiting'])
    expect(recipe.participants[3]!.blockedBy).to.deep.equal([recipe.participants[2]!.path])
  })

  it('an election: each candidate once, though it has three znodes', async () => {
    await new LeaderElection(one, '/election', { data: 'first' }).campaign()
    const waiting = new LeaderElection(two, '/election', { data: 'second' }).campaign({ timeout: 3000 })
    waiting.catch(() => {})
    await arrived('/election', 6)
    const recipe = await look('/election')
    expect(recipe.kind).to.equal('election')
    expect(recipe.participants.map(({ role, data }) => [role, data])).to.deep.equal([
      ['leader', 'first'],
      ['candidate', 'second'],
    ])
  })

  it('semaphores, leases and queues', async () => {
    await using _permit = await new Semaphore(one, '/semaphore', { size: 5 }).acquire({ weight: 3 })
    expect((await look('/semaphore')).facts[0]).to.include({ value: '3 permits' })
    const lease = await new Lease(one, '/leases', { duration: 60_000, holder: 'me' }).tryAcquire()
    expect(roles(await look('/leases'))).to.deep.equal(['holder'])
    expect((await look('/leases')).participants[0])
      .to.include({ data: 'me' })
      .and.to.have.property('until')
    await lease!.release()
    expect(roles(await look('/leases'))).to.deep.equal(['free'])
    const queue = new Queue(one, '/queue')
    await queue.putAll(['a', 'b'])
    await using _item = await new Queue(two, '/queue').take()
    const recipe = await look('/queue')
    expect(recipe.facts[0]).to.include({ name: 'backlog', value: '2' })
    expect(recipe.facts[1]).to.include({ name: 'oldest', since: recipe.participants[0]!.since })
    expect(recipe.participants.map(({ role, data }) => [role, data])).to.deep.equal([
      ['claimed', 'a'],
      ['item', 'b'],
    ])
  })

  it('a discovery and its services, with what is wrong about an instance', async () => {
    await using registry = new ServiceRegistry(one, '/services')
    await registry.publish({ name: 'web', id: 'a', address: '10.0.0.1', port: 80 })
    await registry.publish({ name: 'web', id: 'b', address: '10.0.0.2', port: 80, enabled: false })
    const { data } = await one.getData('/services/web/a')
    await one.create('/services/web/c', data)
    await one.create('/services/web/d', 'no json')
    expect(await look('/services')).to.include({ kind: 'discovery' })
    const recipe = await look('/services/web')
    expect(recipe.kind).to.equal('service')
    expect(roles(recipe)).to.deep.equal(['up', 'disabled', 'without a session', 'invalid'])
    expect(recipe.participants[0]!.data).to.equal('10.0.0.1:80 a')
  })

  it('groups, barriers, double barriers and partitioners', async () => {
    await new Group(one, '/group').join({ name: 'm' })
    expect(await look('/group')).to.include({ kind: 'group' })
    await new Barrier(one, '/barrier').set()
    expect(await look('/barrier')).to.include({ kind: 'barrier' })
    const entering = new DoubleBarrier(one, '/double', { count: 2 }).enter({ timeout: 3000 })
    entering.catch(() => {})
    await arrived('/double', 1)
    expect(await look('/double')).to.include({ kind: 'double barrier' })
    await using partitioner = new Partitioner(one, '/parts', { partitions: ['x', 'y'], settle: 1 })
    await partitioner.start()
    await arrived('/parts/partitions', 2)
    expect(await look('/parts')).to.include({ kind: 'partitioner' })
  })

  it('configuration, with what the schema says of it', async () => {
    await one.create('/conf', '{"port": "x"}')
    expect((await look('/conf')).facts).to.deep.include({
      name: 'schema',
      value: 'port: must be a number',
      tone: 'bad',
    })
    await one.setData('/conf', '{"port": 1}')
    expect((await look('/conf')).facts).to.deep.include({ name: 'schema', value: 'fits', tone: 'good' })
    await one.setData('/conf', '{"port"')
    expect((await look('/conf')).facts[0]).to.include({ name: 'JSON', tone: 'bad' })
  })

  it('layouts of Curator and of kazoo', async () => {
    for (const path of [
      '/curator',
      '/latch',
      '/kazoo',
      '/kazoo-queue',
      '/kazoo-locking',
      '/v2',
      '/ready',
      '/curator-queue',
    ])
      await one.create(path)
    for (const n of [1, 2]) {
      await sequential(`/curator/_c_${uuid(n)}-lock-`)
      await sequential(`/latch/_c_${uuid(n)}-latch-`)
      await sequential(`/kazoo/${uuid(n).replaceAll('-', '')}__lock__`)
      await one.create('/kazoo-queue/entry-100-', 'job', { mode: 'persistent-sequential' })
      await one.create('/curator-queue/queue-', 'job', { mode: 'persistent-sequential' })
    }
    for (const path of ['/kazoo-locking/entries', '/kazoo-locking/taken', '/v2/locks', '/v2/leases'])
      await one.create(path)
    await one.create('/kazoo-locking/entries/entry-100-0000000000', 'job')
    await one.create('/kazoo-locking/taken/entry-100-0000000000', 'me', { mode: 'ephemeral' })
    await sequential(`/v2/leases/_c_${uuid(1)}-lease-`)
    await one.create('/ready/ready')
    expect(await look('/curator')).to.include({ kind: 'lock', layout: 'Curator' })
    expect(await look('/latch')).to.include({ kind: 'election', layout: 'Curator' })
    expect(await look('/kazoo')).to.include({ kind: 'lock', layout: 'kazoo' })
    expect(await look('/kazoo-queue')).to.include({ kind: 'queue', layout: 'kazoo' })
    expect(roles(await look('/kazoo-locking'))).to.deep.equal(['claimed'])
    expect(await look('/v2')).to.include({ kind: 'semaphore', layout: 'Curator' })
    expect(await look('/ready')).to.include({ kind: 'double barrier' })
    expect(await look('/curator-queue')).to.include({ kind: 'queue', layout: 'Curator' })
  })

  it('in the order of the server’s numbers, which wrap around', async () => {
    await one.create('/wrapped')
    for (const number of ['2147483647', '-2147483648'])
      await one.create(`/wrapped/_c_${uuid(1)}-lock-${number}`)
    const { participants } = await look('/wrapped')
    expect(participants[0]!.path).to.contain('2147483647')
    expect(participants[0]!.role).to.equal('holder')
  })

  it('in a whole tree, and takes nothing else for a recipe', async () => {
    await one.create('/plain', 'x')
    await one.create('/plain/child', 'y')
    await one.ensurePath('/deep/er')
    await using _held = await new Mutex(one, '/deep/er/lock').acquire()
    const { recipes, looked } = (await opened.get('/api/recipes?path=%2F')).body
    expect(recipes.map(({ path, kind }: RecipeView) => [path, kind])).to.deep.equal([
      ['/deep/er/lock', 'lock'],
    ])
    expect(looked).to.be.greaterThan(4)
    expect(await look('/plain')).to.equal(null)
  })
})
