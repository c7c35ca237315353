import { type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { expect } from 'chai'
import { MultiLock, Mutex, OwnershipError, ReadWriteLock } from '../src/index.ts'
import { abortOf, failure, TestBed, until } from './support/test-bed.ts'

function contendersLeft(bed: TestBed): number {
  return bed.names('/locks').filter(name => name.includes('/')).length
}

describe('A MultiLock', () => {
  const mutexes = (zk: ZooKeeper, ...names: string[]): Mutex[] =>
    names.map(name => new Mutex(zk, `/locks/${name}`, { jitter: 0 }))

  it('is all of its locks or none', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const [, b] = mutexes(other, 'a', 'b')
    const blocking = await b!.acquire()
    const multi = new MultiLock(zk, mutexes(zk, 'c', 'b', 'a'))
    expect(await multi.tryAcquire()).to.equal(null)
    expect(await failure(multi.acquire({ timeout: 20 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    await until('only the other’s is left', () => contendersLeft(bed) === 1)
    const acquiring = multi.acquire()
    await blocking.release()
    const all = await acquiring
    expect(all.handles).to.have.length(3)
    expect(multi.paths).to.deep.equal(['/locks/a', '/locks/b', '/locks/c'])
    expect([all.held, contendersLeft(bed)]).to.deep.equal([true, 3])
    expect(all.token).to.equal(all.handles[2]!.token)
    const results = await all.guard(zk.transaction().create('/done')).commit()
    expect(results).to.deep.equal(['/done', undefined, undefined, undefined])
    await all.release()
    expect([all.held, all.signal.aborted, contendersLeft(bed)]).to.deep.equal([false, true, 0])
  })

  it('does not wait for another one that takes the same locks the other way round', async () => {
    await using bed = await TestBed.start()
    const [one, two] = [await bed.client(), await bed.client()]
    const left = new MultiLock(one, mutexes(one, 'a', 'b'))
    const right = new MultiLock(two, mutexes(two, 'b', 'a'))
    let grants = 0
    const contend = async (multi: MultiLock): Promise<void> => {
      for (let times = 0; times < 10; times++) await multi.withLock(() => void grants++)
    }
    await Promise.all([contend(left), contend(right)])
    expect(grants).to.equal(20)
  })

  it('starts again when one is lost while it waits for another', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const [a, b] = mutexes(other, 'a', 'b')
    const blocking = await b!.acquire()
    const acquiring = new MultiLock(zk, mutexes(zk, 'a', 'b')).acquire()
    await until('it waits for the second', () => contendersLeft(bed) === 3)
    const [old] = bed.names('/locks/a')
    bed.server.dropConnection(zk.session.id)
    await until('it is back', () => zk.state === 'connected')
    await until('it begins again', () => {
      const names = bed.names('/locks/a')
      return names.length === 1 && names[0] !== old && contendersLeft(bed) === 3
    })
    await blocking.release()
    const all = await acquiring
    expect(all.held).to.equal(true)
    expect(await a!.tryAcquire()).to.equal(null)
    bed.server.dropConnection(zk.session.id)
    await abortOf(all.signal)
    expect(all.signal.reason).to.be.instanceOf(OwnershipError)
    await all.release()
    await until('nothing is left', () => contendersLeft(bed) === 0)
  })

  it('refuses two locks that would wait for each other, and flattens MultiLocks', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = new ReadWriteLock(zk, '/locks/rw')
    expect(() => new MultiLock(zk, [lock.read, lock.write])).to.throw(ZooKeeperError, '/locks/rw')
    const nested = new MultiLock(zk, [new MultiLock(zk, mutexes(zk, 'c', 'a')), lock.write])
    expect(nested.paths).to.deep.equal(['/locks/a', '/locks/c', '/locks/rw'])
    const all = await nested.acquire()
    expect(all.handles).to.have.length(3)
    await all[Symbol.asyncDispose]()
    expect(contendersLeft(bed)).to.equal(0)
  })
})
