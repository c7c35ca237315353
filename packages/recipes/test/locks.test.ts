import { type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { expect } from 'chai'
import {
  GuaranteedDelete,
  type Handle,
  type Lockable,
  MultiLock,
  Mutex,
  OwnershipError,
  ReadWriteLock,
  Semaphore,
} from '../src/index.ts'
import { abortOf, failure, Ground, nextState, settle, until } from './support/ground.ts'
import { RoundTrips } from './support/round-trips.ts'

const PATH = '/locks/job'

/** Whether an acquisition is done by now. */
async function isGranted(acquiring: Promise<Handle>): Promise<boolean> {
  await settle()
  return (await Promise.race([acquiring, Promise.resolve(null)])) !== null
}

/** Begins to acquire, and waits until the contender has come. */
async function come<Held extends Handle>(
  ground: Ground,
  lock: Lockable<Held>,
  options: object = {},
): Promise<Promise<Held>[]> {
  const count = ground.names(PATH).length + 1
  const acquiring = lock.acquire(options)
  acquiring.catch(() => {})
  await until('it has come', () => ground.names(PATH).length === count)
  await settle()
  return [acquiring]
}

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

describe('A read-write lock', () => {
  const sides = async (
    ground: Ground,
    options: object = {},
  ): Promise<{ read: Lockable<Handle>; lock: ReadWriteLock; zk: ZooKeeper }> => {
    const zk = await ground.client(options)
    const lock = new ReadWriteLock(zk, PATH, { jitter: 0 })
    return { read: lock.read, lock, zk }
  }

  it('lets readers in together, and writers alone, in the order of coming', async () => {
    await using ground = await Ground.lay()
    const { lock } = await sides(ground)
    const [first, second] = [await lock.read.acquire(), await lock.read.acquire()]
    const [writing] = await come(ground, lock.write)
    const [reading] = await come(ground, lock.read)
    const [lateReading] = await come(ground, lock.read)
    await first.release()
    expect(await isGranted(writing!)).to.equal(false)
    await second.release()
    const write = await writing!
    expect(await isGranted(reading!)).to.equal(false)
    await write.release()
    expect([(await reading!).held, (await lateReading!).held]).to.deep.equal([true, true])
    const markers = (await lock.contenders()).map(({ marker }) => marker)
    expect(markers).to.deep.equal(['__READ__', '__READ__'])
  })

  it('is acquired in one round trip on either side, and tried in one', async () => {
    await using ground = await Ground.lay({ seed: { locks: { job: '' } } })
    const trips = new RoundTrips()
    const { lock } = await sides(ground, { environment: trips.environment })
    trips.take()
    const read = await lock.read.acquire()
    expect(trips.take()).to.equal(1)
    expect(await lock.write.tryAcquire()).to.equal(null)
    await until('its node is gone', () => ground.names(PATH).length === 1)
    await read.release()
    trips.take()
    const write = await lock.write.acquire()
    expect(trips.take()).to.equal(1)
    expect(await lock.read.tryAcquire()).to.equal(null)
    await write.release()
  })

  it('lets in all readers of one client who wait for the same writer', async () => {
    await using ground = await Ground.lay()
    const [zk, other] = [await ground.client(), await ground.client()]
    const writer = await new ReadWriteLock(other, PATH).write.acquire()
    const { read } = new ReadWriteLock(zk, PATH)
    const readers = [(await come(ground, read))[0]!, (await come(ground, read))[0]!]
    await writer.release()
    for (const reader of readers) expect((await reader).held).to.equal(true)
  })

  it('turns from writing to reading in one step, before any writer that waits', async () => {
    await using ground = await Ground.lay()
    const trips = new RoundTrips()
    const { lock } = await sides(ground, { environment: trips.environment })
    const other = await sides(ground)
    const write = await lock.write.acquire()
    const [reading] = await come(ground, other.lock.read)
    const [writing] = await come(ground, other.lock.write)
    trips.take()
    const read = await write.downgrade()
    expect(trips.take()).to.equal(1)
    expect([write.held, read.held]).to.deep.equal([false, true])
    expect(read.token > write.token).to.equal(true)
    const otherRead = await reading!
    expect(await isGranted(writing!)).to.equal(false)
    await write.release()
    expect(read.held).to.equal(true)
    await otherRead.release()
    expect(await isGranted(writing!)).to.equal(false)
    await read.release()
    expect((await writing!).held).to.equal(true)
  })

  it('holds nothing any more when it is not known whether it has turned', async () => {
    await using ground = await Ground.lay()
    const { lock } = await sides(ground)
    for (const fault of ['loseNextReply', 'dropNextRequest'] as const) {
      const write = await lock.write.acquire()
      ground.server[fault]('multi')
      expect(await failure(write.downgrade())).to.include({ code: 'CONNECTION_LOSS' })
      expect(write.held).to.equal(false)
      await until('nothing is left', () => ground.names(PATH).length === 0)
    }
    const write = await lock.write.acquire()
    ground.server.holdReplies()
    expect(await failure(write.downgrade({ timeout: 5 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    ground.server.releaseReplies()
    await until('nothing is left', () => ground.names(PATH).length === 0)
  })

  it('does not turn once it is lost', async () => {
    await using ground = await Ground.lay()
    const { lock, zk } = await sides(ground)
    const released = await lock.write.acquire()
    await released.release()
    expect(await failure(released.downgrade())).to.be.instanceOf(OwnershipError)
    const deleted = await lock.write.acquire()
    await zk.delete(deleted.path)
    expect(await failure(deleted.downgrade())).to.include({ code: 'OWNERSHIP_LOST', reason: 'deleted' })
    expect(ground.names(PATH)).to.deep.equal([])
  })

  it('understands the contenders of Curator and kazoo', async () => {
    await using ground = await Ground.lay()
    const { lock, zk } = await sides(ground)
    const mode = 'ephemeral-sequential'
    await zk.ensurePath(PATH)
    const id = 'c2a1c3f46f1f4e359d3b2b8e8b8a5f10'
    const rlock = await zk.create(`${PATH}/${id}__rlock__`, null, { mode })
    const reading = await lock.read.acquire()
    const [writing] = await come(ground, lock.write)
    await reading.release()
    expect(await isGranted(writing!)).to.equal(false)
    await zk.delete(rlock)
    await (await writing!).release()
    for (const marker of ['__lock__', '__WRIT__']) {
      const foreign = await zk.create(`${PATH}/${id}${marker}`, null, { mode })
      expect(await lock.read.tryAcquire()).to.equal(null)
      await zk.delete(foreign)
    }
  })
})

describe('A semaphore', () => {
  it('lets in as many as there is room for, in the order of coming', async () => {
    await using ground = await Ground.lay()
    const semaphores = await Promise.all(
      Array.from({ length: 5 }, async () => new Semaphore(await ground.client(), PATH, { size: 2 })),
    )
    const acquiring = []
    for (const semaphore of semaphores) acquiring.push(...(await come(ground, semaphore)))
    const [a, b, c, d, e] = acquiring
    expect(await Promise.all(acquiring.map(isGranted))).to.deep.equal([true, true, false, false, false])
    await (await b)!.release()
    expect((await c)!.held).to.equal(true)
    expect(await isGranted(d!)).to.equal(false)
    await Promise.all([(await a)!.release(), (await c)!.release()])
    expect([(await d)!.held, (await e)!.held]).to.deep.equal([true, true])
  })

  it('is acquired in one round trip, with no more than three requests for the whole', async () => {
    await using ground = await Ground.lay({ seed: { locks: { job: '' } } })
    const trips = new RoundTrips()
    const semaphore = new Semaphore(await ground.client({ environment: trips.environment }), PATH, {
      size: 2,
    })
    trips.take()
    ground.server.clearRequests()
    const permit = await semaphore.acquire()
    expect(trips.take()).to.equal(1)
    await permit.release()
    expect(trips.take()).to.equal(1)
    expect(ground.operations()).to.deep.equal(['create2', 'getChildren2', 'delete'])
  })

  it('trap 7: sees room that was made between the list and its answer', async () => {
    await using ground = await Ground.lay()
    const [holder, zk] = [await ground.client(), await ground.client()]
    const permit = await new Semaphore(holder, PATH, { size: 1 }).acquire()
    ground.server.holdNextReply(
      ({ operation, sessionId }) => operation === 'getChildren2' && sessionId === zk.session.id,
    )
    const [acquiring] = await come(ground, new Semaphore(zk, PATH, { size: 1 }))
    const releasing = permit.release()
    await until('there is room', () => ground.names(PATH).length === 1)
    ground.server.releaseReplies()
    await releasing
    expect((await acquiring!).held).to.equal(true)
  })

  it('weighs what its contenders need, and lets nobody overtake', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const semaphore = new Semaphore(zk, PATH, { size: 4 })
    const first = await semaphore.acquire({ weight: 3 })
    const [heavy] = await come(ground, semaphore, { weight: 2 })
    const [light] = await come(ground, semaphore, { weight: 1 })
    expect(await isGranted(light!)).to.equal(false)
    await first.release()
    expect([(await heavy!).weight, (await light!).weight]).to.deep.equal([2, 1])
    expect(await semaphore.tryAcquire({ weight: 2 })).to.equal(null)
    expect((await semaphore.tryAcquire())?.held).to.equal(true)
    expect(await failure(semaphore.acquire({ weight: 5 }))).to.include({ code: 'BAD_ARGUMENTS' })
  })

  it('wakes those behind when one in the middle has come in', async () => {
    await using ground = await Ground.lay()
    const zks = await Promise.all(Array.from({ length: 4 }, () => ground.client()))
    const semaphores = zks.map(zk => new Semaphore(zk, PATH, { size: 3 }))
    const [first] = await come(ground, semaphores[0]!, { weight: 3 })
    const [second] = await come(ground, semaphores[1]!, { weight: 2 })
    const [third] = await come(ground, semaphores[2]!, { weight: 1 })
    const [fourth] = await come(ground, semaphores[3]!, { weight: 2 })
    await (await first)!.release()
    expect((await third)!.held).to.equal(true)
    await (await second)!.release()
    expect((await fourth)!.held).to.equal(true)
  })

  it('wakes those behind when one in the middle has given up', async () => {
    await using ground = await Ground.lay()
    const zks = await Promise.all(Array.from({ length: 4 }, () => ground.client()))
    const [a, b, c, d] = zks.map(zk => new Semaphore(zk, PATH, { size: 3 }))
    const abort = new AbortController()
    const [first] = await come(ground, a!, { weight: 2 })
    const [second] = await come(ground, b!, { weight: 2, signal: abort.signal })
    const [third] = await come(ground, c!, { weight: 1 })
    const [fourth] = await come(ground, d!, { weight: 2 })
    abort.abort()
    expect(await failure(second!)).to.include({ code: 'ABORTED' })
    expect((await third)!.held).to.equal(true)
    expect(await isGranted(fourth!)).to.equal(false)
    await (await first)!.release()
    expect((await fourth)!.held).to.equal(true)
  })

  it('makes only the first who waits read when somebody leaves, and the others one by one', async () => {
    await using ground = await Ground.lay()
    const zks = await Promise.all(Array.from({ length: 12 }, () => ground.client()))
    const acquiring = []
    for (const zk of zks) acquiring.push(...(await come(ground, new Semaphore(zk, PATH, { size: 2 }))))
    ground.server.clearRequests()
    await (await acquiring[0])!.release()
    expect((await acquiring[2])!.held).to.equal(true)
    await until('the next one has taken over', () => ground.operations(zks[3]).length > 1)
    await settle()
    const reading = zks.map(zk => ground.operations(zk).filter(name => name.startsWith('get')).length)
    expect(reading).to.deep.equal([0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('has the size that a node says, and follows it', async () => {
    await using ground = await Ground.lay({ seed: { size: '1' } })
    const zk = await ground.client()
    const semaphore = new Semaphore(zk, PATH, { size: { path: '/size' } })
    const [first] = await come(ground, semaphore)
    const [second] = await come(ground, semaphore)
    const [third] = await come(ground, semaphore)
    const [fourth] = await come(ground, semaphore)
    await zk.setData('/size', '3')
    expect([(await second)!.held, (await third)!.held]).to.deep.equal([true, true])
    expect(await isGranted(fourth!)).to.equal(false)
    await zk.setData('/size', '1')
    await (await first)!.release()
    await (await second)!.release()
    expect(await isGranted(fourth!)).to.equal(false)
    await (await third)!.release()
    expect((await fourth)!.held).to.equal(true)
  })

  it('says that the node with its size is missing, or holds no number', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const semaphore = new Semaphore(zk, PATH, { size: { path: '/size' } })
    expect(await failure(semaphore.acquire())).to.include({ code: 'NO_NODE', path: '/size' })
    await zk.create('/size', 'many')
    expect(await failure(semaphore.acquire())).to.include({ code: 'BAD_ARGUMENTS', path: '/size' })
    await until('nothing is left', () => ground.names(PATH).length === 0)
  })
})

describe('A MultiLock', () => {
  const mutexes = (zk: ZooKeeper, ...names: string[]): Mutex[] =>
    names.map(name => new Mutex(zk, `/locks/${name}`, { jitter: 0 }))

  it('is all of its locks or none', async () => {
    await using ground = await Ground.lay()
    const [zk, other] = [await ground.client(), await ground.client()]
    const [, b] = mutexes(other, 'a', 'b')
    const blocking = await b!.acquire()
    const multi = new MultiLock(zk, mutexes(zk, 'c', 'b', 'a'))
    expect(await multi.tryAcquire()).to.equal(null)
    expect(await failure(multi.acquire({ timeout: 20 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    await until('only the other’s is left', () => contendersLeft(ground) === 1)
    const acquiring = multi.acquire()
    await blocking.release()
    const all = await acquiring
    expect(all.handles).to.have.length(3)
    expect(multi.paths).to.deep.equal(['/locks/a', '/locks/b', '/locks/c'])
    expect([all.held, contendersLeft(ground)]).to.deep.equal([true, 3])
    expect(all.token).to.equal(all.handles[2]!.token)
    const results = await all.guard(zk.transaction().create('/done')).commit()
    expect(results).to.deep.equal(['/done', undefined, undefined, undefined])
    await all.release()
    expect([all.held, all.signal.aborted, contendersLeft(ground)]).to.deep.equal([false, true, 0])
  })

  it('does not wait for another one that takes the same locks the other way round', async () => {
    await using ground = await Ground.lay()
    const [one, two] = [await ground.client(), await ground.client()]
    const left = new MultiLock(one, mutexes(one, 'a', 'b'))
    const right = new MultiLock(two, mutexes(two, 'b', 'a'))
    let grants = 0
    const contend = async (multi: MultiLock): Promise<void> => {
      for (let times = 0; times < 10; times++) await multi.withLock(() => void grants++)
    }
    await Promise.all([contend(left), contend(right)])
    expect(grants).to.equal(20)
  })

  it('begins anew when one is lost while it waits for another', async () => {
    await using ground = await Ground.lay()
    const [zk, other] = [await ground.client(), await ground.client()]
    const [a, b] = mutexes(other, 'a', 'b')
    const blocking = await b!.acquire()
    const acquiring = new MultiLock(zk, mutexes(zk, 'a', 'b')).acquire()
    await until('it waits for the second', () => contendersLeft(ground) === 3)
    const [old] = ground.names('/locks/a')
    ground.server.dropConnection(zk.session.id)
    await until('it is back', () => zk.state === 'connected')
    await until('it begins anew', () => {
      const names = ground.names('/locks/a')
      return names.length === 1 && names[0] !== old && contendersLeft(ground) === 3
    })
    await blocking.release()
    const all = await acquiring
    expect(all.held).to.equal(true)
    expect(await a!.tryAcquire()).to.equal(null)
    ground.server.dropConnection(zk.session.id)
    await abortOf(all.signal)
    expect(all.signal.reason).to.be.instanceOf(OwnershipError)
    await all.release()
    await until('nothing is left', () => contendersLeft(ground) === 0)
  })

  it('refuses two locks that would wait for each other, and takes MultiLocks apart', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const lock = new ReadWriteLock(zk, '/locks/rw')
    expect(() => new MultiLock(zk, [lock.read, lock.write])).to.throw(ZooKeeperError, '/locks/rw')
    const nested = new MultiLock(zk, [new MultiLock(zk, mutexes(zk, 'c', 'a')), lock.write])
    expect(nested.paths).to.deep.equal(['/locks/a', '/locks/c', '/locks/rw'])
    const all = await nested.acquire()
    expect(all.handles).to.have.length(3)
    await all[Symbol.asyncDispose]()
    expect(contendersLeft(ground)).to.equal(0)
  })
})

describe('A guaranteed deletion', () => {
  it('Z3 goes on through lost connections and expired sessions', async () => {
    await using ground = await Ground.lay({ seed: { old: '' } })
    const zk = await ground.client()
    const deletes = new GuaranteedDelete(zk)
    ground.server.dropNextRequest('delete')
    await ground.server.refuseConnections(true)
    const deleting = deletes.delete('/old')
    await until('it has failed', () => zk.state === 'suspended')
    ground.server.expireSession(zk.session.id)
    expect(deletes.pending).to.equal(1)
    await ground.server.refuseConnections(false)
    await deleting
    await deletes.idle()
    expect(deletes.pending).to.equal(0)
    expect(ground.server.dump()).not.to.have.property('/old')
    await deletes.delete('/old')
  })

  it('ends the wait, not the deletion', async () => {
    await using ground = await Ground.lay({ seed: { old: '' } })
    const zk = await ground.client()
    const deletes = new GuaranteedDelete(zk)
    ground.server.dropNextRequest('delete')
    const error = await failure(deletes.delete('/old', { signal: AbortSignal.abort() }))
    expect(error).to.include({ code: 'ABORTED' })
    await deletes.idle()
    expect(ground.server.dump()).not.to.have.property('/old')
  })

  it('says what will not get better, and that the client has ended', async () => {
    await using ground = await Ground.lay({ seed: { full: { child: '' }, old: '' } })
    const zk = await ground.client()
    const deletes = new GuaranteedDelete(zk)
    expect(await failure(deletes.delete('/full'))).to.include({ code: 'NOT_EMPTY' })
    expect(await failure(deletes.delete('/old', { version: 3 }))).to.include({ code: 'BAD_VERSION' })
    ground.server.answerWith('delete', -127)
    const deleting = deletes.delete('/old')
    deleting.catch(() => {})
    await until('it has failed once', () => ground.operations().includes('delete'))
    await ground.server.refuseConnections(true)
    ground.server.dropConnections()
    await zk.close()
    expect(await failure(deleting)).to.include({ code: 'CLOSED' })
    expect(deletes.pending).to.equal(0)
  })
})

function contendersLeft(ground: Ground): number {
  return ground.names('/locks').filter(name => name.includes('/')).length
}
