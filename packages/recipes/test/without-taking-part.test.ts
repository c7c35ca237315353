import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import {
  type ContenderInfo,
  LeaderElection,
  Lease,
  MultiLock,
  Mutex,
  ReadWriteLock,
  ReentrantMutex,
  Semaphore,
  ServiceDiscovery,
  ServiceRegistry,
} from '../src/index.ts'
import { abortOf, failure, settle, TestBed, until } from './support/test-bed.ts'

const quick = { jitter: 0 }

describe('A mutex', () => {
  it('tells a client that takes no part whether it is locked, and how many are ahead: one round trip', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const mutex = new Mutex(zk, '/locks/job', quick)
    expect([await mutex.isLocked(), await mutex.count()]).to.deep.equal([false, 0])
    const held = await new Mutex(other, '/locks/job', quick).acquire()
    const waiting = new Mutex(other, '/locks/job', quick).acquire()
    await until('it waits', () => bed.names('/locks/job').length === 2)
    bed.server.clearRequests()
    expect([await mutex.isLocked(), await mutex.count()]).to.deep.equal([true, 2])
    expect(bed.operations(zk)).to.deep.equal(['getChildren2', 'getChildren2'])
    await held.release()
    await (await waiting).release()
    expect(await mutex.isLocked()).to.equal(false)
    expect(await failure(mutex.isLocked({ signal: AbortSignal.abort() }))).to.include({ code: 'ABORTED' })
  })
})

/** Acquires, looks, and releases. */
async function whileHeld<Seen>(
  acquiring: Promise<{ release(): Promise<void> }>,
  look: () => Promise<Seen>,
): Promise<Seen> {
  const held = await acquiring
  const seen = await look()
  await held.release()
  return seen
}

describe('A lock of another kind', () => {
  it('is locked for a reader while there is a writer, and for a writer while there is anybody', async () => {
    await using bed = await TestBed.start()
    const lock = new ReadWriteLock(await bed.client(), '/locks/rw', quick)
    const look = (): Promise<(boolean | number)[]> =>
      Promise.all([lock.read.isLocked(), lock.write.isLocked(), lock.count()])
    expect(await look()).to.deep.equal([false, false, 0])
    expect(await whileHeld(lock.read.acquire(), look)).to.deep.equal([false, true, 1])
    expect(await whileHeld(lock.write.acquire(), look)).to.deep.equal([true, true, 1])
    expect(await look()).to.deep.equal([false, false, 0])
  })

  it('is locked for the weight that it has no room for', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    await other.ensurePath('/sizes')
    await other.create('/sizes/a', '3')
    const semaphore = new Semaphore(zk, '/locks/semaphore', { ...quick, size: { path: '/sizes/a' } })
    const holder = new Semaphore(other, '/locks/semaphore', { ...quick, size: { path: '/sizes/a' } })
    const look = (): Promise<(boolean | number)[]> =>
      Promise.all([semaphore.isLocked(), semaphore.isLocked({ weight: 2 }), semaphore.count()])
    expect(await look()).to.deep.equal([false, false, 0])
    bed.server.clearRequests()
    expect(await whileHeld(holder.acquire({ weight: 2 }), look)).to.deep.equal([false, true, 1])
    await other.setData('/sizes/a', '2')
    expect(await whileHeld(holder.acquire({ weight: 2 }), look)).to.deep.equal([true, true, 1])
  })

  it('is locked as its parts are', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const [one, two] = [new Mutex(zk, '/locks/one', quick), new ReentrantMutex(zk, '/locks/two', quick)]
    const both = new MultiLock(zk, [one, two])
    const look = (): Promise<(boolean | number)[]> =>
      Promise.all([both.isLocked(), one.isLocked(), two.isLocked(), two.count()])
    expect(await look()).to.deep.equal([false, false, false, 0])
    expect(await whileHeld(two.acquire(), look)).to.deep.equal([true, false, true, 1])
    expect(await whileHeld(both.acquire(), look)).to.deep.equal([true, true, true, 1])
  })

  it('is locked while others have all leases', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const of = (holder: string): Lease => new Lease(zk, '/leases', { ...quick, duration: 60_000, holder })
    expect(await of('me').isLocked()).to.equal(false)
    const held = await of('other').tryAcquire()
    expect([await of('me').isLocked(), await of('other').isLocked()]).to.deep.equal([true, false])
    await held!.release()
    expect(await of('me').isLocked()).to.equal(false)
  })
})

