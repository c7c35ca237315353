import { op } from '@zookit/jute'
import { expect } from 'chai'
import { digestId, type ServerVersion, TestServer } from '../../src/index.ts'
import { addDigest, create, createError, creation, OPEN } from '../support/helpers.ts'
import { RawClient, requestFrame } from '../support/raw-client.ts'

const MINE = [{ perms: 31, id: { scheme: 'auth', id: '' } }]

function headerOnly(xid: number, type: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeInt32BE(8)
  bytes.writeInt32BE(xid, 4)
  bytes.writeInt32BE(type, 8)
  return bytes
}

describe('The in-memory server', () => {
  it('answers an unknown operation with UNIMPLEMENTED and closes; the session stays alive', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    client.send(headerOnly(5, 999))
    await client.closed
    expect(client.answers.map(({ xid, zxid, err }) => [xid, zxid, err])).to.deep.equal([[5, -1n, -6]])
    expect(server.sessions()).to.have.length(1)
  })

  it('knows the operations of its release, and no others', async () => {
    const newest: [ServerVersion, number][] = [
      ['3.4', op.create2.code],
      ['3.5.0', op.createContainer.code],
      ['3.5', op.addWatch.code],
      ['3.6', op.whoAmI.code],
      ['3.9', op.check.code],
    ]
    for (const [version, opcode] of newest) {
      await using server = await TestServer.start({ version })
      using client = await RawClient.open(server)
      client.send(headerOnly(1, opcode))
      await client.closed
      expect(client.answers[0], `opcode ${opcode} in ${version}`).to.include({ err: -6 })
    }
  })

  it('refuses a release that does not exist', async () => {
    for (const version of ['3', 'latest', '4.0.0']) {
      const started = TestServer.start({ version: version as '3.9' })
      expect(await started.catch((error: unknown) => error)).to.be.instanceOf(RangeError)
    }
  })

  it('answers a body that does not decode with MARSHALLING_ERROR, and continues', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    for (const type of [op.create.code, op.getData.code, op.multi.code, op.setWatches.code, op.sync.code]) {
      const before = client.answers.length
      client.send(headerOnly(type, type))
      await client.until(() => client.answers.length > before)
      expect(client.answers.at(-1)).to.include({ xid: type, err: -5 })
    }
    expect((await client.ask(op.ping, null)).zxid).to.equal(1n)
  })

  it('closes on a frame over its limit, and accepts one at the limit', async () => {
    await using server = await TestServer.start({ maxBuffer: 2000 })
    using client = await RawClient.open(server)
    const size = (length: number): number =>
      requestFrame(op.create, creation('/a', { data: 'x'.repeat(length) }), 1).length - 4
    const data = 'x'.repeat(1000 + 2000 - size(1000))
    expect(await create(client, '/a', { data })).to.equal('/a')
    client.post(op.create, creation('/b', { data: `${data}x` }))
    await client.closed
    expect(server.dump()).to.have.keys('/a')
  })

  it('closes on a frame too short for a header', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    client.send(Buffer.from([0, 0, 0, 4, 0, 0, 0, 1]))
    await client.closed
    expect(client.answers).to.deep.equal([])
  })

  it('answers a thousand requests of one chunk in order, in few writes', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const frames = Array.from({ length: 1000 }, (_, i) =>
      requestFrame(op.exists, { path: '/none', watch: false }, i + 1),
    )
    client.chunks.length = 0
    client.send(Buffer.concat(frames))
    await client.until(() => client.answers.length === 1000)
    expect(client.answers.map(({ xid }) => xid)).to.deep.equal(frames.map((_, i) => i + 1))
    expect(client.chunks.length).to.be.lessThan(20)
  })

  it('stops reading from a client that does not read its answers, and resumes when it does', async () => {
    const fill = (i: number): string => String.fromCharCode(97 + i).repeat(100_000)
    const seed = Object.fromEntries(Array.from({ length: 26 }, (_, i) => [`n${i}`, fill(i)]))
    await using server = await TestServer.start({ seed })
    using client = await RawClient.open(server)
    client.socket.pause()
    for (let i = 0; i < 400; i++) client.post(op.getData, { path: `/n${i % 26}`, watch: false })
    await new Promise<void>(resolve => client.socket.write(Buffer.alloc(0), () => resolve()))
    using other = await RawClient.open(server)
    await other.ask(op.ping, null)
    const taken = server.requests().filter(({ operation }) => operation === 'getData').length
    expect(taken).to.be.lessThan(400)
    client.socket.resume()
    await client.until(() => client.answers.length === 400)
    const wrong = client.answers.filter(
      ({ bytes }, i) => bytes.toString('latin1', 4, 100_004) !== fill(i % 26),
    )
    expect(wrong).to.deep.equal([])
  })

  it('has the system znodes that Apache has', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const stat = async (path: string): Promise<number[]> => {
      const { stat } = await client.call(op.exists, { path, watch: false })
      return [stat.version, stat.cversion, stat.aversion, stat.numChildren, Number(stat.czxid)]
    }
    expect(await stat('/')).to.deep.equal([0, -1, 0, 1, 0])
    expect(await stat('/zookeeper')).to.deep.equal([0, -2, 0, 2, 0])
    expect(await stat('/zookeeper/config')).to.deep.equal([0, 0, -1, 0, 0])
    for (const path of ['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config']) {
      expect((await client.ask(op.delete, { path, version: -1 })).err).to.equal(-8)
    }
  })
})

