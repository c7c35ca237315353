import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authorityPem, certificate, findTargets } from '@zookit/test-fixtures'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { secretOf } from '../src/target/secret.ts'
import { type Result, zookit } from './support/program.ts'

describe('The ensemble that is meant', () => {
  let server: TestServer
  let directory: string
  beforeEach(async () => {
    server = await TestServer.start({ seed: { app: { inside: '' } } })
    directory = mkdtempSync(join(tmpdir(), 'zookit-config-'))
  })
  afterEach(async () => {
    rmSync(directory, { recursive: true })
    await server.stop()
  })

  /** Writes a configuration, and runs the program with it. */
  function run(
    configuration: unknown,
    words: readonly string[],
    env: Record<string, string> = {},
  ): Promise<Result> {
    const file = join(directory, 'config.json')
    writeFileSync(file, typeof configuration === 'string' ? configuration : JSON.stringify(configuration))
    return zookit(words, { env: { ZOOKIT_CONFIG: file, PATH: process.env.PATH!, ...env } })
  }

  it('is that of --hosts, else --ensemble, ZOOKIT_HOSTS, ZOOKIT_ENSEMBLE, the default of the file', async () => {
    const nowhere = { hosts: '127.0.0.1:1' }
    const here = { hosts: server.hosts }
    const ls = ['--timeout', '300', 'ls', '/app']
    const found = async (result: Promise<Result>): Promise<boolean> => (await result).out === '[inside]\n'
    const file = { default: 'nowhere', ensembles: { nowhere, here } }
    expect(
      await found(run(file, ['--hosts', server.hosts, ...ls], { ZOOKIT_HOSTS: '127.0.0.1:1' })),
    ).to.equal(true)
    expect(await found(run(file, ['--ensemble', 'here', ...ls], { ZOOKIT_HOSTS: '127.0.0.1:1' }))).to.equal(
      true,
    )
    expect(await found(run(file, ls, { ZOOKIT_HOSTS: server.hosts, ZOOKIT_ENSEMBLE: 'nowhere' }))).to.equal(
      true,
    )
    expect(await found(run(file, ls, { ZOOKIT_ENSEMBLE: 'here' }))).to.equal(true)
    expect(await found(run({ ...file, default: 'here' }, ls))).to.equal(true)
    expect((await run(file, ls)).code).to.equal(6)
    expect((await run(file, ['--ensemble', 'here', '--hosts', 'x', ...ls])).code).to.equal(2)
  })

  it('has a chroot, from the hosts or beside them', async () => {
    for (const ensemble of [{ hosts: `${server.hosts}/app` }, { hosts: server.hosts, chroot: '/app' }]) {
      expect((await run({ default: 'a', ensembles: { a: ensemble } }, ['ls'])).out).to.equal('[inside]\n')
    }
    const both = { hosts: `${server.hosts}/app`, chroot: '/app' }
    expect((await run({ default: 'a', ensembles: { a: both } }, ['ls'])).code).to.equal(2)
    const quota = await run({ default: 'a', ensembles: { a: { hosts: `${server.hosts}/app` } } }, [
      'listquota',
      '/inside',
    ])
    expect([quota.code, quota.err.split('\n')[0]]).to.deep.equal([
      2,
      'zookit listquota: quotas are outside of the chroot',
    ])
  })

  it('takes secrets from the environment and from commands, and never shows them', async () => {
    await zookit(['--hosts', server.hosts, '--auth-env', 'ME', 'setAcl', '/app', 'auth::cdrwa'], {
      env: { ME: 'digest:alice:wonderland' },
    })
    const ensemble = (credential: unknown): object => ({
      default: 'a',
      ensembles: { a: { hosts: server.hosts, auth: [{ scheme: 'digest', credential }] } },
    })
    expect((await run(ensemble({ env: 'PW' }), ['ls', '/app'], { PW: 'alice:wonderland' })).out).to.equal(
      '[inside]\n',
    )
    expect((await run(ensemble({ command: 'echo alice:wonderland' }), ['ls', '/app'])).out).to.equal(
      '[inside]\n',
    )
    const command = [process.execPath, '-e', 'process.stdout.write("alice:wonderland")']
    expect((await run(ensemble({ command }), ['ls', '/app'])).out).to.equal('[inside]\n')
    const plain = await run(ensemble('alice:wonderland'), ['ls', '/app'])
    expect(plain.code).to.equal(2)
    expect(plain.err)
      .to.contain('ensembles.a.auth.0.credential')
      .and.contain('a secret is')
      .and.not.contain('wonderland')
    const failing = await run(ensemble({ command: 'echo wonderland; echo wonderland >&2; exit 3' }), [
      '--timeout',
      '500',
      'ls',
      '/app',
    ])
    expect(failing.code).to.be.oneOf([2, 5, 6])
    expect(failing.err).to.not.contain('wonderland')
  })

  it('runs a command that prints a secret once for a connection: it may ask a person', async () => {
    const log = join(directory, 'asked')
    const command = `echo asked >> '${log}'; echo alice:wonderland`
    const auth = [{ scheme: 'digest', credential: { command } }]
    const ensembles = { a: { hosts: server.hosts, auth } }
    expect((await run({ default: 'a', ensembles }, ['whoami'])).out).to.contain('digest: alice')
    expect(readFileSync(log, 'utf8')).to.equal('asked\n')
  })

  it('says what is wrong with the file, and where', async () => {
    const cases: [unknown, string][] = [
      ['{', 'cannot read the configuration file'],
      [{ ensembles: { a: { hosts: '' } } }, 'ensembles.a.hosts: must not be empty'],
      [{ ensembles: { a: { hosts: 'x', nonsense: 1 } } }, 'nonsense'],
      [{ ensembles: {} }, "has no ensemble 'b'"],
    ]
    for (const [configuration, message] of cases) {
      const { code, err } = await run(configuration, ['--ensemble', 'b', 'ls'])
      expect(code).to.equal(2)
      expect(err).to.contain(message)
    }
    const missing = await zookit(['--ensemble', 'b', 'ls'])
    expect(missing.code).to.equal(2)
    expect(missing.err).to.contain('there is no configuration file')
  })

  it('says of each key what it must be, in the words of the file', async () => {
    const hosts = 'x'
    const bounds = 'must be a whole number of milliseconds from 1 to 2147483647'
    const cases: [unknown, string][] = [
      [{}, 'hosts: it is missing'],
      [{ hosts: ['x'] }, 'hosts: must be a text'],
      [{ hosts: 'x:99999' }, 'hosts: no list of servers, at index 2: a port is a number from 1 to 65535'],
      [{ hosts: 'a:b@x' }, 'hosts: no list of servers, at index 3: credentials do not belong'],
      [{ hosts, chroot: 'app' }, "chroot: must begin with '/'"],
      [{ hosts, chroot: '/app/' }, 'chroot: the chroot must not end in "/"'],
      [{ hosts: 'x/a', chroot: '/app' }, 'chroot: hosts has one already'],
      [{ hosts, sessionTimeout: 0 }, `sessionTimeout: ${bounds}, not 0`],
      [{ hosts, sessionTimeout: 1.5 }, `sessionTimeout: ${bounds}, not 1.5`],
      [{ hosts, sessionTimeout: 3e9 }, `sessionTimeout: ${bounds}, not 3000000000`],
      [{ hosts, sessionTimeout: '9' }, `sessionTimeout: ${bounds}\n`],
      [{ hosts, readOnly: 'yes' }, 'readOnly: must be true or false'],
      [{ hosts, allowInsecureAuth: 1 }, 'allowInsecureAuth: must be true or false'],
      [{ hosts, sessionTimout: 1 }, 'sessionTimout: there is no such key; there are hosts, chroot, tls,'],
      [{ hosts, tls: true }, 'tls: must be an object'],
      [{ hosts, tls: [] }, 'tls: must be an object'],
      [{ hosts, tls: { cert: 'me.pem' } }, 'tls: cert and key belong together'],
      [{ hosts, tls: { pfx: 'x' } }, 'tls.pfx: there is no such key; there are ca, cert, key,'],
      [{ hosts, auth: {} }, 'auth: must be a list'],
      [{ hosts, auth: [{ scheme: 'digest' }] }, 'auth.0.credential: it is missing'],
      [
        { hosts, auth: [{ scheme: 'x', credential: { command: [] } }] },
        'credential.command: must not be empty',
      ],
      [{ hosts, sasl: { mechanism: 'PLAIN' } }, 'sasl.mechanism: must be DIGEST-MD5 or GSSAPI'],
      [{ hosts, sasl: { mechanism: 'DIGEST-MD5' } }, 'sasl.username: it is missing'],
      [{ hosts, sasl: [] }, 'sasl: must be an object'],
    ]
    for (const [a, message] of cases) {
      const { code, err } = await run({ ensembles: { a } }, ['--ensemble', 'a', 'ls'])
      expect(code, message).to.equal(2)
      expect(err).to.contain('config.json is invalid: ensembles.a.').and.contain(message)
    }
    const whole: [unknown, string][] = [
      [[], 'the whole: must be an object'],
      [{}, 'ensembles: it is missing'],
      [{ ensembles: [] }, 'ensembles: must be an object'],
      [{ ensembles: {}, defualt: 'a' }, 'defualt: there is no such key; there are default, ensembles'],
      [{ ensembles: {}, default: 'a' }, "has no ensemble 'a', which is its default"],
    ]
    for (const [configuration, message] of whole)
      expect((await run(configuration, ['ls'])).err).to.contain(message)
  })

  it('is refused where its list of servers is none, by the place that has it', async () => {
    const option = await zookit(['--hosts', 'a:b:c', 'ls'])
    expect(option.code).to.equal(2)
    expect(option.err).to.contain('the servers (HOSTS): no list of servers, at index 3: more than one ":"')
    const variable = await zookit(['ls'], { env: { ZOOKIT_HOSTS: 'joe@zk1' } })
    expect(variable.err).to.contain('the environment variable ZOOKIT_HOSTS').and.contain('use --auth-env')
    expect(`${option.err}${variable.err}`)
      .to.contain('such as zk1:2181,zk2:2181/app')
      .and.not.contain('(connect)')
  })

  it('shows no text of the file, where a secret may stand in the wrong place', async () => {
    const wrong = [
      { auth: 'hunter2' },
      { auth: ['hunter2'] },
      { sasl: 'hunter2' },
      { sasl: { mechanism: 'hunter2' } },
      { tls: 'hunter2' },
      { sessionTimeout: 'hunter2' },
      { password: 'hunter2' },
    ].map(more => ({ ensembles: { a: { hosts: 'x', ...more } } }))
    for (const configuration of [...wrong, '{ "auth": hunter2 }', 'hunter2', '{ "a": "hunter2" oops']) {
      const { code, err } = await run(configuration, ['--ensemble', 'a', 'ls'])
      expect(code).to.equal(2)
      expect(err)
        .to.match(/config\.json(: | is invalid: (ensembles\.a\.\w+|the whole))/)
        .and.not.contain('hunter2')
    }
  })

  it('shows no secret that is given in the place of the name of its variable', async () => {
    for (const words of [
      ['--auth-env', 'digest:joe:hunter2', 'whoami'],
      ['--sasl-user', 'joe', '--sasl-password-env', 'hunter2', 'whoami'],
      ['addauth', '--env', 'joe:hunter2', 'digest'],
      ['conform', '--super', 'super:hunter2'],
      ['console', '--token-env', 'hunter2'],
    ]) {
      const { code, err } = await zookit(['--hosts', server.hosts, ...words])
      expect(code).to.equal(2)
      expect(err).to.contain('a name belongs there, no secret').and.not.contain('hunter2')
    }
  })

  it('does not wait for a command that prints no secret: it is ended', async () => {
    const command = [process.execPath, '-e', 'setInterval(() => {}, 1000)']
    // It is settled when the command has exited.
    const error = await secretOf({ command }, { env: {}, timeout: 100 }).catch((reason: unknown) => reason)
    expect(error).to.include({ name: 'UsageError' })
    expect(String(error)).to.contain('the command that prints a secret has not ended within 100 ms')
  })

  it('ends what such a command has started, too', async () => {
    const file = join(directory, 'pid')
    const command = `sleep 60 & echo $! > '${file}'; wait; echo never`
    const error = await secretOf({ command }, { env: process.env, timeout: 500 }).catch(
      (reason: unknown) => reason,
    )
    expect(String(error)).to.contain('has not ended within 500 ms')
    const pid = Number(readFileSync(file, 'utf8'))
    const isOver = (): boolean => {
      try {
        // One that has ended is there until its new parent has asked for its end.
        return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
      } catch {
        return true
      }
    }
    while (!isOver()) await new Promise(resolve => setTimeout(resolve, 10))
  })

  it('is given up at once where a secret cannot be read, with the error of that', async () => {
    const failing = { command: [process.execPath, '-e', 'process.exit(7)'] }
    const sasl = { mechanism: 'DIGEST-MD5', username: 'joe', password: failing }
    for (const more of [{ sasl }, { tls: { passphrase: failing } }, { tls: { ca: 'missing.pem' } }]) {
      const ensembles = { a: { hosts: server.hosts, ...more } }
      const { code, err } = await run({ ensembles }, ['--ensemble', 'a', '--timeout', '600000', 'ls'])
      expect(code).to.equal(2)
      expect(err).to.match(/the command that prints a secret has failed \(7\)|missing\.pem/)
    }
  })

  it('is spoken to by TLS, from options and from the file', async () => {
    const own = certificate('server')
    await using secure = await TestServer.start({ tls: { key: own.key, cert: own.cert }, seed: { app: '' } })
    const ca = join(directory, 'ca.pem')
    writeFileSync(ca, authorityPem())
    const hosts = secure.hosts.replace('127.0.0.1', 'localhost')
    expect((await zookit(['--hosts', hosts, '--tls-ca', ca, 'ls'])).out).to.equal('[app, zookeeper]\n')
    expect((await zookit(['--hosts', hosts, '--tls-ca', ca, 'status'])).out).to.match(/ \d+ d .*\n\nhealthy/)
    expect(
      (await run({ default: 'a', ensembles: { a: { hosts, tls: { ca: 'ca.pem' } } } }, ['ls'])).out,
    ).to.equal('[app, zookeeper]\n')
    expect((await zookit(['--hosts', hosts, '--tls-ca', '/nonexistent', 'ls'])).code).to.equal(2)
    expect((await zookit(['--hosts', hosts, '--tls-cert', ca, 'ls'])).code).to.equal(2)
    expect((await zookit(['--hosts', hosts, '--timeout', '300', 'ls'])).code).to.equal(6)
  })

  it('is told by its own options where TLS fails, and that a server is there', async () => {
    const own = certificate('server')
    await using secure = await TestServer.start({ tls: { key: own.key, cert: own.cert } })
    const [ca, stranger] = [join(directory, 'ca.pem'), join(directory, 'stranger.pem')]
    writeFileSync(ca, authorityPem())
    writeFileSync(stranger, certificate('stranger').cert)
    const fail = async (hosts: string, ...words: string[]): Promise<string> => {
      const { code, err } = await zookit(['--hosts', hosts, '--timeout', '1000', ...words, 'ls'])
      expect(code).to.equal(6)
      expect(err).to.not.match(/\btls\.(ca|cert|key)\b|the tls option|Is a server running/)
      return err
    }
    expect(await fail(secure.hosts, '--tls-ca', stranger)).to.match(
      /set --tls-ca.*\n.*--tls-ca, --tls-cert and/,
    )
    expect(await fail(server.hosts, '--tls-ca', ca)).to.match(/--tls-cert.*\n {2}Is the port that for TLS/)
    expect(await fail(secure.hosts)).to.match(/TLS.*--tls-ca.*\n {2}\S/)
  })

  it('is spoken to with SASL, from options', async () => {
    await using sasl = await TestServer.start({ sasl: { alice: 'wonderland' }, requireAuth: ['sasl'] })
    const words = [
      '--hosts',
      sasl.hosts,
      '--timeout',
      '2000',
      '--sasl-user',
      'alice',
      '--sasl-password-env',
      'PW',
    ]
    expect((await zookit([...words, 'whoami'], { env: { PW: 'wonderland' } })).out).to.contain('sasl: alice')
    const refused = await zookit([...words, 'whoami'], { env: { PW: 'wrong-land' } })
    expect(refused.code).to.equal(5)
    expect(refused.err).to.contain('alice').and.not.contain('wrong-land')
    const conform = await zookit([...words, 'conform', '--only', '^auth: whoAmI'], {
      env: { PW: 'wonderland' },
    })
    expect(conform.code).to.equal(0)
    const wrong = [
      ['--sasl-user', 'alice'],
      ['--sasl-user', 'alice', '--sasl-password-env', 'NOWHERE'],
      ['--sasl-kerberos', '--sasl-user', 'alice', '--sasl-password-env', 'PW'],
    ]
    for (const options of wrong) {
      const { code, err } = await zookit(['--hosts', sasl.hosts, ...options, 'ls'], { env: { PW: 'x' } })
      expect([code, err.includes('--sasl-')]).to.deep.equal([2, true])
    }
  })

  it('is spoken to with SASL, from the file', async function () {
    this.timeout(30_000)
    for (const target of await findTargets()) {
      await using real = await target.startServer({ sasl: { users: { alice: 'wonderland' } } })
      const sasl = { mechanism: 'DIGEST-MD5', username: 'alice', password: { env: 'PW' } }
      const file = { default: 'a', ensembles: { a: { hosts: real.hosts, sasl } } }
      const { out } = await run(file, ['whoami'], { PW: 'wonderland' })
      expect(out).to.contain('sasl: alice')
      const refused = await run(file, ['--timeout', '2000', 'whoami'], { PW: 'wrong' })
      expect(refused.code).to.equal(5)
    }
  })
})
