// The tests of main.ts, in memory, with the faults that production has. They run with any test runner.

import { connect, type ZooKeeper } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { invoiceNumber, nextNumber } from './main.ts'

describe('The numbers of invoices', () => {
  let server: TestServer
  let zk: ZooKeeper

  beforeEach(async () => {
    server = await TestServer.start({ seed: { series: { invoices: '41' } } })
    zk = await connect(server.hosts)
  })

  afterEach(async () => {
    await zk.close()
    await server.stop()
  })

  it('are counted in a znode', async () => {
    expect(await invoiceNumber(zk)).to.equal(42)
    expect(server.dump()).to.deep.include({ '/series/invoices': '42' })
  })

  it('begin at 1, in a series that is new', async () => {
    expect(await nextNumber(zk, '/series/orders')).to.equal(1)
  })

  it('are handed out once each, to many who ask at the same time', async () => {
    await using other = await connect(server.hosts)
    const numbers = await Promise.all([zk, other, zk, other].map(invoiceNumber))
    expect(numbers.sort()).to.deep.equal([42, 43, 44, 45])
  })

  it('are handed out once each, when the reply to a write is lost', async () => {
    server.loseNextReply('setData')
    expect(await invoiceNumber(zk)).to.equal(43) // 42 was taken by the write without a reply
  })

  it('go on when the session has expired', async () => {
    const expired = new Promise(resolve => zk.on('state', state => state === 'expired' && resolve(state)))
    server.expireSession(zk.session.id)
    await expired
    expect(await invoiceNumber(zk)).to.equal(42)
  })

  it('are refused as the server refuses them', async () => {
    server.answerWith('setData', 'NO_AUTH')
    const error = await invoiceNumber(zk).catch(error => error)
    expect(error).to.include({ code: 'NO_AUTH', outcome: 'rejected', path: '/series/invoices' })
  })
})
