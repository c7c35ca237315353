import { op } from '@zookit/jute'
import { expect } from 'chai'
import { digestId, TestEnsemble } from '../../src/index.ts'
import { create } from '../support/helpers.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { inMemory, openAsSuper, realKinds, rolesAre, type Servers } from './servers.ts'

const SETTLED = ['-', '-', '-', 'observer']

interface Change {
  readonly joining?: string
  readonly leaving?: string
  readonly members?: string
}

/** Sends a reconfig and returns its error number. */
async function reconfig(client: RawClient, { joining, leaving, members }: Change): Promise<number> {
  const { err } = await client.ask(op.reconfig, {
    joiningServers: joining ?? null,
    leavingServers: leaving ?? null,
    newMembers: members ?? null,
    curConfigId: -1n,
  })
  return err
}

function specOf({ members }: Servers, id: number): string {
  return members.find(member => member.id === id)!.spec
}

for (const kind of [inMemory('3.9'), ...realKinds]) {
  describe(`A reconfiguration of ${kind.name}`, function () {
    this.timeout(120_000)
    let servers: Servers

    before(async () => {
      servers = await kind.start()
      await rolesAre(servers, SETTLED)
    })
    after(() => servers[Symbol.asyncDispose]())

    it('makes an observer a voter and a voter an observer; only their own clients reconnect', async () => {
      using client = await openAsSuper(servers.members[0]!)
      using bystander = await openAsSuper(servers.members[1]!)
      using concerned = await openAsSuper(servers.members[3]!)
      const { sessionId, passwd } = concerned.response!
      expect(await reconfig(client, { joining: specOf(servers, 4).replace(':observer', '') })).to.equal(0)
      await concerned.closed
      await rolesAre(servers, ['-', '-', '-', '-'])
      using again = await RawClient.open(servers.members[3]!, { sessionId, passwd })
      expect(again.sessionId).to.equal(sessionId)
      const demotion = { joining: specOf(servers, 4).replace(':participant', ':observer') }
      expect(await reconfig(client, demotion)).to.equal(0)
      await again.closed
      await rolesAre(servers, SETTLED)
      expect((await bystander.ask(op.ping, null)).err).to.equal(0)
    })

    it('removes a server, which goes on to serve without a vote, and takes it back', async () => {
      const leader = await rolesAre(servers, SETTLED)
      const { id, spec } = servers.members.find(member => member.id !== leader)!
      using client = await openAsSuper(servers.members.find(member => member.id === id)!)
      expect(await reconfig(client, { leaving: String(id) })).to.equal(0)
      expect(await create(client, '/written-at-a-removed-server')).to.equal('/written-at-a-removed-server')
      expect(await rolesAre(servers, SETTLED)).to.equal(leader)
      expect(await reconfig(client, { joining: spec })).to.equal(0)
      expect((await client.ask(op.ping, null)).err).to.equal(0)
    })

    it('removes the leader: another voter leads, and the removed server follows it', async () => {
      const leader = await rolesAre(servers, SETTLED)
      const removed = servers.members.find(({ id }) => id === leader)!
      using client = await openAsSuper(servers.members.find(({ id }) => id !== leader)!)
      // Apache's server may close the connection before the answer has left.
      const outcome = await reconfig(client, { leaving: String(leader) }).catch(() => 'closed')
      expect(outcome).to.be.oneOf([0, 'closed'])
      await client.closed
      expect(await rolesAre(servers, SETTLED)).to.not.equal(leader)
      using again = await openAsSuper(removed)
      const { data } = await again.call(op.getData, { path: '/zookeeper/config', watch: false })
      expect(String(data)).to.not.include(`server.${leader}=`)
      expect(await reconfig(again, { joining: removed.spec })).to.equal(0)
      await rolesAre(servers, SETTLED)
    })
  })
}

const options = { reconfigEnabled: true, superDigest: digestId('super:wizard') }

async function isServed(server: Parameters<typeof RawClient.open>[0]): Promise<boolean> {
  try {
    using client = await RawClient.open(server)
    return (await client.ask(op.ping, null)).err === 0
  } catch {
    return false
  }
}

describe('A server that an in-memory ensemble adds', () => {
  it('serves nobody until it joins, and then everything that was written before', async () => {
    await using ensemble = await TestEnsemble.start(options)
    using client = await openAsSuper(ensemble.member(1))
    await create(client, '/a', { mode: 'ephemeral' })
    const added = await ensemble.addServer()
    expect([added.id, added.role, await isServed(added)]).to.deep.equal([4, 'down', false])
    expect(ensemble.hosts.split(',')).to.have.length(3)
    expect(await reconfig(client, { joining: added.spec })).to.equal(0)
    expect([added.role, added.dump()]).to.deep.equal(['follower', { '/a': '' }])
    expect(ensemble.hosts.split(',')).to.include(added.hosts)
    using other = await RawClient.open(added)
    await create(other, '/b')
    expect(ensemble.member(1).dump()).to.deep.equal({ '/a': '', '/b': '' })
  })

  it('takes the state of the leader when the log no longer reaches back', async () => {
    await using ensemble = await TestEnsemble.start(options)
    using client = await openAsSuper(ensemble.leader!)
    await create(client, '/a', { mode: 'ephemeral' })
    await create(client, '/c', { mode: 'container' })
    const { sessionId } = client
    for (let i = 0; i < 9000; i++) client.post(op.setData, { path: '/', data: null, version: -1 })
    await client.ask(op.ping, null)
    const added = await ensemble.addServer({ id: 9 })
    expect(await reconfig(client, { joining: added.spec })).to.equal(0)
    using reader = await RawClient.open(added)
    const statOf = async (from: RawClient, path: string) =>
      (await from.call(op.exists, { path, watch: false })).stat
    for (const path of ['/', '/a', '/c', '/zookeeper/config']) {
      expect(await statOf(reader, path), path).to.deep.equal(await statOf(client, path))
    }
    expect((await statOf(reader, '/a')).ephemeralOwner).to.equal(sessionId)
    await client.ask(op.closeSession, null)
    expect(added.dump()).to.not.have.property('/a')
  })

  it('becomes an observer where the reconfiguration says so', async () => {
    await using ensemble = await TestEnsemble.start(options)
    using client = await openAsSuper(ensemble.member(1))
    const added = await ensemble.addServer()
    expect(await reconfig(client, { joining: added.spec.replace(':participant', ':observer') })).to.equal(0)
    expect(added.role).to.equal('observer')
    expect((await exchange(added, 'srvr')).toString()).to.include('Mode: observer\n')
    expect(() => added.becomeLeader()).to.throw(Error, 'it has no vote')
  })

  it('needs an id of its own', async () => {
    await using ensemble = await TestEnsemble.start({ firstId: 255, size: 1 })
    for (const wanted of [{ id: 255 }, { id: 0 }, { id: 256 }, { id: 1.5 }, {}]) {
      const error = await ensemble.addServer(wanted).catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(RangeError)
    }
  })
})

