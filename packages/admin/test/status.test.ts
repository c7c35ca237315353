import { connect } from '@zookit/client'
import { expect } from 'chai'
import { ensembleStatus } from '../src/index.ts'
import { type AnyEnsemble, describeKinds, trusting } from './support/kinds.ts'

describeKinds('The status of an ensemble', kind => {
  let ensemble: AnyEnsemble

  before(async () => {
    ensemble = await kind.startEnsemble()
  })
  after(() => ensemble[Symbol.asyncDispose]())

  it('tells each server with its mode, counts, zxid and lag, as plain data', async () => {
    await using zk = await connect(ensemble.hosts)
    await zk.create('/watched', 'x')
    await zk.getData('/watched', { watch: () => {} })
    // A member that has not heard of anything since the election is in the epoch before it, and its lag is not known.
    for (const { hosts } of ensemble.members) {
      await using there = await connect(hosts)
      await there.sync('/')
    }
    const status = await ensembleStatus(ensemble.hosts)
    expect(status.servers.map(({ server }) => server)).to.deep.equal(ensemble.hosts.split(','))
    expect(status.leader).to.equal((await ensemble.leader()).hosts)
    expect(status.quorum).to.deep.equal({
      voters: 3,
      needed: 2,
      serving: 3,
      has: true,
      from: 'configuration',
    })
    expect(status).to.include({ healthy: true, divided: null })
    expect(status.zxid).to.match(/^0x[0-9a-f]+$/)
    for (const server of status.servers) {
      expect(server).to.deep.include({ state: 'serving', error: null, certificate: null, forbidden: [] })
      expect(server.mode).to.equal(server.server === status.leader ? 'leader' : 'follower')
      expect(server.version).to.match(/^3\.\d+/)
      expect(server.latency?.avg).to.be.a('number')
      for (const count of [server.connections, server.outstanding, server.watches])
        expect(count).to.be.at.least(0)
      expect(server.znodes).to.be.at.least(5)
      expect(server.zxidLag).to.be.at.least(0)
    }
    expect(status.servers.reduce((sum, { watches }) => sum + watches!, 0)).to.equal(1)
    expect(JSON.parse(JSON.stringify(status))).to.deep.equal(status)
  })

  it('tells which one is down and why, and that the others still have a quorum', async () => {
    const leader = await ensemble.leader()
    const down = ensemble.members.find(member => member !== leader)!
    await down.kill()
    const status = await ensembleStatus(ensemble.hosts)
    const { error, ...rest } = status.servers.find(({ server }) => server === down.hosts)!
    expect(rest).to.include({ state: 'unreachable', mode: null, zxid: null, zxidLag: null, znodes: null })
    expect(error).to.include({ code: 'CONNECT_FAILED' })
    expect(status.quorum).to.deep.equal({
      voters: 3,
      needed: 2,
      serving: 2,
      has: true,
      from: 'configuration',
    })
    expect(status).to.include({ leader: leader.hosts, healthy: false })
  })

  it('tells that there is no quorum when most servers are gone', async () => {
    const leader = await ensemble.leader()
    await leader.kill()
    let status = await ensembleStatus(ensemble.hosts)
    // The last one learns of its leader's end in its own time, and closes a connection while it changes its role.
    const isChanging = () => status.servers.some(({ error }) => error?.code === 'CLOSED')
    while (status.quorum.has || isChanging()) status = await ensembleStatus(ensemble.hosts)
    const states = status.servers.map(({ state, error }) => `${state} ${error?.code}`).toSorted()
    expect(states).to.deep.equal([
      'not-serving NOT_SERVING',
      'unreachable CONNECT_FAILED',
      'unreachable CONNECT_FAILED',
    ])
    expect(status).to.include({ leader: null, healthy: false, zxid: null })
    expect(status.quorum).to.deep.include({ serving: 0, has: false })
  })
})

describeKinds('The status of a server', kind => {
  it('tells what `srvr` alone tells where all else is forbidden', async () => {
    await using strict = await kind.startStrict()
    const status = await ensembleStatus(strict.hosts)
    const [server] = status.servers
    expect(server).to.deep.include({
      state: 'serving',
      mode: 'standalone',
      znodes: 5,
      zxidLag: 0,
      watches: null,
    })
    expect(server!.forbidden).to.deep.equal(['mntr', 'conf', 'wchs'])
    expect(status.quorum).to.deep.equal({ voters: 1, needed: 1, serving: 1, has: true, from: 'hosts' })
    expect(status.healthy).to.equal(true)
  })

  it('tells for how many days its certificate is good, and that it is good no more', async () => {
    await using good = await kind.startSecure('server')
    const [server] = (await ensembleStatus(good.hosts, { tls: trusting })).servers
    expect(server).to.include({ state: 'serving', mode: 'standalone' })
    expect(server!.certificate!.daysLeft).to.be.greaterThan(0)
    expect(server!.certificate!.subject).to.include('CN=localhost')
    expect(Date.parse(server!.certificate!.validTo)).to.be.greaterThan(Date.now())
    await using bad = await kind.startSecure('expired')
    const [expired] = (await ensembleStatus(bad.hosts, { tls: trusting })).servers
    expect(expired).to.include({ state: 'unreachable' })
    expect(expired!.error).to.include({ code: 'TLS_FAILED' })
    expect(expired!.certificate!.daysLeft).to.be.lessThan(0)
  })
})

describeKinds('The status of servers that are not one ensemble', kind => {
  it('looks once at a server that is named twice', async () => {
    await using server = await kind.start()
    const { servers, quorum, divided, healthy } = await ensembleStatus(`${server.hosts},${server.hosts}`)
    expect(servers.map(each => each.server)).to.deep.equal([server.hosts])
    expect(quorum).to.include({ voters: 1, serving: 1 })
    expect({ divided, healthy }).to.deep.equal({ divided: null, healthy: true })
  })

  it('says which of them stand alone, and is not healthy', async () => {
    await using one = await kind.startStrict()
    await using other = await kind.startStrict()
    const status = await ensembleStatus(`${one.hosts},${other.hosts}`)
    expect(status).to.include({
      divided: `the servers are not one ensemble: ${one.hosts} and ${other.hosts} each stand alone`,
      healthy: false,
      leader: null,
      zxid: null,
    })
    expect(status.quorum.has).to.equal(false)
    expect(status.servers.map(({ state, zxidLag }) => [state, zxidLag])).to.deep.equal([
      ['serving', null],
      ['serving', null],
    ])
  })
})
