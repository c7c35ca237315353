import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { type Handle, type Lockable, OwnershipError, ReadWriteLock } from '../src/index.ts'
import { come, isGranted } from './support/contenders.ts'
import { RoundTrips } from './support/round-trips.ts'
import { failure, TestBed, until } from './support/test-bed.ts'

const PATH = '/locks/job'

describe('A read-write lock', () => {
  const sides = async (
    bed: TestBed,
    options: object = {},
  ): Promise<{ read: Lockable<Handle>; lock: ReadWriteLock; zk: ZooKeeper }> => {
    const zk = await bed.client(options)
    const lock = new ReadWriteLock(zk, PATH, { jitter: 0 })
    return { read: lock.read, lock, zk }
  }

  it('admits readers together, and writers alone, in the order of arrival', async () => {
    await using bed = await TestBed.start()
    const { lock } = await sides(bed)
    const [first, second] = [await lock.read.acquire(), await lock.read.acquire()]
    const [writing] = await come(bed, lock.write)
    const [reading] = await come(bed, lock.read)
    const [lateReading] = await come(bed, lock.read)
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
    await using bed = await TestBed.start({ seed: { locks: { job: '' } } })
    const trips = new RoundTrips()
    const { lock } = await sides(bed, { environment: trips.environment })
    trips.take()
    const read = await lock.read.acquire()
    expect(trips.take()).to.equal(1)
    expect(await lock.write.tryAcquire()).to.equal(null)
    await until('its znode is gone', () => bed.names(PATH).length === 1)
    await read.release()
    trips.take()
    const write = await lock.write.acquire()
    expect(trips.take()).to.equal(1)
    expect(await lock.read.tryAcquire()).to.equal(null)
    await write.release()
  })

  it('admits all readers of one client that wait for the same writer', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const writer = await new ReadWriteLock(other, PATH).write.acquire()
    const { read } = new ReadWriteLock(zk, PATH)
    const readers = [(await come(bed, read))[0]!, (await come(bed, read))[0]!]
    await writer.release()
    for (const reader of readers) expect((await reader).held).to.equal(true)
  })

  it('is downgraded from writing to reading in one step, before any writer that waits', async () => {
    await using bed = await TestBed.start()
    const trips = new RoundTrips()
    const { lock } = await sides(bed, { environment: trips.environment })
    const other = await sides(bed)
    const write = await lock.write.acquire()
    const [reading] = await come(bed, other.lock.read)
    const [writing] = await come(bed, other.lock.write)
    trips.take()
    const read = await write.downgrade()
    expect(trips.take()).to.equal(1)
    expect([write.held, read.held]).to.deep.equal([false, true])
    expect(read.token >= write.token).to.equal(true)
    const otherRead = await reading!
    expect(await isGranted(writing!)).to.equal(false)
    await write.release()
    expect(read.held).to.equal(true)
    await otherRead.release()
    expect(await isGranted(writing!)).to.equal(false)
    await read.release()
    expect((await writing!).held).to.equal(true)
    expect((await writing!).token > read.token).to.equal(true)
  })

  it('is not held for writing from the call of a downgrade on, since a reader may come in before the answer', async () => {
    await using bed = await TestBed.start()
    const { lock } = await sides(bed)
    const write = await lock.write.acquire()
    // A listener that gives the handle back does not take the lock for reading away.
    write.signal.addEventListener('abort', () => void write.release())
    const downgrading = write.downgrade()
    expect([write.held, write.signal.aborted]).to.deep.equal([false, true])
    const read = await downgrading
    expect([read.held, read.token]).to.deep.equal([true, write.token])
    await read.release()
  })

  it('holds nothing any more when it is not known whether the downgrade was applied', async () => {
    await using bed = await TestBed.start()
    const { lock } = await sides(bed)
    for (const fault of ['loseNextReply', 'dropNextRequest'] as const) {
      const write = await lock.write.acquire()
      bed.server[fault]('multi')
      expect(await failure(write.downgrade())).to.include({ code: 'CONNECTION_LOSS' })
      expect(write.held).to.equal(false)
      await until('nothing is left', () => bed.names(PATH).length === 0)
    }
    const write = await lock.write.acquire()
    bed.server.holdReplies()
    expect(await failure(write.downgrade({ timeout: 5 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    bed.server.releaseReplies()
    await until('nothing is left', () => bed.names(PATH).length === 0)
  })

  it('cannot be downgraded once it is lost', async () => {
    await using bed = await TestBed.start()
    const { lock, zk } = await sides(bed)
    const released = await lock.write.acquire()
    await released.release()
    expect(await failure(released.downgrade())).to.be.instanceOf(OwnershipError)
    const deleted = await lock.write.acquire()
    await zk.delete(deleted.path)
    expect(await failure(deleted.downgrade())).to.include({ code: 'OWNERSHIP_LOST', reason: 'deleted' })
    expect(bed.names(PATH)).to.deep.equal([])
  })

  it('keeps the data of its contender when it is downgraded', async () => {
    await using bed = await TestBed.start()
    const lock = new ReadWriteLock(await bed.client(), PATH, { data: 'anybody' })
    const writer = await lock.write.acquire({ data: 'me' })
    await using _ = await writer.downgrade()
    const data = (await lock.contenders()).map(contender => String(contender.data))
    expect(data).to.deep.equal(['me'])
  })

  it('lets no reader overtake a writer of another client whose names have nothing before the marker', async () => {
    await using bed = await TestBed.start({ seed: { locks: { job: '' } } })
    const [zk, other] = [await bed.client(), await bed.client()]
    const mode = 'ephemeral-sequential'
    const reader = await other.create(`${PATH}/__READ__`, null, { mode })
    const writer = await other.create(`${PATH}/__WRIT__`, null, { mode })
    const lock = new ReadWriteLock(zk, PATH)
    expect([await lock.count(), await lock.read.isLocked()]).to.deep.equal([2, true])
    expect(await lock.read.tryAcquire()).to.equal(null)
    const acquiring = lock.read.acquire()
    await other.delete(reader)
    expect(await isGranted(acquiring)).to.equal(false)
    await other.delete(writer)
    await using reading = await acquiring
    expect(reading.held).to.equal(true)
  })

  it('understands the contenders of Curator and kazoo', async () => {
    await using bed = await TestBed.start()
    const { lock, zk } = await sides(bed)
    const mode = 'ephemeral-sequential'
    await zk.ensurePath(PATH)
    const id = 'c2a1c3f46f1f4e359d3b2b8e8b8a5f10'
    const rlock = await zk.create(`${PATH}/${id}__rlock__`, null, { mode })
    const reading = await lock.read.acquire()
    const [writing] = await come(bed, lock.write)
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
