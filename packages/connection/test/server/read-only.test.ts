import { op } from '@zookit/jute'
import type { EnsembleMember, RealEnsemble } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { parseConnectString, Session, type SessionState } from '../../src/index.ts'
import {
  addressOf,
  connect,
  create,
  describeServers,
  ELECTION,
  failure,
  failuresOf,
  freshPath,
  getData,
  open,
  recorder,
  remove,
  setData,
  standalone,
  stat,
  statesOf,
  until,
  untilState,
} from '../support/servers.ts'

describeServers('An ensemble whose members serve reads without a quorum', target => {
  let cluster: RealEnsemble
  let last: EnsembleMember
  /** A session from the time when there was a quorum, which would take a read-only server too. */
  let veteran: Session
  let veteranStates: SessionState[]

  before(async () => {
    cluster = await target.startEnsemble({ config: ELECTION, readOnlyMode: true })
    last = cluster.members[2]!
    const { servers } = parseConnectString(cluster.hosts)
    veteran = new Session({ servers, readOnly: true, backoff: { initial: 20, max: 200 } })
    await veteran.ready()
    await create(veteran, '/kept', 'persistent', Buffer.from('v1'))
    // A session is known to all members from its first ephemeral on.
    await create(veteran, '/ephemeral', 'ephemeral')
    veteranStates = statesOf(veteran)
    await Promise.all(cluster.members.slice(0, 2).map(member => member.kill()))
    await until('the last member is read-only', async () => (await last.mode()) === 'read-only')
  })
  after(async () => {
    await veteran.close()
    await cluster.stop()
  })

  it('O1 refuses a session without readOnly', async () => {
    const session = open(last.hosts)
    const failures = failuresOf(session)
    await until('it was refused twice', () => failures.length >= 2)
    expect(failures.map(({ code }) => code)).to.deep.equal(failures.map(() => 'HANDSHAKE_REFUSED'))
    expect(session.state).to.equal('connecting')
  })

  it('O1 serves reads and refuses writes', async () => {
    const session = await connect(cluster.hosts, { readOnly: true })
    expect(session.state).to.equal('read-only')
    expect(await getData(session, '/kept')).to.equal('v1')
    const refused = [
      setData(session, '/kept', 'v2'),
      create(session, '/new'),
      create(session, '/new', 'ephemeral'),
      remove(session, '/kept'),
      session.request(op.sync, { path: '/' }),
    ]
    for (const request of refused) {
      expect(await failure(request)).to.include({ code: 'NOT_READ_ONLY', errno: -119, outcome: 'rejected' })
    }
    expect(session.state).to.equal('read-only')
    expect(await getData(session, '/kept')).to.equal('v1')
  })

  it('O2 is left for another server that takes writes', async () => {
    const writable = await standalone()
    await writable.kill()
    const session = await connect(`${writable.hosts},${last.hosts}`, { readOnly: true })
    expect(session.state).to.equal('read-only')
    expect(session.server).to.deep.equal(addressOf(last))
    const states = statesOf(session)
    await writable.restart()
    await untilState(session, 'connected')
    expect(session.server).to.deep.equal(addressOf(writable))
    expect(states).to.deep.equal(['suspended', 'connected'])
    const path = freshPath()
    await create(session, path, 'ephemeral')
    expect((await stat(session, path))?.ephemeralOwner).to.equal(session.id)
  })

  it('O1 O2 gives every client a real session with its watches once the quorum is back', async () => {
    const refused = open(cluster.hosts)
    const session = await connect(cluster.hosts, { readOnly: true })
    expect(session.state).to.equal('read-only')
    const states = statesOf(session)
    const { events, watcher } = recorder()
    expect(await session.request(op.exists, { path: '/new', watch: true }, { watcher })).to.equal(null)
    expect(veteran.state).to.equal('suspended')

    await Promise.all(cluster.members.slice(0, 2).map(member => member.restart()))
    await cluster.waitForQuorum()
    await Promise.all([refused.ready(), untilState(session, 'connected'), untilState(veteran, 'connected')])
    expect(states).to.deep.equal(['suspended', 'connected'])
    await create(session, '/new', 'ephemeral')
    expect((await stat(session, '/new'))?.ephemeralOwner).to.equal(session.id)
    expect(events).to.deep.equal(['created /new'])
    expect(await getData(refused, '/kept')).to.equal('v1')

    // A real session is never handed to a read-only server: it waited, and lives on.
    expect(new Set(veteranStates)).to.deep.equal(new Set(['suspended', 'connected']))
    expect((await stat(veteran, '/ephemeral'))?.ephemeralOwner).to.equal(veteran.id)
  })
})
