import { op } from '@zookit/jute'
import { expect } from 'chai'
import type { Session, WatchEvent } from '../../src/index.ts'
import {
  addressOf,
  connect,
  create,
  describeServers,
  failure,
  freeze,
  freshPath,
  getData,
  isThere,
  open,
  recorder,
  standalone,
  stat,
  statesOf,
  until,
  untilState,
} from '../support/servers.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

/** Ends a session at the server behind its owner's back. */
async function end(session: Session, hosts: string): Promise<void> {
  const other = await connect(hosts, { session: session.identity })
  expect(other.id).to.equal(session.id)
  await other.close()
}

describeServers('An expired session', () => {
  it('H3 E1 settles requests that were sent, that wait and that come later', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const session = await connect(proxy.hosts, { renew: false })
    const path = freshPath()
    await create(session, path, 'ephemeral')
    const states = statesOf(session)
    proxy.swallows = true
    const onItsWay = failure(getData(session, path))
    await until('the server has been asked', () => proxy.opcodes(1).includes(op.getData.code))
    proxy.refuse()
    await untilState(session, 'suspended')
    const waits = [failure(getData(session, path)), failure(create(session, `${path}-2`))]
    await end(session, server.hosts)
    proxy.mend()
    expect(await onItsWay).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
    const refusals = await Promise.all(waits)
    const { connections } = proxy
    for (const error of refusals) {
      expect(error).to.include({
        code: 'SESSION_EXPIRED',
        errno: -112,
        outcome: 'not-sent',
        path: error.path,
      })
    }
    expect(await failure(getData(session, path))).to.include({ code: 'SESSION_EXPIRED', outcome: 'not-sent' })
    expect(await failure(session.ready())).to.include({ code: 'SESSION_EXPIRED' })
    expect(await failure(session.addAuth('digest', Buffer.from('a:b')))).to.include({
      code: 'SESSION_EXPIRED',
    })
    expect(states).to.deep.equal(['suspended', 'expired'])
    const witness = await connect(server.hosts)
    expect([await isThere(witness, path), await isThere(witness, `${path}-2`)]).to.deep.equal([false, false])
    expect(proxy.connections).to.equal(connections)
  })

  it('H3 E1 is declared by the client itself when the server is frozen for too long', async () => {
    const server = await standalone()
    const session = await connect(server.hosts, { sessionTimeout: 600, renew: false })
    const states = statesOf(session)
    expect(session.certain).to.equal(true)
    await freeze(server)
    try {
      const onItsWay = failure(getData(session, '/'))
      expect(await onItsWay).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
      expect(session.certain).to.equal(false)
      const waits = failure(getData(session, '/'))
      expect(await waits).to.include({ code: 'SESSION_EXPIRED', outcome: 'not-sent' })
      expect(states).to.deep.equal(['suspended', 'expired'])
    } finally {
      await server.resume()
    }
  })

  it('H3 E1 is told by the server to a client that comes back after the session timeout', async () => {
    const server = await standalone()
    const path = freshPath()
    const first = await connect(server.hosts, { sessionTimeout: 400 })
    await create(first, path, 'ephemeral')
    const { identity } = first
    await first.close({ keepSession: true })
    const witness = await connect(server.hosts)
    expect(await isThere(witness, path)).to.equal(true)
    await until('the server has removed the ephemeral', async () => !(await isThere(witness, path)))
    const second = open(server.hosts, { session: identity })
    const states = statesOf(second)
    const { watcher } = recorder()
    const waits = second.request(op.exists, { path, watch: true }, { watcher })
    expect(await failure(waits)).to.include({ code: 'SESSION_EXPIRED', outcome: 'not-sent' })
    await second.ready()
    expect(states).to.deep.equal(['expired', 'connecting', 'connected'])
    expect(second.id).to.not.equal(identity.id)
  })

  it('E2 is replaced by a new one, after every listener was told that it is lost', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const session = await connect(proxy.hosts)
    const { id } = session
    const path = freshPath()
    await create(session, path, 'ephemeral')
    const log: string[] = []
    const watcher = (event: WatchEvent): void => {
      log.push(event.type === 'lost' ? `lost ${event.path} ${event.error.code}` : event.type)
    }
    await session.request(op.getData, { path, watch: true }, { watcher })
    await session.request(op.addWatch, { path, mode: 1 }, { watcher })
    session.on('state', state => log.push(state))
    proxy.refuse()
    await untilState(session, 'suspended')
    const waiting = getData(session, path).catch(error => log.push(`request ${error.code}`))
    await end(session, server.hosts)
    proxy.mend()
    await untilState(session, 'connected')
    await waiting
    expect(log).to.have.members([
      'suspended',
      'expired',
      `lost ${path} SESSION_EXPIRED`,
      `lost ${path} SESSION_EXPIRED`,
      'request SESSION_EXPIRED',
      'connecting',
      'connected',
    ])
    expect(log.lastIndexOf(`lost ${path} SESSION_EXPIRED`)).to.be.lessThan(log.indexOf('connecting'))
    expect(log.indexOf('request SESSION_EXPIRED')).to.be.lessThan(log.indexOf('connected'))
    expect(session.id).to.not.equal(id)
    expect(session.watches.size).to.equal(0)

    // The new session is one in its own right: its ephemerals are its own, and nothing old comes back.
    expect(await isThere(session, path)).to.equal(false)
    await create(session, path, 'ephemeral')
    expect((await stat(session, path))?.ephemeralOwner).to.equal(session.id)
    const { setWatches, setWatches2 } = op
    expect(proxy.frames.map(({ opcode }) => opcode)).to.not.include.oneOf([setWatches.code, setWatches2.code])
  })

  it('E2 presents its credentials again to the session that replaces it', async () => {
    const server = await standalone()
    const session = await connect(server.hosts)
    await session.addAuth('digest', Buffer.from('bob:builder'))
    const { id, identity } = session
    // The owner may be back before the other one has ended its session: then it is done again.
    while (session.id === id) {
      const other = await connect(server.hosts, { session: identity })
      await other.close()
      await untilState(session, 'connected')
    }
    const { clientInfo } = await session.request(op.whoAmI, null)
    expect(clientInfo).to.deep.include({ authScheme: 'digest', user: 'bob' })
  })
})
