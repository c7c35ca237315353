import { op, Perm } from '@zookit/jute'
import { authorityPem, certificate, type RealServer } from '@zookit/test-fixtures'
import { expect } from 'chai'
import type { SaslOptions, Session } from '../../src/index.ts'
import { farAway } from '../support/far-away.ts'
import {
  addressOf,
  connect,
  create,
  describeServers,
  failure,
  failuresOf,
  freshPath,
  getData,
  open,
  recorder,
  setData,
  statesOf,
  until,
  untilState,
} from '../support/servers.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const { auth, closeSession, sasl: saslStep, setWatches } = op

const USERS = { bob: 'builder', quoted: 'a"b\\c', latin: 'pässwörd', cyrillic: 'пароль 密码' }

const as = (username: keyof typeof USERS, password: string = USERS[username]): SaslOptions => ({
  mechanism: 'DIGEST-MD5',
  username,
  password,
})

async function identities(session: Session): Promise<string[]> {
  const { clientInfo } = await session.request(op.whoAmI, null)
  return clientInfo.map(({ authScheme, user }) => `${authScheme}:${user}`)
}

describeServers('SASL DIGEST-MD5', target => {
  let server: RealServer
  /** A server whose secure port speaks TLS; in memory it has no other port. */
  let secure: RealServer

  before(async () => {
    const options = { tickTime: 100, sasl: { users: USERS } }
    server = await target.startServer(options)
    secure = await target.startServer({ ...options, tls: { clientAuth: 'want' } })
  })
  after(() => Promise.all([server.stop(), secure.stop()]))

  it('A4 gives the session its identity, before `connect` is announced', async () => {
    const session = open(server.hosts, { sasl: as('bob') })
    const seen: Promise<string[]>[] = []
    session.on('state', state => state === 'connected' && seen.push(identities(session)))
    await session.ready()
    expect(await seen[0]).to.include('sasl:bob')
  })

  it('A4 gives the rights of an ACL of its scheme, and of `auth`', async () => {
    const [bob, other] = await Promise.all([
      connect(server.hosts, { sasl: as('bob') }),
      connect(server.hosts, { sasl: as('latin') }),
    ])
    const acls = [
      { perms: Perm.ALL, id: { scheme: 'sasl', id: 'bob' } },
      { perms: Perm.ALL, id: { scheme: 'auth', id: '' } },
    ]
    for (const acl of acls) {
      const path = freshPath()
      await bob.request(op.create, { path, data: Buffer.from('mine'), acl: [acl], flags: 0 })
      expect(await getData(bob, path)).to.equal('mine')
      expect((await failure(getData(other, path))).code).to.equal('NO_AUTH')
    }
  })

  for (const user of ['quoted', 'latin', 'cyrillic'] as const) {
    it(`A4 takes a password with any characters: ${JSON.stringify(USERS[user])}`, async () => {
      const session = await connect(server.hosts, { sasl: as(user) })
      expect(await identities(session)).to.include(`sasl:${user}`)
    })
  }

  it('A4 comes first on every connection: credentials, watches and requests follow, once each', async () => {
    const proxy = await TcpProxy.before(addressOf(server))
    const session = await connect(proxy.hosts, { sasl: as('bob') })
    await session.addAuth('digest', 'alice:secret')
    const path = freshPath()
    await create(session, path)
    const { events, watcher } = recorder()
    await session.request(op.getData, { path, watch: true }, { watcher })
    proxy.refuse()
    await untilState(session, 'suspended')
    const waiting = getData(session, path)
    const other = await connect(server.hosts)
    await setData(other, path, 'changed')
    proxy.mend()
    expect(await waiting).to.equal('changed')
    expect(events).to.deep.equal([`changed ${path}`])
    expect(proxy.opcodes(proxy.connections)).to.deep.equal([
      saslStep.code,
      saslStep.code,
      auth.code,
      setWatches.code,
      op.getData.code,
    ])
    expect(await identities(session)).to.include.members(['sasl:bob', 'digest:alice'])
  })

  it('A4 leaves replies as long as they may be without it', async () => {
    const session = await connect(server.hosts, { sasl: as('bob') })
    const path = freshPath()
    await create(session, path, 'persistent', Buffer.alloc(500_000, 'x'))
    expect(await getData(session, path)).to.have.lengthOf(500_000)
  })

  it('A4 is done for a session that replaces an expired one', async () => {
    const proxy = await TcpProxy.before(addressOf(server))
    const session = await connect(proxy.hosts, { sasl: as('bob'), sessionTimeout: 400 })
    const { id } = session
    const states = statesOf(session)
    proxy.refuse()
    await until('the session has expired', () => states.includes('expired'))
    proxy.mend()
    await session.ready()
    expect(session.id).not.to.equal(id)
    expect(await identities(session)).to.include('sasl:bob')
  })

  it('A4 asks functions for the options and for the password at each connection', async () => {
    const proxy = await TcpProxy.before(addressOf(server))
    let asked = 0
    const password = async (): Promise<Uint8Array> => Buffer.from(asked++ === 0 ? 'builder' : 'pässwörd')
    const session = await connect(proxy.hosts, {
      sasl: async () => ({ mechanism: 'DIGEST-MD5', username: asked === 0 ? 'bob' : 'latin', password }),
    })
    expect(await identities(session)).to.include('sasl:bob')
    await proxy.interrupt(session)
    expect(await identities(session))
      .to.include('sasl:latin')
      .and.not.include('sasl:bob')
  })

  it('A4 goes through though the connection drops in the middle of it, again and again', async () => {
    const proxy = await TcpProxy.before(addressOf(server))
    let left = 4
    proxy.passes = ({ opcode, body }) => {
      const isFatal = opcode === saslStep.code && left > 0 && body.length > 12 === left <= 2
      if (isFatal) left--
      return !isFatal
    }
    const session = open(proxy.hosts, { sasl: as('bob') })
    const failures = failuresOf(session)
    await session.ready()
    expect(left).to.equal(0)
    expect(failures).to.have.lengthOf(4)
    expect(failures[0]!.message).to.match(/SASL DIGEST-MD5 as "bob".*closed the connection|ECONNRESET/)
    expect(await identities(session)).to.include('sasl:bob')
  })

  it('A4 travels over TLS, beside the identity of a certificate', async () => {
    const tls = { ca: authorityPem(), ...certificate('client') }
    const session = await connect(`localhost:${secure.securePort}`, { sasl: as('bob'), tls })
    const known = await identities(session)
    expect(known).to.include('sasl:bob')
    expect(known.some(identity => identity.startsWith('x509:'))).to.equal(true)
  })

  it('A5 that is refused ends the session permanently, with an error that names mechanism, user and server', async () => {
    const proxy = await TcpProxy.before(addressOf(server))
    for (const sasl of [as('bob', 'wrong'), { ...as('bob', 'unknown'), username: 'nobody' } as SaslOptions]) {
      const before = proxy.connections
      const session = open(proxy.hosts, { sasl })
      const states = statesOf(session)
      const waiting = failure(getData(session, '/'))
      const error = await failure(session.ready())
      expect(error).to.include({ code: 'AUTH_FAILED', errno: -115, outcome: 'rejected', retryable: false })
      expect(error.message)
        .to.contain('SASL DIGEST-MD5 as')
        .and.contain(proxy.hosts)
        .and.match(/bob|nobody/)
      expect(await waiting).to.include({ code: 'AUTH_FAILED', outcome: 'not-sent' })
      const late = await failure(getData(session, '/'))
      expect(late).to.include({ code: 'AUTH_FAILED', outcome: 'not-sent' })
      expect(late.cause).to.equal(error)
      expect(states).to.deep.equal(['auth-failed'])
      await session.close()
      expect(proxy.connections).to.equal(before + 1)
      expect(proxy.opcodes(proxy.connections)).to.deep.equal([saslStep.code, saslStep.code])
    }
  })

  it('A6 is refused in clear text to another machine, and the password is in no byte that was sent', async () => {
    const proxy = await TcpProxy.before(addressOf(server))
    const hosts = proxy.hosts.replace('127.0.0.1', 'zookeeper.example')
    const session = open(hosts, { sasl: as('bob'), environment: farAway() })
    const failures = failuresOf(session)
    await until('an attempt has failed', () => failures.length > 0)
    expect(failures[0]).to.include({ code: 'INSECURE_AUTH', retryable: false })
    expect(failures[0]!.message).to.contain(hosts).and.contain('allowInsecureAuth')
    expect(proxy.frames).to.deep.equal([])
    const allowed = await connect(hosts, { sasl: as('bob'), environment: farAway(), allowInsecureAuth: true })
    expect(await identities(allowed)).to.include('sasl:bob')
  })

  it('A6 passes over TLS to another machine', async () => {
    const session = await connect(`zookeeper.example:${secure.securePort}`, {
      sasl: as('bob'),
      environment: farAway(),
      tls: { ca: authorityPem(), servername: 'localhost' },
    })
    expect(await identities(session)).to.include('sasl:bob')
  })

  it('A4 lets `close` end the session at the server while the exchange is going on', async () => {
    const proxy = await TcpProxy.before(addressOf(server))
    const session = open(proxy.hosts, { sasl: as('bob') })
    await until('the exchange has begun', () => proxy.opcodes(1).length > 0)
    await session.close()
    expect(proxy.opcodes(1)).to.deep.equal([saslStep.code, saslStep.code, closeSession.code])
  })
})

