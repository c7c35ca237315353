import { connect } from '@zookit/client'
import { TestEnsemble } from '@zookit/testing'
import { expect } from 'chai'
import { PersistentNode } from '../src/index.ts'
import { next } from './support/events.ts'
import { renew } from './support/renew.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/kept/node'
const seed = { kept: '' }

describe('A kept znode, in every mode', () => {
  it('outlives its session in the mode persistent, and is not created again', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    const node = new PersistentNode(zk, PATH, { mode: 'persistent', data: 'here', jitter: 0 })
    await node.start()
    const { czxid } = node.current!
    await renew(bed.server, zk)
    await settle()
    expect(node.current!.czxid).to.equal(czxid)
    await zk.delete(PATH)
    await until(
      'it is watched in the new session too',
      () => node.current !== null && node.current.czxid > czxid,
    )
    await node.close()
    expect(bed.names('/kept')).to.deep.equal([])
  })

  it('takes over an existing persistent znode, with the new data', async () => {
    await using bed = await TestBed.start({ seed: { kept: { node: 'old' } } })
    const zk = await bed.client()
    await using node = new PersistentNode(zk, PATH, { mode: 'persistent', data: 'new' })
    await node.start()
    expect(bed.server.dump()[PATH]).to.equal('new')
  })

  it('replaces an ephemeral znode by a persistent one, because the ephemeral would be deleted', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    await other.create(PATH, 'old', { mode: 'ephemeral' })
    await using node = new PersistentNode(zk, PATH, { mode: 'persistent', data: 'new' })
    await node.start()
    expect((await zk.exists(PATH))!.ephemeralOwner).to.equal(0n)
    await other.close()
    expect(bed.server.dump()[PATH]).to.equal('new')
  })

  for (const mode of ['ephemeral-sequential', 'persistent-sequential'] as const) {
    it(`keeps the name that the server has completed: ${mode}`, async () => {
      await using bed = await TestBed.start({ seed })
      const [zk, other] = [await bed.client(), await bed.client()]
      const node = new PersistentNode(zk, '/kept/n-', { mode, data: 'here' })
      await node.start()
      const { path, czxid } = node.current!
      expect(path).to.match(/^\/kept\/_c_[-0-9a-f]{36}-n-\d{10}$/)
      await other.delete(path)
      await until('it is back', () => node.current !== null && node.current.czxid > czxid)
      expect(node.current!.path).to.equal(path)
      const owner = mode === 'ephemeral-sequential' ? zk.session.id : 0n
      expect((await zk.exists(path))!.ephemeralOwner).to.equal(owner)
      await node.close()
      expect(bed.names('/kept')).to.deep.equal([])
    })

    it(`Z1 finds by its name what was created without an answer: ${mode}`, async () => {
      await using bed = await TestBed.start({ seed })
      const zk = await bed.client()
      bed.server.loseNextReply('create')
      await using node = new PersistentNode(zk, '/kept/n-', { mode, data: 'here', jitter: 0 })
      await node.start()
      expect(bed.names('/kept')).to.deep.equal([node.current!.path.slice('/kept/'.length)])
    })
  }

  for (const mode of ['ephemeral', 'ephemeral-sequential', 'persistent-sequential'] as const) {
    it(`leaves none behind when its create was not answered and it is given up: ${mode}`, async () => {
      await using bed = await TestBed.start({ seed })
      const zk = await bed.client()
      const controller = new AbortController()
      bed.server.loseNextReply('create')
      zk.on('state', state => {
        if (state === 'suspended') controller.abort()
      })
      const node = new PersistentNode(zk, '/kept/n-', { mode, jitter: 0 })
      expect(await failure(node.start({ signal: controller.signal }))).to.include({ code: 'ABORTED' })
      await until('it is deleted', () => bed.names('/kept').length === 0)
      await node.close()
      expect(bed.operations(zk).filter(name => name === 'create')).to.have.length(1)
    })
  }

  it('Z2 looks for a sequential znode after a sync: a follower that is behind does not hide it', async () => {
    await using ensemble = await TestEnsemble.start({ tickTime: 100, seed })
    const [first, second] = ensemble.members
    const hosts = `${first!.hosts},${second!.hosts}`
    const brisk = { sessionTimeout: 60_000, backoff: { initial: 5, max: 20 }, closeTimeout: 1000 }
    await using zk = await connect(hosts, { ...brisk, shuffle: false })
    second!.stall()
    first!.loseNextReply('create')
    await first!.refuseConnections(true)
    await using node = new PersistentNode(zk, '/kept/n-', { mode: 'ephemeral-sequential', jitter: 0 })
    const starting = node.start()
    const asked = (): string[] => second!.requests().map(({ operation }) => operation)
    await until('it asks the follower', () => asked().includes('sync'))
    await settle()
    second!.catchUp()
    await starting
    expect((await zk.getChildren('/kept')).children).to.have.length(1)
  })
})

