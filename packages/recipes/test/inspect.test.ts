import { inspect } from 'node:util'
import { connect } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { Config, Lease, type Lock, MultiLock, Mutex, Partitioner, Queue, Semaphore } from '../src/index.ts'
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
