import { connect, readOnlyAcl } from '@zookit/client'
import { World } from '@zookit/testing/simulate'
import { expect } from 'chai'
import { Lease } from '../src/index.ts'
import { SteppedTime } from './support/stepped-time.ts'
import { failure, TestBed, until } from './support/test-bed.ts'

describe('A lease whose write is not answered', () => {
  it('is written again when its time is over before the connection is back', async () => {
    const world = new World({ seed: 1 })
    await world.run(async () => {
      const server = await world.server()
      const { environment } = world.process('client')
      const zk = await connect(server.hosts, { environment, sessionTimeout: 10_000 })
      const lease = new Lease(zk, '/leases', { duration: 200, jitter: 0 })
      await (await lease.tryAcquire())!.release()
      server.loseNextReply({ operation: 'setData', path: '/leases/lease-0' })
      const asking = lease.tryAcquire()
      while (zk.state === 'connected') await world.sleep(1)
      world.network.block({ process: 'client' })
      await world.sleep(1000)
      world.network.heal()
      const held = await asking
      expect(held?.held).to.equal(true)
      await held!.release()
      await zk.close()
    }, 60_000)
  })
})

describe('A renewal that is not answered', () => {
  it('ends the lease at the earlier one of both ends, since somebody else may have it then', async () => {
    await using bed = await TestBed.start()
    bed.server.freezeTime()
    const time = new SteppedTime()
    const zk = await bed.client({ environment: time.environment })
    const held = (await new Lease(zk, '/lease', { duration: 10_000 }).tryAcquire())!
    const other = new Lease(await bed.client({ environment: time.environment }), '/lease', { duration: 1000 })
    const pass = (milliseconds: number): void => {
      bed.server.advance(milliseconds)
      time.advance(milliseconds)
    }
    await bed.server.refuseConnections(true)
    bed.server.loseNextReply('setData')
    const renewing = failure(held.renew({ duration: 1000 }))
    await until('it has lost the answer', () => zk.state !== 'connected')
    pass(900)
    expect([held.held, await other.tryAcquire()]).to.deep.equal([true, null])
    pass(200)
    expect((await other.tryAcquire())?.held).to.equal(true)
    expect([held.signal.aborted, held.held]).to.deep.equal([true, false])
    await bed.server.refuseConnections(false)
    expect(await renewing).to.include({ code: 'OWNERSHIP_LOST', reason: 'lapsed' })
  })

  it('may have been applied, whatever the next attempt finds', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const other = await bed.client()
    const held = (await new Lease(zk, '/lease', { duration: 60_000 }).tryAcquire())!
    await bed.server.refuseConnections(true)
    bed.server.loseNextReply('setData')
    const renewing = failure(held.renew())
    await until('it has lost the answer', () => zk.state !== 'connected')
    await other.delete(held.path)
    await bed.server.refuseConnections(false)
    expect(await renewing).to.include({ code: 'OWNERSHIP_LOST', reason: 'taken', outcome: 'unknown' })
  })

  it('ends the lease no earlier than asked for when it is sent again', async () => {
    await using bed = await TestBed.start()
    bed.server.freezeTime()
    const time = new SteppedTime()
    const zk = await bed.client({ environment: time.environment })
    const held = (await new Lease(zk, '/lease', { duration: 10_000, jitter: 0 }).tryAcquire())!
    for (let times = 0; times < 2; times++) bed.server.dropNextRequest('setData')
    bed.server.clearRequests()
    bed.server.holdNextReply('setData')
    const renewing = held.renew({ duration: 6000 })
    await until('it was sent again', () => bed.operations(zk).filter(one => one === 'setData').length === 3)
    bed.server.advance(5000)
    time.advance(5000)
    expect(held.held).to.equal(true)
    bed.server.releaseReplies()
    await renewing
    expect(held.held).to.equal(true)
  })
})

describe('A lease on a client of several, or on a machine that sleeps', () => {
  it('B5 ends while the machine of its holder is suspended, and begins afterwards as on any other', async () => {
    await using bed = await TestBed.start()
    bed.server.freezeTime()
    const time = new SteppedTime()
    const lease = new Lease(await bed.client({ environment: time.environment }), '/lease', {
      duration: 10_000,
    })
    const others = async (): Promise<unknown> =>
      await new Lease(await bed.client(), '/lease', { duration: 10_000 }).tryAcquire()
    const suspend = (milliseconds: number): void => {
      bed.server.advance(milliseconds)
      time.suspend(milliseconds)
    }
    const held = (await lease.tryAcquire())!
    suspend(8000)
    expect(held.held).to.equal(true)
    suspend(2000)
    expect([held.held, held.signal.reason.reason]).to.deep.equal([false, 'lapsed'])
    const again = (await lease.tryAcquire())!
    expect([again.held, await others()]).to.deep.equal([true, null])
    bed.server.advance(8000)
    time.advance(8000)
    expect([again.held, await others()]).to.deep.equal([true, null])
  })

  it('does not suffer from another one of the client whose clock cannot be measured', async () => {
    await using bed = await TestBed.start({ seed: { mine: '', theirs: '' } })
    const zk = await bed.client()
    await zk.setAcl('/theirs', readOnlyAcl)
    const leases = ['/theirs', '/mine'].map(path => new Lease(zk, path, { duration: 10_000 }))
    const [theirs, mine] = await Promise.allSettled(leases.map(lease => lease.tryAcquire()))
    expect(theirs).to.have.nested.property('reason.code', 'NO_AUTH')
    expect(mine).to.have.nested.property('value.held', true)
  })
})
