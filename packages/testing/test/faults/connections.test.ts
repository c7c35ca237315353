import { op } from '@zookit/jute'
import { expect } from 'chai'
import { TestServer } from '../../src/index.ts'
import { connectError, failure, GONE, pause, SILENCE } from '../support/faults.ts'
import { create, creation } from '../support/helpers.ts'
import { handshakeFrame, RawClient } from '../support/raw-client.ts'

describe('Faults of connections', () => {
  it('dropConnections closes all of them; sessions stay alive', async () => {
    await using server = await TestServer.start()
    using first = await RawClient.open(server)
    using second = await RawClient.open(server)
    server.dropConnections()
    await Promise.all([first.closed, second.closed])
    expect(server.connections()).to.deep.equal([])
    expect(server.sessions().map(({ connected }) => connected)).to.deep.equal([false, false])
  })

  it('dropConnections closes by a reset when asked to', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const error = new Promise(resolve => client.socket.once('error', resolve))
    server.dropConnections({ reset: true })
    expect(await error).to.include({ code: 'ECONNRESET' })
  })

  it('dropConnection closes the connection of one session', async () => {
    await using server = await TestServer.start()
    using first = await RawClient.open(server)
    using second = await RawClient.open(server)
    server.dropConnection(first.sessionId)
    await first.closed
    expect((await second.ask(op.ping, null)).err).to.equal(0)
    expect(() => server.dropConnection(first.sessionId)).to.throw(RangeError)
  })

  it('refuseConnections refuses new ones as a port without a listener does, until it is turned off', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const { port } = server
    await server.refuseConnections(true)
    expect(await connectError(server)).to.equal('ECONNREFUSED')
    expect((await client.ask(op.ping, null)).err).to.equal(0)
    await server.refuseConnections(false)
    expect(server.port).to.equal(port)
    expect(await connectError(server)).to.equal('connected')
  })

  it('closeNewConnections accepts them and closes', async () => {
    await using server = await TestServer.start()
    server.closeNewConnections(true)
    expect(await failure(RawClient.open(server))).to.equal(GONE)
    server.closeNewConnections(false)
    using client = await RawClient.open(server)
    expect(client.sessionId).to.not.equal(0n)
  })

  it('acceptAndStaySilent never answers connections that it accepts', async () => {
    await using server = await TestServer.start()
    using before = await RawClient.open(server)
    server.acceptAndStaySilent(true)
    using silent = new RawClient(server)
    silent.send(handshakeFrame())
    expect((await before.ask(op.ping, null)).err).to.equal(0)
    server.acceptAndStaySilent(false)
    using after = await RawClient.open(server)
    expect((await after.ask(op.ping, null)).err).to.equal(0)
    expect(silent.chunks).to.deep.equal([])
    expect(silent.socket.destroyed).to.equal(false)
  })

  it('blackhole makes open connections dead in both directions, so that their sessions expire', async () => {
    await using server = await TestServer.start()
    server.freezeTime()
    using client = await RawClient.open(server, { timeOut: 1000 })
    server.blackhole(true)
    client.post(op.create, creation('/a'))
    await pause(SILENCE)
    expect(client.answers).to.deep.equal([])
    expect(server.dump()).to.deep.equal({})
    server.advance(1300)
    expect(server.sessions()).to.deep.equal([])
    server.blackhole(false)
    using after = await RawClient.open(server)
    expect((await after.ask(op.ping, null)).err).to.equal(0)
  })

  it('stopReading leaves the clients’ bytes in their sockets', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    server.stopReading(true)
    client.post(op.create, creation('/a'))
    await pause(SILENCE)
    expect(server.dump()).to.deep.equal({})
    server.stopReading(false)
    await client.until(() => client.answers.length === 1)
    expect(server.dump()).to.deep.equal({ '/a': '' })
  })
})

