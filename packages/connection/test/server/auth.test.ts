import { op, Perm } from '@zookit/jute'
import type { RealServer } from '@zookit/test-fixtures'
import { expect } from 'chai'
import type { Session } from '../../src/index.ts'
import {
  addressOf,
  connect,
  create,
  describeServers,
  failure,
  freshPath,
  getData,
  open,
  recorder,
  setData,
  standalone,
  statesOf,
  until,
  untilState,
} from '../support/servers.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const ALICE = Buffer.from('alice:secret')
const BOB = Buffer.from('bob:builder')
const { auth, setWatches } = op

/** Creates a znode that only those can touch whom the session has shown itself to be. */
function createPrivate(session: Session, path: string): Promise<unknown> {
  const acl = [{ perms: Perm.ALL, id: { scheme: 'auth', id: '' } }]
  return session.request(op.create, { path, data: Buffer.from('private'), acl, flags: 0 })
}

async function digestUsers(session: Session): Promise<(string | null)[]> {
  const { clientInfo } = await session.request(op.whoAmI, null)
  return clientInfo.filter(({ authScheme }) => authScheme === 'digest').map(({ user }) => user)
}

describeServers('Credentials', () => {
  it('A1 are presented again, in their order, before watches and before requests that waited', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const session = await connect(proxy.hosts)
    await session.addAuth('digest', ALICE)
    await session.addAuth('digest', BOB)
    const path = freshPath()
    await createPrivate(session, path)
    const { events, watcher } = recorder()
    await session.request(op.getData, { path, watch: true }, { watcher })
    proxy.refuse()
    await untilState(session, 'suspended')
    const waiting = getData(session, path)
    const other = await connect(server.hosts)
    await other.addAuth('digest', BOB)
    await setData(other, path, 'changed')
    proxy.mend()
    expect(await waiting).to.equal('changed')
    expect(events).to.deep.equal([`changed ${path}`])
    const last = proxy.connections
    expect(proxy.opcodes(last)).to.deep.equal([auth.code, auth.code, setWatches.code, op.getData.code])
    const presented = proxy.frames.filter(frame => frame.connection === last && frame.opcode === auth.code)
    expect(
      presented.map(({ body }) =>
        body
          .toString('latin1')
          .split(/[^ -~]/)
          .at(-1),
      ),
    ).to.deep.equal(['alice:secret', 'bob:builder'])
    expect(await digestUsers(session)).to.have.members(['alice', 'bob'])
  })

  it('A1 added while there is no connection are presented once, on the next one', async () => {
    const proxy = await TcpProxy.before(addressOf(await standalone()))
    const session = await connect(proxy.hosts)
    proxy.refuse()
    await untilState(session, 'suspended')
    const added = Promise.all([session.addAuth('digest', ALICE), session.addAuth('digest', async () => BOB)])
    const path = freshPath()
    const created = createPrivate(session, path)
    proxy.mend()
    await Promise.all([added, created])
    expect(await digestUsers(session)).to.have.members(['alice', 'bob'])
    expect(proxy.opcodes(proxy.connections).filter(code => code === auth.code)).to.have.lengthOf(2)
  })

  it('A1 overtake no earlier request, and apply to every later one', async () => {
    const { hosts } = await standalone()
    const [owner, session] = await Promise.all([connect(hosts), connect(hosts)])
    await owner.addAuth('digest', ALICE)
    const path = freshPath()
    await createPrivate(owner, path)
    expect(await failure(getData(session, path))).to.include({ code: 'NO_AUTH', errno: -102, path })
    const added = session.addAuth('digest', ALICE)
    expect(await getData(session, path)).to.equal('private')
    await added
  })

  it('A2 of a scheme that the server does not know end the session, and it does not come back', async () => {
    const proxy = await TcpProxy.before(addressOf(await standalone()))
    const session = await connect(proxy.hosts)
    const states = statesOf(session)
    const path = freshPath()
    const { events, watcher } = recorder()
    await session.request(op.exists, { path, watch: true }, { watcher })
    proxy.swallows = true
    const onItsWay = failure(getData(session, path))
    await until("the server's reply is gone", () => proxy.swallowed > 0)
    proxy.swallows = false
    expect(await failure(session.addAuth('runes', Buffer.from('mellon')))).to.include({
      code: 'AUTH_FAILED',
      errno: -115,
    })
    expect((await onItsWay).code).to.equal('AUTH_FAILED')
    expect(await failure(getData(session, path))).to.include({ code: 'AUTH_FAILED', outcome: 'not-sent' })
    expect(await failure(session.addAuth('digest', BOB))).to.include({ code: 'AUTH_FAILED' })
    expect(states).to.deep.equal(['auth-failed'])
    expect(events).to.deep.equal([`lost ${path}`])
    await session.close()
    expect(session.state).to.equal('closed')
    expect(proxy.connections).to.equal(1)
  })

  it('A3 get through though the connection drops in the middle of them, again and again', async () => {
    const proxy = await TcpProxy.before(addressOf(await standalone()))
    const session = await connect(proxy.hosts)
    const { id } = session
    await Promise.all([session.addAuth('digest', ALICE), session.addAuth('digest', BOB)])
    const path = freshPath()
    await createPrivate(session, path)
    // The first credential does not arrive, then the second, then the answers do not come back.
    let left = 6
    proxy.passes = ({ opcode, body }) => {
      if (opcode !== auth.code) return true
      const isFatal = left > 0 && body.includes(left > 3 ? ALICE : BOB)
      if (isFatal) left--
      return !isFatal
    }
    await proxy.interrupt(session)
    expect(left).to.equal(0)
    expect(await getData(session, path)).to.equal('private')
    expect(await digestUsers(session)).to.have.members(['alice', 'bob'])
    expect(session.id).to.equal(id)
  })
})

