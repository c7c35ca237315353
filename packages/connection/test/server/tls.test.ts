import { op } from '@zookit/jute'
import { authorityPem, type CertificateName, certificate, type RealServer } from '@zookit/test-fixtures'
import { expect } from 'chai'
import {
  type Environment,
  nodeEnvironment,
  type SessionOptions,
  type ZooKeeperError,
} from '../../src/index.ts'
import { farAway } from '../support/far-away.ts'
import {
  connect,
  create,
  describeServers,
  failuresOf,
  freshPath,
  getData,
  open,
  standalone,
  until,
} from '../support/servers.ts'

const TLS_1_3 = {
  'zookeeper.ssl.protocol': 'TLSv1.3',
  'zookeeper.ssl.ciphersuites': 'TLS_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256',
}

const trusting = { ca: authorityPem() }

/** An environment in which every name resolves to this machine. */
const everywhereHere: Environment = { ...nodeEnvironment, resolve: async () => ['127.0.0.1'] }

/** Returns the first failure of a session that cannot connect. The session tries again, because certificates can change. */
async function refusal(hosts: string, options: Partial<SessionOptions>): Promise<ZooKeeperError> {
  const session = open(hosts, { sessionTimeout: 4000, ...options })
  const failures = failuresOf(session)
  await until('an attempt has failed', () => failures.length > 0)
  expect(session.state).to.equal('connecting')
  await session.close()
  return failures[0]!
}

