import { ZooKeeperError } from '@zookit/client'
import { expect } from 'chai'
import { MultiLock, Mutex, Semaphore } from '../src/index.ts'
import { come } from './support/contenders.ts'
import { RoundTrips } from './support/round-trips.ts'
import { failure, nextState, TestBed, until } from './support/test-bed.ts'

const PATH = '/locks/job'

describe('A mutex', () => {
  it('is acquired in one round trip and released in one', async () => {
    await using bed = await TestBed.start()
    const trips = new RoundTrips()
    const zk = await bed.client({ environment: trips.environment })
    const mutex = new Mutex(zk, PATH)
    await (await mutex.acquire()).release()
    trips.take()
    bed.server.clearRequests()
    const lock = await mutex.acquire()
    expect(trips.take()).to.equal(1)
    await lock.release()
    expect(trips.take()).to.equal(1)
    expect(bed.operations()).to.deep.equal(['create2', 'getChildren2', 'delete'])
    expect(bed.names(PATH)).to.deep.equal([])
  })

  it('is released and acquired again in one round trip, if the release is not awaited', async () => {
    await using bed = await TestBed.start({ seed: { locks: { job: '' } } })
    const trips = new RoundTrips()
    const zk = await bed.client({ environment: trips.environment })
    const mutex = new Mutex(zk, PATH)
    const first = await mutex.acquire()
    trips.take()
    const releasing = first.release()
    const second = await mutex.acquire()
    expect([trips.take(), first.held, second.held]).to.deep.equal([1, false, true])
    await releasing
    expect(bed.names(PATH)).to.have.length(1)
  })

  it('is tried in one round trip, whatever the answer', async () => {
    await using bed = await TestBed.start()
    const trips = new RoundTrips()
    const [holder, zk] = [await bed.client(), await bed.client({ environment: trips.environment })]
    const lock = await new Mutex(holder, PATH).acquire()
    trips.take()
    // The deletion of its znode is the second request, which is not awaited.
    bed.server.holdNextReply('delete')
    expect(await new Mutex(zk, PATH).tryAcquire()).to.equal(null)
    expect(trips.take()).to.equal(2)
    await until('its znode is gone', () => bed.names(PATH).length === 1)
    bed.server.releaseReplies()
    await lock.release()
    trips.take()
    const tried = await new Mutex(zk, PATH).tryAcquire()
    expect(tried?.held).to.equal(true)
    expect(trips.take()).to.equal(1)
  })

  it('runs a function while it is held', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const mutex = new Mutex(zk, PATH)
    const result = await mutex.withLock((signal, lock) => {
      expect([signal.aborted, lock.held, bed.names(PATH).length]).to.deep.equal([false, true, 1])
      return 'done'
    })
    expect(result).to.equal('done')
    expect(bed.names(PATH)).to.deep.equal([])
    const broken = mutex.withLock(() => {
      throw new RangeError('broken')
    })
    expect(await failure(broken)).to.be.instanceOf(RangeError)
    expect(bed.names(PATH)).to.deep.equal([])
  })

  it('lists the holder and those who wait, with their data', async () => {
    await using bed = await TestBed.start()
    const [first, second] = [await bed.client(), await bed.client()]
    expect(await new Mutex(first, PATH).contenders()).to.deep.equal([])
    const lock = await new Mutex(first, PATH, { data: 'one' }).acquire()
    const waiting = new Mutex(second, PATH, { data: 'never' })
    await come(bed, waiting, { data: 'two' })
    const contenders = await waiting.contenders()
    expect(contenders.map(({ data }) => String(data))).to.deep.equal(['one', 'two'])
    expect(contenders.map(({ session }) => session)).to.deep.equal([first.session.id, second.session.id])
    expect(contenders[0]).to.include({ path: lock.path, token: lock.token, marker: 'lock-' })
  })

  it('refuses invalid arguments', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const badly = (make: () => unknown): void => {
      expect(make).to.throw(ZooKeeperError).with.property('code', 'BAD_ARGUMENTS')
    }
    badly(() => new Mutex(zk, 'locks'))
    badly(() => new Mutex(zk, PATH, { whenSuspended: 'wait' as 'keep' }))
    badly(() => new Mutex(zk, PATH, { parent: 'ttl' as 'container' }))
    badly(() => new Mutex(zk, PATH, { jitter: -1 }))
    badly(() => new Semaphore(zk, PATH, { size: 0 }))
    badly(() => new MultiLock(zk, []))
    const mutex = new Mutex(zk, PATH)
    expect(await failure(mutex.acquire({ timeout: -1 }))).to.include({ code: 'BAD_ARGUMENTS' })
    const signal = {} as AbortSignal
    expect(await failure(mutex.acquire({ signal }))).to.include({ code: 'BAD_ARGUMENTS' })
    expect(bed.names(PATH)).to.deep.equal([])
  })

  it('reports why it cannot be acquired', async () => {
    await using bed = await TestBed.start({ seed: { locks: '' } })
    const zk = await bed.client({ renew: false })
    await zk.create('/mine', null, { mode: 'ephemeral' })
    expect(await failure(new Mutex(zk, '/mine').acquire())).to.include({ code: 'NO_CHILDREN_FOR_EPHEMERALS' })
    bed.server.answerWith('create2', -102)
    expect(await failure(new Mutex(zk, PATH).acquire())).to.include({ code: 'NO_AUTH' })
    bed.server.expireSession(zk.session.id)
    const error = await failure(new Mutex(zk, PATH, { jitter: 0 }).acquire())
    expect(error).to.include({ code: 'SESSION_EXPIRED' })
    await zk.close()
    expect(await failure(new Mutex(zk, PATH).acquire())).to.include({ code: 'CLOSED' })
  })

  it('is acquired by a client that would rather be refused than wait for a connection', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client({ whenDisconnected: 'reject' })
    const mutex = new Mutex(zk, PATH, { jitter: 0 })
    const first = await mutex.acquire()
    const noticed = nextState(zk)
    bed.server.dropConnections()
    await noticed
    const acquiring = mutex.acquire()
    await first.release()
    expect((await acquiring).held).to.equal(true)
    expect(bed.names(PATH)).to.have.length(1)
  })
})
