import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect, type ZooKeeper } from '../src/index.ts'

describe('A walk that is left without a connection', () => {
  let server: TestServer
  let zk: ZooKeeper

  beforeEach(async () => {
    const children = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`n${index}`, '']))
    server = await TestServer.start({ seed: { t: children } })
    zk = await connect(server.hosts, { retryReads: 3 })
  })

  afterEach(async () => {
    await zk.close()
    await server.stop()
  })

  const turn = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 1))

  async function disconnect(): Promise<void> {
    await server.refuseConnections(true)
    server.dropConnections()
    while (zk.state === 'connected') await turn()
  }

  it('leaves none of the reads behind that it has requested ahead', async () => {
    let most = 0
    for await (const { path } of zk.walk('/t', { concurrency: 4 })) {
      most = Math.max(most, zk.outstanding)
      if (path === '/t/n0') await disconnect()
      if (zk.state !== 'connected' && zk.outstanding > 0) break
    }
    await turn()
    expect({ isAhead: most > 0, outstanding: zk.outstanding }).to.deep.equal({
      isAhead: true,
      outstanding: 0,
    })
  })

  it('leaves nothing behind of what it waits for', async () => {
    await disconnect()
    const walk = zk.walk('/t')
    const next = walk.next()
    await turn()
    expect(zk.outstanding).to.equal(1)
    await walk.return()
    expect(await next).to.deep.equal({ done: true, value: undefined })
    expect(zk.outstanding).to.equal(0)
  })
})
