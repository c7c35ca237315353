import { connect, type ZooKeeper } from '@zookit/client'
import { findTargets, type RealServer } from '@zookit/test-fixtures'
import { expect } from 'chai'
import {
  LeaderElection,
  MultiLock,
  Mutex,
  OwnershipError,
  ReadWriteLock,
  ReentrantMutex,
  Semaphore,
} from '../src/index.ts'
import { abortOf, endSession, failure, until } from './support/test-bed.ts'

for (const target of await findTargets()) {
  describe(`Locks and elections, on ${target.name}`, function () {
    this.timeout(90_000)
    let server: RealServer
    let one: ZooKeeper
    let two: ZooKeeper

    before(async () => {
      // The tests read containers that have just become empty.
      server = await target.startServer({ containerCheckInterval: 60_000 })
      one = await connect(server.hosts, { sessionTimeout: 10_000 })
      two = await connect(server.hosts, { sessionTimeout: 10_000 })
    })

    after(async () => {
      await Promise.all([one?.close(), two?.close()])
      await server?.stop()
    })

    /** Returns the number of contenders of a path at the server now. */
    async function count(path: string): Promise<number> {
      await one.sync(path)
      return (await one.getChildren(path)).children.length
    }

    it('Z5 hand a mutex over, with a higher token, and leave nothing behind', async () => {
      const lock = await new Mutex(one, '/real/mutex', { data: 'one', revocable: true }).acquire()
      const mutex = new Mutex(two, '/real/mutex', { data: 'two' })
      expect(await mutex.tryAcquire()).to.equal(null)
      expect(await failure(mutex.acquire({ timeout: 20 }))).to.include({ code: 'REQUEST_TIMEOUT' })
      const acquiring = mutex.acquire()
      await until('both are there', async () => (await count('/real/mutex')) === 2)
      const data = (await mutex.contenders()).map(contender => String(contender.data))
      expect(data).to.deep.equal(['one', 'two'])
      expect(await mutex.revoke()).to.equal(1)
      await abortOf(lock.revoked)
      await lock.release()
      const next = await acquiring
      expect(next.token > lock.token).to.equal(true)
      const guarded = await next.guard(two.transaction().create('/real/done')).commit()
      expect(guarded[0]).to.equal('/real/done')
      expect(await failure(lock.guard(one.transaction().delete('/real/done')).commit())).to.include({
        code: 'NO_NODE',
      })
      await next.release()
      expect(await count('/real/mutex')).to.equal(0)
    })

    it('E4 lose what is held with the session, and pass it on', async () => {
      const brief = await connect(server.hosts, { sessionTimeout: 1000 })
      const lock = await new Mutex(brief, '/real/expiring', { whenSuspended: 'keep' }).acquire()
      const acquiring = new Mutex(two, '/real/expiring').acquire()
      const lost = abortOf(lock.signal)
      await endSession(brief, server.hosts)
      await lost
      expect([lock.held, (await acquiring).held]).to.deep.equal([false, true])
      await brief.close()
    })

    it('Z4 leave no znode of a contender that gives up', async () => {
      const lock = await new Mutex(one, '/real/given-up').acquire()
      const mutex = new Mutex(two, '/real/given-up')
      for (const timeout of [1, 3, 10]) await failure(mutex.acquire({ timeout }))
      for (const turns of [0, 1, 2, 5]) {
        const controller = new AbortController()
        const acquiring = failure(mutex.acquire({ signal: controller.signal }))
        for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve))
        controller.abort()
        await acquiring
      }
      await until('the holder is alone', async () => (await count('/real/given-up')) === 1)
      await lock.release()
      expect(await count('/real/given-up')).to.equal(0)
    })

    it('Z11 are not entered again after they were lost', async () => {
      const brief = await connect(server.hosts, { sessionTimeout: 1000 })
      const lock = await new ReentrantMutex(brief, '/real/lost').acquire()
      await endSession(brief, server.hosts)
      await abortOf(lock.signal)
      expect(() => lock.enter()).to.throw(OwnershipError)
      await brief.close()
    })

    it('let readers in together, writers alone, and a writer turn into a reader', async () => {
      const lock = new ReadWriteLock(one, '/real/read-write')
      const other = new ReadWriteLock(two, '/real/read-write')
      const readers = [await lock.read.acquire(), await other.read.acquire()]
      expect(await other.write.tryAcquire()).to.equal(null)
      await Promise.all(readers.map(reader => reader.release()))
      const writer = await lock.write.acquire()
      const reading = other.read.acquire()
      await until('both are there', async () => (await count('/real/read-write')) === 2)
      const downgraded = await writer.downgrade()
      expect([(await reading).held, downgraded.held, writer.held]).to.deep.equal([true, true, false])
    })

    it('admit as many as a znode says', async () => {
      await one.ensurePath('/real/size')
      await one.setData('/real/size', '2')
      const semaphore = new Semaphore(two, '/real/semaphore', { size: { path: '/real/size' } })
      const permits = [await semaphore.acquire(), await semaphore.acquire()]
      expect(await semaphore.tryAcquire()).to.equal(null)
      const third = semaphore.acquire()
      await one.setData('/real/size', '3')
      expect((await third).held).to.equal(true)
      for (const permit of permits) await permit.release()
    })

    it('are entered again, and taken together', async () => {
      const outer = await new ReentrantMutex(one, '/real/a').acquire()
      const inner = outer.enter()
      const both = new MultiLock(two, [new Mutex(two, '/real/b'), new Mutex(two, '/real/a')])
      expect(await both.tryAcquire()).to.equal(null)
      await outer.release()
      await inner.release()
      await using all = await both.acquire({ timeout: 10_000 })
      expect(all.held).to.equal(true)
    })

    it('elect the next one when the leader resigns', async () => {
      const leadership = await new LeaderElection(one, '/real/leader', { data: 'one' }).campaign()
      const next = new LeaderElection(two, '/real/leader', { data: 'two' }).campaign()
      const leaders: string[] = []
      for await (const { leader, candidates } of new LeaderElection(one, '/real/leader').observe()) {
        leaders.push(String(leader?.data))
        if (candidates.length === 2) await leadership.resign()
        if (leaders.at(-1) === 'two') break
      }
      expect(new Set(leaders)).to.deep.equal(new Set(['one', 'two']))
      expect((await next).held).to.equal(true)
    })
  })
}
