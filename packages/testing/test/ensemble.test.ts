import { op } from '@zookit/jute'
import { expect } from 'chai'
import { TestEnsemble, type TestMember } from '../src/index.ts'
import { create, creation } from './support/helpers.ts'
import { exchange, handshakeFrame, RawClient } from './support/raw-client.ts'

async function read(client: RawClient, path: string): Promise<string | number> {
  const answer = await client.ask(op.getData, { path, watch: false })
  if (answer.err !== 0) return answer.err
  return answer.bytes.subarray(4, 4 + answer.bytes.readInt32BE(0)).toString()
}

async function isRefused(
  member: TestMember,
  handshake: Parameters<typeof handshakeFrame>[0],
): Promise<boolean> {
  return (await exchange(member, handshakeFrame(handshake))).length === 0
}

describe('An in-memory ensemble', () => {
  it('has one leader and shows every write at every member', async () => {
    await using ensemble = await TestEnsemble.start()
    expect(ensemble.members.map(({ role }) => role)).to.deep.equal(['follower', 'follower', 'leader'])
    expect(ensemble.hosts).to.equal(ensemble.members.map(({ hosts }) => hosts).join(','))
    using writer = await RawClient.open(ensemble.member(1))
    await create(writer, '/a', { data: 'x' })
    for (const member of ensemble.members) {
      using reader = await RawClient.open(member)
      expect(await read(reader, '/a')).to.equal('x')
      const role = (await exchange(member, 'srvr')).toString()
      expect(role).to.include(`Mode: ${member.role}\n`)
    }
  })

  it('has its epoch in zxids, and the member in session ids', async () => {
    await using ensemble = await TestEnsemble.start({ seed: { a: '' } })
    using client = await RawClient.open(ensemble.member(2))
    expect(client.sessionId >> 56n).to.equal(2n)
    expect((await client.ask(op.ping, null)).zxid).to.equal((1n << 32n) + 2n)
    ensemble.member(1).becomeLeader()
    expect(ensemble.leader!.id).to.equal(1)
    await client.closed
    using again = await RawClient.open(ensemble.member(2))
    expect((await again.ask(op.ping, null)).zxid).to.equal((2n << 32n) + 1n)
  })

  it('fires watches at every member', async () => {
    await using ensemble = await TestEnsemble.start()
    const clients = await Promise.all(ensemble.members.map(member => RawClient.open(member)))
    for (const client of clients) await client.ask(op.exists, { path: '/a', watch: true })
    await create(clients[0]!, '/a')
    for (const client of clients) {
      await client.until(() => client.events.length === 1)
      expect(client.events[0]).to.include({ type: 1, path: '/a' })
      client.socket.destroy()
    }
  })

  it('listens on the ports that it is given', async () => {
    const ports: number[] = []
    {
      await using free = await TestEnsemble.start({ size: 2 })
      ports.push(...free.members.map(({ port }) => port))
    }
    await using ensemble = await TestEnsemble.start({ ports })
    expect(ensemble.members.map(({ port }) => port)).to.deep.equal(ports)
    expect(ensemble.hosts).to.equal(ports.map(port => `127.0.0.1:${port}`).join(','))
    const refused = await TestEnsemble.start({ size: 3, ports }).catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(RangeError)
  })

  it('describes itself in /zookeeper/config', async () => {
    await using ensemble = await TestEnsemble.start()
    using client = await RawClient.open(ensemble.member(1))
    const config = String(await read(client, '/zookeeper/config'))
    for (const { id, port } of ensemble.members) {
      expect(config).to.match(
        new RegExp(`^server\\.${id}=127\\.0\\.0\\.1:\\d+:\\d+:participant;127\\.0\\.0\\.1:${port}$`, 'm'),
      )
    }
    expect(config).to.match(/^version=0$/m)
  })

  it('lets a session move, with its ephemerals, and closes the old connection at its next write', async () => {
    await using ensemble = await TestEnsemble.start()
    using first = await RawClient.open(ensemble.member(1))
    await create(first, '/mine', { mode: 'ephemeral' })
    const { sessionId, passwd } = first.response!
    using second = await RawClient.open(ensemble.member(2), { sessionId, passwd })
    expect(second.sessionId).to.equal(sessionId)
    expect(await read(first, '/mine')).to.equal('')
    first.post(op.create, creation('/b'))
    await first.closed
    expect(ensemble.leader!.dump()).to.deep.equal({ '/mine': '' })
    expect(await create(second, '/c')).to.equal('/c')
  })

  it('keeps sessions and ephemerals when the leader dies, under the next one', async () => {
    await using ensemble = await TestEnsemble.start()
    using client = await RawClient.open(ensemble.member(1))
    await create(client, '/mine', { mode: 'ephemeral' })
    const { sessionId, passwd } = client.response!
    const { zxid } = await client.ask(op.ping, null)
    await ensemble.leader!.stop()
    await client.closed
    expect(ensemble.leader!.id).to.equal(2)
    using again = await RawClient.open(ensemble.member(1), { sessionId, passwd, lastZxidSeen: zxid })
    expect(again.sessionId).to.equal(sessionId)
    expect(await read(again, '/mine')).to.equal('')
    await ensemble.member(3).start()
    expect(ensemble.member(3).role).to.equal('follower')
    expect(ensemble.member(3).dump()).to.deep.equal({ '/mine': '' })
  })

  it('survives a rolling restart of all members without losing a session or a write', async () => {
    await using ensemble = await TestEnsemble.start()
    using first = await RawClient.open(ensemble.member(1))
    await create(first, '/mine', { mode: 'ephemeral' })
    const { sessionId, passwd } = first.response!
    for (const member of ensemble.members) {
      await member.restart()
      using client = await RawClient.open(member, { sessionId, passwd })
      expect(client.sessionId).to.equal(sessionId)
      await create(client, `/during-${member.id}`)
    }
    for (const member of ensemble.members) {
      expect(Object.keys(member.dump())).to.deep.equal(['/during-1', '/during-2', '/during-3', '/mine'])
    }
  })

  it('expires sessions for all members at once', async () => {
    await using ensemble = await TestEnsemble.start()
    ensemble.freezeTime()
    using client = await RawClient.open(ensemble.member(1), { timeOut: 1000 })
    await create(client, '/mine', { mode: 'ephemeral' })
    ensemble.advance(1300)
    await client.closed
    expect(ensemble.members.map(member => member.dump())).to.deep.equal([{}, {}, {}])
    expect(ensemble.member(2).sessions()).to.deep.equal([])
  })

  it('of one member works', async () => {
    await using ensemble = await TestEnsemble.start({ size: 1 })
    using client = await RawClient.open(ensemble.member(1))
    expect(await create(client, '/a')).to.equal('/a')
    expect(await TestEnsemble.start({ size: 0 }).catch((error: unknown) => error)).to.be.instanceOf(
      RangeError,
    )
  })
})

