import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect } from '../src/index.ts'

describe('The event closing', () => {
  it('comes once, with the first call of close, while the state is still connected', async () => {
    await using server = await TestServer.start()
    const zk = await connect(server.hosts)
    const told: string[] = []
    zk.on('closing', () => told.push(`closing while ${zk.state}`))
    zk.on('state', state => told.push(state))
    server.holdReplies()
    const closing = [zk.close(), zk.close()]
    expect(told).to.deep.equal(['closing while connected'])
    expect(zk.session.certainUntil <= zk.environment.now()).to.equal(true)
    server.releaseReplies()
    await Promise.all(closing)
    expect(told).to.deep.equal(['closing while connected', 'closed'])
  })

  it('has listeners that may call close', async () => {
    await using server = await TestServer.start()
    const zk = await connect(server.hosts)
    let closed: Promise<void> | undefined
    zk.on('closing', () => {
      closed = zk.close()
    })
    await zk.close()
    await closed
    expect(zk.state).to.equal('closed')
  })
})