describeServers('A server with another idea of SASL', target => {
  const enforcing = {
    sessionRequireClientSASLAuth: { sasl: { users: USERS, required: true } },
    'enforce.auth.enabled for sasl': { sasl: { users: USERS }, requireAuth: ['sasl'] },
  }
  for (const [name, options] of Object.entries(enforcing)) {
    describe(`such as one with ${name}`, () => {
      let server: RealServer

      before(async () => {
        server = await target.startServer({ tickTime: 100, ...options })
      })
      after(() => server.stop())

      it('A4 serves a session with an identity, its pings too, on every connection', async () => {
        const proxy = await TcpProxy.before(addressOf(server))
        const session = await connect(proxy.hosts, { sasl: as('bob'), sessionTimeout: 600 })
        await until('a ping was sent', () => proxy.opcodes(1).includes(op.ping.code))
        await proxy.interrupt(session)
        expect(await identities(session)).to.include('sasl:bob')
        expect(session.state).to.equal('connected')
      })

      it('A5 refuses a wrong password', async () => {
        const error = await failure(open(server.hosts, { sasl: as('bob', 'wrong') }).ready())
        expect(error.code).to.equal('AUTH_FAILED')
        expect(error.message).to.contain('SESSION_CLOSED_REQUIRE_SASL_AUTH (-124)')
      })

      it('A5 refuses the first request of a session without an identity, which says what is missing', async () => {
        const session = await connect(server.hosts)
        expect(await failure(getData(session, '/'))).to.include({ errno: -124, outcome: 'rejected' })
        const error = await failure(session.ready())
        expect(error.code).to.equal('SESSION_CLOSED_REQUIRE_SASL_AUTH')
        expect(error.message).to.contain('set the sasl option')
      })
    })
  }

  it('A5 such as one without SASL ends the session, with an error that says so', async () => {
    await using server = await target.startServer({ tickTime: 100 })
    const proxy = await TcpProxy.before(addressOf(server))
    const session = open(proxy.hosts, { sasl: as('bob') })
    const error = await failure(session.ready())
    expect(error.code).to.equal('AUTH_FAILED')
    expect(error.message).to.contain('the server has no SASL').and.contain(proxy.hosts)
    expect(session.state).to.equal('auth-failed')
    expect(proxy.opcodes(1)).to.deep.equal([saslStep.code])
    expect(proxy.connections).to.equal(1)
  })

  it('A5 such as one with allowSaslFailedClients gets no request without an identity', async () => {
    await using server = await target.startServer({
      tickTime: 100,
      sasl: { users: USERS },
      properties: { 'zookeeper.allowSaslFailedClients': 'true' },
    })
    const proxy = await TcpProxy.before(addressOf(server))
    const session = open(proxy.hosts, { sasl: as('bob', 'wrong') })
    const error = await failure(session.ready())
    expect(error.code).to.equal('AUTH_FAILED')
    expect(error.message).to.contain('allowSaslFailedClients')
    expect(proxy.opcodes(1)).to.deep.equal([saslStep.code, saslStep.code])
    expect(await identities(await connect(server.hosts, { sasl: as('bob') }))).to.include('sasl:bob')
  })
})
