import { inspect } from 'node:util'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect, type ZooKeeper } from '../src/index.ts'
import { failureOf, until } from './support/targets.ts'

describe('The health of a client', () => {
  let server: TestServer
  let zk: ZooKeeper

  beforeEach(async () => {
    server = await TestServer.start()
    zk = await connect(`${server.hosts}/app`, { sessionTimeout: 400, backoff: { initial: 10, max: 20 } })
  })
  afterEach(async () => {
    await zk.close()
    await server.stop()
  })

  it('tells state, server, session, signs of life and queue, as plain data', async () => {
    await zk.exists('/')
    const health = zk.health()
    expect(health).to.deep.include({
      state: 'connected',
      server: server.hosts,
      certain: true,
      lastError: null,
    })
    expect(health.session).to.equal(`0x${zk.session.id.toString(16)}`)
    expect(health.queue).to.deep.equal({ outstanding: 0, waiting: 0, queuedBytes: 0 })
    expect(health.sinceLastFrame).to.be.at.least(0)
    expect(Date.parse(health.since)).to.be.at.most(Date.now())
    expect(JSON.parse(JSON.stringify(health))).to.deep.equal(health)
    expect(zk).to.include({ certain: true, outstanding: 0 })
    await zk.ready()
  })

  it('tells how long a ping takes, once there was one', async () => {
    expect(zk.health().ping).to.equal(null)
    await until('a ping is answered', () => zk.health().ping !== null)
    expect(zk.health().ping).to.be.at.least(0)
  })

  it('tells what waits', async () => {
    server.holdReplies()
    const asked = [zk.exists('/'), zk.exists('/a')]
    expect(zk.outstanding).to.equal(2)
    expect(zk.health().queue).to.include({ outstanding: 2, waiting: 2 })
    expect(zk.health().queue.queuedBytes).to.be.greaterThan(20)
    await null
    await null
    expect(zk.health().queue).to.deep.equal({ outstanding: 2, waiting: 0, queuedBytes: 0 })
    server.releaseReplies()
    await Promise.all(asked)
    expect(zk.outstanding).to.equal(0)
  })

  it('keeps the newest failure, and the time since when it is as it is', async () => {
    const { since } = zk.health()
    await server.stop()
    await until('an attempt has failed', () => zk.health().lastError?.code === 'CONNECT_FAILED')
    const health = zk.health()
    expect(health).to.deep.include({ server: null, sinceLastFrame: null, ping: null })
    expect(health.state).to.be.oneOf(['suspended', 'expired', 'connecting'])
    expect(health.lastError!.message).to.include('ECONNREFUSED')
    expect(Date.parse(health.lastError!.at)).to.be.at.least(Date.parse(health.since))
    expect(Date.parse(health.since)).to.be.at.least(Date.parse(since))
    await server.restart()
    await zk.ready()
    expect(zk.health()).to.include({ state: 'connected' })
    expect(zk.health().lastError).not.to.equal(null)
  })

  it('is not certain any more once the client was closed, and ready() says why', async () => {
    await zk.close()
    expect(zk.health()).to.deep.include({ state: 'closed', certain: false, server: null })
    expect(await failureOf(zk.ready())).to.include({ code: 'CLOSED' })
    expect(await failureOf((zk.ready as (surplus: unknown) => Promise<void>)(1))).to.include({
      code: 'BAD_ARGUMENTS',
    })
  })

  it('is what a client, its session and its watches print', async () => {
    await zk.ensurePath('/')
    const id = `0x${zk.session.id.toString(16)}`
    expect(inspect(zk)).to.equal(
      `ZooKeeper { connected to ${server.hosts}, session ${id}, 0 outstanding, chroot /app }`,
    )
    expect(inspect(zk.session)).to.equal(
      `SessionInfo { ${id}, timeout ${zk.session.timeout} ms, connected to ${server.hosts} }`,
    )
    const watch = zk.watch('/config', { recursive: true })
    expect(inspect(zk.transaction())).to.equal('Transaction {}')
    const transaction = zk.transaction().check('/a', 1).create('/b\n', 'hunter2')
    expect(inspect(transaction)).to.equal('Transaction { check /a, create /b\\u{a} }')
    expect(inspect({ watch })).to.equal('{ watch: Watch { /config, recursive, not at the server yet } }')
    await watch.ready
    expect(inspect(watch)).to.equal('Watch { /config, recursive, at the server }')
    await watch.close()
    expect(inspect(watch)).to.equal('Watch { /config, recursive, ended }')
  })
})