describeServers('TLS', target => {
  const servers = new Map<string, RealServer>()

  before(async () => {
    const names: CertificateName[] = ['server', 'wrong-host', 'no-ip-name', 'expired']
    const start = async (name: CertificateName): Promise<void> => {
      const isStrict = name === 'wrong-host'
      const clientAuth = isStrict ? 'need' : 'want'
      // In TLS 1.3 a client hears only after its own handshake that its certificate was refused.
      const properties = isStrict ? TLS_1_3 : {}
      servers.set(name, await target.startServer({ tls: { certificate: name, clientAuth }, properties }))
    }
    await Promise.all(names.map(start))
  })
  after(() => Promise.all([...servers.values()].map(server => server.stop())))

  /** Returns the address where a server with this certificate takes TLS connections. */
  const secure = (name: CertificateName, host = '127.0.0.1'): string =>
    `${host}:${servers.get(name)!.securePort}`

  it('A7 carries a session to a server whose authority is trusted, by name and by address', async () => {
    for (const host of ['localhost', '127.0.0.1']) {
      const session = await connect(secure('server', host), { tls: trusting })
      const path = freshPath()
      const big = Buffer.alloc(500_000, 'x')
      await create(session, path, 'persistent', big)
      const reads = Array.from({ length: 10 }, () => getData(session, path))
      for (const read of await Promise.all(reads)) expect(read).to.have.lengthOf(big.length)
    }
  })

  it('A7 takes the absolute name of a server, with a dot at its end', async () => {
    const options = { tls: trusting, environment: everywhereHere }
    await connect(secure('server', 'localhost.'), options)
    await connect(secure('server'), { ...options, tls: { ...trusting, servername: 'localhost.' } })
    const error = await refusal(secure('server', 'zookeeper.example.'), options)
    expect(error.message).to.contain("the server's certificate is for another name")
  })

  it('A7 refuses a server whose authority is not trusted', async () => {
    for (const tls of [{ ca: authorityPem('other-ca') }, {}]) {
      const error = await refusal(secure('server'), { tls })
      expect(error.code).to.equal('SSL_CONNECTION_ERROR')
      expect(error.message)
        .to.match(/unable to verify the first certificate|self-signed certificate in/)
        .and.contain('tls.ca')
    }
  })

  it('A7 refuses a server whose certificate is for another host', async () => {
    const error = await refusal(secure('wrong-host', 'localhost'), {
      tls: { ...trusting, ...certificate('client') },
    })
    expect(error.code).to.equal('SSL_CONNECTION_ERROR')
    expect(error.message)
      .to.contain("Host: localhost. is not in the cert's altnames")
      .and.contain('tls.servername')
  })

  it('A7 verifies the name that was configured, not the address it resolves to', async () => {
    const options = { tls: trusting, environment: everywhereHere }
    const error = await refusal(secure('server', 'zookeeper.example'), options)
    expect(error.code).to.equal('SSL_CONNECTION_ERROR')
    expect(error.message).to.contain("Host: zookeeper.example. is not in the cert's altnames")
    const withName = { ...options, tls: { ...trusting, servername: 'localhost' } }
    await connect(secure('server', 'zookeeper.example'), withName)
  })

  it('A7 refuses a server whose certificate has expired', async () => {
    const error = await refusal(secure('expired'), { tls: trusting })
    expect(error.code).to.equal('SSL_CONNECTION_ERROR')
    expect(error.message).to.contain('certificate has expired').and.contain('renew it')
  })

  it('A7 refuses an address that the certificate does not name, and takes the name that it does', async () => {
    const error = await refusal(secure('no-ip-name'), { tls: trusting })
    expect(error.code).to.equal('SSL_CONNECTION_ERROR')
    expect(error.message).to.contain("IP: 127.0.0.1 is not in the cert's list").and.contain('tls.servername')
    await connect(secure('no-ip-name', 'localhost'), { tls: trusting })
  })

  it('A7 presents a certificate of its own, which is then its identity', async () => {
    const session = await connect(secure('server'), { tls: { ...trusting, ...certificate('client') } })
    const { clientInfo } = await session.request(op.whoAmI, null)
    expect(clientInfo.map(({ authScheme }) => authScheme)).to.include('x509')
  })

  it('A7 asks for its certificate at each attempt, so that a rotated one is taken up', async () => {
    const wrongHost = { ...trusting, servername: 'zookeeper.invalid' }
    const shown = [{}, certificate('stranger'), certificate('client')]
    let asked = 0
    const session = open(secure('wrong-host'), {
      sessionTimeout: 4000,
      tls: async () => ({ ...wrongHost, ...shown[asked++] }),
    })
    const failures = failuresOf(session)
    await session.ready()
    expect(asked).to.equal(3)
    expect(failures).to.have.lengthOf(2)
    for (const { message } of failures) {
      expect(message).to.match(/refuses? this client's certificate, or wants? one.*tls\.cert and tls\.key/)
      expect(message).to.not.contain('expect TLS')
    }
    // Node's server closes without an alert.
    if (!target.real) return
    expect(failures.map(({ retryable }) => retryable)).to.deep.equal([false, false])
    expect(failures.map(({ code }) => code)).to.deep.equal(['SSL_CONNECTION_ERROR', 'SSL_CONNECTION_ERROR'])
    expect(failures[0]!.message).to.contain('alert bad certificate')
    expect(failures[1]!.message).to.contain('alert certificate unknown')
  })

  it('A6 A7 lets a digest password pass to another machine', async () => {
    const session = await connect(secure('server', 'zookeeper.example'), {
      environment: farAway(),
      tls: { ...trusting, servername: 'localhost' },
    })
    await session.addAuth('digest', 'bob:builder')
    const { clientInfo } = await session.request(op.whoAmI, null)
    expect(clientInfo).to.deep.include({ authScheme: 'digest', user: 'bob' })
  })

  it('H9 reports a server that expects TLS to a client without TLS', async () => {
    const error = await refusal(secure('server'), {})
    expect(error.code).to.equal('HANDSHAKE_REFUSED')
    expect(error.message).to.contain(secure('server')).and.contain('expect TLS (the tls option)')
  })

  it('H9 reports a server without TLS to a client with TLS', async () => {
    const lone = await standalone()
    // A real server has a port in clear beside the other, which Netty serves here.
    const inClear = target.real ? [lone.hosts, servers.get('server')!.hosts] : [lone.hosts]
    for (const hosts of inClear) {
      const error = await refusal(hosts, { tls: trusting })
      expect(error.code).to.equal('SSL_CONNECTION_ERROR')
      expect(error.message)
        .to.contain(hosts)
        .and.match(/does not speak TLS/)
    }
  })
})
