import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { op, Perm } from '@zookit/jute'
import {
  authorityPem,
  findKerberos,
  findTargets,
  type Kdc,
  type RealServer,
  startKdc,
} from '@zookit/test-fixtures'
import { expect } from 'chai'
import { gssapi } from '../../src/auth/gssapi.ts'
import type { GssapiOptions, KerberosModule, Session } from '../../src/index.ts'
import { memoryTarget } from '../support/memory-target.ts'
import {
  addressOf,
  connect,
  failure,
  failuresOf,
  freshPath,
  getData,
  open,
  until,
} from '../support/servers.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const require = createRequire(import.meta.url)

/**
 * Loads the package `kerberos`: native code that most machines would have to build, so it is no dependency of the tests.
 * ZOOKIT_KERBEROS names the directory of one that is built, such as `node_modules/kerberos`.
 */
function loadModule(): KerberosModule | null {
  const directory = process.env.ZOOKIT_KERBEROS
  return directory === undefined ? null : (require(resolve(directory)) as KerberosModule)
}

const kerberos = loadModule()
const [target] = (await findTargets()).filter(({ kind }) => kind === 'java')

/** Returns the reason for which Kerberos is not tried here; null if it is. */
function absence(): string | null {
  if (target === undefined) return 'there is no ZooKeeper with Java'
  if (!findKerberos())
    return 'there is no Kerberos server (apt-get install krb5-kdc krb5-admin-server krb5-user)'
  return kerberos === null ? 'ZOOKIT_KERBEROS names no built package `kerberos`' : null
}

async function identities(session: Session): Promise<string[]> {
  const { clientInfo } = await session.request(op.whoAmI, null)
  return clientInfo.map(({ authScheme, user }) => `${authScheme}:${user}`)
}

function jaas(kdc: Kdc, keytab: string): string {
  return `Server {
  com.sun.security.auth.module.Krb5LoginModule required
  useKeyTab=true keyTab="${keytab}" storeKey=true useTicketCache=false
  principal="zookeeper/localhost@${kdc.realm}";
};
`
}

/** Connects with a package that is found by its name, as from the node_modules of an application. */
const PROGRAM = `
import { register } from 'node:module'
import { pathToFileURL } from 'node:url'
const url = JSON.stringify(pathToFileURL(process.env.MODULE).href)
const hook = 'export const resolve = (name, context, next) =>' +
  'name === "kerberos" ? { url: ' + url + ', format: "commonjs", shortCircuit: true } : next(name, context)'
register('data:text/javascript,' + encodeURIComponent(hook))
const { Session, parseConnectString } = await import('@zookit/connection')
const { op } = await import('@zookit/jute')
const { servers } = parseConnectString(process.env.HOSTS)
const session = new Session({ servers, sasl: { mechanism: 'GSSAPI' } })
await session.ready()
console.log(JSON.stringify(await session.request(op.whoAmI, null)))
await session.close()
`

