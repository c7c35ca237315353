import { op } from '@zookit/jute'
import { expect } from 'chai'
import { TestServer } from '../src/index.ts'
import { create, creation } from './support/helpers.ts'
import { handshakeFrame, RawClient } from './support/raw-client.ts'

/** The system's error when a connection cannot be made. */
async function connectError(server: TestServer): Promise<string> {
  const client = new RawClient(server)
  const failed = new Promise<string>(resolve =>
    client.socket.once('error', error => resolve('code' in error ? String(error.code) : error.message)),
  )
  const connected = new Promise<string>(resolve => client.socket.once('connect', () => resolve('connected')))
  const outcome = await Promise.race([failed, connected])
  client.socket.destroy()
  return outcome
}

async function failure(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'none',
    (error: unknown) => String(error),
  )
}

const GONE = 'Error: the server closed the connection'
const SILENCE = 30

/** Waits until the server has taken so many requests of a kind. */
async function taken(server: TestServer, operation: string, count: number): Promise<void> {
  const requests = (): number => server.requests().filter(request => request.operation === operation).length
  while (requests() < count) await new Promise(resolve => setImmediate(resolve))
}

function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}

describe('Faults of connections', () => {
  it('dropConnections closes all of them; sessions live on', async () => {
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

  it('dropConnection closes that of one session', async () => {
    await using server = await TestServer.start()
    using first = await RawClient.open(server)
    using second = await RawClient.open(server)
    server.dropConnection(first.sessionId)
    await first.closed
    expect((await second.ask(op.ping, null)).err).to.equal(0)
    expect(() => server.dropConnection(first.sessionId)).to.throw(RangeError)
  })

  it('refuseConnections refuses new ones as if nobody listened, on the same port until it is taken back', async () => {
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

  it('acceptAndStaySilent never answers those that come meanwhile', async () => {
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

  it('blackhole makes those that are there dead in both directions, so that their sessions expire', async () => {
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

  it('stopReading leaves what clients send in their sockets', async () => {
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

  it('meet only the request they are for: by operation, path, pattern or test', async () => {
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

  it('can be taken back before they are met', async () => {
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

  it('holdNextReply holds it and all that comes after until the release', async () => {
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

  it('throttle answers everything but pings with THROTTLED_OP, and executes nothing', async () => {
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

describe('Faults of bytes', () => {
  it('holdReplies keeps back replies and events of all clients, in order', async () => {
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

  it('delayReplies makes everything late by the server’s clock, in order', async () => {
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

  it('drip sends byte by byte, so far apart', async () => {
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

  it('coalesce gathers what becomes due into one write', async () => {
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

  it('swapSessionIds answers a resumption with another session', async () => {
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

  it('a session has its whole timeout again after a restart', async () => {
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

  it('clearFaults takes all of them back', async () => {
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