describe('A follower that lags', () => {
  it('shows an old tree; sync waits for the current one', async () => {
    await using ensemble = await TestEnsemble.start()
    using writer = await RawClient.open(ensemble.leader!)
    using reader = await RawClient.open(ensemble.member(1))
    await create(writer, '/a', { data: 'old' })
    ensemble.member(1).stall()
    await writer.call(op.setData, { path: '/a', data: Buffer.from('new'), version: -1 })
    expect(await read(reader, '/a')).to.equal('old')
    const before = reader.answers.length
    reader.post(op.sync, { path: '/a' })
    reader.post(op.getData, { path: '/a', watch: false })
    using other = await RawClient.open(ensemble.member(2))
    expect(await read(other, '/a')).to.equal('new')
    expect(reader.answers.length).to.equal(before)
    ensemble.member(1).catchUp()
    await reader.until(() => reader.answers.length === before + 2)
    expect(reader.answers.at(-1)!.bytes.subarray(4, 7).toString()).to.equal('new')
  })

  it('commits its clients’ writes, and answers them in order when it has caught up', async () => {
    await using ensemble = await TestEnsemble.start()
    using client = await RawClient.open(ensemble.member(1))
    using other = await RawClient.open(ensemble.member(2))
    ensemble.member(1).stall()
    const xids = [
      client.post(op.create, creation('/a')),
      client.post(op.exists, { path: '/a', watch: false }),
      client.post(op.create, creation('/b')),
    ]
    while ((await other.ask(op.exists, { path: '/a', watch: false })).err !== 0);
    expect(client.answers).to.deep.equal([])
    ensemble.member(1).catchUp()
    await client.until(() => client.answers.length === 3)
    expect(client.answers.map(({ xid, err }) => [xid, err])).to.deep.equal(xids.map(xid => [xid, 0]))
    expect(ensemble.leader!.dump()).to.have.keys('/a', '/b')
  })

  it('makes no ephemeral for a session that has ended', async () => {
    await using ensemble = await TestEnsemble.start()
    using client = await RawClient.open(ensemble.member(1))
    using other = await RawClient.open(ensemble.member(2))
    ensemble.member(1).stall()
    ensemble.leader!.expireSession(client.sessionId)
    client.post(op.create, creation('/a', { mode: 'ephemeral' }))
    client.post(op.create, creation('/b'))
    const { zxid } = await other.ask(op.create, creation('/c'))
    while (ensemble.leader!.lastZxid < zxid + 3n) await other.ask(op.create, creation('/c'))
    expect(ensemble.leader!.dump()).to.have.keys('/c')
    ensemble.member(1).catchUp()
    expect(ensemble.member(1).dump()).to.have.keys('/c')
  })

  it('refuses a client that has seen more', async () => {
    await using ensemble = await TestEnsemble.start()
    using writer = await RawClient.open(ensemble.leader!)
    ensemble.member(1).stall()
    const { zxid } = await writer.ask(op.create, creation('/a'))
    expect(await isRefused(ensemble.member(1), { lastZxidSeen: zxid })).to.equal(true)
    ensemble.member(1).catchUp()
    using client = await RawClient.open(ensemble.member(1), { lastZxidSeen: zxid })
    expect(client.sessionId).to.not.equal(0n)
  })

  it('opens no session before it has caught up', async () => {
    await using ensemble = await TestEnsemble.start()
    ensemble.member(1).stall()
    using client = new RawClient(ensemble.member(1))
    client.send(handshakeFrame())
    while (ensemble.leader!.sessions().length === 0) await new Promise(resolve => setImmediate(resolve))
    expect(client.response).to.equal(undefined)
    ensemble.member(1).catchUp()
    await client.until(() => client.response !== undefined)
    expect(client.sessionId).to.equal(ensemble.leader!.sessions()[0]!.id)
  })

  it('is never the leader', async () => {
    await using ensemble = await TestEnsemble.start()
    expect(() => ensemble.leader!.stall()).to.throw(Error, 'cannot lag')
  })
})