describeServers('A server that enforces credentials', target => {
  const kinds = {
    'for everybody': { requireAuth: ['digest'] },
    'by SASL': { sasl: { users: { bob: 'builder' }, required: true } },
  }
  for (const [name, options] of Object.entries(kinds)) {
    describe(name, () => {
      let server: RealServer

      before(async () => {
        server = await target.startServer({ tickTime: 100, ...options })
      })
      after(() => server.stop())

      it('A2 refuses the first request without them, which ends the session', async () => {
        const proxy = await TcpProxy.before(addressOf(server))
        const session = await connect(proxy.hosts)
        const states = statesOf(session)
        const [first, second] = [failure(getData(session, '/')), failure(getData(session, '/'))]
        expect(await first).to.include({ errno: -124, outcome: 'rejected' })
        expect((await second).code).to.equal('AUTH_FAILED')
        expect(states).to.deep.equal(['auth-failed'])
        expect(await failure(getData(session, '/'))).to.include({ code: 'AUTH_FAILED', outcome: 'not-sent' })
        await session.close()
        expect(proxy.connections).to.equal(1)
      })

      it('A2 refuses the first ping without them, which ends the session', async () => {
        const proxy = await TcpProxy.before(addressOf(server))
        const session = open(proxy.hosts, { sessionTimeout: 600 })
        const states = statesOf(session)
        await untilState(session, 'auth-failed')
        expect(states).to.deep.equal(['connected', 'auth-failed'])
        expect(proxy.opcodes(1)).to.deep.equal([op.ping.code])
        expect(proxy.connections).to.equal(1)
      })
    })
  }

  it('A1 A2 serves clients that present them, on every connection', async () => {
    await using server = await target.startServer({ tickTime: 100, requireAuth: ['digest'] })
    const proxy = await TcpProxy.before(addressOf(server))
    const session = open(proxy.hosts, { sessionTimeout: 600 })
    const added = session.addAuth('digest', ALICE)
    const { events, watcher } = recorder()
    await session.request(op.getData, { path: '/', watch: true }, { watcher })
    await added
    await proxy.interrupt(session)
    await until('a ping was sent', () => proxy.opcodes(2).includes(op.ping.code))
    await create(session, '/x')
    await setData(session, '/', 'x')
    expect(events).to.deep.equal(['changed /'])
    expect(proxy.connections).to.equal(2)
    await session.close()
  })
})