describe('Authentication with the in-memory server', () => {
  it('by digest gives the id that ACLs name', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    using stranger = await RawClient.open(server)
    expect(await addDigest(client, 'joe:secret')).to.include({ xid: -4, err: 0, zxid: 0n })
    await create(client, '/mine', { acl: MINE })
    const { acl } = await client.call(op.getACL, { path: '/mine' })
    expect(acl).to.deep.equal([{ perms: 31, id: { scheme: 'digest', id: digestId('joe:secret') } }])
    expect((await stranger.ask(op.getData, { path: '/mine', watch: false })).err).to.equal(-102)
    expect((await stranger.ask(op.getACL, { path: '/mine' })).err).to.equal(-102)
    expect((await addDigest(stranger, 'joe:wrong')).err).to.equal(0)
    expect((await stranger.ask(op.getData, { path: '/mine', watch: false })).err).to.equal(-102)
    expect((await addDigest(stranger, 'joe:secret')).err).to.equal(0)
    expect((await stranger.ask(op.getData, { path: '/mine', watch: false })).err).to.equal(0)
  })

  it('shows a digest only to clients with ADMIN', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const id = { scheme: 'digest', id: digestId('joe:secret') }
    await create(client, '/a', {
      acl: [
        { perms: 31, id },
        { perms: 1, id: OPEN[0]!.id },
      ],
    })
    const shown = async (): Promise<string> => (await client.call(op.getACL, { path: '/a' })).acl[0]!.id.id
    expect(await shown()).to.equal('joe:x')
    await addDigest(client, 'joe:secret')
    expect(await shown()).to.equal(id.id)
  })

  it('by an unknown scheme fails, and closes', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    client.post(op.auth, { type: 0, scheme: 'kerberos', auth: Buffer.from('x') })
    await client.closed
    expect(client.answers.map(({ xid, err }) => [xid, err])).to.deep.equal([[-4, -115]])
  })

  it('as super passes every ACL', async () => {
    await using server = await TestServer.start({ superDigest: digestId('super:pw') })
    using client = await RawClient.open(server)
    await create(client, '/closed', { acl: [{ perms: 31, id: { scheme: 'digest', id: 'a:b' } }] })
    expect((await client.ask(op.getData, { path: '/closed', watch: false })).err).to.equal(-102)
    await addDigest(client, 'super:pw')
    expect((await client.ask(op.getData, { path: '/closed', watch: false })).err).to.equal(0)
  })

  it('that is required comes before anything else, even a ping', async () => {
    await using server = await TestServer.start({ requireAuth: ['digest'] })
    using client = await RawClient.open(server)
    client.post(op.ping, null)
    await client.closed
    expect(client.answers.map(({ xid, err }) => [xid, err])).to.deep.equal([[-2, -124]])
    using other = await RawClient.open(server)
    await addDigest(other, 'joe:secret')
    expect((await other.ask(op.ping, null)).err).to.equal(0)
  })

  it('is shown by whoAmI, without secrets', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    await addDigest(client, 'joe:secret')
    expect(await client.call(op.whoAmI, null)).to.deep.equal({
      clientInfo: [
        { authScheme: 'ip', user: '127.0.0.1' },
        { authScheme: 'digest', user: 'joe' },
      ],
    })
  })
})

describe('SASL with the in-memory server', () => {
  it('is answered with a null token by a server without it', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    expect(await client.call(op.sasl, { token: Buffer.alloc(0) })).to.deep.equal({ token: null })
    expect((await client.ask(op.ping, null)).err).to.equal(0)
  })
})

