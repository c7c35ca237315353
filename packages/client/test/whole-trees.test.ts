import { World } from '@zookit/testing/simulate'
import { expect } from 'chai'
import { connect } from '../src/index.ts'

describe('An operation on a whole tree', () => {
  it('takes the time of its requests and no other, once the first one has loaded it', async () => {
    const world = new World({ seed: 1, network: { latency: 1 } })
    const times = await world.run(async () => {
      const { hosts } = await world.server()
      const zk = await connect(hosts, { environment: world.process('ann').environment })
      await zk.removeTree('/nothing')
      const took: number[] = []
      for (let i = 0; i < 20; i++) {
        const from = world.now
        await zk.removeTree('/nothing')
        took.push(world.now - from)
      }
      await zk.close()
      return took
    }, Number.POSITIVE_INFINITY)
    expect(Math.max(...times)).to.be.below(20)
  })
})
