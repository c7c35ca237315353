import { expect } from 'chai'
import { Mutex, ReadWriteLock, ReentrantMutex } from '../src/index.ts'
import { abortOf, failure, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/locks/job'

describe('A revocable lock', () => {
  it('notifies its holder, and is held until the holder releases it', async () => {
    await using bed = await TestBed.start()
    const [first, second] = [await bed.client(), await bed.client()]
    const lock = await new Mutex(first, PATH, { revocable: true, data: 'one' }).acquire()
    const mutex = new Mutex(second, PATH)
    let isGranted = false
    const acquiring = mutex.acquire()
    acquiring.then(() => (isGranted = true))
    await until('both are there', () => bed.names(PATH).length === 2)
    await second.setData(lock.path, 'just a note')
    await settle()
    expect(lock.revoked.aborted).to.equal(false)
    expect(await mutex.revoke()).to.equal(1)
    await abortOf(lock.revoked)
    expect(bed.server.dump()[lock.path]).to.equal('__REVOKE__')
    await settle()
    expect([lock.held, lock.signal.aborted, isGranted]).to.deep.equal([true, false, false])
    await lock.release()
    expect((await acquiring).held).to.equal(true)
  })

  it('asks one contender by its path, or as it is listed, and none that has left', async () => {
    await using bed = await TestBed.start()
    const [first, second] = [await bed.client(), await bed.client()]
    const mutex = new Mutex(first, PATH, { revocable: true })
    const asking = new Mutex(second, PATH)
    expect(await asking.revoke()).to.equal(0)
    const byPath = await mutex.acquire()
    expect(await asking.revoke(byPath.path)).to.equal(1)
    await abortOf(byPath.revoked)
    await byPath.release()
    const listed = await mutex.acquire()
    const [holder] = await asking.contenders()
    expect(await asking.revoke(holder)).to.equal(1)
    await abortOf(listed.revoked)
    await listed.release()
    expect(await asking.revoke(holder)).to.equal(0)
  })

  it('writes to no znode that is not a contender’s', async () => {
    await using bed = await TestBed.start({ seed: { config: 'precious' } })
    const mutex = new Mutex(await bed.client(), PATH)
    expect(await failure(mutex.revoke('/config'))).to.include({ code: 'BAD_ARGUMENTS', path: '/config' })
    expect(await failure(mutex.revoke(PATH))).to.include({ code: 'BAD_ARGUMENTS' })
    expect(bed.server.dump()['/config']).to.equal('precious')
    const aborted = { signal: AbortSignal.abort() }
    expect(await failure(mutex.revoke(null, aborted))).to.include({ code: 'ABORTED' })
  })

  it('notifies a holder that was asked while it still waited', async () => {
    await using bed = await TestBed.start()
    const [first, second] = [await bed.client(), await bed.client()]
    const lock = await new Mutex(first, PATH).acquire()
    const acquiring = new Mutex(second, PATH, { revocable: true }).acquire()
    await until('both are there', () => bed.names(PATH).length === 2)
    const [, waiting] = await new Mutex(first, PATH).contenders()
    await new Mutex(first, PATH).revoke(waiting)
    await lock.release()
    await abortOf((await acquiring).revoked)
  })

  it('is notified after a lost connection, if the lock outlasts that', async () => {
    await using bed = await TestBed.start()
    const [first, second] = [await bed.client(), await bed.client()]
    const lock = await new Mutex(first, PATH, { revocable: true, whenSuspended: 'keep' }).acquire()
    await settle()
    bed.server.closeNewConnections(true)
    bed.server.dropConnection(first.session.id)
    await until('it has noticed', () => first.state === 'suspended')
    const asking = second.setData(lock.path, '__REVOKE__')
    await asking
    expect(lock.revoked.aborted).to.equal(false)
    bed.server.closeNewConnections(false)
    await abortOf(lock.revoked)
    expect(lock.held).to.equal(true)
  })

  it('reads its znode only if it was created as revocable', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    await using _lock = await new Mutex(zk, PATH).acquire()
    await settle()
    expect(bed.operations()).to.not.include('getData')
  })

  it('reads its znode no more once it is released', async () => {
    await using bed = await TestBed.start()
    const lock = await new Mutex(await bed.client(), PATH, { revocable: true }).acquire()
    await settle()
    const reads = (): number => bed.operations().filter(operation => operation === 'getData').length
    expect(reads()).to.equal(1)
    await lock.release()
    await settle()
    expect(reads()).to.equal(1)
  })

  it('is not notified once it is released, though it was asked before', async () => {
    await using bed = await TestBed.start()
    const [first, second] = [await bed.client(), await bed.client()]
    const lock = await new Mutex(first, PATH, { revocable: true }).acquire()
    await settle()
    bed.server.holdNextReply('getData')
    expect(await new Mutex(second, PATH).revoke(lock.path)).to.equal(1)
    await until(
      'it reads what was written',
      () => bed.operations().filter(name => name === 'getData').length === 2,
    )
    const released = lock.release()
    bed.server.releaseReplies()
    await released
    await settle()
    expect(lock.revoked.aborted).to.equal(false)
  })

  it('is the same for all handles', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const mutex = new ReentrantMutex(zk, PATH, { revocable: true })
    const outer = await mutex.acquire()
    const inner = outer.enter()
    expect(await mutex.revoke()).to.equal(1)
    await abortOf(inner.revoked)
    expect([outer.revoked.aborted, outer.held, inner.held]).to.deep.equal([true, true, true])
  })

  it('is requested from all readers, or from the writer, and from nobody that waits', async () => {
    await using bed = await TestBed.start()
    const [first, second] = [await bed.client(), await bed.client()]
    const lock = new ReadWriteLock(first, PATH, { revocable: true })
    const asking = new ReadWriteLock(second, PATH)
    const readers = [await lock.read.acquire(), await lock.read.acquire()]
    expect(await asking.revoke()).to.equal(2)
    await Promise.all(readers.map(reader => abortOf(reader.revoked)))
    const writing = lock.write.acquire()
    await until('the writer is there', () => bed.names(PATH).length === 3)
    const more = lock.read.acquire()
    await until('a reader more is there', () => bed.names(PATH).length === 4)
    expect(await asking.revoke()).to.equal(2)
    await Promise.all(readers.map(reader => reader.release()))
    const writer = await writing
    await settle()
    expect(writer.revoked.aborted).to.equal(false)
    expect(await asking.revoke()).to.equal(1)
    await abortOf(writer.revoked)
    const reading = await writer.downgrade()
    const reader = await more
    await settle()
    expect([reading.revoked.aborted, reader.revoked.aborted]).to.deep.equal([false, false])
    expect(await asking.revoke()).to.equal(2)
    await Promise.all([abortOf(reading.revoked), abortOf(reader.revoked)])
  })
})
