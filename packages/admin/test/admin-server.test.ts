import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { acl, connect, digestId, type ZooKeeper } from '@zookit/client'
import { findTargets, type RealEnsemble, type RealServer } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { AdminServer, ensembleStatus, FourLetterWords } from '../src/index.ts'
import { failure } from './support/failure.ts'
import { busyClient, trusting } from './support/kinds.ts'
import { breakingOff, web } from './support/web.ts'

const TIME_LIMIT = 60_000
const SUPER = { scheme: 'digest', id: 'super:wizard' }
const at = (server: RealServer, scheme = 'http'): string => `${scheme}://127.0.0.1:${server.adminPort}`

/** AdminServer lets a client take one snapshot every five minutes by default. */
const options = {
  superPassword: 'wizard',
  properties: { 'zookeeper.admin.rateLimiterIntervalInMS': '1' },
} as const

for (const target of await findTargets()) {
  const hasSnapshots = !/ 3\.8\./.test(target.name)

  describe(`AdminServer of ${target.name}`, function () {
    this.timeout(TIME_LIMIT)
    let server: RealServer
    let zk: ZooKeeper
    let admin: AdminServer

    before(async () => {
      server = await target.startServer({ ...options, admin: 'http' })
      zk = await busyClient(server.hosts)
      admin = new AdminServer(at(server), { auth: SUPER })
    })
    after(async () => {
      await zk.close()
      await server.stop()
    })

    it('tells its commands, each of which has a method', async () => {
      const names = await admin.commands()
      expect(names).to.include.members(['monitor', 'stats', 'zabstate'])
      expect(names.includes('snapshot')).to.equal(hasSnapshots)
      const others: Record<string, string> = {
        stat_reset: 'resetStats',
        connection_stat_reset: 'resetConnectionStats',
        observer_connection_stat_reset: 'resetObserverStats',
        zabstate: 'zabState',
      }
      for (const name of names) {
        const method = others[name] ?? name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
        expect(admin, name).to.respondTo(method)
      }
    })

    it('tells the state as `srvr` and `stat` do', async () => {
      const summary = await admin.serverStats()
      expect(summary.version).to.match(/^3\.[89]\.\d+$/)
      expect(summary).to.include({ mode: 'standalone', readOnly: false, znodes: 7, zxid: 3n, outstanding: 0 })
      expect(summary.latency.max).to.be.a('number')
      const stats = await admin.stats()
      expect(stats).to.include({ mode: 'standalone', znodes: 7 })
      expect(stats.plain).to.have.lengthOf(1)
      expect(stats.plain[0]).to.include({ host: '127.0.0.1', queued: 0 })
    })

    it('tells connections, whole session ids included', async () => {
      const { plain, secure } = await admin.connections()
      expect(secure).to.deep.equal([])
      expect(plain[0]).to.include({
        sessionId: zk.session.id,
        timeout: zk.session.timeout,
        lastOperation: 'EXIS',
      })
      expect(plain[0]!.other).to.deep.equal({})
    })

    it('tells sessions, ephemeral znodes and watches', async () => {
      const { id } = zk.session
      const { expiries, ephemerals } = await admin.dump()
      expect(expiries.flatMap(({ sessionIds }) => sessionIds)).to.deep.equal([id])
      expect(ephemerals).to.deep.equal([{ sessionId: id, paths: ['/mine'] }])
      expect(await admin.watchSummary()).to.deep.equal({ connections: 1, paths: 2, watches: 2 })
      expect((await admin.watches()).map(each => [each.sessionId, each.paths.toSorted()])).to.deep.equal([
        [id, ['/nobody', '/shared']],
      ])
      expect((await admin.watchesByPath()).every(({ sessionIds }) => sessionIds[0] === id)).to.equal(true)
    })

    it('tells settings, environment, sizes and what it measures', async () => {
      expect(await admin.configuration()).to.include({ clientPort: server.port, tickTime: 200, serverId: 0 })
      expect(await admin.initialConfiguration()).to.include('tickTime=200')
      expect(await admin.environment()).to.include.keys('host.name', 'java.version')
      expect(await admin.systemProperties()).to.include({ 'java.awt.headless': 'true' })
      expect((await admin.dirs()).data).to.be.greaterThan(0)
      expect(await admin.monitor()).to.include({ mode: 'standalone', znodes: 7, ephemerals: 1, watches: 2 })
      expect((await admin.monitor()).other).to.include({ connection_rejected: 0 })
      expect((await admin.lastSnapshot()).zxid).to.equal(0n)
      expect(await admin.isReadOnly()).to.equal(false)
      expect(await admin.ruok()).to.equal(true)
      expect(await admin.setTraceMask(258)).to.equal(258n)
      expect(await admin.getTraceMask()).to.equal(258n)
      expect(await admin.observers()).to.deep.equal([])
      expect(await admin.votingView()).to.deep.equal([])
      expect(await admin.zabState()).to.include({ phase: null, voting: false, zxid: null })
    })

    it('resets statistics', async () => {
      await admin.resetStats()
      await admin.resetConnectionStats()
      await admin.resetObserverStats()
      expect((await admin.connections()).plain[0]).to.include({ received: 0, sent: 0 })
    })

    it('refuses what a lone server or an older one cannot tell, by name', async () => {
      expect(await failure(admin.leader())).to.include({ code: 'COMMAND_FAILED' })
      expect(await failure(admin.run('nonsense'))).to.include({ code: 'UNKNOWN_COMMAND' })
      if (!hasSnapshots) expect(await failure(admin.takeSnapshot())).to.include({ code: 'UNKNOWN_COMMAND' })
    })

    it('speaks https, and only to clients that trust its certificate', async () => {
      await using secure = await target.startServer({ ...options, admin: 'https' })
      expect(await new AdminServer(at(secure, 'https'), { tls: trusting }).ruok()).to.equal(true)
      expect(await failure(new AdminServer(at(secure, 'https')).ruok())).to.include({ code: 'TLS_FAILED' })
      const [plain, encrypted] = [new AdminServer(at(server, 'https')), new AdminServer(at(secure))]
      expect((await failure(plain.ruok())).message).to.match(/^TLS_FAILED .* does not speak TLS: use http:/)
      expect((await failure(encrypted.ruok())).message).to.match(/^TLS_FAILED .* speaks TLS: use https:/)
      if (!hasSnapshots) return
      const known = new AdminServer(at(secure, 'https'), { tls: trusting, auth: SUPER })
      expect((await known.takeSnapshot()).size).to.be.greaterThan(0)
      const unknown = new AdminServer(at(secure, 'https'), { tls: trusting })
      expect(await failure(unknown.takeSnapshot())).to.include({ code: 'NOT_AUTHENTICATED' })
    })

    it('speaks http and https on one port, if the server does', async () => {
      const config = { 'admin.forceHttps': false, 'admin.portUnification': true }
      await using both = await target.startServer({ admin: 'https', config })
      expect(await new AdminServer(at(both)).ruok()).to.equal(true)
      expect(await new AdminServer(at(both, 'https'), { tls: trusting }).ruok()).to.equal(true)
    })

    it('tells digests of the tree, the same on every member, and who leads', async () => {
      await using ensemble: RealEnsemble = await target.startEnsemble({
        ...options,
        admin: 'http',
        observers: 1,
      })
      const leader = await ensemble.leader()
      const [follower] = await ensemble.followers()
      await using client = await connect(follower!.hosts)
      await Promise.all(Array.from({ length: 200 }, (_, index) => client.create(`/n${index}`)))
      await client.sync('/')
      const [first, second] = [new AdminServer(at(leader)), new AdminServer(at(follower!))]
      const [digest] = await second.hash()
      expect(await first.hash()).to.deep.include(digest!)
      expect(await first.leader()).to.deep.include({ isLeader: true, leaderId: leader.id })
      expect(await second.leader()).to.deep.equal({
        isLeader: false,
        leaderId: leader.id,
        leaderHost: '127.0.0.1',
      })
      expect((await second.votingView()).map(({ id }) => id)).to.deep.equal([1, 2, 3])
      expect(await second.zabState()).to.include({ phase: 'broadcast', voting: true, isLeader: false })
      const [observer] = await first.observers()
      expect(observer!.id).to.equal(4)
      expect((await first.serverStats()).proposals!.max).to.be.a('number')
    })

    if (hasSnapshots) {
      it('sends a snapshot, and takes it back', async () => {
        await zk.create('/kept', 'before')
        const { zxid, size, stream } = await admin.snapshot()
        const bytes = await buffer(stream)
        expect(bytes).to.have.lengthOf(size!)
        expect(zxid).to.be.a('bigint')
        expect((await admin.takeSnapshot()).size).to.equal(size)
        await zk.setData('/kept', 'after')
        expect(await admin.restore(Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]))).to.equal(
          zxid,
        )
        expect(`${(await zk.getData('/kept')).data}`).to.equal('before')
        expect(await failure(admin.restore(Buffer.from('nonsense')))).to.include({ code: 'COMMAND_FAILED' })
        const part = Readable.from(breakingOff(bytes.subarray(0, bytes.length - 1)))
        expect(await failure(admin.restore(part))).to.include({ code: 'SOURCE_FAILED' })
        expect(`${(await zk.getData('/kept')).data}`).to.equal('before')
      })

      it('wants a credential for it, with all permissions on /', async () => {
        expect(await failure(new AdminServer(at(server)).takeSnapshot())).to.include({
          code: 'NOT_AUTHENTICATED',
        })
        await zk
          .setAcl('/', [{ perms: 'read', id: { scheme: 'world', id: 'anyone' } } as never])
          .catch(() => {})
        await using owner = await connect(server.hosts)
        await owner.addAuth('digest', 'super:wizard')
        await owner.setAcl('/', [acl('r', 'world', 'anyone'), acl('cdrwa', 'digest', digestId('ann', 'x'))])
        const ann = { scheme: 'digest', id: 'ann:x' }
        expect((await new AdminServer(at(server), { auth: ann }).takeSnapshot()).size).to.be.greaterThan(0)
        const bob = { scheme: 'digest', id: 'bob:builder' }
        expect(await failure(new AdminServer(at(server), { auth: bob }).takeSnapshot())).to.include({
          code: 'NOT_AUTHORIZED',
        })
      })

      it('tells that the configuration turns it off, or that it comes too often', async () => {
        await using strict = await target.startServer({
          superPassword: 'wizard',
          admin: 'http',
          properties: { 'zookeeper.admin.snapshot.enabled': 'false' },
        })
        const few = new AdminServer(at(strict), { auth: SUPER })
        const off = await failure(few.takeSnapshot())
        expect(off).to.include({ code: 'DISABLED' })
        expect(off.message).to.include('set admin.snapshot.enabled=true')
        const { stream } = await admin.snapshot()
        const bytes = await buffer(stream)
        await few.restore(bytes)
        expect(await failure(few.restore(bytes))).to.include({ code: 'RATE_LIMITED', retryable: true })
      })
    }
  })
}