describe('Limits of the in-memory server', () => {
  it('enforce hard quotas when asked to, and count usage in any case', async () => {
    const limits = 'count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=3'
    const seed = {
      app: 'ab',
      zookeeper: { quota: { app: { zookeeper_limits: limits, zookeeper_stats: 'count=0,bytes=0' } } },
    }
    await using server = await TestServer.start({ enforceQuota: true, seed })
    using client = await RawClient.open(server)
    await create(client, '/app/a', { data: 'cdef' })
    expect(await createError(client, '/app/b', { data: '12345' })).to.equal(-125)
    expect(await createError(client, '/app/b')).to.equal(0)
    expect(await createError(client, '/app/c')).to.equal(-125)
    const set = async (data: string): Promise<number> =>
      (await client.ask(op.setData, { path: '/app', data: Buffer.from(data), version: -1 })).err
    expect(await set('1234567')).to.equal(-125)
    expect(await set('123456')).to.equal(0)
    await client.call(op.delete, { path: '/app/b', version: -1 })
    const stats = await client.call(op.getData, {
      path: '/zookeeper/quota/app/zookeeper_stats',
      watch: false,
    })
    expect(stats.data!.toString()).to.equal('count=2,bytes=10')
  })

  it('delete used containers and old TTL znodes once they are empty', async () => {
    await using server = await TestServer.start({ containerCheckInterval: 100 })
    server.freezeTime()
    using client = await RawClient.open(server, { timeOut: 60_000 })
    await client.call(op.createContainer, creation('/unused', { mode: 'container' }))
    await client.call(op.createContainer, creation('/used', { mode: 'container' }))
    await client.call(op.createTTL, { ...creation('/old', { mode: 'ttl' }), ttl: 1000 })
    await client.call(op.createTTL, { ...creation('/parent', { mode: 'ttl' }), ttl: 1000 })
    await create(client, '/used/child')
    await create(client, '/parent/child')
    server.advance(500)
    await client.call(op.delete, { path: '/used/child', version: -1 })
    server.advance(400)
    expect(Object.keys(server.dump())).to.deep.equal(['/old', '/parent', '/parent/child', '/unused'])
    server.advance(300)
    expect(Object.keys(server.dump())).to.deep.equal(['/parent', '/parent/child', '/unused'])
  })

  it('close a connection that does not shake hands in time, and no other', async () => {
    await using server = await TestServer.start({ handshakeTimeout: 5000 })
    server.freezeTime()
    using client = await RawClient.open(server)
    using silent = new RawClient(server)
    while (server.connections().length < 2) await new Promise(resolve => setImmediate(resolve))
    server.advance(4999)
    expect(server.connections()).to.have.lengthOf(2)
    server.advance(1)
    await silent.closed
    expect(server.connections().map(({ sessionId }) => sessionId)).to.deep.equal([client.sessionId])
    expect((await client.ask(op.ping, null)).err).to.equal(0)
  })

  it('close connections above maxClientCnxns from one address at once', async () => {
    await using server = await TestServer.start({ maxClientCnxns: 2 })
    using first = await RawClient.open(server)
    {
      using second = await RawClient.open(server)
      using third = new RawClient(server)
      await third.closed
      expect((await second.ask(op.ping, null)).err).to.equal(0)
    }
    while (server.connections().length > 1) await new Promise(resolve => setImmediate(resolve))
    using fourth = await RawClient.open(server)
    expect((await fourth.ask(op.ping, null)).err).to.equal(0)
    expect((await first.ask(op.ping, null)).err).to.equal(0)
  })

  it('keep an empty container for a minute unless asked otherwise', async () => {
    await using server = await TestServer.start({ maxSessionTimeout: 600_000 })
    server.freezeTime()
    using client = await RawClient.open(server, { timeOut: 600_000 })
    await client.call(op.createContainer, creation('/used', { mode: 'container' }))
    await create(client, '/used/child')
    await client.call(op.delete, { path: '/used/child', version: -1 })
    server.advance(59_000)
    expect(Object.keys(server.dump())).to.deep.equal(['/used'])
    server.advance(1000)
    expect(Object.keys(server.dump())).to.deep.equal([])
  })

  it('refuse TTL znodes with an ordinary error without extended types', async () => {
    await using server = await TestServer.start({ extendedTypes: false })
    using client = await RawClient.open(server)
    const { err } = await client.ask(op.createTTL, { ...creation('/a', { mode: 'ttl' }), ttl: 1000 })
    expect(err).to.equal(-6)
    expect((await client.ask(op.ping, null)).err).to.equal(0)
  })

  it('refuse reconfig where it is disabled', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const body = { joiningServers: null, leavingServers: '1', newMembers: null, curConfigId: -1n }
    expect((await client.ask(op.reconfig, body)).err).to.equal(-123)
  })
})