describe('A kept znode whose path is occupied', () => {
  it('Z1 is the only one when its create was not answered', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    bed.server.loseNextReply('create')
    await using node = new PersistentNode(zk, PATH, { data: 'here', jitter: 0 })
    await node.start()
    const stat = (await zk.exists(PATH))!
    expect(stat).to.include({ czxid: node.current!.czxid, ephemeralOwner: zk.session.id })
    expect(bed.operations()).not.to.include('multi')
  })

  it('Z9 takes over the leftover of a restarted process in one transaction, without a gap', async () => {
    await using bed = await TestBed.start({ seed })
    const { server } = bed
    const [old, zk, watcher] = [await bed.client(), await bed.client(), await bed.client()]
    await old.create(PATH, 'old', { mode: 'ephemeral' })
    const { id } = old.session
    await using watch = watcher.watch(PATH)
    await watch.ready
    await using node = new PersistentNode(zk, PATH, { data: 'new', jitter: 0 })
    await node.start()
    expect(bed.operations(zk).filter(name => name === 'delete')).to.deep.equal([])
    // Both changes are in one transaction: no reader ever finds it missing.
    const events = [(await watch.next()).value!, (await watch.next()).value!]
    expect(events.map(({ type }) => type)).to.deep.equal(['deleted', 'created'])
    const zxids = events.map(event => (event as { zxid: bigint }).zxid)
    expect(zxids[0]).to.equal(zxids[1])
    server.expireSession(id)
    await settle()
    const stat = (await zk.exists(PATH))!
    expect(stat).to.include({ czxid: node.current!.czxid, ephemeralOwner: zk.session.id })
    expect(server.dump()[PATH]).to.equal('new')
  })

  it('Z9 creates it again if the old session ends between the look and the transaction', async () => {
    await using bed = await TestBed.start({ seed })
    const { server } = bed
    const [old, zk] = [await bed.client(), await bed.client()]
    await old.create(PATH, 'old', { mode: 'ephemeral' })
    const { id } = old.session
    server.answerWith(({ operation }) => {
      if (operation !== 'multi') return false
      server.expireSession(id)
      return false
    }, -1)
    await using node = new PersistentNode(zk, PATH, { data: 'new', jitter: 0 })
    await node.start()
    expect((await zk.exists(PATH))!.ephemeralOwner).to.equal(zk.session.id)
    expect(bed.operations(zk).filter(name => name === 'multi')).to.have.length(1)
  })

  it('Z9 tries again if the old one is changed between the look and the transaction', async () => {
    await using bed = await TestBed.start({ seed })
    const { server } = bed
    const [old, zk] = [await bed.client(), await bed.client()]
    await old.create(PATH, 'old', { mode: 'ephemeral' })
    let changed = false
    server.answerWith(({ operation }) => {
      if (operation !== 'multi' || changed) return false
      changed = true
      server.seed({ kept: { node: 'changed' } })
      return false
    }, -1)
    await using node = new PersistentNode(zk, PATH, { data: 'new', jitter: 0 })
    await node.start()
    expect(server.dump()[PATH]).to.equal('new')
    expect(bed.operations(zk).filter(name => name === 'multi')).to.have.length(2)
  })

  it('Z9 recognises its own znode when the transaction was not answered', async () => {
    await using bed = await TestBed.start({ seed })
    const [old, zk] = [await bed.client(), await bed.client()]
    await old.create(PATH, 'old', { mode: 'ephemeral' })
    bed.server.loseNextReply('multi')
    await using node = new PersistentNode(zk, PATH, { data: 'new', jitter: 0 })
    await node.start()
    expect((await zk.exists(PATH))!).to.include({ czxid: node.current!.czxid, ephemeralOwner: zk.session.id })
    expect(bed.operations(zk).filter(name => name === 'multi')).to.have.length(1)
  })

  it('Z9 takes over its own old znode when its session was renewed before the old one ended', async () => {
    await using bed = await TestBed.start({ seed })
    const { server } = bed
    const zk = await bed.client()
    await using node = new PersistentNode(zk, PATH, { data: 'here', jitter: 0 })
    await node.start()
    const old = zk.session.id
    server.swapSessionIds(true)
    server.dropConnection(old)
    await until('it is there again', () => node.current !== null && node.current.session !== old)
    server.swapSessionIds(false)
    server.expireSession(old)
    await settle()
    expect((await zk.exists(PATH))!.ephemeralOwner).to.equal(zk.session.id)
    expect(zk.session.id).not.to.equal(old)
  })

  it('belongs to the last one; the first waits, reports that, and is back when the other is gone', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using first = new PersistentNode(zk, PATH, { data: 'first', jitter: 0 })
    await first.start()
    const changes = first.changes()
    const second = new PersistentNode(other, PATH, { data: 'second', jitter: 0 })
    await second.start()
    expect(await next(changes)).to.deep.equal({ type: 'lost', path: PATH, reason: 'displaced' })
    await second.setData('changed')
    await settle()
    expect({ current: first.current, stale: first.stale }).to.deep.equal({ current: null, stale: true })
    expect(bed.server.dump()[PATH]).to.equal('changed')
    expect(second.current).not.to.equal(null)
    await renew(bed.server, zk)
    await until('it has looked again', () => bed.operations(zk).includes('exists'))
    await settle()
    expect(bed.server.dump()[PATH], 'also in a new session').to.equal('changed')
    await second.close()
    expect(await next(changes)).to.include({ type: 'created', after: 'displaced' })
    expect(bed.server.dump()[PATH]).to.equal('first')
  })

  it('is left to another owner that came between a deletion and its answer', async () => {
    await using bed = await TestBed.start({ seed })
    const { server } = bed
    const [zk, other] = [await bed.client(), await bed.client()]
    await using node = new PersistentNode(zk, PATH, { data: 'mine', jitter: 0 })
    await node.start()
    const changes = node.changes()
    server.answerWith(({ operation }) => {
      if (operation === 'create') server.seed({ kept: { node: 'theirs' } })
      return false
    }, -1)
    await other.delete(PATH)
    expect(await next(changes)).to.include({ type: 'lost', reason: 'deleted' })
    await until('it has looked', () => bed.operations(zk).filter(name => name === 'exists').length >= 3)
    await settle()
    expect(server.dump()[PATH]).to.equal('theirs')
    expect(bed.operations(zk)).not.to.include('multi')
  })

  it('is its own again when another one of its kind has replaced it', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using node = new PersistentNode(zk, PATH, { mode: 'persistent', data: 'mine', jitter: 0 })
    await node.start()
    const changes = node.changes()
    await other.transaction().delete(PATH).create(PATH, 'theirs').commit()
    expect(await next(changes)).to.include({ type: 'lost', reason: 'deleted' })
    expect(await next(changes)).to.include({ type: 'created', after: 'deleted' })
    expect(bed.server.dump()[PATH]).to.equal('mine')
  })

  it('is left to the other owner when the displaced one is closed', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    const first = new PersistentNode(zk, PATH, { data: 'first' })
    await first.start()
    const changes = first.changes()
    await using second = new PersistentNode(other, PATH, { data: 'second' })
    await second.start()
    await next(changes)
    await first.close()
    expect(bed.server.dump()[PATH]).to.equal('second')
  })

  it('does not replace a znode that has children: start reports that', async () => {
    await using bed = await TestBed.start({ seed: { kept: { node: { child: '' } } } })
    const zk = await bed.client()
    const node = new PersistentNode(zk, PATH)
    expect(await failure(node.start())).to.include({ code: 'NOT_EMPTY' })
    await node.close()
    expect(bed.names('/kept')).to.have.members(['node', 'node/child'])
  })
})