const json = (text: string) => (_: IncomingMessage, response: ServerResponse) =>
  void response.setHeader('content-type', 'application/json').end(text)

describe('A server that is not AdminServer', () => {
  it('is given up in time, with an answer that does not begin or does not end', async () => {
    for (const listener of [
      () => {},
      (_: IncomingMessage, response: ServerResponse) => void response.write('{'),
    ]) {
      await using silent = await web(listener)
      expect(await failure(new AdminServer(silent.url, { timeout: 100 }).ruok())).to.include({
        code: 'TIMEOUT',
      })
    }
  })

  it('is given up in time also if it drips', async () => {
    await using slow = await web((_, response) => {
      const drip = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(drip))
    })
    expect(await failure(new AdminServer(slow.url, { timeout: 100 }).ruok())).to.include({ code: 'TIMEOUT' })
  })

  it('sends at most maxBytes, of which nothing is believed that is not ZooKeeper’s', async () => {
    await using long = await web(json(`"${'x'.repeat(2000)}"`))
    const short = new AdminServer(long.url, { maxBytes: 1000 })
    expect(await failure(short.ruok())).to.include({ code: 'ANSWER_TOO_LONG' })
    const answers = [
      '"x"',
      '{}',
      '[]',
      '<html>',
      '{"command":',
      '['.repeat(100_000),
      '{"command":"monitor","error":null}',
    ]
    for (const answer of answers) {
      await using odd = await web(json(answer))
      expect(await failure(new AdminServer(odd.url).monitor()), answer.slice(0, 20)).to.include({
        code: 'MALFORMED_ANSWER',
      })
    }
  })

  it('that breaks off fails the snapshot, and not the process', async () => {
    await using broken = await web((_, response) => {
      response.setHeader('snapshot_size', '1000').setHeader('last_zxid', '0x1').write('half')
      setImmediate(() => response.destroy())
    })
    const { stream, size, zxid } = await new AdminServer(broken.url).snapshot()
    expect({ size, zxid }).to.deep.equal({ size: 1000, zxid: 1n })
    expect(await failure(buffer(stream))).to.include({ code: 'CLOSED' })
    await using short = await web(
      (_, response) => void response.setHeader('snapshot_size', '1000').end('half'),
    )
    expect(await failure(buffer((await new AdminServer(short.url).snapshot()).stream))).to.include({
      code: 'CLOSED',
    })
  })

  it('is told by a call that is aborted, or to a port where nobody listens', async () => {
    await using silent = await web(() => {})
    const signal = AbortSignal.timeout(20)
    expect(await failure(new AdminServer(silent.url, { signal }).ruok())).to.include({ code: 'ABORTED' })
    const gone = await web(() => {})
    await gone[Symbol.asyncDispose]()
    expect(await failure(new AdminServer(gone.url).ruok())).to.include({ code: 'CONNECT_FAILED' })
  })

  it('keeps the digits of 64-bit numbers', async () => {
    const answer =
      '{"connections":[{"session_id":-72057594037927935,"remote_socket_address":"h/1.2.3.4:5"}],"command":"x"}'
    await using server = await web(json(answer))
    const { plain } = await new AdminServer(server.url).connections()
    expect(plain[0]).to.include({ sessionId: 2n ** 64n - 72057594037927935n, host: '1.2.3.4', port: 5 })
  })

  it('refuses more arguments than it takes, as the words and ensembleStatus do', async () => {
    type Plain = Record<string, (...args: unknown[]) => Promise<unknown>>
    const takes: Readonly<Record<string, readonly unknown[]>> = {
      ask: ['ruok'],
      run: ['ruok', {}],
      setTraceMask: [1],
      restore: [Buffer.alloc(1)],
    }
    const objects = [new AdminServer('http://127.0.0.1:1'), new FourLetterWords('127.0.0.1:1')]
    for (const object of objects) {
      const prototype = Object.getPrototypeOf(object) as object
      const names = Object.getOwnPropertyNames(prototype).filter(name => name !== 'constructor')
      for (const name of names) {
        const call = (object as unknown as Plain)[name]!(...(takes[name] ?? []), () => {})
        const error = await failure(call)
        expect(error, name).to.include({ code: 'BAD_ARGUMENTS', command: name })
        expect(error.message).to.include('too many arguments')
      }
    }
    for (const make of [
      () => Reflect.construct(AdminServer, ['http://127.0.0.1:1', {}, 'surplus']),
      () => Reflect.construct(FourLetterWords, ['127.0.0.1:1', {}, 'surplus']),
    ])
      expect(make).to.throw(/too many arguments: it takes 2/)
    const status = ensembleStatus as unknown as (...args: unknown[]) => Promise<unknown>
    expect(await failure(status('127.0.0.1:1', {}, 'surplus'))).to.include({ code: 'BAD_ARGUMENTS' })
  })

  it('names the argument that is wrong, and sends no password in clear text to another machine', async () => {
    const wrong: [() => unknown, string, string][] = [
      [() => new AdminServer('nowhere'), 'BAD_ARGUMENTS', 'the url must be'],
      [() => new AdminServer('ftp://a'), 'BAD_ARGUMENTS', 'ftp:'],
      [() => new AdminServer('http://u:p@a'), 'BAD_ARGUMENTS', 'use auth'],
      [() => new AdminServer('http://a', { timeout: -1 }), 'BAD_ARGUMENTS', 'timeout'],
      [
        () => new AdminServer('http://a', { auth: { scheme: 'digest', id: 'a b' } }),
        'BAD_ARGUMENTS',
        'auth.id',
      ],
      // The client's name for it: without an id, the server would only say that nobody is authenticated.
      [
        () =>
          new AdminServer('http://a', { auth: { scheme: 'digest', credential: 'super:wizard' } as never }),
        'BAD_ARGUMENTS',
        "no option 'credential'; there are scheme, id",
      ],
      [() => new AdminServer('http://a.example', { auth: SUPER }), 'INSECURE_AUTH', 'clear text'],
      [() => new AdminServer('http://a').run('../x'), 'BAD_ARGUMENTS', 'letters'],
      [() => new AdminServer('http://a').restore('x' as never), 'BAD_ARGUMENTS', 'snapshot'],
    ]
    for (const [call, code, part] of wrong) {
      const error = await failure((async () => call())())
      expect(error).to.include({ code })
      expect(error.message).to.include(part)
      expect(error.message).not.to.include('wizard')
    }
    const own = { scheme: 'runes', id: 'wizard' }
    const refused = await failure((async () => new AdminServer('http://a.example', { auth: own }))())
    expect(refused).to.include({ code: 'INSECURE_AUTH' })
    for (const auth of [{ scheme: 'ip' }, { scheme: 'x509', id: 'CN=a' }]) {
      expect(new AdminServer('http://a.example', { auth }).url).to.include('/commands')
    }
    expect(new AdminServer('http://a.example', { auth: SUPER, allowInsecureAuth: true }).url).to.include(
      '/commands',
    )
  })
})
