import { ZooKeeperError } from '@zookit/client'
import { expect } from 'chai'
import { MultiLock, Mutex, Semaphore } from '../src/index.ts'
import { come } from './support/contenders.ts'
import { failure, Ground, nextState, until } from './support/ground.ts'
import { RoundTrips } from './support/round-trips.ts'

const PATH = '/locks/job'

describe('A mutex', () => {
  it('is acquired in one round trip and released in one', async () => {
    await using ground = await Ground.lay()
    const trips = new RoundTrips()
    const zk = await ground.client({ environment: trips.environment })
    const mutex = new Mutex(zk, PATH)
    await (await mutex.acquire()).release()
    trips.take()
    ground.server.clearRequests()
    const lock = await mutex.acquire()
    expect(trips.take()).to.equal(1)
    await lock.release()
    expect(trips.take()).to.equal(1)
    expect(ground.operations()).to.deep.equal(['create2', 'getChildren2', 'delete'])
    expect(ground.names(PATH)).to.deep.equal([])
  })

  it('is released and acquired again in one round trip, by who does not wait for the release', async () => {
    await using ground = await Ground.lay({ seed: { locks: { job: '' } } })
    const trips = new RoundTrips()
    const zk = await ground.client({ environment: trips.environment })
    const mutex = new Mutex(zk, PATH)
    const first = await mutex.acquire()
    trips.take()
    const releasing = first.release()
    const second = await mutex.acquire()
    expect([trips.take(), first.held, second.held]).to.deep.equal([1, false, true])
    await releasing
    expect(ground.names(PATH)).to.have.length(1)
  })

  it('is tried in one round trip, whatever the answer', async () => {
    await using ground = await Ground.lay()
    const trips = new RoundTrips()
    const [holder, zk] = [await ground.client(), await ground.client({ environment: trips.environment })]
    const lock = await new Mutex(holder, PATH).acquire()
    trips.take()
    // The deletion of its node is the second one, which is not waited for.
    ground.server.holdNextReply('delete')
    expect(await new Mutex(zk, PATH).tryAcquire()).to.equal(null)
    expect(trips.take()).to.equal(2)
    await until('its node is gone', () => ground.names(PATH).length === 1)
    ground.server.releaseReplies()
    await lock.release()
    trips.take()
    const tried = await new Mutex(zk, PATH).tryAcquire()
    expect(tried?.held).to.equal(true)
    expect(trips.take()).to.equal(1)
  })

  it('runs a function while it is held', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const mutex = new Mutex(zk, PATH)
    const result = await mutex.withLock((signal, lock) => {
      expect([signal.aborted, lock.held, ground.names(PATH).length]).to.deep.equal([false, true, 1])
      return 'done'
    })
    expect(result).to.equal('done')
    expect(ground.names(PATH)).to.deep.equal([])
    const broken = mutex.withLock(() => {
      throw new RangeError('broken')
    })
    expect(await failure(broken)).to.be.instanceOf(RangeError)
    expect(ground.names(PATH)).to.deep.equal([])
  })

  it('lists who holds it and who waits, with their data', async () => {
    await using ground = await Ground.lay()
    const [first, second] = [await ground.client(), await ground.client()]
    expect(await new Mutex(first, PATH).contenders()).to.deep.equal([])
    const lock = await new Mutex(first, PATH, { data: 'one' }).acquire()
    const waiting = new Mutex(second, PATH, { data: 'never' })
    await come(ground, waiting, { data: 'two' })
    const contenders = await waiting.contenders()
    expect(contenders.map(({ data }) => String(data))).to.deep.equal(['one', 'two'])
    expect(contenders.map(({ session }) => session)).to.deep.equal([first.session.id, second.session.id])
    expect(contenders[0]).to.include({ path: lock.path, token: lock.token, marker: 'lock-' })
  })

  it('refuses arguments that make no sense', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
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
    expect(await failure(mutex.acquire({ timeout: 0 }))).to.include({ code: 'BAD_ARGUMENTS' })
    const signal = {} as AbortSignal
    expect(await failure(mutex.acquire({ signal }))).to.include({ code: 'BAD_ARGUMENTS' })
    expect(ground.names(PATH)).to.deep.equal([])
  })

  it('says why it cannot be acquired', async () => {
    await using ground = await Ground.lay({ seed: { locks: '' } })
    const zk = await ground.client({ renew: false })
    await zk.create('/mine', null, { mode: 'ephemeral' })
    expect(await failure(new Mutex(zk, '/mine').acquire())).to.include({ code: 'NO_CHILDREN_FOR_EPHEMERALS' })
    ground.server.answerWith('create2', -102)
    expect(await failure(new Mutex(zk, PATH).acquire())).to.include({ code: 'NO_AUTH' })
    ground.server.expireSession(zk.session.id)
    const error = await failure(new Mutex(zk, PATH, { jitter: 0 }).acquire())
    expect(error).to.include({ code: 'SESSION_EXPIRED' })
    await zk.close()
    expect(await failure(new Mutex(zk, PATH).acquire())).to.include({ code: 'CLOSED' })
  })

  it('is acquired by a client that would rather be refused than wait for a connection', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client({ whenDisconnected: 'reject' })
    const mutex = new Mutex(zk, PATH, { jitter: 0 })
    const first = await mutex.acquire()
    const noticed = nextState(zk)
    ground.server.dropConnections()
    await noticed
    const acquiring = mutex.acquire()
    await first.release()
    expect((await acquiring).held).to.equal(true)
    expect(ground.names(PATH)).to.have.length(1)
  })
})