describe('Faults of requests', () => {
  it('loseNextReply applies the request, answers what came before, and closes', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    server.loseNextReply('create')
    const ping = client.post(op.exists, { path: '/', watch: false })
    client.post(op.create, creation('/a'))
    client.post(op.create, creation('/b'))
    await client.closed
    expect(client.answers.map(({ xid }) => xid)).to.deep.equal([ping])
    expect(server.dump()).to.deep.equal({ '/a': '' })
    using again = await RawClient.open(server)
    expect(await create(again, '/c')).to.equal('/c')
  })

  it('apply only to matching requests: by operation, path, pattern or test', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    server.answerWith({ operation: 'create', path: '/b' }, -1)
    server.answerWith({ path: /^\/x/ }, -2)
    server.answerWith(({ body }) => (body as { data?: Buffer } | null)?.data?.length === 3, -3)
    const errors: number[] = []
    for (const [path, data] of [
      ['/a', ''],
      ['/b', ''],
      ['/b', ''],
      ['/xyz', ''],
      ['/c', '123'],
      ['/d', '123'],
    ]) {
      errors.push((await client.ask(op.create, creation(path!, { data: data! }))).err)
    }
    expect(errors).to.deep.equal([0, -1, 0, -2, -3, 0])
    expect(server.dump()).to.have.keys('/a', '/b', '/d')
  })

  it('can be cancelled before their request comes', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const arranged = server.answerWith('create', -1, 5)
    expect((await client.ask(op.create, creation('/a'))).err).to.equal(-1)
    arranged.cancel()
    expect((await client.ask(op.create, creation('/a'))).err).to.equal(0)
  })

  it('dropNextRequest closes before the request is applied', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    server.dropNextRequest('create')
    client.post(op.create, creation('/a'))
    await client.closed
    expect(server.dump()).to.deep.equal({})
  })

  it('closeMidFrame sends half of the reply', async () => {
    await using server = await TestServer.start({ seed: { a: 'x'.repeat(100) } })
    using client = await RawClient.open(server)
    client.chunks.length = 0
    server.closeMidFrame('getData')
    client.post(op.getData, { path: '/a', watch: false })
    await client.closed
    const whole = 4 + 16 + 4 + 100 + 68
    expect(client.chunks.reduce((sum, size) => sum + size, 0)).to.equal(whole / 2)
    expect(client.answers).to.deep.equal([])
  })

  it('garbleNextReply puts other bytes in its place', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const bytes = Buffer.from([0, 0, 0, 17, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 7])
    server.garbleNextReply('create', bytes)
    expect(await client.ask(op.create, creation('/a'))).to.deep.include({ zxid: 9n, bytes: Buffer.of(7) })
    expect(server.dump()).to.have.keys('/a')
  })

  it('holdNextReply holds the reply and everything after it until the release', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    server.holdNextReply('create')
    const xids = [
      client.post(op.exists, { path: '/', watch: false }),
      client.post(op.create, creation('/a')),
      client.post(op.exists, { path: '/', watch: false }),
    ]
    await client.until(() => client.answers.length === 1)
    await pause(SILENCE)
    expect(client.answers).to.have.length(1)
    expect(server.dump()).to.have.keys('/a')
    server.releaseReplies()
    await client.until(() => client.answers.length === 3)
    expect(client.answers.map(({ xid }) => xid)).to.deep.equal(xids)
  })

  it('rejectSetWatches refuses to re-arm watches', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    server.rejectSetWatches()
    const request = { relativeZxid: 0n, dataWatches: ['/'], existWatches: [], childWatches: [] }
    expect((await client.ask(op.setWatches, request)).err).to.equal(-5)
    expect(server.watches()).to.deep.equal([])
    expect((await client.ask(op.setWatches, request)).err).to.equal(0)
  })

  it('throttle answers everything except pings with THROTTLED_OP, and executes nothing', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    server.throttle(true)
    expect((await client.ask(op.create, creation('/a'))).err).to.equal(-127)
    expect((await client.ask(op.ping, null)).err).to.equal(0)
    server.throttle(false)
    expect(server.dump()).to.deep.equal({})
    expect((await client.ask(op.create, creation('/a'))).err).to.equal(0)
  })
})