describe('The contenders of a lock', () => {
  type Observable = { observe(): AsyncIterableIterator<readonly ContenderInfo[]> }

  for (const [name, make] of [
    ['Mutex', zk => new Mutex(zk, '/locks/a', quick)],
    ['ReentrantMutex', zk => new ReentrantMutex(zk, '/locks/a', quick)],
    ['Semaphore', zk => new Semaphore(zk, '/locks/a', { ...quick, size: 1 })],
  ] as [string, (zk: ZooKeeper) => Mutex][]) {
    it(`of a ${name} can be followed by a client that takes no part`, async () => {
      await using bed = await TestBed.start()
      const [zk, other] = [await bed.client(), await bed.client()]
      const seen = make(zk).observe()
      const next = async (): Promise<string> =>
        (await seen.next()).value!.map(({ data }) => String(data)).join()
      expect(await next()).to.equal('')
      const held = await make(other).acquire({ data: 'one' })
      expect(await next()).to.equal('one')
      const waiting = make(other).acquire({ data: 'two' })
      expect(await next()).to.equal('one,two')
      await held.release()
      expect(await next()).to.equal('two')
      await (await waiting).release()
      expect(await next()).to.equal('')
      const last = seen.next()
      await seen.return!()
      expect(await last).to.deep.equal({ value: undefined, done: true })
    })
  }

  it('of both sides of a read-write lock can be followed, until the signal or the client ends it', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = new ReadWriteLock(zk, '/locks/rw', quick)
    const observable: Observable = lock
    const seen = observable.observe()
    expect((await seen.next()).value).to.deep.equal([])
    const held = await lock.read.acquire()
    expect((await seen.next()).value).to.have.length(1)
    await held.release()
    const stop = new AbortController()
    const stopped = lock.observe({ signal: stop.signal })
    await stopped.next()
    const rest = failure(stopped.next())
    stop.abort()
    expect(await rest).to.include({ code: 'ABORTED', operation: 'observe' })
    expect((await seen.next()).value).to.deep.equal([])
    const end = seen.next()
    await zk.close()
    expect(await end).to.deep.equal({ value: undefined, done: true })
  })
})

describe('An election', () => {
  it('counts the candidates of Curator and of kazoo, and each of ours once', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const election = new LeaderElection(zk, '/leader', quick)
    const leadership = await election.campaign()
    for (const marker of ['abc-latch-', 'def-lock-', 'abc__lock__']) {
      await zk.create(`/leader/${marker}`, null, { mode: 'ephemeral-sequential' })
    }
    const candidates = await election.candidates()
    expect([candidates.length, await election.count()]).to.deep.equal([4, 4])
    expect(candidates[0]!.token).to.equal(leadership.token)
    await leadership.resign()
    expect(await election.count()).to.equal(3)
  })

  it('is led once, and not stood for again, without requeue', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    let terms = 0
    await new LeaderElection(zk, '/leader', quick).lead(() => void terms++, { requeue: false })
    await settle()
    expect([terms, bed.names('/leader')]).to.deep.equal([1, []])
    const stop = new AbortController()
    const leading = new LeaderElection(zk, '/leader', quick).lead(
      async signal => {
        stop.abort()
        await abortOf(signal)
      },
      {
        requeue: false,
        signal: stop.signal,
      },
    )
    expect(await leading).to.equal(undefined)
  })
})

describe('A query for the instances of a service', () => {
  it('reads them once, with a filter, and leaves nothing at the server', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const discovery = new ServiceDiscovery<{ zone: string }>(zk, '/services', quick)
    expect(await discovery.instances('web')).to.deep.equal([])
    await using registry = new ServiceRegistry<{ zone: string }>(other, '/services', quick)
    await registry.publish({ name: 'web', id: 'b', payload: { zone: 'eu' } })
    await registry.publish({ name: 'web', id: 'a', payload: { zone: 'us' } })
    await registry.publish({ name: 'web', id: 'c', payload: { zone: 'eu' }, enabled: false })
    await other.create('/services/web/none', 'nonsense')
    const ids = (all: readonly { id: string }[]): string[] => all.map(({ id }) => id)
    expect(ids(await discovery.instances('web'))).to.deep.equal(['a', 'b'])
    const european = await discovery.instances('web', { filter: ({ payload }) => payload.zone === 'eu' })
    expect(ids(european)).to.deep.equal(['b', 'c'])
    expect(bed.server.watches().filter(({ sessionId }) => sessionId === zk.session.id)).to.deep.equal([])
  })
})
