import { CreateFlag, op } from '@zookit/jute'
import { expect } from 'chai'
import type { ZooKeeperError } from '../../src/index.ts'
import {
  addressOf,
  connect,
  create,
  describeServers,
  failure,
  failuresOf,
  freshPath,
  getData,
  isThere,
  OPEN,
  open,
  setData,
  standalone,
  statesOf,
  until,
  untilState,
} from '../support/servers.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

describeServers('A lost connection', () => {
  it('R2 leaves the outcome of requests that were sent unknown, and sends nothing twice', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const session = await connect(proxy.hosts)
    const witness = await connect(server.hosts)
    const path = freshPath()
    await create(session, path)
    const request = { path: `${path}/in-multi`, data: null, acl: OPEN, flags: CreateFlag.persistent }

    proxy.swallows = true
    const lost = [
      create(session, `${path}/seq-`, 'persistent-sequential'),
      session.request(op.multi, { operations: [{ type: 1, request }] }),
      setData(session, path, 'once'),
      getData(session, path),
    ]
    const errors = Promise.all(lost.map(failure))
    await until('the server has applied it all', async () => (await getData(witness, path)) === 'once')
    proxy.cut()
    proxy.mend()
    for (const error of await errors) {
      expect(error).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown', retryable: true })
    }
    expect((await errors).map(({ operation }) => operation)).to.eql(['create', 'multi', 'setData', 'getData'])
    await session.ready()
    const { children, stat } = await session.request(op.getChildren2, { path, watch: false })
    expect(children.sort()).to.deep.equal(['in-multi', 'seq-0000000000'])
    expect(stat.version).to.equal(1)
    expect(proxy.opcodes(2)).to.deep.equal([op.getChildren2.code])
  })

  it('R3 lets requests wait for the next connection, in their order', async () => {
    const proxy = await TcpProxy.before(addressOf(await standalone()))
    const session = await connect(proxy.hosts)
    const path = freshPath()
    proxy.refuse()
    await untilState(session, 'suspended')
    const replies = Promise.all([
      create(session, path),
      setData(session, path, '1'),
      setData(session, path, '2'),
      getData(session, path),
    ])
    const impatient = session.request(op.exists, { path, watch: false }, { timeout: 50 })
    expect(await failure(impatient)).to.include({ code: 'REQUEST_TIMEOUT', outcome: 'not-sent' })
    expect(session.outstanding).to.equal(4)
    proxy.mend()
    expect((await replies)[3]).to.equal('2')
    const { create: c, setData: s, getData: g } = op
    expect(proxy.opcodes(2)).to.deep.equal([c.code, s.code, s.code, g.code])
  })

  it('R3 rejects requests at once if whenDisconnected is reject', async () => {
    const proxy = await TcpProxy.before(addressOf(await standalone()))
    const session = await connect(proxy.hosts, { whenDisconnected: 'reject' })
    proxy.refuse()
    await untilState(session, 'suspended')
    expect(await failure(getData(session, '/'))).to.include({ code: 'NOT_CONNECTED', outcome: 'not-sent' })
    proxy.mend()
    await untilState(session, 'connected')
    expect(await getData(session, '/')).to.equal('')
  })

  it('R6 is followed by the same session each time, through thirty of them', async () => {
    const proxy = await TcpProxy.before(addressOf(await standalone()))
    const session = await connect(proxy.hosts, { backoff: { initial: 1, max: 5 } })
    const { id } = session
    const states = statesOf(session)
    for (let drop = 0; drop < 30; drop++) await proxy.interrupt(session)
    expect(states).to.deep.equal(Array.from({ length: 30 }, () => ['suspended', 'connected']).flat())
    expect(session.id).to.equal(id)
    expect(proxy.connections).to.equal(31)
  })

  it('R5 is no expiry when all servers were down for less than the session timeout', async () => {
    const server = await standalone()
    const path = freshPath()
    const session = await connect(server.hosts, { sessionTimeout: 30_000 })
    const { id } = session
    await create(session, path, 'ephemeral')
    const states = statesOf(session)
    const failures = failuresOf(session)
    await server.kill()
    // A process that is killed closes its sockets one by one: an attempt may still reach the one that listens.
    const unreached = (): ZooKeeperError | undefined =>
      failures.find(({ code }) => code !== 'HANDSHAKE_REFUSED')
    await until('an attempt has found no server', () => unreached() !== undefined)
    const waiting = isThere(session, path)
    await server.restart()
    expect(await waiting).to.equal(true)
    expect(session.id).to.equal(id)
    expect(states).to.deep.equal(['suspended', 'connected'])
    expect(unreached()).to.include({ code: 'CONNECT_FAILED', outcome: 'not-sent' })
  })

  it('R5 is one expiry when all servers were down for more than 4/3 of the session timeout', async () => {
    const server = await standalone()
    const session = await connect(server.hosts, { sessionTimeout: 400 })
    const { id } = session
    const states = statesOf(session)
    await server.kill()
    await untilState(session, 'suspended')
    const waiting = failure(getData(session, '/'))
    expect(await waiting).to.include({ code: 'SESSION_EXPIRED', outcome: 'not-sent' })
    await server.restart()
    await untilState(session, 'connected')
    expect(states).to.deep.equal(['suspended', 'expired', 'connecting', 'connected'])
    expect(session.id).to.not.equal(id)
  })

  it('R9 is followed by a fresh decoder: a reply cut off in the middle harms nothing', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const session = await connect(proxy.hosts)
    const path = freshPath()
    await create(session, path, 'persistent', Buffer.alloc(900_000, 'x'))
    for (const bytes of [3, 100, 500_000]) {
      proxy.cutAfter = bytes
      expect(await failure(getData(session, path))).to.include({
        code: 'CONNECTION_LOSS',
        outcome: 'unknown',
      })
      await untilState(session, 'connected')
    }
    expect(await getData(session, path)).to.have.lengthOf(900_000)
  })

  it('R8 updateServers while no server answers changes where the session looks', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const session = open(proxy.hosts, { backoff: { initial: 300, max: 300 } })
    proxy.refuse()
    const failures = failuresOf(session)
    await until('an attempt has failed', () => failures.length > 0)
    session.updateServers([addressOf(server)])
    proxy.mend()
    await session.ready()
    expect(session.server).to.deep.equal(addressOf(server))
    expect(proxy.connections).to.equal(0)
  })

  it('R8 updateServers ends an attempt at a server that is not in the list any more', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    proxy.swallows = true
    const session = open(proxy.hosts)
    const failures = failuresOf(session)
    await until('the handshake was sent', () => proxy.frames.length === 1)
    session.updateServers([addressOf(server)])
    await session.ready()
    expect(failures.map(({ message }) => message)).to.deep.equal([
      `CONNECT_FAILED: ${proxy.hosts}: not in the list of servers any more`,
    ])
    expect(session.server).to.deep.equal(addressOf(server))
  })
})
