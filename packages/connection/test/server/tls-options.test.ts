import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import {
  type AddressInfo,
  createServer as createTcpServer,
  connect as dial,
  type Server,
  type Socket,
} from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import { op, Perm } from '@zookit/jute'
import { authorityPem, certificate, clientPfx, type RealServer } from '@zookit/test-fixtures'
import { expect } from 'chai'
import {
  nodeEnvironment,
  type Session,
  type SessionOptions,
  type TlsOptions,
  type ZooKeeperError,
} from '../../src/index.ts'
import { memoryTarget } from '../support/memory-target.ts'
import {
  closeLater,
  connect,
  describeServers,
  failure,
  failuresOf,
  freshPath,
  getData,
  open,
  until,
  untilState,
} from '../support/servers.ts'

const trusting: TlsOptions = { ca: authorityPem() }
const mutual: TlsOptions = { ...trusting, ...certificate('client') }

/** The first failure of a session that cannot come about. */
async function refusal(hosts: string, options: Partial<SessionOptions>): Promise<ZooKeeperError> {
  const session = open(hosts, { sessionTimeout: 4000, ...options })
  const failures = failuresOf(session)
  await until('an attempt has failed', () => failures.length > 0)
  await session.close()
  return failures[0]!
}

async function identities(session: Session): Promise<string[]> {
  const { clientInfo } = await session.request(op.whoAmI, null)
  return clientInfo.map(({ authScheme, user }) => `${authScheme}:${user}`)
}

/** Passes bytes on to a port of this machine until its connections are cut. */
class Relay {
  readonly #sockets = new Set<Socket>()
  readonly #listener: Server

