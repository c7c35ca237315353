import { acl } from '@zookit/client'
import { expect } from 'chai'
import { Semaphore } from '../src/index.ts'
import { come, isGranted } from './support/contenders.ts'
import { RoundTrips } from './support/round-trips.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/locks/job'

describe('A semaphore', () => {
  it('admits as many as there is room for, in the order of arrival', async () => {
    await using bed = await TestBed.start()
    const semaphores = await Promise.all(
      Array.from({ length: 5 }, async () => new Semaphore(await bed.client(), PATH, { size: 2 })),
    )
    const acquiring = []
    for (const semaphore of semaphores) acquiring.push(...(await come(bed, semaphore)))
    const [a, b, c, d, e] = acquiring
    expect(await Promise.all(acquiring.map(isGranted))).to.deep.equal([true, true, false, false, false])
    await (await b)!.release()
    expect((await c)!.held).to.equal(true)
    expect(await isGranted(d!)).to.equal(false)
    await Promise.all([(await a)!.release(), (await c)!.release()])
    expect([(await d)!.held, (await e)!.held]).to.deep.equal([true, true])
  })

  it('is acquired in one round trip, with three requests in all', async () => {
    await using bed = await TestBed.start({ seed: { locks: { job: '' } } })
    const trips = new RoundTrips()
    const semaphore = new Semaphore(await bed.client({ environment: trips.environment }), PATH, {
      size: 2,
    })
    trips.take()
    bed.server.clearRequests()
    const permit = await semaphore.acquire()
    expect(trips.take()).to.equal(1)
    await permit.release()
    expect(trips.take()).to.equal(1)
    expect(bed.operations()).to.deep.equal(['create2', 'getChildren2', 'delete'])
  })

  it('sees room that is made between the list and its answer', async () => {
    await using bed = await TestBed.start()
    const [holder, zk] = [await bed.client(), await bed.client()]
    const permit = await new Semaphore(holder, PATH, { size: 1 }).acquire()
    bed.server.holdNextReply(
      ({ operation, sessionId }) => operation === 'getChildren2' && sessionId === zk.session.id,
    )
    const [acquiring] = await come(bed, new Semaphore(zk, PATH, { size: 1 }))
    const releasing = permit.release()
    await until('there is room', () => bed.names(PATH).length === 1)
    bed.server.releaseReplies()
    await releasing
    expect((await acquiring!).held).to.equal(true)
  })

  it('respects the weights of its contenders, and lets none overtake', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const semaphore = new Semaphore(zk, PATH, { size: 4 })
    const first = await semaphore.acquire({ weight: 3 })
    const [heavy] = await come(bed, semaphore, { weight: 2 })
    const [light] = await come(bed, semaphore, { weight: 1 })
    expect(await isGranted(light!)).to.equal(false)
    await first.release()
    expect([(await heavy!).weight, (await light!).weight]).to.deep.equal([2, 1])
    expect(await semaphore.tryAcquire({ weight: 2 })).to.equal(null)
    expect((await semaphore.tryAcquire())?.held).to.equal(true)
    expect(await failure(semaphore.acquire({ weight: 5 }))).to.include({ code: 'BAD_ARGUMENTS' })
  })

  it('wakes the contenders behind one in the middle that is admitted', async () => {
    await using bed = await TestBed.start()
    const zks = await Promise.all(Array.from({ length: 4 }, () => bed.client()))
    const semaphores = zks.map(zk => new Semaphore(zk, PATH, { size: 3 }))
    const [first] = await come(bed, semaphores[0]!, { weight: 3 })
    const [second] = await come(bed, semaphores[1]!, { weight: 2 })
    const [third] = await come(bed, semaphores[2]!, { weight: 1 })
    const [fourth] = await come(bed, semaphores[3]!, { weight: 2 })
    await (await first)!.release()
    expect((await third)!.held).to.equal(true)
    await (await second)!.release()
    expect((await fourth)!.held).to.equal(true)
  })

  it('wakes the contenders behind one in the middle that gives up', async () => {
    await using bed = await TestBed.start()
    const zks = await Promise.all(Array.from({ length: 4 }, () => bed.client()))
    const [a, b, c, d] = zks.map(zk => new Semaphore(zk, PATH, { size: 3 }))
    const abort = new AbortController()
    const [first] = await come(bed, a!, { weight: 2 })
    const [second] = await come(bed, b!, { weight: 2, signal: abort.signal })
    const [third] = await come(bed, c!, { weight: 1 })
    const [fourth] = await come(bed, d!, { weight: 2 })
    abort.abort()
    expect(await failure(second!)).to.include({ code: 'ABORTED' })
    expect((await third)!.held).to.equal(true)
    expect(await isGranted(fourth!)).to.equal(false)
    await (await first)!.release()
    expect((await fourth)!.held).to.equal(true)
  })

  it('lets only the first waiting contender read when one leaves, and the others one by one', async () => {
    await using bed = await TestBed.start()
    const zks = await Promise.all(Array.from({ length: 12 }, () => bed.client()))
    const acquiring = []
    for (const zk of zks) acquiring.push(...(await come(bed, new Semaphore(zk, PATH, { size: 2 }))))
    bed.server.clearRequests()
    await (await acquiring[0])!.release()
    expect((await acquiring[2])!.held).to.equal(true)
    await until('the next one has taken over', () => bed.operations(zks[3]).length > 1)
    await settle()
    const reading = zks.map(zk => bed.operations(zk).filter(name => name.startsWith('get')).length)
    expect(reading).to.deep.equal([0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('has the size that a znode says, and follows its changes', async () => {
    await using bed = await TestBed.start({ seed: { size: '1' } })
    const zk = await bed.client()
    const semaphore = new Semaphore(zk, PATH, { size: { path: '/size' } })
    const [first] = await come(bed, semaphore)
    const [second] = await come(bed, semaphore)
    const [third] = await come(bed, semaphore)
    const [fourth] = await come(bed, semaphore)
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

  it('reports that the znode with its size is missing, or holds no number', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const semaphore = new Semaphore(zk, PATH, { size: { path: '/size' } })
    expect(await failure(semaphore.acquire())).to.include({ code: 'NO_NODE', path: '/size' })
    await zk.create('/size', 'many')
    expect(await failure(semaphore.acquire())).to.include({ code: 'BAD_ARGUMENTS', path: '/size' })
    await until('nothing is left', () => bed.names(PATH).length === 0)
  })

  it('refuses an ACL under which those behind a contender would not learn that it was admitted', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const make = (perms: string) => () => {
      return new Semaphore(zk, PATH, { size: 2, acl: [acl(perms, 'world', 'anyone')] })
    }
    expect(make('crda')).to.throw('the acl must allow WRITE').with.property('code', 'BAD_ARGUMENTS')
    expect(make('rw')).not.to.throw()
  })
})