describe('A partitioned ensemble', () => {
  it('continues with the majority; a member that is cut off closes its connections and accepts no others', async () => {
    await using ensemble = await TestEnsemble.start()
    using client = await RawClient.open(ensemble.member(3))
    ensemble.member(3).cut()
    await client.closed
    expect(ensemble.members.map(({ role }) => role)).to.deep.equal(['follower', 'leader', 'down'])
    expect(await isRefused(ensemble.member(3), {})).to.equal(true)
    expect((await exchange(ensemble.member(3), 'isro')).toString()).to.equal('null')
    expect((await exchange(ensemble.member(3), 'srvr')).toString()).to.include('not currently serving')
    using writer = await RawClient.open(ensemble.member(1))
    await create(writer, '/a')
    expect(ensemble.member(3).dump()).to.deep.equal({})
    ensemble.member(3).heal()
    expect(ensemble.member(3).role).to.equal('follower')
    expect(ensemble.member(3).dump()).to.deep.equal({ '/a': '' })
    expect((await writer.ask(op.ping, null)).err).to.equal(0)
  })

  it('without a majority serves nobody, and no session expires meanwhile', async () => {
    await using ensemble = await TestEnsemble.start()
    ensemble.freezeTime()
    using client = await RawClient.open(ensemble.member(1), { timeOut: 1000 })
    const { sessionId, passwd } = client.response!
    ensemble.partition([1], [2], [3])
    await client.closed
    expect(ensemble.leader).to.equal(null)
    ensemble.advance(60_000)
    ensemble.heal()
    expect(ensemble.leader!.id).to.equal(3)
    ensemble.advance(900)
    using again = await RawClient.open(ensemble.member(1), { sessionId, passwd })
    expect(again.sessionId).to.equal(sessionId)
  })

  it('serves reads in a minority when asked to, with sessions of its own', async () => {
    await using ensemble = await TestEnsemble.start({ readOnlyMode: true, seed: { a: 'x' } })
    using client = await RawClient.open(ensemble.member(1), { readOnly: true })
    const { sessionId, passwd } = client.response!
    ensemble.partition([1], [2, 3])
    await client.closed
    expect(ensemble.member(1).role).to.equal('read-only')
    expect((await exchange(ensemble.member(1), 'isro')).toString()).to.equal('ro')
    expect((await exchange(ensemble.member(2), 'isro')).toString()).to.equal('rw')
    expect(await isRefused(ensemble.member(1), { readOnly: false })).to.equal(true)
    expect(await isRefused(ensemble.member(1), { readOnly: true, sessionId, passwd })).to.equal(true)
    using local = await RawClient.open(ensemble.member(1), { readOnly: true })
    expect(local.response!.readOnly).to.equal(true)
    expect(await read(local, '/a')).to.equal('x')
    expect((await local.ask(op.create, creation('/b'))).err).to.equal(-119)
    ensemble.heal()
    await local.closed
    using back = await RawClient.open(ensemble.member(1), { readOnly: true, sessionId, passwd })
    expect(back.response).to.include({ readOnly: false, sessionId })
  })

  it('elects only a member that has every committed transaction', async () => {
    await using ensemble = await TestEnsemble.start()
    ensemble.member(2).cut()
    using client = await RawClient.open(ensemble.member(1))
    await create(client, '/a')
    ensemble.partition([1, 2], [3])
    expect(ensemble.leader!.id).to.equal(1)
    expect(ensemble.member(2).dump()).to.deep.equal({ '/a': '' })
    expect(() => ensemble.member(3).becomeLeader()).to.throw(Error, 'no quorum')
  })

  it('restores a member that has missed ten thousand writes', async () => {
    await using ensemble = await TestEnsemble.start()
    using client = await RawClient.open(ensemble.leader!)
    ensemble.member(1).cut()
    for (let i = 0; i < 10_000; i++)
      client.post(op.setData, { path: '/', data: Buffer.from([i & 0xff]), version: -1 })
    await client.until(() => client.answers.length === 10_000)
    ensemble.member(1).heal()
    for (let i = 0; i < 10_000; i++)
      client.post(op.setData, { path: '/', data: Buffer.from([i & 0xff]), version: -1 })
    await client.until(() => client.answers.length === 20_000)
    using reader = await RawClient.open(ensemble.member(1))
    const { stat } = await reader.call(op.exists, { path: '/', watch: false })
    expect(stat.version).to.equal(20_000)
  })
})
