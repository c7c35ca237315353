import { op } from '@zookit/jute'
import { expect } from 'chai'
import { TestServer } from '../../src/index.ts'
import { create, creation } from '../support/helpers.ts'
import { RawClient } from '../support/raw-client.ts'

describe('Inspection of the in-memory server', () => {
  it('shows the received requests, decoded, with their connection', async () => {
    await using server = await TestServer.start()
    using first = await RawClient.open(server, { timeOut: 4321 })
    using second = await RawClient.open(server)
    await create(first, '/a', { data: 'x' })
    await second.ask(op.ping, null)
    const [connect, , made, ping] = server.requests()
    expect(connect).to.deep.include({ connection: 1, sessionId: 0n, operation: 'connect' })
    expect(connect!.body).to.include({ timeOut: 4321, sessionId: 0n })
    expect(made).to.include({
      connection: 1,
      sessionId: first.sessionId,
      xid: 1,
      opcode: 1,
      operation: 'create',
    })
    expect(made!.body).to.deep.include({ path: '/a', data: Buffer.from('x') })
    expect(ping).to.include({ connection: 2, xid: -2, operation: 'ping', body: null })
    server.clearRequests()
    expect(server.requests()).to.deep.equal([])
  })

  for (const bytes of ['', '00000001', '00000001000000']) {
    it(`shows a frame of ${bytes.length / 2} bytes, which has no whole header`, async () => {
      await using server = await TestServer.start()
      using client = await RawClient.open(server)
      const frame = Buffer.from(bytes, 'hex')
      const length = Buffer.alloc(4)
      length.writeInt32BE(frame.length)
      client.send(Buffer.concat([length, frame]))
      await client.closed
      expect(server.requests().at(-1)).to.deep.include({
        operation: 'truncated',
        xid: 0,
        opcode: 0,
        body: null,
        bytes: frame,
      })
    })
  }

  it('keeps the last requests when its memory is full', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const data = 'x'.repeat(100_000)
    for (let i = 0; i < 30; i++)
      await client.ask(op.setData, { path: '/', data: Buffer.from(data), version: i })
    const versions = server.requests().map(({ body }) => (body as { version: number }).version)
    expect(versions.length).to.be.within(5, 15)
    expect(versions).to.deep.equal(versions.map((_, i) => 30 - versions.length + i))
  })

  it('records nothing when recording is off', async () => {
    await using server = await TestServer.start({ recordRequests: false })
    using client = await RawClient.open(server)
    await client.ask(op.ping, null)
    expect(server.requests()).to.deep.equal([])
  })

  it('shows sessions with their ephemerals', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server, { timeOut: 5000 })
    await create(client, '/b', { mode: 'ephemeral' })
    await create(client, '/a', { mode: 'ephemeral' })
    const [session] = server.sessions()
    expect(session).to.deep.include({ id: client.sessionId, timeout: 5000, connected: true })
    expect(session!.ephemerals).to.deep.equal(['/b', '/a'])
    expect(session!.expiresIn).to.be.within(4000, 5200)
  })

  it('shows connections', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    expect(server.connections()).to.deep.equal([
      {
        number: 1,
        sessionId: client.sessionId,
        remoteAddress: '127.0.0.1',
        remotePort: client.socket.localPort,
      },
    ])
  })

  it('creates the tree from an object and shows it as one', async () => {
    const seed = {
      app: { '': 'root of it', config: { a: '1', b: null } },
      '/x/y': 'z',
      bytes: Buffer.from('b'),
    }
    await using server = await TestServer.start({ seed })
    const expected = {
      '/app': 'root of it',
      '/app/config': '',
      '/app/config/a': '1',
      '/app/config/b': null,
      '/bytes': 'b',
      '/x': '',
      '/x/y': 'z',
    }
    expect(server.dump()).to.deep.equal(expected)
    using client = await RawClient.open(server)
    await client.call(op.getData, { path: '/x/y', watch: true })
    server.seed({ x: { y: 'new' } })
    await client.settle(op.ping)
    expect(client.events.map(({ type, path }) => [type, path])).to.deep.equal([[3, '/x/y']])
    expect(server.dump()).to.include({ '/x/y': 'new' })
    expect(() => server.seed({ 'a/../b': '' })).to.throw(RangeError)
  })

  it('shows its address', async () => {
    await using server = await TestServer.start()
    expect(server.hosts).to.equal(`127.0.0.1:${server.port}`)
    expect(server.running).to.equal(true)
    await using six = await TestServer.start({ host: '::1' })
    expect(six.hosts).to.equal(`[::1]:${six.port}`)
    using client = await RawClient.open(six)
    expect(client.sessionId).to.not.equal(0n)
  })

  it('has a port that no outgoing connection is given while it is stopped', async () => {
    for (let times = 0; times < 20; times++) {
      await using server = await TestServer.start()
      using client = await RawClient.open(server)
      expect(server.port, 'below the ports of outgoing connections').to.be.within(10_000, 32_767)
      expect(client.socket.localPort).to.be.above(server.port)
    }
  })

  it('rejects a start on a port that is taken', async () => {
    await using server = await TestServer.start()
    const error = await TestServer.start({ port: server.port }).catch((reason: unknown) => reason)
    expect(error).to.include({ code: 'EADDRINUSE' })
  })

  it('has sequence numbers that become negative after the last positive one', async () => {
    await using server = await TestServer.start({ seed: { jobs: '' } })
    using client = await RawClient.open(server)
    server.setSequence('/jobs', 2 ** 31 - 2)
    const paths: string[] = []
    for (let i = 0; i < 3; i++)
      paths.push(await create(client, '/jobs/j-', { mode: 'persistent-sequential' }))
    expect(paths).to.deep.equal(['/jobs/j-2147483646', '/jobs/j-2147483647', '/jobs/j--2147483648'])
    expect(() => server.setSequence('/none', 1)).to.throw(RangeError)
  })

  it('executes a hundred creates of one tick in order', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    for (let i = 0; i < 100; i++) client.post(op.create, creation('/s-', { mode: 'persistent-sequential' }))
    await client.until(() => client.answers.length === 100)
    const names = client.answers.map(({ bytes }) => bytes.subarray(4).toString())
    expect(names).to.deep.equal([...names].sort())
  })
})
