import { connect } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { increment } from './counter.ts'

describe('a counter', () => {
  it('tries again when another client was faster', async () => {
    await using server = await TestServer.start({ seed: { counter: '41' } })
    await using zk = await connect(server.hosts)
    server.answerWith('setData', 'BAD_VERSION')
    expect(await increment(zk, '/counter')).to.equal(42)
    expect(server.dump()).to.deep.equal({ '/counter': '42' })
  })
})
