import { connect } from 'node:tls'
import { op } from '@zookit/jute'
import { authorityPem, certificate } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { parseDirectives, SaslServer } from '../../src/auth/sasl.ts'
import { TestServer } from '../../src/index.ts'
import { create, createError } from '../support/helpers.ts'
import { handshakeFrame, RawClient } from '../support/raw-client.ts'
import { authenticate, finalAnswer, respond } from '../support/sasl-client.ts'

const MINE = [{ perms: 31, id: { scheme: 'auth', id: '' } }]
const SASL_ONLY = [{ perms: 31, id: { scheme: 'sasl', id: 'joe' } }]

describe('SASL DIGEST-MD5 with the in-memory server', () => {
  it('gives the id that ACLs of its scheme name', async () => {
    await using server = await TestServer.start({ sasl: { joe: 'secret' } })
    using client = await RawClient.open(server)
    expect(await authenticate(client, 'joe', 'secret')).to.equal(0)
    await create(client, '/mine', { acl: SASL_ONLY })
    expect((await client.ask(op.getData, { path: '/mine', watch: false })).err).to.equal(0)
    using stranger = await RawClient.open(server)
    expect((await stranger.ask(op.getData, { path: '/mine', watch: false })).err).to.equal(-102)
  })

  it('fails and closes for a wrong password or an unknown user', async () => {
    await using server = await TestServer.start({ sasl: { joe: 'secret' } })
    for (const [user, password] of [
      ['joe', 'wrong'],
      ['ann', 'secret'],
    ] as const) {
      using client = await RawClient.open(server)
      expect(await authenticate(client, user, password)).to.equal(-115)
      await client.closed
    }
  })

  it('fails with another error where it is required', async () => {
    await using server = await TestServer.start({ sasl: { joe: 'secret' }, requireAuth: ['sasl'] })
    using client = await RawClient.open(server)
    expect(await authenticate(client, 'joe', 'wrong')).to.equal(-124)
    using other = await RawClient.open(server)
    expect(await authenticate(other, 'joe', 'secret')).to.equal(0)
    expect((await other.ask(op.ping, null)).err).to.equal(0)
  })

  // The bytes are those of Apache's server 3.8.0.
  it('answers a failed step with the body of a success, whose token is null', async () => {
    await using server = await TestServer.start({ sasl: { joe: 'secret' } })
    using client = await RawClient.open(server)
    const { zxid, err, bytes } = await finalAnswer(client, 'joe', 'wrong')
    expect([zxid, err, bytes.toString('hex')]).to.deep.equal([0n, -115, 'ffffffff'])
    await client.closed
  })

  // Apache's server 3.4.14 does so; 3.5.10 answers.
  it('closes without an answer to a failed step before 3.5', async () => {
    await using server = await TestServer.start({ sasl: { joe: 'secret' }, version: '3.4' })
    using client = await RawClient.open(server)
    const outcome = await authenticate(client, 'joe', 'wrong').catch((error: Error) => error.message)
    expect(outcome).to.equal('the server closed the connection')
    using other = await RawClient.open(server)
    expect(await authenticate(other, 'joe', 'secret')).to.equal(0)
  })

  it('lets a client go on without an id after a failed step, where that is allowed', async () => {
    const options = { sasl: { joe: 'secret' }, allowSaslFailedClients: true }
    await using server = await TestServer.start(options)
    using client = await RawClient.open(server)
    const { err, bytes } = await finalAnswer(client, 'joe', 'wrong')
    expect([err, bytes.toString('hex')]).to.deep.equal([0, 'ffffffff'])
    expect(await createError(client, '/mine', { acl: MINE })).to.equal(-114)
    expect(await authenticate(client, 'joe', 'secret')).to.equal(0)
    expect(await createError(client, '/mine', { acl: MINE })).to.equal(0)
    await using strict = await TestServer.start({ ...options, requireAuth: ['sasl'] })
    using other = await RawClient.open(strict)
    expect(await authenticate(other, 'joe', 'wrong')).to.equal(-124)
    await other.closed
  })

  it('proves that the server knows the password, and accepts no answer twice', () => {
    const sasl = new SaslServer(new Map([['joe', 'secret']]), () => 0.5)
    const challenge = sasl.step(Buffer.alloc(0))
    expect(challenge.type).to.equal('continue')
    const answer = respond((challenge as { token: Buffer }).token, 'joe', 'secret')
    const done = sasl.step(answer) as { type: string; token: Buffer; user: string }
    expect(done).to.include({ type: 'done', user: 'joe' })
    expect(done.token.toString()).to.match(/^rspauth=[0-9a-f]{32}$/)
    sasl.step(Buffer.alloc(0))
    const replayed = Buffer.from(answer.toString().replace('nc=00000001', 'nc=00000002'))
    expect(sasl.step(replayed).type).to.equal('failed')
  })

  it('reads directives with quotes, escapes and spaces', () => {
    const directives = parseDirectives('a="x,\\"y\\"", b=c ,d=""')
    expect([...directives]).to.deep.equal([
      ['a', 'x,"y"'],
      ['b', 'c'],
      ['d', ''],
    ])
  })
})

describe('TLS with the in-memory server', () => {
  it('carries the protocol, and gives a client the name of its certificate', async () => {
    const tls = { ...certificate('server'), ca: authorityPem(), requestCert: true, rejectUnauthorized: true }
    await using server = await TestServer.start({ tls })
    const socket = connect({
      host: '127.0.0.1',
      port: server.port,
      servername: 'localhost',
      ca: authorityPem(),
      ...certificate('client'),
    })
    using client = new RawClient(server, socket)
    client.send(handshakeFrame())
    await client.until(() => client.response !== undefined)
    const { clientInfo } = await client.call(op.whoAmI, null)
    expect(clientInfo.map(({ authScheme }) => authScheme)).to.deep.equal(['ip', 'x509'])
    expect(clientInfo[1]!.user).to.match(/^CN=/)
    const acl = [{ perms: 31, id: { scheme: 'auth', id: '' } }]
    expect(await create(client, '/mine', { acl })).to.equal('/mine')
  })

  it('closes a connection that does not speak it, and continues', async () => {
    await using server = await TestServer.start({ tls: certificate('server') })
    using plain = new RawClient(server)
    plain.send(handshakeFrame())
    await plain.closed
    expect(plain.response).to.equal(undefined)
    const socket = connect({
      host: '127.0.0.1',
      port: server.port,
      servername: 'localhost',
      ca: authorityPem(),
    })
    using client = new RawClient(server, socket)
    client.send(handshakeFrame())
    await client.until(() => client.response !== undefined)
  })
})