  private constructor(port: number) {
    this.#listener = createTcpServer(client => {
      const server = dial(port, '127.0.0.1')
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(from)
        from.on('error', () => {}).on('close', () => to.destroy())
        from.pipe(to)
      }
    })
  }

  static async before(port: number): Promise<Relay> {
    const relay = closeLater(new Relay(port))
    relay.#listener.listen(0, '127.0.0.1')
    await once(relay.#listener, 'listening')
    return relay
  }

  get hosts(): string {
    return `127.0.0.1:${(this.#listener.address() as AddressInfo).port}`
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  close(): void {
    this.cut()
    this.#listener.close()
  }
}

const hostsOf = (server: RealServer, host = 'localhost'): string => `${host}:${server.securePort}`

for (const [version, protocol] of [
  ['1.2', 'TLSv1.2'],
  ['1.3', 'TLSv1.3'],
] as const) {
  const suites =
    version === '1.3' ? { 'zookeeper.ssl.ciphersuites': 'TLS_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256' } : {}

  describeServers(`TLS ${version} with certificates of clients`, target => {
    let server: RealServer

    before(async () => {
      server = await target.startServer({
        tickTime: 100,
        tls: { clientAuth: 'need' },
        properties: {
          'zookeeper.ssl.protocol': protocol,
          'zookeeper.ssl.enabledProtocols': protocol,
          ...suites,
        },
      })
    })
    after(() => server.stop())

    it('A7 accepts one of an authority that the server trusts', async () => {
      const session = await connect(hostsOf(server), { tls: mutual })
      expect((await identities(session)).some(identity => identity.startsWith('x509:'))).to.equal(true)
    })

    it('A7 says that the certificate is missing or refused, and which options give one', async () => {
      for (const shown of [{}, certificate('stranger')]) {
        const error = await refusal(hostsOf(server), { tls: { ...trusting, ...shown } })
        expect(error.message)
          .to.match(/refuses? this client's certificate, or wants? one/)
          .and.contain('tls.cert and tls.key')
          .and.not.contain('expect TLS')
        expect(error.message).to.contain(hostsOf(server))
      }
    })

    it('A7 says that there is no version in common, and which option sets it', async () => {
      const other = version === '1.2' ? { minVersion: 'TLSv1.3' } : { maxVersion: 'TLSv1.2' }
      const error = await refusal(hostsOf(server), { tls: { ...mutual, ...other } as TlsOptions })
      expect(error).to.include({ code: 'SSL_CONNECTION_ERROR', retryable: false })
      expect(error.message).to.contain('no version of TLS in common').and.contain('tls.minVersion')
    })
  })
}

describeServers('TLS with the certificate of a client', target => {
  let server: RealServer

  before(async () => {
    server = await target.startServer({ tickTime: 100, tls: { clientAuth: 'need' } })
  })
  after(() => server.stop())

  const { cert, key } = certificate('client')
  const encrypted = createPrivateKey(key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'sesame',
  })

  it('A7 takes a key that is encrypted, with its passphrase', async () => {
    await connect(hostsOf(server), { tls: { ...trusting, cert, key: encrypted, passphrase: 'sesame' } })
  })

  it('A7 takes certificate and key in one file of PKCS #12', async () => {
    await connect(hostsOf(server), { tls: { ...trusting, ...clientPfx } })
  })

  it('A7 names the options that cannot be used, and not the passphrase', async () => {
    const wrong: TlsOptions[] = [
      { ...trusting, cert, key: encrypted, passphrase: 'open sesame' },
      { ...trusting, cert, key: encrypted },
      { ...trusting, ...clientPfx, passphrase: 'open sesame' },
      { ...trusting, cert, key: 'no key' },
      { ...trusting, cert, key: certificate('stranger').key },
    ]
    for (const tls of wrong) {
      const error = await refusal(hostsOf(server), { tls })
      expect(error).to.include({ code: 'SSL_CONNECTION_ERROR', retryable: false })
      expect(error.message)
        .to.contain('check tls.key, tls.cert, tls.passphrase')
        .and.not.contain('open sesame')
    }
  })

  it('A7 shows no option of the wrong kind: it may be a secret', async () => {
    const secret = 19_283_746
    const wrong = [
      { passphrase: secret, cert, key: encrypted },
      { cert, key: [{ pem: encrypted, passphrase: secret }] },
      { cert, key: secret },
    ] as unknown as TlsOptions[]
    for (const tls of wrong) {
      const error = await refusal(hostsOf(server), { tls: { ...trusting, ...tls } })
      expect(error).to.include({ code: 'SSL_CONNECTION_ERROR', retryable: false })
      expect(error.message).to.match(/check tls\.key.*\(The "options\.(passphrase|key)" property must be/)
      expect(inspect(error, { depth: Infinity, showHidden: true })).to.not.contain(String(secret))
    }
  })

  it('A7 is an identity that an ACL can name', async () => {
    const session = await connect(hostsOf(server), { tls: mutual })
    const x509 = (await identities(session)).find(identity => identity.startsWith('x509:'))!.slice(5)
    const path = freshPath()
    const acl = [{ perms: Perm.ALL, id: { scheme: 'x509', id: x509 } }]
    await session.request(op.create, { path, data: Buffer.from('mine'), acl, flags: 0 })
    expect(await getData(session, path)).to.equal('mine')
    const other = [{ perms: Perm.ALL, id: { scheme: 'x509', id: 'CN=somebody' } }]
    const forbidden = freshPath()
    await session.request(op.create, { path: forbidden, data: null, acl: other, flags: 0 })
    expect((await failure(getData(session, forbidden))).code).to.equal('NO_AUTH')
  })

  it('A7 that is replaced while a session is connected serves on, and the new one is shown at the next connection', async () => {
    const relay = await Relay.before(server.securePort!)
    let shown = certificate('client')
    let asked = 0
    const session = await connect(relay.hosts, {
      tls: () => {
        asked++
        return { ...trusting, servername: 'localhost', ...shown }
      },
    })
    shown = certificate('stranger')
    expect(await getData(session, '/')).to.equal('')
    expect(asked).to.equal(1)
    const failures = failuresOf(session)
    relay.cut()
    await until('the new certificate was refused', () => failures.length > 0)
    expect(failures[0]!.message).to.contain("this client's certificate")
    shown = certificate('client')
    await session.ready()
    expect(asked).to.be.greaterThan(2)
  })

  it('A7 follows a session to the servers of a new list', async () => {
    await using second = await target.startServer({ tickTime: 100, tls: { clientAuth: 'need' } })
    const session = await connect(hostsOf(server), { tls: mutual })
    session.updateServers([{ host: 'localhost', port: second.securePort! }])
    await until(
      'it is there',
      () => session.server?.port === second.securePort && session.state === 'connected',
    )
    expect((await identities(session)).some(identity => identity.startsWith('x509:'))).to.equal(true)
  })
})

describeServers('The name that TLS verifies', target => {
  let named: RealServer
  let other: RealServer

  before(async () => {
    named = await target.startServer({ tickTime: 100, tls: { certificate: 'wrong-host' } })
    other = await target.startServer({ tickTime: 100, tls: true })
  })
  after(() => Promise.all([named.stop(), other.stop()]))

  /** A session with the servers that DNS names for a service. */
  const bySrv = (
    srv: string,
    host: string,
    server: RealServer,
    tls: TlsOptions = trusting,
  ): Partial<SessionOptions> => ({
    servers: [],
    srv,
    tls,
    environment: {
      ...nodeEnvironment,
      resolve: async () => ['127.0.0.1'],
      resolveSrv: async () => [{ host, port: server.securePort! }],
    },
  })

  it('A7 is the configured one where DNS names a server elsewhere', async () => {
    // Whoever forges the record has a certificate of the same authority, for a name of its own.
    const error = await refusal('x', bySrv('zookeeper.invalid', 'localhost', other))
    expect(error.code).to.equal('SSL_CONNECTION_ERROR')
    expect(error.message).to.contain('zookeeper.invalid').and.contain('tls.servername')
    await connect('x', bySrv('zookeeper.invalid', 'elsewhere.example', named))
  })

  it('A7 is that of a target below the configured one, without the labels of the service', async () => {
    for (const srv of ['_zookeeper._tcp.invalid', 'invalid', '_zookeeper._tcp.zookeeper.invalid.']) {
      await connect('x', bySrv(srv, 'ZooKeeper.invalid', named))
    }
    const error = await refusal('x', bySrv('_zookeeper._tcp.invalid', 'other.invalid', named))
    expect(error.message).to.contain('other.invalid')
  })

  it('A7 is the `servername` that is given', async () => {
    const tls = { ...trusting, servername: 'localhost' }
    await connect('x', bySrv('zookeeper.invalid', 'elsewhere.example', other, tls))
  })
})

describeServers('TLS of a read-only session', target => {
  it('A7 O2 is that of the probe for a server that takes writes, too', async () => {
    await using writable = await target.startServer({ tickTime: 100, tls: { clientAuth: 'need' } })
    await using ensemble = await target.startEnsemble({
      tickTime: 100,
      readOnlyMode: true,
      tls: { clientAuth: 'need' },
      config: { initLimit: 20, syncLimit: 15 },
    })
    const last = ensemble.members.at(-1)!
    await Promise.all(ensemble.members.slice(0, -1).map(member => member.kill()))
    await until('it is read-only', async () => (await last.mode().catch(() => undefined)) === 'read-only')
    await writable.kill()
    const hosts = `${hostsOf(writable)},${hostsOf(last)}`
    const session = await connect(hosts, { tls: mutual, readOnly: true })
    expect(session.state).to.equal('read-only')
    await writable.restart()
    await untilState(session, 'connected')
    expect(session.server?.port).to.equal(writable.securePort)
  })
})

describe('The name that a client sends in TLS (SNI)', () => {
  it('A7 is the one that is verified, and none for an address', async () => {
    const cases = [
      ['localhost', trusting, 'localhost'],
      ['127.0.0.1', trusting, false],
      ['127.0.0.1', { ...trusting, servername: 'localhost' }, 'localhost'],
    ] as const
    for (const [host, tls, name] of cases) {
      // A server for each: what the session before has begun may still arrive there.
      const server = closeLater(createServer(certificate('server')))
      const names: unknown[] = []
      server.on('secureConnection', (socket: TLSSocket & { servername?: unknown }) => {
        names.push(socket.servername)
        socket.destroy()
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      await refusal(`${host}:${(server.address() as AddressInfo).port}`, { tls })
      expect(new Set(names)).to.deep.equal(new Set([name]))
    }
  })
})

describe('TLS options that cannot be used', () => {
  it('A7 end no process: the session goes on trying, and takes what becomes usable', async () => {
    await using server = await memoryTarget.startServer({ tls: true })
    let cert: string | undefined = 'no certificate'
    const session = open(`localhost:${server.securePort}`, {
      tls: () => (cert === undefined ? trusting : { ...trusting, cert }),
    })
    const failures = failuresOf(session)
    await until('an attempt has failed', () => failures.length > 0)
    expect(failures[0]).to.include({ code: 'SSL_CONNECTION_ERROR', retryable: false })
    cert = undefined
    await session.ready()
    await session.close()
  })
})
