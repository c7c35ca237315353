import { op } from '@zookit/jute'
import { expect } from 'chai'
import { firstSessionId, SessionTracker } from '../../src/database/sessions.ts'
import { TestServer } from '../../src/index.ts'
import { create } from '../support/helpers.ts'
import { RawClient } from '../support/raw-client.ts'

describe('A session of the in-memory server', () => {
  it('expires when it has been silent for its timeout, rounded up to the next tick', async () => {
    await using server = await TestServer.start({ tickTime: 100 })
    server.freezeTime()
    using client = await RawClient.open(server, { timeOut: 1000 })
    await create(client, '/mine', { mode: 'ephemeral' })
    const { expiresIn } = server.sessions()[0]!
    expect(expiresIn).to.be.within(1000, 1100)
    server.advance(expiresIn - 1)
    expect(server.dump()).to.have.property('/mine')
    server.advance(1)
    expect(server.dump()).to.deep.equal({})
    expect(server.sessions()).to.deep.equal([])
    await client.closed
  })

  it('lives as long as its client pings', async () => {
    await using server = await TestServer.start({ tickTime: 100 })
    server.freezeTime()
    using client = await RawClient.open(server, { timeOut: 1000 })
    for (let i = 0; i < 10; i++) {
      server.advance(900)
      await client.ask(op.ping, null)
    }
    expect(server.sessions()).to.have.length(1)
  })

  it('outlives its connection, and its client learns of its end in the next handshake', async () => {
    await using server = await TestServer.start()
    server.freezeTime()
    using client = await RawClient.open(server, { timeOut: 1000 })
    const { sessionId, passwd } = client.response!
    client.socket.destroy()
    server.advance(500)
    using second = await RawClient.open(server, { sessionId, passwd, timeOut: 1000 })
    expect(second.sessionId).to.equal(sessionId)
    second.socket.destroy()
    server.advance(1300)
    using third = await RawClient.open(server, { sessionId, passwd })
    expect(third.response!.timeOut).to.equal(0)
  })

  it('deletes its ephemerals when it is closed, in one transaction with its reply', async () => {
    await using server = await TestServer.start()
    using watcher = await RawClient.open(server)
    using client = await RawClient.open(server)
    await create(client, '/a', { mode: 'ephemeral' })
    await create(client, '/b', { mode: 'ephemeral' })
    await create(client, '/stays')
    await watcher.call(op.exists, { path: '/a', watch: true })
    await watcher.call(op.exists, { path: '/b', watch: true })
    const { zxid } = await client.ask(op.closeSession, null)
    await client.closed
    await watcher.until(() => watcher.events.length === 2)
    expect(watcher.events.map(event => [event.type, event.path, event.zxid])).to.deep.equal([
      [2, '/a', zxid],
      [2, '/b', zxid],
    ])
    expect(server.dump()).to.deep.equal({ '/stays': '' })
  })

  it('cannot be resumed after it was closed', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const { sessionId, passwd } = client.response!
    await client.ask(op.closeSession, null)
    using second = await RawClient.open(server, { sessionId, passwd })
    expect(second.sessionId).to.equal(0n)
  })

  it('has an id that begins with the server id', () => {
    expect(firstSessionId(5, 1_700_000_000_000) >> 56n).to.equal(5n)
    expect(firstSessionId(254, 1_700_000_000_000) >> 56n).to.equal(-2n)
    expect(firstSessionId(0, 1_700_000_000_000) > 0n).to.equal(true)
  })
})

describe('The tracker of sessions', () => {
  it('finds the due sessions, oldest first, and none that has been touched since', () => {
    const tracker = new SessionTracker(100)
    const first = tracker.add(1n, 250, 0)
    const second = tracker.add(2n, 100, 0)
    tracker.add(3n, 1000, 0)
    expect(tracker.nextExpiry()).to.equal(200)
    expect(tracker.due(199)).to.deep.equal([])
    expect(tracker.due(300)).to.deep.equal([second, first])
    tracker.touch(second, 250)
    expect(tracker.due(300)).to.deep.equal([first])
    tracker.remove(first)
    expect(tracker.due(400)).to.deep.equal([second])
  })
})