describe('The leader of an in-memory ensemble', () => {
  it('answers the reconfiguration that removes it, and the voter with the lowest id takes over', async () => {
    await using ensemble = await TestEnsemble.start(options)
    using client = await openAsSuper(ensemble.leader!)
    expect(await reconfig(client, { leaving: '3' })).to.equal(0)
    await client.closed
    expect(ensemble.members.map(({ role }) => role)).to.deep.equal(['leader', 'follower', 'follower'])
  })
})

describe('The quorum of an in-memory ensemble', () => {
  it('is that of the new configuration', async () => {
    await using ensemble = await TestEnsemble.start(options)
    using client = await openAsSuper(ensemble.leader!)
    expect(await reconfig(client, { leaving: '1' })).to.equal(0)
    await ensemble.member(2).stop()
    await client.closed
    expect([ensemble.leader, ensemble.member(1).role]).to.deep.equal([null, 'down'])
    await ensemble.member(2).start()
    expect(ensemble.members.map(({ role }) => role)).to.deep.equal(['follower', 'follower', 'leader'])
  })

  it('counts the members that no server of this process is', async () => {
    await using ensemble = await TestEnsemble.start(options)
    using client = await openAsSuper(ensemble.leader!)
    expect(await reconfig(client, { joining: 'server.9=127.0.0.1:1:2;3' })).to.equal(0)
    await ensemble.member(1).stop()
    await client.closed
    expect(ensemble.leader).to.equal(null)
  })

  it('is not reached by a new configuration whose servers do not run: the change is refused', async () => {
    await using ensemble = await TestEnsemble.start(options)
    using client = await openAsSuper(ensemble.leader!)
    const added = [await ensemble.addServer(), await ensemble.addServer()]
    const specs = [ensemble.leader!, ...added].map(({ spec }) => spec)
    expect(await reconfig(client, { members: specs.join() })).to.equal(-13)
    ensemble.member(1).cut()
    expect(await reconfig(client, { leaving: '2' })).to.equal(-13)
    ensemble.member(1).heal()
    expect(await reconfig(client, { leaving: '2' })).to.equal(0)
  })

  it('leaves out observers, which serve as long as there is one', async () => {
    await using ensemble = await TestEnsemble.start({ size: 1, observers: 2 })
    expect(ensemble.members.map(({ role }) => role)).to.deep.equal(['leader', 'observer', 'observer'])
    await ensemble.member(1).stop()
    expect(ensemble.members.map(({ role }) => role)).to.deep.equal(['down', 'down', 'down'])
    await ensemble.member(1).start()
    using client = await RawClient.open(ensemble.member(3))
    await create(client, '/a')
    expect(ensemble.member(2).dump()).to.deep.equal({ '/a': '' })
    await ensemble.member(2).stop()
    expect(ensemble.leader!.id).to.equal(1)
  })
})

describe('A server that was removed from an in-memory ensemble', () => {
  it('serves nobody after a restart', async () => {
    await using ensemble = await TestEnsemble.start(options)
    using client = await openAsSuper(ensemble.leader!)
    expect(await reconfig(client, { leaving: '1' })).to.equal(0)
    expect(await isServed(ensemble.member(1))).to.equal(true)
    await ensemble.member(1).restart()
    expect([ensemble.member(1).role, await isServed(ensemble.member(1))]).to.deep.equal(['down', false])
    expect(await reconfig(client, { joining: ensemble.member(1).spec })).to.equal(0)
    expect(await isServed(ensemble.member(1))).to.equal(true)
  })
})

describe('The refusals of reconfig', () => {
  it('are those of a server where it is disabled, that stands alone, or to a client without the permission', async () => {
    await using disabled = await TestEnsemble.start({ superDigest: options.superDigest })
    using there = await openAsSuper(disabled.member(1))
    expect(await reconfig(there, { leaving: '1' })).to.equal(-123)
    await using ensemble = await TestEnsemble.start(options)
    using anybody = await RawClient.open(ensemble.member(1))
    expect(await reconfig(anybody, { leaving: '1' })).to.equal(-102)
    expect(await reconfig(anybody, { leaving: '2,3' })).to.equal(-8)
  })
})
