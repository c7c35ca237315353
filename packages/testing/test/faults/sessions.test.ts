import { op } from '@zookit/jute'
import { expect } from 'chai'
import { TestServer } from '../../src/index.ts'
import { connectError } from '../support/faults.ts'
import { create, creation } from '../support/helpers.ts'
import { RawClient } from '../support/raw-client.ts'

describe('Faults of sessions and of the server', () => {
  it('expireSession ends a session at once', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    await create(client, '/mine', { mode: 'ephemeral' })
    const { sessionId, passwd } = client.response!
    server.expireSession(sessionId)
    expect(server.dump()).to.deep.equal({})
    await client.closed
    using again = await RawClient.open(server, { sessionId, passwd })
    expect(again.response!.timeOut).to.equal(0)
    expect(() => server.expireSession(sessionId)).to.throw(RangeError)
  })

  it('swapSessionIds answers a resumed session with a new one', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const { sessionId, passwd } = client.response!
    server.swapSessionIds(true)
    using again = await RawClient.open(server, { sessionId, passwd })
    expect(again.sessionId).to.not.be.oneOf([0n, sessionId])
  })

  it('stop refuses connections and closes sockets; restart keeps port, tree, sessions and zxid', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    await create(client, '/mine', { mode: 'ephemeral' })
    const { sessionId, passwd } = client.response!
    const { port, lastZxid } = server
    await server.stop()
    await client.closed
    expect(await connectError(server)).to.equal('ECONNREFUSED')
    await server.restart()
    expect([server.port, server.lastZxid]).to.deep.equal([port, lastZxid])
    using again = await RawClient.open(server, { sessionId, passwd, lastZxidSeen: lastZxid })
    expect(again.sessionId).to.equal(sessionId)
    expect(server.dump()).to.have.keys('/mine')
    await server.restart()
    await again.closed
    expect(server.sessions()).to.have.length(1)
  })

  it('a restart gives each session its whole timeout again', async () => {
    await using server = await TestServer.start({ tickTime: 100 })
    server.freezeTime()
    using client = await RawClient.open(server, { timeOut: 1000 })
    server.advance(900)
    await server.stop()
    server.advance(60_000)
    expect(client.sessionId).to.not.equal(0n)
    await server.restart()
    server.advance(999)
    expect(server.sessions()).to.have.length(1)
    server.advance(101)
    expect(server.sessions()).to.deep.equal([])
  })

  it('clearFaults turns all of them off', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    server.answerWith('ping', -1, 100)
    server.answerWith('create', -1, 100)
    server.throttle(true)
    server.holdReplies()
    server.drip(1000)
    server.closeNewConnections(true)
    server.stopReading(true)
    server.clearFaults()
    expect((await client.ask(op.create, creation('/a'))).err).to.equal(0)
    using other = await RawClient.open(server)
    expect((await other.ask(op.ping, null)).err).to.equal(0)
  })

  it('leaves no socket open after stop', async () => {
    const count = (): number => process.getActiveResourcesInfo().filter(kind => kind.startsWith('TCP')).length
    const before = count()
    const server = await TestServer.start({ tickTime: 10 })
    const client = await RawClient.open(server)
    await create(client, '/a', { mode: 'ephemeral' })
    server.delayReplies(10_000)
    client.post(op.ping, null)
    await server.stop()
    await client.closed
    await new Promise(resolve => setImmediate(resolve))
    expect(count()).to.equal(before)
  })
})
