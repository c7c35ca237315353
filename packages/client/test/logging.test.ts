import { Console } from 'node:console'
import { PassThrough } from 'node:stream'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import pino from 'pino'
import { connect, type Logger, logTo, requestChannel, type ZooKeeper } from '../src/index.ts'
import { until } from './support/targets.ts'

/** Keeps what a logger writes. */
function sink(): { stream: PassThrough; text(): string } {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', chunk => (text += chunk))
  return { stream, text: () => text }
}

describe('The log of a client', () => {
  let server: TestServer
  let zk: ZooKeeper
  let id: string

  beforeEach(async () => {
    server = await TestServer.start()
    zk = await connect(`${server.hosts}/app`, {
      sessionTimeout: 5000,
      backoff: { initial: 5, max: 10 },
      auth: [{ scheme: 'digest', auth: 'bob:builder' }],
    })
    await zk.ensurePath('/')
    id = `0x${zk.session.id.toString(16)}`
  })
  afterEach(async () => {
    await zk.close()
    await server.stop()
  })

  it('has each request with session, server, path, xid and time, and no data', async () => {
    const { stream, text } = sink()
    logTo(zk, new Console(stream), { level: 'debug', topics: ['requests'] })
    await zk.create('/a', 'top-secret', { mode: 'ephemeral' })
    await zk.getData('/b').catch(() => {})
    const where = `session=${id} server=${server.hosts}`
    const [first, second, ...rest] = text().trim().split('\n')
    expect(first).to.match(new RegExp(`^create /a done ${where} xid=\\d+ duration=[\\d.]+$`))
    expect(second).to.match(
      new RegExp(
        `^getData /b failed: NO_NODE: the znode does not exist ${where} xid=\\d+ duration=[\\d.]+ code=NO_NODE$`,
      ),
    )
    expect(rest).to.deep.equal([])
    const xids = [first, second].map(line => Number(/xid=(\d+)/.exec(line!)![1]))
    expect(xids[1]).to.equal(xids[0]! + 1)
    expect(text()).not.to.match(/top-secret|builder/)
  })

  it('goes on with a logger that fails, loses no request, and tells of it once', async () => {
    const seen: string[] = []
    const failing = (fail: (text: string) => unknown): Logger => {
      const write = (text: string): unknown => {
        seen.push(text)
        return fail(text)
      }
      return { debug: write, info: write, warn: write, error: write }
    }
    const broken = failing(() => {
      throw new Error('the disk is full')
    })
    const rejecting = failing(() => Promise.reject(new Error('nobody answers')))
    const warnings: (Error & { code?: string })[] = []
    const hear = (warning: Error): unknown => warnings.push(warning)
    process.on('warning', hear)
    try {
      for (const logger of [broken, rejecting]) logTo(zk, logger, { level: 'debug' })
      await zk.create('/a')
      await zk.exists('/a')
      await zk.close()
      await until('both were told of', () => warnings.length >= 2)
    } finally {
      process.off('warning', hear)
    }
    expect(seen.filter(text => /^(create|exists) \/a done/.test(text))).to.have.lengthOf(4)
    expect(seen.filter(text => /^session closed/.test(text))).to.have.lengthOf(2)
    expect(warnings.map(({ code }) => code)).to.deep.equal(['ZOOKIT_LOGGER', 'ZOOKIT_LOGGER'])
    expect(warnings.map(({ message }) => message).sort()).to.deep.equal(
      ['nobody answers', 'the disk is full'].map(
        told => `the logger given to logTo failed: ${told}. Logging goes on, and tells of no further failure`,
      ),
    )
  })

  it('has states and failed attempts as fields for pino, at levels that fit', async () => {
    const { stream, text } = sink()
    logTo(zk, pino({ base: null, timestamp: false, level: 'trace' }, stream))
    await zk.exists('/')
    await server.stop()
    await until('an attempt has failed', () => /ECONNREFUSED/.test(text()))
    await server.restart()
    await zk.ready()
    await zk.close()
    const lines = text()
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines[0]).to.deep.include({ level: 40, topic: 'session', session: id, server: 'none' })
    expect(lines[0].msg).to.equal('session suspended (was connected)')
    expect(lines[0]).to.include({ state: 'suspended', previous: 'connected' })
    expect(lines[1]).to.include({ level: 40, server: server.hosts, code: 'CONNECT_FAILED' })
    expect(lines.at(-2)).to.include({ level: 30, server: server.hosts })
    expect(lines.at(-1).msg).to.match(/^session closed \(was connected\)/)
    expect(lines.some(({ topic }) => topic !== 'session')).to.equal(false)
  })

  it('has the operation and the path of a request as fields for pino, and no field twice', async () => {
    const { stream, text } = sink()
    logTo(zk, pino({ base: null, timestamp: false, level: 'debug' }, stream), {
      level: 'debug',
      topics: ['requests'],
    })
    await zk.getData('/b').catch(() => {})
    const { duration, xid, ...rest } = JSON.parse(text())
    expect([duration, xid]).to.satisfy((times: unknown[]) => times.every(time => typeof time === 'number'))
    expect(rest).to.deep.equal({
      level: 20,
      topic: 'requests',
      operation: 'getData',
      path: '/b',
      session: id,
      server: server.hosts,
      code: 'NO_NODE',
      msg: 'getData /b failed: NO_NODE: the znode does not exist',
    })
  })

  it('names each znode that ensurePath looks for and creates', async () => {
    const { stream, text } = sink()
    logTo(zk, new Console(stream), { level: 'debug', topics: ['requests'] })
    await zk.ensurePath('/a/b')
    const done = text()
      .trim()
      .split('\n')
      .map(line => line.replace(/ done.*/, ''))
    // The chroot, which the client sees as its root, is looked for too.
    expect(done).to.deep.equal(['exists /', 'exists /a', 'exists /a/b', 'create /a', 'create /a/b'])
  })

  it('has no zxid for an event of a server that tells none', async () => {
    const { stream, text } = sink()
    await using old = await TestServer.start({ version: '3.8.0' })
    await using other = await connect(old.hosts)
    logTo(other, new Console(stream), { level: 'debug', topics: ['watches'] })
    const watch = other.watch('/a')
    await watch.ready
    await other.create('/a')
    await until('the event is logged', () => /created/.test(text()))
    expect(text().trim()).to.match(/^watch event: created \/a session=0x[0-9a-f]+ server=[\d.:]+$/)
    await watch.close()
  })

  it('has events of watches, and how long it took to set them again', async () => {
    const { stream, text } = sink()
    logTo(zk, new Console(stream), { level: 'debug', topics: ['watches'] })
    const watch = zk.watch('/a')
    await watch.ready
    await zk.create('/a')
    await until('the event is logged', () => /created/.test(text()))
    server.dropConnections()
    await until('the watch is set again', () => /set again/.test(text()))
    const [event, again] = text().trim().split('\n')
    expect(event).to.match(
      new RegExp(`^watch event: created /app/a session=${id} server=${server.hosts} zxid=0x\\d+$`),
    )
    expect(again).to.match(/^watches set again session=\S+ server=\S+ watches=1 duration=[\d.]+$/)
    await watch.close()
  })

  it('is that of one client, and ends when it is told to or the client is closed', async () => {
    const { stream, text } = sink()
    const stop = logTo(zk, new Console(stream), { level: 'debug' })
    await using other = await connect(server.hosts)
    await other.exists('/other')
    expect(text()).to.equal('')
    expect(requestChannel.hasSubscribers).to.equal(true)
    stop()
    await zk.exists('/a')
    expect(text()).to.equal('')
    expect(requestChannel.hasSubscribers).to.equal(false)
    logTo(zk, new Console(stream), { level: 'debug' })
    await zk.close()
    expect(text()).to.include('session closed')
    expect(requestChannel.hasSubscribers).to.equal(false)
  })

  it('costs requests nothing above debug: nobody listens to them', () => {
    const stop = logTo(zk, console, { level: 'info' })
    expect(requestChannel.hasSubscribers).to.equal(false)
    stop()
  })

  it('forges no line, whatever a path has in it', async () => {
    const { stream, text } = sink()
    const lines: unknown[][] = []
    const keep = (...args: unknown[]): void => void lines.push(args)
    logTo(zk, { debug: keep, info: keep, warn: keep, error: keep }, { level: 'debug' })
    logTo(zk, new Console(stream), { level: 'debug' })
    await zk.getData('/x\u202esession closed').catch(() => {})
    expect(text().trim().split('\n').length).to.equal(lines.length)
    for (const [line, fields] of lines) {
      expect(line).not.to.match(/\p{C}/u)
      expect(fields).to.be.an('object')
    }
  })

  it('refuses anything but a client, a logger and known options', () => {
    expect(() => logTo({} as never, console)).to.throw(/logTo.*a client, as `connect` makes it/)
    expect(() => logTo(zk, { info() {} } as unknown as Logger)).to.throw(/debug, info, warn and error/)
    expect(() => logTo(zk, console, { level: 'trace' as never })).to.throw(/level/)
    expect(() => logTo(zk, console, { topics: ['all' as never] })).to.throw(
      /session, requests, watches, recipes/,
    )
  })
})
