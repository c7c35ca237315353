import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect } from '../src/index.ts'

describe('The newest transaction id of a session', () => {
  it('is that of the newest answer, of a read too, and JSON leaves it out', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    await using other = await connect(server.hosts)
    const { stat } = await zk.createWithStat('/a')
    expect(zk.session.lastZxid).to.equal(stat.czxid)
    const { stat: newer } = await other.createWithStat('/b')
    expect(zk.session.lastZxid).to.equal(stat.czxid)
    await zk.exists('/a')
    expect(zk.session.lastZxid >= newer.czxid).to.equal(true)
    expect(JSON.parse(JSON.stringify(zk.session))).to.not.have.property('lastZxid')
  })
})
