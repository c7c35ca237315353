import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { authorityPem, certificate } from '@zookit/test-fixtures'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { sourceFlags } from '../../../.ci/source/built.ts'
import { type AccessValues, accessFrom } from '../src/access/arguments.ts'
import { describeConformance, runConformance } from '../src/index.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the program. `onStart` may end it. */
async function run(
  args: readonly string[],
  onStart: (kill: (signal: NodeJS.Signals) => void) => void,
  env: Record<string, string> = {},
): Promise<Run> {
  const child = spawn(process.execPath, [...(await sourceFlags()), MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  onStart(signal => child.kill(signal))
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, out, err }
}

describe('zookit-conformance', function () {
  this.timeout(60_000)

  it('prints a table, writes JSON and Markdown, and ends with 0 if nothing failed', async () => {
    await using server = await TestServer.start()
    const directory = mkdtempSync(join(tmpdir(), 'zookit-'))
    const [json, markdown] = [join(directory, 'r.json'), join(directory, 'r.md')]
    try {
      const args = [
        '--hosts',
        server.hosts,
        '--dangerous',
        '--only',
        '^framing',
        '--json',
        json,
        '--markdown',
        markdown,
      ]
      const { code, out, err } = await run(args, () => {})
      expect([code, err]).to.deep.equal([0, ''])
      expect(out).to.match(/framing +│ +13 │ +0 │ +0/)
      expect(JSON.parse(readFileSync(json, 'utf8')).results).to.have.length(13)
      expect(readFileSync(markdown, 'utf8')).to.contain('| framing | 13 | 0 | 0 |')
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('takes the files of TLS, and a SASL identity whose password is in the environment', async () => {
    const { cert, key } = certificate('server')
    await using server = await TestServer.start({
      tls: { cert, key, ca: authorityPem(), requestCert: true, rejectUnauthorized: true },
      sasl: { bob: 'builder' },
      requireAuth: ['sasl'],
    })
    const directory = mkdtempSync(join(tmpdir(), 'zookit-'))
    const file = (name: string, content: string): string => {
      writeFileSync(join(directory, name), content)
      return join(directory, name)
    }
    try {
      const own = certificate('client')
      const args = ['--hosts', `localhost:${server.port}`, '--only', '^auth']
      const tls = ['--tls-ca', file('ca', authorityPem()), '--tls-cert', file('cert', own.cert)]
      const sasl = ['--sasl-user', 'bob', '--sasl-password-env', 'BOB']
      const all = [...args, ...tls, '--tls-key', file('key', own.key), ...sasl]
      const { code, out, err } = await run(all, () => {}, { BOB: 'builder' })
      expect([code, err]).to.deep.equal([0, ''])
      expect(out).to.contain('│ auth ')
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('ends with 1 if a case failed, and names the case', async () => {
    await using server = await TestServer.start({ version: '3.8.0' })
    const args = ['--hosts', server.hosts, '--profile', '3.9', '--only', 'zxid of the change']
    const { code, out } = await run(args, () => {})
    expect(code).to.equal(1)
    expect(out).to.contain('expected: the zxid').and.contain('got: -1n').and.contain('WatcherEvent')
  })

  it('ends with 2 and one line if it cannot run', async () => {
    for (const args of [
      [],
      ['--hosts', '127.0.0.1:1', '--max-wait', '300'],
      ['--hosts', 'a', '--profile', 'x'],
    ]) {
      const { code, err } = await run(args, () => {})
      expect([code, err.trim().split('\n').length]).to.deep.equal([2, 1])
    }
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`leaves nothing behind after ${signal}`, async () => {
      await using server = await TestServer.start()
      const { code, out } = await run(['--hosts', server.hosts], kill => {
        const timer = setInterval(() => {
          if (!Object.keys(server.dump()).some(path => /^\/zookit-conformance-[^/]+\/9/.test(path))) return
          clearInterval(timer)
          kill(signal)
        }, 1)
      })
      expect([code, Object.keys(server.dump())]).to.deep.equal([1, []])
      expect(out).to.contain('interrupted')
    })
  }
})

describe('zookit-conformance on servers that have stopped answering', function () {
  this.timeout(60_000)

  it('is ended at once by a second signal', async () => {
    await using server = await TestServer.start()
    let timer: NodeJS.Timeout | undefined
    const { code, err } = await run(['--hosts', server.hosts, '--max-wait', '100000'], kill => {
      timer = setInterval(() => {
        if (!Object.keys(server.dump()).some(path => /^\/zookit-conformance-[^/]+\/3/.test(path))) return
        clearInterval(timer)
        server.holdReplies()
        kill('SIGINT')
        // Two signals that come while the process stands are one to it.
        timer = setInterval(() => kill('SIGINT'), 500)
      }, 1)
    })
    clearInterval(timer)
    expect(code).to.equal(2)
    expect(err).to.contain('ended by a second signal')
  })
})

describe('The options of zookit-conformance for TLS and SASL', () => {
  const env = { BOB: 'builder' }

  it('are those of connect', () => {
    expect(accessFrom({}, env)).to.deep.equal({ tls: null, sasl: null, allowInsecureAuth: false })
    expect(
      accessFrom({ 'sasl-user': 'bob', 'sasl-password-env': 'BOB', 'insecure-auth': true }, env),
    ).to.deep.equal({
      tls: null,
      sasl: { mechanism: 'DIGEST-MD5', username: 'bob', password: 'builder' },
      allowInsecureAuth: true,
    })
    expect(accessFrom({ 'sasl-kerberos': true }, env).sasl).to.deep.equal({ mechanism: 'GSSAPI' })
  })

  it('are refused where one is missing, or two exclude each other', () => {
    const wrong: [values: AccessValues, reason: RegExp][] = [
      [{ 'sasl-user': 'bob' }, /belong together/],
      [{ 'sasl-password-env': 'BOB' }, /belong together/],
      [{ 'sasl-user': 'bob', 'sasl-password-env': 'NOBODY' }, /variable of --sasl-password-env is not set/],
      [{ 'sasl-kerberos': true, 'sasl-user': 'bob', 'sasl-password-env': 'BOB' }, /exclude/],
      [{ 'tls-cert': 'x' }, /belong together/],
      [{ 'tls-ca': '/nowhere' }, /\/nowhere/],
    ]
    for (const [values, reason] of wrong) expect(() => accessFrom(values, env)).to.throw(reason)
  })

  it('fail with an error that names mechanism and user, and not the password, where the server refuses', async () => {
    await using server = await TestServer.start({ sasl: { bob: 'builder' }, requireAuth: ['sasl'] })
    const sasl = { mechanism: 'DIGEST-MD5', username: 'bob', password: 'destroyer' } as const
    const error = await runConformance({ hosts: server.hosts, sasl }).catch(each => each)
    expect(String(error)).to.contain('SASL DIGEST-MD5').and.not.contain('destroyer')
  })
})

describe('describeConformance', () => {
  let server: TestServer
  before(async () => {
    server = await TestServer.start()
  })
  after(async () => {
    expect(server.dump()).to.deep.equal({})
    await server.stop()
  })
  describeConformance(
    'the framing of the in-memory server',
    () => ({ hosts: server.hosts, dangerous: true }),
    /^framing/,
  )
})
