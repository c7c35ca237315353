import { op } from '@zookit/jute'
import type { RealServer } from '@zookit/test-fixtures'
import { expect } from 'chai'
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
  open,
  standalone,
  statesOf,
  until,
  untilState,
} from '../support/servers.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const PING = op.ping.code

describeServers('A handshake', target => {
  it('H1 takes the session timeout that the server grants, within its bounds', async () => {
    const { hosts } = await standalone()
    const asked = [1, 1000, 60_000, 2 ** 31 - 1]
    const sessions = await Promise.all(asked.map(sessionTimeout => connect(hosts, { sessionTimeout })))
    expect(sessions.map(session => session.timeout)).to.deep.equal([200, 1000, 60_000, 60_000])
  })

  it('H1 pings by the timeout granted, not by the one asked for: an idle session lives on', async () => {
    await using server = await target.startServer({ tickTime: 100, maxSessionTimeout: 600 })
    const proxy = await TcpProxy.before(addressOf(server))
    const session = await connect(proxy.hosts, { sessionTimeout: 60_000 })
    const states = statesOf(session)
    await create(session, '/mine', 'ephemeral')
    const sent = proxy.frames.length
    await until('three pings were sent', () => proxy.frames.length === sent + 3)
    expect(proxy.opcodes(1).slice(-3)).to.deep.equal([PING, PING, PING])
    expect(await isThere(session, '/mine')).to.equal(true)
    expect(states).to.deep.equal([])
    await session.close()
  })

  it('H7 resumes a session by its id and password, with its ephemerals', async () => {
    const { hosts } = await standalone()
    const path = freshPath()
    const first = await connect(hosts)
    await create(first, path, 'ephemeral')
    const { identity } = first
    await first.close({ keepSession: true })
    const second = await connect(hosts, { session: identity })
    expect(second.id).to.equal(identity.id)
    expect(await second.request(op.getEphemerals, { prefixPath: path })).to.deep.equal({ ephemerals: [path] })
    await second.close()
    const third = await connect(hosts)
    expect(await isThere(third, path)).to.equal(false)
  })

  it('H7 a resumed session with a wrong password is an expired one, and the real one lives on', async () => {
    const { hosts } = await standalone()
    const owner = await connect(hosts)
    const password = Buffer.from(owner.identity.password)
    password[0]! ^= 1
    const thief = open(hosts, { session: { id: owner.id, password }, renew: false })
    expect(await failure(thief.ready())).to.include({ code: 'SESSION_EXPIRED', outcome: 'not-sent' })
    expect(thief.state).to.equal('expired')
    // Apache closes the owner's connection before it looks at the password: the owner has to come back.
    await until('the owner is served again', () => isThere(owner, '/').catch(() => false))
    expect(owner.identity.password[0]).to.equal(password[0]! ^ 1)
  })

  it('H7 a session that was closed cannot be resumed', async () => {
    const { hosts } = await standalone()
    const first = await connect(hosts)
    const { identity } = first
    await first.close()
    const second = open(hosts, { session: identity })
    const states = statesOf(second)
    await second.ready()
    expect(states).to.deep.equal(['expired', 'connecting', 'connected'])
    expect(second.id).to.not.equal(identity.id)
  })

  describe('with a server that is behind', () => {
    let behind: RealServer

    before(async () => {
      behind = await target.startServer()
    })
    after(() => behind.stop())
    // Not even a session was made there: that would be a transaction.
    afterEach(async () => expect(await behind.fourLetter('srvr')).to.contain('Zxid: 0x0\n'))

    it('H8 is reported as refusing, and takes the session again when it has caught up', async () => {
      const ahead = await standalone()
      const path = freshPath()
      const session = await connect(ahead.hosts)
      const { id } = session
      await create(session, path, 'ephemeral')
      const failures = failuresOf(session)
      session.updateServers([addressOf(behind)])
      await until('the server that is behind has refused', () => failures.length >= 2)
      expect(failures.map(({ code }) => code)).to.deep.equal(failures.map(() => 'HANDSHAKE_REFUSED'))
      expect(failures[0]!.message).to.contain(behind.hosts).and.contain('behind what this client has seen')
      expect(session.state).to.equal('suspended')
      session.updateServers([addressOf(ahead)])
      await untilState(session, 'connected')
      expect(session.id).to.equal(id)
      expect(await isThere(session, path)).to.equal(true)
    })

    it('E3 carries the newest zxid into the next session: it reads no older data after an expiry', async () => {
      const ahead = await standalone()
      const session = await connect(ahead.hosts, { sessionTimeout: 600 })
      await create(session, freshPath())
      const states = statesOf(session)
      const failures = failuresOf(session)
      session.updateServers([addressOf(behind)])
      await untilState(session, 'connecting')
      const refusals = failures.length + 2
      await until('the new session was refused', () => failures.length >= refusals)
      expect(failures.map(({ code }) => code)).to.deep.equal(failures.map(() => 'HANDSHAKE_REFUSED'))
      expect(states).to.deep.equal(['suspended', 'expired', 'connecting'])
      session.updateServers([addressOf(ahead)])
      await untilState(session, 'connected')
    })
  })

  it('E3 forgets the newest zxid when every server was behind for the grace period: a wiped ensemble', async () => {
    const ahead = await standalone()
    await using wiped = await target.startServer({ tickTime: 100 })
    const session = await connect(ahead.hosts, { sessionTimeout: 300, zxidGrace: 300 })
    await create(session, freshPath())
    const states = statesOf(session)
    session.updateServers([addressOf(wiped)])
    await untilState(session, 'connected')
    expect(states).to.deep.equal(['suspended', 'expired', 'connecting', 'connected'])
    expect(await getData(session, '/')).to.equal('')
    await session.close()
  })
})
