import { op } from '@zookit/jute'
import { expect } from 'chai'
import { TestServer } from '../../src/index.ts'
import { pause, SILENCE, taken } from '../support/faults.ts'
import { creation } from '../support/helpers.ts'
import { RawClient } from '../support/raw-client.ts'

describe('Faults of bytes', () => {
  it('holdReplies holds replies and events of all clients, in order', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    await client.call(op.getChildren, { path: '/', watch: true })
    server.holdReplies()
    client.post(op.create, creation('/a'))
    client.post(op.ping, null)
    await pause(SILENCE)
    expect(client.frames).to.have.length(1)
    server.releaseReplies()
    await client.until(() => client.answers.length === 3)
    expect(client.frames.map(frame => ('event' in frame ? 'event' : frame.answer.xid))).to.deep.equal([
      1,
      'event',
      2,
      -2,
    ])
  })

  for (const [end, releases] of [
    ['sends', true],
    ['drops', false],
  ] as const) {
    it(`holdReplies holds the last replies of a session that ends, and the server ${end} them`, async () => {
      await using server = await TestServer.start()
      using client = await RawClient.open(server)
      server.holdReplies()
      client.post(op.create, creation('/a'))
      client.post(op.closeSession, null)
      await taken(server, 'closeSession', 1)
      await pause(SILENCE)
      expect(client.frames).to.deep.equal([])
      if (releases) server.releaseReplies()
      else server.dropConnections()
      await client.closed
      expect(client.answers.map(({ xid }) => xid)).to.deep.equal(releases ? [1, 2] : [])
    })
  }

  it('delayReplies delays everything by the server’s clock, in order', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    server.freezeTime()
    server.delayReplies(1000)
    client.post(op.ping, null)
    client.post(op.create, creation('/a'))
    await taken(server, 'create', 1)
    server.advance(999)
    await pause(SILENCE)
    expect(client.answers).to.deep.equal([])
    server.advance(1)
    await client.until(() => client.answers.length === 2)
    expect(client.answers.map(({ xid }) => xid)).to.deep.equal([-2, 1])
  })

  it('splitBytes sends pieces, and loses nothing', async () => {
    await using server = await TestServer.start({ seed: { a: 'x'.repeat(50) } })
    using client = await RawClient.open(server)
    client.chunks.length = 0
    server.splitBytes(7)
    const { data } = await client.call(op.getData, { path: '/a', watch: false })
    expect(data!.toString()).to.equal('x'.repeat(50))
    expect(client.chunks.length).to.be.greaterThan(1)
    server.splitBytes(0)
    client.chunks.length = 0
    await client.ask(op.ping, null)
    expect(client.chunks).to.deep.equal([20])
  })

  it('drip sends byte by byte, with a pause between them', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    client.chunks.length = 0
    server.freezeTime()
    server.drip(50)
    client.post(op.ping, null)
    await client.until(() => client.chunks.length === 1)
    for (let i = 1; i < 20; i++) {
      server.advance(50)
      await client.until(() => client.chunks.length === i + 1)
    }
    expect(client.chunks).to.deep.equal(new Array(20).fill(1))
    expect(client.answers).to.have.length(1)
  })

  it('coalesce gathers bytes into one write', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    client.chunks.length = 0
    server.freezeTime()
    server.coalesce(100)
    for (let i = 1; i <= 3; i++) {
      client.post(op.ping, null)
      await taken(server, 'ping', i)
    }
    server.advance(100)
    await client.until(() => client.answers.length === 3)
    expect(client.chunks).to.deep.equal([60])
  })

  it('sendRaw puts bytes on the wire of one session', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const frame = Buffer.from([0, 0, 0, 16, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0])
    server.sendRaw(client.sessionId, frame)
    await client.until(() => client.answers.length === 1)
    expect(client.answers[0]).to.include({ xid: 99, zxid: 9n })
    expect(() => server.sendRaw(5n, frame)).to.throw(RangeError)
  })
})
