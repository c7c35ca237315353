import { connect } from '@zookit/client'
import { World } from '@zookit/testing/simulate'
import { expect } from 'chai'
import { Lease } from '../src/index.ts'

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
