import { connect, readOnlyAcl } from '@zookit/client'
import { World } from '@zookit/testing/simulate'
import { expect } from 'chai'
import { Lease } from '../src/index.ts'
import { SteppedTime } from './support/stepped-time.ts'
import { TestBed } from './support/test-bed.ts'

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
