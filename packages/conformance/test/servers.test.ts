import { digestId } from '@zookit/client'
import { CreateFlag, type CreateRequest, OpCode } from '@zookit/jute'
import { authorityPem, certificate, findTargets } from '@zookit/test-fixtures'
import { type RecordedRequest, type ServerVersion, TestServer } from '@zookit/testing'
import { expect } from 'chai'
import {
  type ConformanceOptions,
  type ConformanceReport,
  formatFailures,
  labelOf,
  runConformance,
} from '../src/index.ts'
import { PickyServer } from './picky-server.ts'

const SUPER = 'super:secret'
const LINES: readonly ServerVersion[] = ['3.4', '3.5', '3.6', '3.7', '3.8', '3.9']

/** The access to servers that demand a certificate and SASL. */
const IDENTITY = {
  tls: () => ({ ca: authorityPem(), ...certificate('client') }),
  sasl: { mechanism: 'DIGEST-MD5', username: 'bob', password: async () => 'builder' },
} as const
/** The areas in which an identity could make a difference. */
const WITH_IDENTITY = /^(handshake|acl|auth|four-letter words: srvr)/

async function keeps(options: ConformanceOptions): Promise<ConformanceReport> {
  const report = await runConformance({ superUser: SUPER, dangerous: true, ...options })
  expect(formatFailures(report)).to.equal('')
  expect(report.results.filter(({ status }) => status === 'passed')).not.to.deep.equal([])
  return report
}

