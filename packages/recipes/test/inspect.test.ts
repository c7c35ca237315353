import { inspect } from 'node:util'
import { connect } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import * as recipes from '../src/index.ts'
import {
  Barrier,
  Config,
  DoubleBarrier,
  Group,
  GuaranteedDelete,
  Lease,
  type Lock,
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

describe('What console.log shows of a recipe', () => {
  it('is the path, whether it is held, and the token, in a line', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    const lock = await new Mutex(zk, '/lock').acquire()
    expect(inspect(lock)).to.equal(`Lock { ${lock.path}, held, token ${lock.token} }`)
    await lock.release()
    expect(inspect({ lock })).to.equal(`{\n  lock: Lock { ${lock.path}, not held, token ${lock.token} }\n}`)
    const permit = await new Semaphore(zk, '/permits', { size: 2 }).acquire()
    expect(inspect(permit)).to.match(/^Permit \{ \/permits\/.*, held, token \d+ \}$/)
    await permit.release()
  })

  it('is where it is, for what nobody holds', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    const shown = [
      new Mutex(zk, '/lock'),
      new ReentrantMutex(zk, '/lock'),
      new ReadWriteLock(zk, '/both').read,
      new MultiLock(zk, [new Mutex(zk, '/a'), new Mutex(zk, '/b')]),
      new Barrier(zk, '/gate'),
      new DoubleBarrier(zk, '/round', { count: 2 }),
      new Queue(zk, '/queue'),
      new Partitioner(zk, '/parts', { partitions: ['a'] }),
      new GuaranteedDelete(zk),
      new ServiceRegistry(zk, '/services'),
    ].map(recipe => inspect(recipe))
    expect(shown).to.deep.equal([
      'Mutex { /lock }',
      'ReentrantMutex { /lock }',
      'Side { /both }',
      'MultiLock { /a, /b }',
      'Barrier { /gate }',
      'DoubleBarrier { /round }',
      'Queue { /queue }',
      'Partitioner { /parts }',
      'GuaranteedDelete { 0 pending }',
      'ServiceRegistry { /services, 0 published }',
    ])
  })

  it('tells if a view may be out of date, and nothing of its content', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    await zk.create('/secret', 'hunter2')
    const cache = new NodeCache(zk, '/secret')
    expect(inspect(cache)).to.equal('NodeCache { /secret, stale }')
    await cache.start()
    expect(inspect(cache)).to.equal('NodeCache { /secret }')
    const node = new PersistentNode(zk, '/kept', { data: 'hunter2' })
    expect(inspect(node)).to.equal('PersistentNode { /kept, stale }')
    await Promise.all([cache.close(), node.close()])
  })

  it('is what is held, for every kind of handle', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const group = new Group(zk, '/group')
    const member = await group.join({ name: 'me' })
    expect(inspect(member)).to.equal(`Membership { ${member.path}, held, token ${member.token} }`)
    await member.leave()
    const lease = (await new Lease(zk, '/lease', { duration: 60_000 }).tryAcquire())!
    expect(inspect(lease)).to.equal(
      `HeldLease { ${lease.path}, held, token ${lease.token}, until ${lease.until.toISOString()} }`,
    )
    await lease.release()
    const queue = new Queue(zk, '/queue')
    await queue.put('hunter2')
    const item = await queue.take()
    expect(inspect(item)).to.equal(`QueueItem { ${item.path}, held, token ${item.token}, attempt 1 }`)
    await item.release()
    const both = await new MultiLock(zk, [new Mutex(zk, '/a'), new Mutex(zk, '/b')]).acquire()
    expect(inspect(both)).to.equal(`MultiHandle { held, token ${both.token} }`)
    await both.release()
  })

  it('is a line of its own for every class of a recipe', () => {
    const custom = Symbol.for('nodejs.util.inspect.custom')
    const without = Object.entries(recipes)
      .filter(([, value]) => typeof value === 'function' && /^class /.test(String(value)))
      .filter(([, value]) => !(custom in (value as { prototype: object }).prototype))
      .map(([name]) => name)
    expect(without).to.deep.equal(['OwnershipError', 'SchemaError'])
  })
})

describe('JSON of a recipe', () => {
  it('has the token, and every other bigint, as decimal text, and nothing of the client', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = await new Mutex(zk, '/lock').acquire()
    const lease = (await new Lease(zk, '/lease', { duration: 60_000 }).tryAcquire())!
    const queue = new Queue(zk, '/queue')
    await queue.put('x')
    const item = await queue.take()
    const partitioner = new Partitioner(zk, '/parts', { partitions: ['a'], settle: 1 })
    await partitioner.start()
    await until('it has the partition', () => partitioner.current.partitions.length > 0)
    const multi = await new MultiLock(zk, [new Mutex(zk, '/other')]).acquire()
    const config = new Config(zk, '/config', { default: 'x' })
    await config.start()
    await config.set('y')
    const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
    const of = ({ path, token }: { path: string; token: bigint }) => ({ path, held: true, token: `${token}` })
    expect(json(lock)).to.deep.equal(of(lock))
    expect(json(lease)).to.deep.equal({ ...of(lease), until: lease.until.toISOString() })
    const data = { type: 'Buffer', data: [120] }
    expect(json(item)).to.deep.equal({ ...of(item), attempts: 1, data })
    const [partition] = partitioner.current.partitions
    expect(json(partitioner.current)).to.deep.include({ partitions: [{ name: 'a', ...of(partition!) }] })
    const [handle] = multi.handles as Lock[]
    expect(json(multi)).to.deep.equal({ held: true, token: `${multi.token}`, handles: [of(handle!)] })
    const [contender] = await new Mutex(zk, '/lock').contenders()
    expect(json(contender)).to.include({ token: `${lock.token}`, session: `${zk.session.id}` })
    expect(Object.keys(contender!)).to.not.include('toJSON')
    const newest = config.history.find(({ value }) => value === 'y')
    expect(json(newest)).to.include({ value: 'y', zxid: `${newest!.zxid}` })
    await Promise.all([partitioner.close(), config.close()])
  })
})
