import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { FourLetterWords } from '../src/index.ts'
import { failure } from './support/failure.ts'
import { type AnyServer, busyClient, describeKinds, trusting } from './support/kinds.ts'

describeKinds('Four-letter words', kind => {
  let server: AnyServer
  let zk: ZooKeeper
  let words: FourLetterWords

  before(async () => {
    server = await kind.start()
    zk = await busyClient(server.hosts)
    words = new FourLetterWords(server.hosts)
  })
  after(async () => {
    await zk.close()
    await server[Symbol.asyncDispose]()
  })

  it('tell that the server runs, and that it takes writes', async () => {
    expect(await words.ruok()).to.equal(true)
    expect(await words.isro()).to.equal('rw')
  })

  it('tell the state in numbers', async () => {
    const summary = await words.srvr()
    expect(summary.version).to.match(/^3\.\d+(\.\d+)?$/)
    expect(summary.build).to.include(summary.version)
    expect(summary).to.include({
      mode: 'standalone',
      readOnly: false,
      znodes: 7,
      outstanding: 0,
      proposals: null,
    })
    expect(summary.zxid).to.equal(3n)
    expect(summary.connections).to.be.at.least(1)
    expect(summary.received).to.be.at.least(4)
    expect(summary.sent).to.be.at.least(4)
    expect(summary.latency.avg).to.be.a('number')
    expect(summary.other, 'nothing is left unparsed').to.deep.equal({})
  })

  it('tell the clients with the state', async () => {
    const { clients, ...rest } = await words.stat()
    expect(rest).to.include({ mode: 'standalone', znodes: 7 })
    expect(clients).to.have.lengthOf(2)
    for (const client of clients) {
      expect(client).to.include({ host: '127.0.0.1', queued: 0, sessionId: null })
      expect(client.port).to.be.a('number')
      expect(client.other).to.deep.equal({})
    }
  })

  it('tell what the server measures, and keep what is not known', async () => {
    const monitor = await words.mntr()
    expect(monitor).to.include({ mode: 'standalone', znodes: 7, ephemerals: 1, globalSessions: 1 })
    expect(monitor.watches).to.equal(2)
    expect(monitor.version).to.match(/^3\.\d+/)
    expect(monitor.latency.max).to.be.a('number')
    if (kind.real) {
      expect(monitor.other).to.include.keys('non_mtls_remote_conn_count', 'connection_rejected')
      expect(monitor.other.connection_rejected).to.equal(0)
      expect(monitor.maxFiles).to.be.greaterThan(100)
      expect(monitor.dataSize).to.be.greaterThan(10)
      expect(monitor.uptime).to.be.greaterThan(0)
    }
  })

  it('tell the connections with their sessions', async () => {
    const connections = await words.cons()
    const mine = connections.find(({ sessionId }) => sessionId === zk.session.id)!
    expect(mine).to.include({ host: '127.0.0.1', timeout: zk.session.timeout, queued: 0, reading: true })
    expect(mine.established).to.be.greaterThan(Date.parse('2020-01-01'))
    expect(mine.other).to.deep.equal({})
    if (kind.real) {
      expect(mine).to.include({ lastOperation: 'EXIS', lastXid: 4, lastZxid: 3n })
      expect(mine.latency.max).to.be.a('number')
    }
  })

  it('tell the configuration', async () => {
    const configuration = await words.conf()
    expect(configuration.clientPort).to.equal(Number(server.hosts.split(':')[1]))
    expect(configuration).to.deep.include({ tickTime: 200, maxClientCnxns: 0, minSessionTimeout: 400 })
    expect(configuration).to.deep.include({ members: [], version: null })
    expect(configuration.other).to.include({ clientPortListenBacklog: -1 })
  })

  it('tell the environment', async () => {
    const environment = await words.envi()
    expect(environment['zookeeper.version']).to.match(/^3\./)
    expect(environment).to.include.keys('host.name', 'os.name', 'user.dir')
  })

  it('tell sessions and ephemeral znodes', async () => {
    const { sessions, ephemerals } = await words.dump()
    expect(sessions).to.have.lengthOf(1)
    expect(sessions[0]).to.include({ id: zk.session.id, kind: 'global', timeout: null })
    expect(sessions[0]!.expires).to.match(/^(at|in) .+/)
    expect(ephemerals).to.deep.equal([{ sessionId: zk.session.id, paths: ['/mine'] }])
  })

  it('tell the watches in three ways', async () => {
    const { id } = zk.session
    expect(await words.wchs()).to.deep.equal({ connections: 1, paths: 2, watches: 2 })
    expect((await words.wchc()).map(({ sessionId, paths }) => [sessionId, paths.toSorted()])).to.deep.equal([
      [id, ['/nobody', '/shared']],
    ])
    expect((await words.wchp()).toSorted((a, b) => (a.path < b.path ? -1 : 1))).to.deep.equal([
      { path: '/nobody', sessionIds: [id] },
      { path: '/shared', sessionIds: [id] },
    ])
  })

  it('tell the size on disk, the trace mask and the digests of the tree', async () => {
    const { data, log } = await words.dirs()
    expect(data).to.be.at.least(0)
    expect(log).to.be.at.least(0)
    expect(await words.gtmk()).to.equal(306n)
    expect(await words.hash()).to.be.an('array')
  })

  it('that the server does not know are CLOSED', async () => {
    const error = await failure(words.ask('lead'))
    expect(error).to.include({ code: 'CLOSED', server: server.hosts, command: 'lead', retryable: true })
    expect(error.message).to.include('does not know the word')
  })

  it('that its whitelist lacks are NOT_ALLOWED, with the line to change', async () => {
    await using strict = await kind.startStrict()
    const few = new FourLetterWords(strict.hosts)
    expect(await few.srvr()).to.include({ mode: 'standalone' })
    const error = await failure(few.mntr())
    expect(error).to.include({ code: 'NOT_ALLOWED', retryable: false })
    expect(error.message).to.equal(
      `NOT_ALLOWED (mntr ${strict.hosts}): add mntr to 4lw.commands.whitelist in the server's zoo.cfg`,
    )
  })

  it('travel over TLS, and not to a server whose name or authority is wrong', async () => {
    await using secure = await kind.startSecure('server')
    const over = (tls: object): FourLetterWords => new FourLetterWords(secure.hosts, { tls })
    expect(await over(trusting).srvr()).to.include({ mode: 'standalone' })
    expect(await failure(over({}).srvr())).to.include({ code: 'TLS_FAILED', retryable: false })
    const elsewhere = { ...trusting, servername: 'elsewhere.example' }
    expect(await failure(over(elsewhere).srvr())).to.include({ code: 'TLS_FAILED' })
    const plain = await failure(new FourLetterWords(secure.hosts, { timeout: 200 }).srvr())
    expect(plain).to.include({ code: 'TIMEOUT' })
    expect(plain.message).to.include('is the port not one for TLS')
  })

  it('to a server that is down are CONNECT_FAILED', async () => {
    await using gone = await kind.start()
    await gone.kill()
    const error = await failure(new FourLetterWords(gone.hosts).ruok())
    expect(error).to.include({ code: 'CONNECT_FAILED', retryable: true })
    expect(error.message).to.include('is the server up, and the port right?')
  })
})