function describeKerberos(): void {
  let kdc: Kdc
  let server: RealServer
  let keytab: string
  const before_ = { ...process.env }

  const ticket = (more: Partial<GssapiOptions> = {}): GssapiOptions => ({
    mechanism: 'GSSAPI',
    kerberos: kerberos!,
    ...more,
  })
  const named = (hosts: string): string => hosts.replace('127.0.0.1', 'localhost')

  before(async () => {
    kdc = await startKdc()
    const config = join(dirname(kdc.config), 'jaas.conf')
    writeFileSync(config, jaas(kdc, kdc.addPrincipal('zookeeper/localhost')))
    keytab = kdc.addPrincipal('app')
    process.env.KRB5_CONFIG = kdc.config
    process.env.KRB5CCNAME = kdc.fetchTicket('app', keytab)
    server = await target!.startServer({
      tickTime: 100,
      tls: true,
      properties: {
        'java.security.auth.login.config': config,
        'java.security.krb5.conf': kdc.config,
        'zookeeper.authProvider.sasl': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider',
        'zookeeper.sessionRequireClientSASLAuth': 'true',
      },
    })
  })
  after(async () => {
    await server.stop()
    await kdc[Symbol.asyncDispose]()
    for (const name of ['KRB5_CONFIG', 'KRB5CCNAME'] as const) {
      if (before_[name] === undefined) delete process.env[name]
      else process.env[name] = before_[name]
    }
  })

  it('A4 gives the session the identity of its ticket, on every connection', async () => {
    const proxy = await TcpProxy.before(addressOf(server))
    const session = await connect(named(proxy.hosts), { sasl: ticket() })
    expect(await identities(session)).to.include(`sasl:app@${kdc.realm}`)
    await proxy.interrupt(session)
    expect(await identities(session)).to.include(`sasl:app@${kdc.realm}`)
    expect(proxy.opcodes(2).slice(0, 4)).to.deep.equal([
      op.sasl.code,
      op.sasl.code,
      op.sasl.code,
      op.whoAmI.code,
    ])
  })

  it('A4 gives the rights of an ACL of its scheme', async () => {
    const session = await connect(named(server.hosts), { sasl: ticket() })
    const [mine, other] = [freshPath(), freshPath()]
    const aclOf = (id: string): object[] => [{ perms: Perm.ALL, id: { scheme: 'sasl', id } }]
    for (const [path, id] of [
      [mine, `app@${kdc.realm}`],
      [other, 'somebody'],
    ] as const) {
      await session.request(op.create, { path, data: Buffer.from('x'), acl: aclOf(id) as never, flags: 0 })
    }
    expect(await getData(session, mine)).to.equal('x')
    expect((await failure(getData(session, other))).code).to.equal('NO_AUTH')
  })

  it('A4 travels over TLS', async () => {
    const session = await connect(`localhost:${server.securePort}`, {
      sasl: ticket({ principal: `app@${kdc.realm}` }),
      tls: { ca: authorityPem() },
    })
    expect(await identities(session)).to.include(`sasl:app@${kdc.realm}`)
  })

  it('A4 takes the host of the principal from the options, where the list has an address', async () => {
    for (const hostname of ['localhost', (host: string) => (host === '127.0.0.1' ? 'localhost' : host)]) {
      const session = await connect(server.hosts, { sasl: ticket({ hostname }) })
      expect(await identities(session)).to.include(`sasl:app@${kdc.realm}`)
    }
  })

  it('A4 without such a server in Kerberos fails the attempt, and says so', async () => {
    const session = open(server.hosts, { sasl: ticket() })
    const failures = failuresOf(session)
    await until('an attempt has failed', () => failures.length > 0)
    expect(failures[0]!.code).to.equal('CONNECT_FAILED')
    expect(failures[0]!.message).to.match(
      /SASL GSSAPI: the exchange could not begin: .*zookeeper\/127\.0\.0\.1/,
    )
  })

  it('A4 without a ticket fails the attempt, and begins again as soon as there is one', async () => {
    const cache = process.env.KRB5CCNAME
    kdc.addPrincipal('late')
    process.env.KRB5CCNAME = kdc.emptyCache('late')
    try {
      const session = open(named(server.hosts), { sasl: ticket() })
      const failures = failuresOf(session)
      await until('an attempt has failed', () => failures.length > 0)
      expect(failures[0]!.message).to.match(
        /SASL GSSAPI: the exchange could not begin: .*No Kerberos credentials/,
      )
      kdc.fetchTicket('late', join(dirname(kdc.config), 'late.keytab'))
      await session.ready()
      expect(await identities(session)).to.include(`sasl:late@${kdc.realm}`)
    } finally {
      process.env.KRB5CCNAME = cache
    }
  })

  it('A4 loads the package `kerberos` by its name, where an application has installed it', async () => {
    const args = ['--import', 'tsx', '--conditions=@zookit/source', '--input-type=module', '-e', PROGRAM]
    const env = {
      ...process.env,
      HOSTS: named(server.hosts),
      MODULE: require.resolve(resolve(process.env.ZOOKIT_KERBEROS!)),
    }
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname, env })
    expect(stdout).to.contain(`app@${kdc.realm}`)
  })

  it('A5 is refused by a server that has another key, which ends the session', async () => {
    // The server's keytab has the old key now, and every ticket for it is made with the new one.
    const other = await startKdc()
    try {
      other.addPrincipal('zookeeper/localhost')
      const cache = process.env.KRB5CCNAME
      process.env.KRB5_CONFIG = other.config
      process.env.KRB5CCNAME = other.fetchTicket('app', other.addPrincipal('app'))
      try {
        const sasl = ticket({ principal: `app@${kdc.realm}` })
        const session = open(named(server.hosts), { sasl })
        const error = await failure(session.ready())
        expect(error).to.include({ code: 'AUTH_FAILED', outcome: 'rejected' })
        expect(error.message).to.contain(`SASL GSSAPI as "app@${kdc.realm}"`).and.contain(named(server.hosts))
      } finally {
        process.env.KRB5_CONFIG = kdc.config
        process.env.KRB5CCNAME = cache
      }
    } finally {
      await other[Symbol.asyncDispose]()
    }
  })
}

const missing = absence()
if (missing === null) {
  describe(`SASL GSSAPI, on ${target!.name} and MIT Kerberos`, function () {
    this.timeout(60_000)
    describeKerberos()
  })
}

describe(`SASL GSSAPI${missing === null ? '' : `, which is not tried on a server here: ${missing}`}`, () => {
  it('A4 without the package `kerberos` fails the attempt, and says what to install', async () => {
    await using server = await memoryTarget.startServer()
    const session = open(server.hosts, { sasl: { mechanism: 'GSSAPI' } })
    const failures = failuresOf(session)
    await until('an attempt has failed', () => failures.length > 0)
    expect(failures[0]!.message).to.contain(
      'GSSAPI needs the package `kerberos` with its native part: install it',
    )
    await session.close()
  })

  it('A5 with a server that demands protected messages is refused, as ZooKeeper has none', async () => {
    for (const offer of [[6, 0, 1, 0], [1], []]) {
      const client = {
        contextComplete: true,
        step: async () => '',
        unwrap: async () => Buffer.from(offer).toString('base64'),
        wrap: async () => expect.fail('it was accepted'),
      }
      const exchange = await gssapi({
        mechanism: 'GSSAPI',
        kerberos: { initializeClient: async () => client },
      }).start({ host: 'zk', port: 1, address: '127.0.0.1', isPrivate: true })
      const reason = await Promise.resolve(exchange.step(Buffer.from('offer'))).catch(
        ({ message }) => message,
      )
      expect(reason).to.contain('demands protected messages')
    }
  })
})
