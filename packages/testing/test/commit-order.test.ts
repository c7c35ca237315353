import { connect } from '@zookit/client'
import { expect } from 'chai'
import { TestEnsemble } from '../src/index.ts'

describe('onCommit', () => {
  it('is called in the order of the zxids, also where several clients waited for a server that was behind', async () => {
    const zxids: bigint[] = []
    await using ensemble = await TestEnsemble.start({ size: 3, onCommit: ({ zxid }) => zxids.push(zxid) })
    const follower = ensemble.followers[0]!
    await using one = await connect(follower.hosts)
    await using two = await connect(follower.hosts)
    await Promise.all([one.create('/one'), two.create('/two')])
    follower.stall()
    const writes = Array.from({ length: 10 }, (_, i) => [
      one.setData('/one', `${i}`),
      two.setData('/two', `${i}`),
    ])
    await new Promise(resolve => setTimeout(resolve, 50))
    follower.catchUp()
    await Promise.all(writes.flat())
    expect(zxids.length).to.be.at.least(22)
    expect(zxids).to.deep.equal([...zxids].sort((a, b) => Number(a - b)))
  })
})
