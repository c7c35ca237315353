import { expect } from 'chai'
import { Barrier } from '../src/index.ts'
import { RoundTrips } from './support/round-trips.ts'
import { failure, isDone, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/barriers/job'

describe('A barrier', () => {
  it('blocks clients that arrive while it is set, and releases all when it is removed', async () => {
    await using bed = await TestBed.start()
    const [setter, one, other] = [await bed.client(), await bed.client(), await bed.client()]
    const barrier = new Barrier(setter, PATH, { data: 'maintenance' })
    expect(await barrier.isSet()).to.equal(false)
    await barrier.set()
    expect([await barrier.isSet(), bed.server.dump()[PATH]]).to.deep.equal([true, 'maintenance'])
    const waiting = [new Barrier(one, PATH).wait(), new Barrier(other, PATH).wait()]
    expect(await isDone(Promise.race(waiting))).to.equal(false)
    await setter.setData(PATH, 'still')
    expect(await isDone(Promise.race(waiting))).to.equal(false)
    await barrier.remove()
    await Promise.all(waiting)
    expect(bed.names(PATH)).to.deep.equal([])
  })

  it('is passed in one round trip while it is not set, and leaves no watch', async () => {
    await using bed = await TestBed.start()
    const trips = new RoundTrips()
    const zk = await bed.client({ environment: trips.environment })
    trips.take()
    await new Barrier(zk, PATH).wait()
    expect(trips.take()).to.equal(1)
    expect(bed.server.watches()).to.deep.equal([])
  })

  it('stays set when it is set again, and unset when it is removed again', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const barrier = new Barrier(zk, PATH, { jitter: 0 })
    await Promise.all([barrier.set(), barrier.set()])
    expect(bed.names('/barriers')).to.deep.equal(['job'])
    await Promise.all([barrier.remove(), barrier.remove()])
    expect(await barrier.isSet()).to.equal(false)
  })

  it('Z1 is set by a create whose answer was lost, and removed by a delete whose answer was lost', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const barrier = new Barrier(zk, PATH, { jitter: 0 })
    await zk.ensurePath('/barriers')
    bed.server.loseNextReply('create')
    await barrier.set()
    expect(await barrier.isSet()).to.equal(true)
    for (let times = 0; times < 2; times++) bed.server.dropNextRequest('delete')
    bed.server.loseNextReply('delete')
    await barrier.remove()
    expect(await barrier.isSet()).to.equal(false)
  })

  it('outlives the client that set it', async () => {
    await using bed = await TestBed.start()
    const [setter, zk] = [await bed.client(), await bed.client()]
    await new Barrier(setter, PATH).set()
    bed.server.expireSession(setter.session.id)
    expect(await isDone(new Barrier(zk, PATH).wait().catch(() => {}))).to.equal(false)
    expect(await new Barrier(zk, PATH).isSet()).to.equal(true)
  })

  it('R1 is waited at through lost connections and sessions', async () => {
    await using bed = await TestBed.start()
    const [setter, zk] = [await bed.client(), await bed.client()]
    const barrier = new Barrier(setter, PATH)
    await barrier.set()
    const waiting = new Barrier(zk, PATH, { jitter: 0 }).wait()
    await settle()
    bed.server.expireSession(zk.session.id)
    await until('it waits in a new session', () =>
      bed.server.watches().some(({ sessionId }) => sessionId === zk.session.id),
    )
    await bed.server.refuseConnections(true)
    bed.server.dropConnection(zk.session.id)
    await until('it has noticed', () => zk.state !== 'connected')
    await barrier.remove()
    expect(await isDone(waiting)).to.equal(false)
    await bed.server.refuseConnections(false)
    await waiting
    await barrier.set()
    bed.server.dropNextRequest('getData')
    const again = new Barrier(zk, PATH, { jitter: 0 }).wait()
    await until('it waits again', () =>
      bed.server.watches().some(({ sessionId }) => sessionId === zk.session.id),
    )
    expect(await isDone(again)).to.equal(false)
    await barrier.remove()
    await again
  })

  it('Z4 has a wait that ends by a signal and after a time, and then leaves one watch at most', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const barrier = new Barrier(zk, PATH)
    await barrier.set()
    const abort = new AbortController()
    const waiting = barrier.wait({ signal: abort.signal })
    const timed = failure(barrier.wait({ timeout: 5 }))
    await settle()
    abort.abort()
    expect(await failure(waiting)).to.include({ code: 'ABORTED', operation: 'wait', path: PATH })
    expect(await timed).to.include({ code: 'REQUEST_TIMEOUT' })
    expect(bed.server.watches().length).to.equal(1)
    expect(await failure(barrier.set({ signal: abort.signal }))).to.include({ code: 'ABORTED' })
    expect(await failure(barrier.isSet({ signal: abort.signal }))).to.include({ code: 'ABORTED' })
  })

  it('reports why it cannot be set, removed or waited for', async () => {
    await using bed = await TestBed.start({ seed: { barriers: '' } })
    const zk = await bed.client()
    const barrier = new Barrier(zk, PATH)
    bed.server.answerWith('create', -102)
    expect(await failure(barrier.set())).to.include({ code: 'NO_AUTH' })
    await barrier.set()
    bed.server.answerWith('getData', -102)
    expect(await failure(barrier.wait())).to.include({ code: 'NO_AUTH' })
    await zk.create(`${PATH}/below`)
    expect(await failure(barrier.remove())).to.include({ code: 'NOT_EMPTY' })
    await zk.close()
    expect(await failure(barrier.wait())).to.include({ code: 'CLOSED' })
  })
})