describe('the conformance suite on the in-memory server', function () {
  this.timeout(180_000)
  const superDigest = digestId('super', 'secret')

  const find = async (version: ServerVersion): Promise<void> => {
    await using server = await TestServer.start({ version, superDigest, containerCheckInterval: 200 })
    const { release } = await keeps({ hosts: server.hosts })
    expect(release.startsWith(`${version}.`)).to.equal(true)
    expect(server.dump()).to.deep.equal({})
  }
  /** The runs, two at a time: each spends most of its time waiting. */
  const runs = new Map<ServerVersion, Promise<void>>()

  before(() => {
    let last: Promise<unknown> = Promise.resolve()
    for (let i = 0; i < LINES.length; i += 2) {
      const pair = LINES.slice(i, i + 2)
      const after = last
      for (const version of pair) {
        runs.set(
          version,
          after.then(() => find(version)),
        )
      }
      last = Promise.allSettled(pair.map(version => runs.get(version)))
    }
    // The test of a version that fails early has its failure; until then nobody handles it.
    for (const run of runs.values()) run.catch(() => {})
  })

  for (const version of LINES) it(`finds no failure in the profile of ${version}`, () => runs.get(version))

  it('finds no failure in a read-only server, without TTL znodes, with enforced quotas or with SASL', async () => {
    const run = async (options: Parameters<typeof TestServer.start>[0]): Promise<void> => {
      await using server = await TestServer.start({ ...options, superDigest, containerCheckInterval: 200 })
      await keeps({ hosts: server.hosts, only: /^(create|auth|read-only|limits)/ })
    }
    await Promise.all([
      run({ readOnly: true }),
      run({ extendedTypes: false }),
      run({ enforceQuota: true }),
      run({ sasl: { user: 'password' } }),
    ])
  })

  it('finds no failure, over TLS with the identity that it demands, in a server with SASL', async () => {
    const tls = { ...certificate('server'), ca: authorityPem(), requestCert: true, rejectUnauthorized: true }
    await using server = await TestServer.start({
      tls,
      sasl: { bob: 'builder' },
      requireAuth: ['sasl'],
      superDigest,
    })
    const { capabilities } = await keeps({
      hosts: `localhost:${server.port}`,
      only: WITH_IDENTITY,
      ...IDENTITY,
    })
    expect(capabilities).to.include('sasl').and.not.include('anonymous')
    expect(server.dump()).to.deep.equal({})
  })

  it('ends before anything is sent where a secret would go to another machine in clear text', async () => {
    const { sasl } = IDENTITY
    for (const secret of [{ sasl }, { superUser: SUPER }, { auth: [{ scheme: 'runes', secret: 'x' }] }]) {
      const error = await runConformance({ hosts: '192.0.2.1:2181', ...secret }).catch(each => each)
      expect(String(error)).to.match(/192\.0\.2\.1:2181: a password would cross the network in clear text/)
    }
  })

  it('does not go on without TLS or an identity where a function returns none', async () => {
    await using server = await TestServer.start()
    for (const options of [{ tls: () => undefined }, { sasl: () => null }]) {
      const error = await runConformance({ hosts: server.hosts, ...options } as never).catch(each => each)
      expect(String(error)).to.match(/tls option must be|sasl options must have/)
    }
    expect(server.connections()).to.deep.equal([])
    expect(server.requests()).to.deep.equal([])
  })

  it('leaves out by default what can harm servers that others use, and says why', async () => {
    await using server = await TestServer.start()
    const { results } = await runConformance({ hosts: server.hosts, only: /cut off|^four-letter words: wch/ })
    const reasons = results.map(
      ({ title, status, reason }) => `${title.split(' ').slice(0, 2).join(' ')} ${status} ${reason}`,
    )
    expect(reasons.map(each => each.replace(/: it .*/, ''))).to.deep.equal([
      'a read passed ',
      'a write not-applicable dangerous',
      'wchs counts passed ',
      'wchc lists not-applicable dangerous',
      'wchp lists not-applicable dangerous',
    ])
  })

  it('reports a case as not applicable if the server closes the connection on an operation that it needs', async () => {
    await using server = await TestServer.start({ containerCheckInterval: 200 })
    const opcodes = [OpCode.auth, OpCode.sasl, OpCode.createContainer, OpCode.createTTL, OpCode.reconfig]
    await using picky = await PickyServer.before(server.port, opcodes)
    const only = /^(create|auth|acl|multi): /
    const report = await runConformance({ hosts: picky.hosts, only, maxWait: 2000 })
    const failed = report.results.filter(({ status }) => status === 'failed').map(labelOf)
    // The statement about every scheme: a server that takes no auth at all breaks it.
    const refusal = 'auth: an unknown scheme is refused with AUTH_FAILED, and then the connection ends'
    expect(failed).to.deep.equal([refusal])
    expect(report.capabilities).to.not.include.members(['digest', 'sasl', 'containers'])
    const reasons = new Set(report.results.map(({ reason }) => reason))
    expect([...reasons]).to.include.members(['needs digest', 'needs containers', 'needs no-sasl'])
    expect(report.left).to.equal(null)
  })

  // Longer than the session may be silent. The server stands still as well, and is as late.
  const stall = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 900)
  const heartbeats: ConformanceOptions['only'] = /heartbeats keep a session alive/

  it('does not blame the server for heartbeats that a busy process has sent too late', async () => {
    await using server = await TestServer.start()
    let isStalled = false
    const stalling = setInterval(() => {
      const isOwned = ({ operation, body }: RecordedRequest): boolean =>
        operation === 'create' && (body as CreateRequest).flags === CreateFlag.ephemeral
      if (isStalled || !server.requests().some(isOwned)) return
      isStalled = true
      stall()
    }, 5)
    try {
      const report = await runConformance({ hosts: server.hosts, only: heartbeats })
      expect(formatFailures(report)).to.equal('')
      expect(report.results.map(({ status }) => status)).to.deep.equal(['passed'])
    } finally {
      clearInterval(stalling)
    }
    expect(isStalled).to.equal(true)
  })

  it('does not blame the server for the end of a session whose answers a busy process has read too late', async () => {
    // The folder of the case, the session of its first attempt, and the ephemeral of the next one.
    const events = [/write .*\/1$/, /^openSession/, /write .*\/a\d$/]
    await using server = await TestServer.start({
      onCommit: ({ type, changes }) => {
        if (!events[0]?.test(`${type} ${changes[0]?.path}`)) return
        events.shift()
        if (events.length < 2) stall()
      },
    })
    const report = await runConformance({ hosts: server.hosts, only: heartbeats })
    expect(formatFailures(report)).to.equal('')
    expect(report.results.map(({ status }) => status)).to.deep.equal(['passed'])
    expect(events).to.deep.equal([])
  })

  it('ends with a message when the servers stop answering', async () => {
    await using server = await TestServer.start()
    const report = await runConformance({
      hosts: server.hosts,
      maxWait: 300,
      onProgress: ({ done }) => {
        if (done === 3) server.holdReplies()
      },
    })
    expect([report.interrupted, report.lost]).to.deep.equal([true, true])
    expect(report.results.length).to.be.lessThan(10)
    expect(report.left).to.match(/^\/zookit-conformance-\S+ may be left at the servers: /)
  })

  it('reports each difference of a server from its profile, with the frames', async () => {
    await using server = await TestServer.start({ version: '3.8.0' })
    const only = /zxid of the change$/
    const report = await runConformance({ hosts: server.hosts, profile: '3.9', only })
    expect(report.results.map(({ status }) => status)).to.deep.equal(['failed'])
    const [frame] = report.results[0]!.failure!.frames.slice(-1)
    expect(frame).to.contain('ReplyHeader')
    expect(report.results[0]!.failure!.actual).to.equal('-1n')
  })
})

for (const target of await findTargets()) {
  describe(`the conformance suite on ${target.name}`, function () {
    this.timeout(120_000)

    it('finds no failure in a standalone server, and leaves nothing behind', async () => {
      await using server = await target.startServer({ superPassword: 'secret' })
      await keeps({ hosts: server.hosts })
      expect(await server.fourLetter('srvr')).to.match(/^Node count: 5$/m)
    })

    it('finds no failure in one that demands TLS, a certificate and SASL', async () => {
      const sasl = { users: { bob: 'builder' }, required: true }
      await using server = await target.startServer({
        sasl,
        superPassword: 'secret',
        tls: { clientAuth: 'need' },
      })
      await keeps({ hosts: `localhost:${server.securePort}`, only: WITH_IDENTITY, ...IDENTITY })
      expect(await server.fourLetter('srvr')).to.match(/^Node count: 5$/m)
    })
  })
}
