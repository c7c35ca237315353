import { connect, openAcl, type ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { type Cache, ChildrenCache, NodeCache, TreeCache } from '../src/index.ts'
import { Clock, failure, Ground, settle, until } from './support/ground.ts'
import { collectGarbage } from './support/heap.ts'
import { dataOf, part, Replica } from './support/replica.ts'
import { RoundTrips } from './support/round-trips.ts'

const quick = { jitter: 0 }

/** With lasting watches whose events have zxids, without zxids, and without lasting watches. */
const VERSIONS = ['3.9', '3.8.0', '3.5'] as const

for (const version of VERSIONS) {
  describe(`Caches, on a server ${version}`, () => {
    basics(version)
  })
}

function basics(version: (typeof VERSIONS)[number]): void {
  it('a NodeCache shows a node that comes, changes, goes and comes again', async () => {
    await using ground = await Ground.lay({ version })
    const [zk, other] = [await ground.client(), await ground.client()]
    await using cache = new NodeCache(zk, '/a', quick)
    const replica = new Replica(cache)
    expect([cache.current, cache.stale]).to.deep.equal([null, true])
    await cache.start()
    expect([cache.current, cache.stale]).to.deep.equal([null, false])
    for (let round = 0; round < 2; round++) {
      await other.create('/a', 'one')
      await until('it is there', () => cache.current !== null)
      expect(cache.current).to.include({ path: '/a', name: 'a' })
      expect(cache.current!.data!.toString()).to.equal('one')
      const stat = await other.setData('/a', 'two')
      await other.create('/a/b', 'not of interest')
      await until('it has changed', () => String(cache.current?.data) === 'two')
      expect(cache.current!.stat.mzxid).to.equal(stat.mzxid)
      await other.delete('/a/b')
      await other.delete('/a')
      await until('it has gone', () => cache.current === null)
    }
    await settle()
    const life = ['created /a', 'changed /a', 'deleted /a']
    expect(replica.log.filter(line => !line.startsWith('resynced'))).to.deep.equal([
      'initialized',
      ...life,
      ...life,
    ])
  })

  it('a ChildrenCache shows the children with data and Stat, and nothing above or below', async () => {
    await using ground = await Ground.lay({ version, seed: { group: { '': 'g' } } })
    const [zk, other] = [await ground.client(), await ground.client()]
    await other.create('/group/a', 'one')
    await using cache = new ChildrenCache(zk, '/group', quick)
    const replica = new Replica(cache)
    await cache.start()
    expect([...cache.current.keys()]).to.deep.equal(['a'])
    const { path, stat } = await other.createWithStat('/group/b', 'two', { mode: 'ephemeral' })
    await other.create('/group/a/deep', 'unseen')
    await other.setData('/group', 'unseen')
    await until('the second is there', () => cache.current.size === 2)
    const b = cache.current.get('b')!
    expect([b.path, b.stat.ephemeralOwner, b.stat.czxid]).to.deep.equal([path, other.session.id, stat.czxid])
    await other.setData('/group/a', 'three')
    await until('the change is there', () => String(cache.current.get('a')?.data) === 'three')
    await other.delete('/group/a/deep')
    for (const name of ['a', 'b']) await other.delete(`/group/${name}`)
    await other.delete('/group')
    await until('all have gone', () => cache.current.size === 0)
    await other.create('/group')
    await other.create('/group/c', 'again')
    await until('there is one again', () => cache.current.size === 1)
    expect(replica.data).to.deep.equal({ '/group/c': 'again' })
  })

  it('a TreeCache shows a node and all below it, to a depth, as far as they are wanted', async () => {
    await using ground = await Ground.lay({ version })
    const [zk, other] = [await ground.client(), await ground.client()]
    ground.server.seed({
      t: {
        '': 'top',
        a: { '': '1', x: '2' },
        no: { '': '', y: '' },
      },
    })
    const select = (path: string): boolean => !path.endsWith('/no')
    await using whole = new TreeCache(zk, '/t', quick)
    await using some = new TreeCache(zk, '/t', { ...quick, maxDepth: 1, select, data: false })
    const replicas = [new Replica(whole), new Replica(some)] as const
    await Promise.all([whole.start(), some.start()])
    expect(dataOf(whole.current)).to.deep.equal({
      '/t': 'top',
      '/t/a': '1',
      '/t/a/x': '2',
      '/t/no': '',
      '/t/no/y': '',
    })
    expect(dataOf(some.current)).to.deep.equal({ '/t': null, '/t/a': null })
    expect(whole.children().map(({ name }) => name)).to.have.members(['a', 'no'])
    expect(whole.children('/t/a').map(({ path }) => path)).to.deep.equal(['/t/a/x'])
    expect(whole.children('/t/a/x')).to.deep.equal([])
    await other.create('/t/b', '3')
    await other.create('/t/b/z', '4')
    await other.setData('/t/no/y', 'seen by one')
    await other.setData('/t/no', 'seen by one')
    await other.delete('/t/a/x')
    const stat = await other.setData('/t/a', '5')
    await until('both have it', () =>
      [whole, some].every(cache => cache.current.get('/t/a')?.stat.mzxid === stat.mzxid),
    )
    await until(
      'all is there',
      () => whole.current.has('/t/b/z') && whole.current.get('/t/no/y')!.data!.length,
    )
    const dump = part(ground.server.dump(), '/t')
    await until('the last is there', () => whole.current.get('/t/no')!.data!.length > 0)
    expect(dataOf(whole.current)).to.deep.equal(dump)
    expect([...some.current.keys()]).to.have.members(['/t', '/t/a', '/t/b'])
    await other.removeTree('/t')
    await until('nothing is left', () => whole.current.size + some.current.size === 0)
    await settle()
    expect(replicas.map(({ nodes }) => nodes.size)).to.deep.equal([0, 0])
  })

  it('7 reads all again after a lost connection, and after an expired session', async () => {
    await using ground = await Ground.lay({ version })
    const [zk, other] = [await ground.client(), await ground.client()]
    ground.server.seed({
      t: {
        '': '',
        stays: '',
        changes: 'old',
        goes: { '': '', too: '' },
        again: 'first',
      },
    })
    await using tree = new TreeCache(zk, '/t', quick)
    await using children = new ChildrenCache(zk, '/t', quick)
    await using node = new NodeCache(zk, '/t/changes', quick)
    const replica = new Replica(tree)
    await Promise.all([tree.start(), children.start(), node.start()])
    for (const [round, reason] of ['reconnected', 'renewed'].entries()) {
      const [loss, gone] = [await lossOf(ground, zk), replica.events.length]
      expect([tree.stale, children.stale, node.stale]).to.deep.equal([true, true, true])
      await other.setData('/t/changes', `new ${round}`)
      await other.removeTree('/t/goes').catch(() => {})
      await other.delete('/t/again')
      await other.create('/t/again', `second ${round}`)
      await other.create(`/t/comes-${round}`)
      await other.create(`/t/comes-${round}/with`, 'a child')
      if (reason === 'renewed') ground.server.expireSession(zk.session.id)
      loss.end()
      await until('none is stale', () => ![tree.stale, children.stale, node.stale].includes(true))
      const dump = part(ground.server.dump(), '/t')
      expect(dataOf(tree.current)).to.deep.equal(dump)
      expect(dataOf(children.current)).to.deep.equal(
        Object.fromEntries(Object.entries(dump).filter(([path]) => path.split('/').length === 3)),
      )
      expect(String(node.current!.data)).to.equal(`new ${round}`)
      await settle()
      expect(replica.data).to.deep.equal(dump)
      const log = replica.log.slice(gone)
      expect(log.at(-1)).to.equal(`resynced ${reason}`)
      expect(log.filter(line => line.endsWith('/stays'))).to.deep.equal([])
    }
  })
}

/** A client without its connection, and none to be had until `end`. */
async function lossOf(ground: Ground, zk: ZooKeeper): Promise<{ end(): void }> {
  ground.server.closeNewConnections(true)
  ground.server.dropConnection(zk.session.id)
  await until('it is suspended', () => zk.state === 'suspended')
  return { end: () => ground.server.closeNewConnections(false) }
}

describe('A cache', () => {
  it('is read ceil(nodes / window) flushes after the listing, and changes are read at once', async () => {
    await using ground = await Ground.lay()
    const names = Array.from({ length: 95 }, (_, i) => `n${i}`)
    ground.server.seed({ t: { '': '', ...Object.fromEntries(names.map(name => [name, name])) } })
    const trips = new RoundTrips()
    const zk = await ground.client({ environment: trips.environment })
    const other = await ground.client()
    for (const cache of [
      new ChildrenCache(zk, '/t', { ...quick, window: 10 }),
      new TreeCache(zk, '/t', { ...quick, window: 10 }),
    ]) {
      trips.take()
      await cache.start()
      expect(trips.take()).to.equal(1 + Math.ceil(95 / 10))
      expect(cache.current.size).to.be.at.least(95)
      await other.setData('/t/n7', 'x')
      await until('it has changed', () =>
        [...cache.current.values()].some(({ data }) => String(data) === 'x'),
      )
      expect(trips.take()).to.equal(1)
      await other.setData('/t/n7', 'n7')
      await cache.close()
    }
    const node = new NodeCache(zk, '/t', quick)
    await settle()
    trips.take()
    await node.start()
    expect(trips.take()).to.equal(1)
    await node.close()
  })

  it('7 misses nothing that happens between the watch and the reads', async () => {
    for (const version of VERSIONS) {
      await using ground = await Ground.lay({ version, seed: { t: { '': 'old', a: 'old' } } })
      const [zk, other] = [await ground.client(), await ground.client()]
      // Known from here on is what the server can do.
      await new NodeCache(zk, '/t', quick).start()
      const caches = [
        new TreeCache(zk, '/t', quick),
        new ChildrenCache(zk, '/t', quick),
        new NodeCache(zk, '/t', quick),
      ] as const
      for (const cache of caches) {
        const held = await heldReads(ground, zk, cache)
        // What the server has read, and not told yet, is old from here on.
        ground.server.seed({ t: { '': 'new', a: 'new', b: 'new' } })
        held.release()
        await held.started
        const isCurrent = (): boolean => {
          if (cache instanceof NodeCache) return String(cache.current?.data) === 'new'
          const values = [...cache.current.values()].map(({ data }) => String(data))
          return values.length >= 2 && values.every(value => value === 'new')
        }
        await until(`all is new, ${version}`, isCurrent)
        for (const path of ['/t', '/t/a']) await other.setData(path, 'old')
        await other.delete('/t/b')
        await cache.close()
      }
    }
  })

  it('8 is not led astray by the deletion of a node that lived before', async () => {
    await using ground = await Ground.lay()
    const [zk, other] = [await ground.client(), await ground.client()]
    await other.create('/a', 'first')
    await other.delete('/a')
    const { stat } = await other.createWithStat('/a', 'second')
    await using cache = new NodeCache(zk, '/a', quick)
    const replica = new Replica(cache)
    await cache.start()
    ground.server.sendRaw(zk.session.id, deletionFrame('/a', stat.czxid - 1n))
    await other.create('/later')
    await zk.exists('/later')
    await settle()
    expect(String(cache.current!.data)).to.equal('second')
    expect(replica.log).to.deep.equal(['created /a', 'initialized'])
    ground.server.sendRaw(zk.session.id, deletionFrame('/a', stat.czxid + 1n))
    await until('it has gone', () => cache.current === null)
  })

  it('8 says that it is initialized when all reads have come back', async () => {
    await using ground = await Ground.lay()
    const names = Array.from({ length: 30 }, (_, i) => [`n${i}`, ''])
    ground.server.seed({ t: { '': '', ...Object.fromEntries(names) } })
    const zk = await ground.client()
    await using cache = new TreeCache(zk, '/t', { ...quick, window: 7 })
    const replica = new Replica(cache)
    await cache.start()
    await settle()
    expect(replica.log).to.have.length(32)
    expect(replica.log.indexOf('initialized')).to.equal(31)
  })

  it('begins once, whoever starts it, and is left running by a start that is given up beside another', async () => {
    await using ground = await Ground.lay({ seed: { a: '' } })
    const zk = await ground.client()
    await using cache = new NodeCache(zk, '/a', quick)
    ground.server.holdNextReply('getData')
    const stop = new AbortController()
    const given = cache.start({ signal: stop.signal })
    const kept = cache.start()
    stop.abort('no more')
    expect(await failure(given)).to.include({ code: 'ABORTED', operation: 'start', path: '/a' })
    await until('it is read', () => ground.operations(zk).includes('getData'))
    ground.server.releaseReplies()
    await kept
    await cache.start()
    expect(ground.operations(zk).filter(name => name === 'getData')).to.have.length(1)
    expect(cache.current).not.to.equal(null)
  })

  it('leaves nothing running when its start is given up, and can be started again', async () => {
    await using ground = await Ground.lay({ seed: { t: { '': '', a: '' } } })
    const zk = await ground.client()
    await using cache = new TreeCache(zk, '/t', quick)
    const stop = new AbortController()
    ground.server.holdNextReply({ operation: 'getData', path: '/t/a' })
    const starting = failure(cache.start({ signal: stop.signal }))
    await until(
      'half of it is there',
      () => cache.current.size === 1 && ground.operations(zk).at(-1) === 'getChildren2',
    )
    await settle()
    stop.abort()
    expect(await starting).to.include({ code: 'ABORTED', operation: 'start', path: '/t' })
    ground.server.releaseReplies()
    await until('the watch is gone', () => ground.server.watches().length === 0)
    expect([cache.current.size, cache.stale]).to.deep.equal([0, true])
    ground.server.clearRequests()
    await cache.start()
    expect([cache.current.size, cache.stale]).to.deep.equal([2, false])
    await using late = new NodeCache(zk, '/t', quick)
    ground.server.holdReplies()
    expect(await failure(late.start({ timeout: 10 }))).to.include({
      code: 'REQUEST_TIMEOUT',
      operation: 'start',
    })
    ground.server.releaseReplies()
    expect(await failure(cache.start({ timeout: 0 }))).to.include({ code: 'BAD_ARGUMENTS' })
    expect(await failure(cache.start({ signal: AbortSignal.abort() }))).to.include({ code: 'ABORTED' })
  })

  it('takes its watch off when it is closed, shows what it had, and cannot be started again', async () => {
    await using ground = await Ground.lay({ seed: { a: 'x' } })
    const [zk, other] = [await ground.client(), await ground.client()]
    const cache = new NodeCache(zk, '/a', quick)
    const replica = new Replica(cache)
    await cache.start()
    await cache.close()
    await replica.ended
    expect(ground.server.watches()).to.deep.equal([])
    await other.setData('/a', 'y')
    await settle()
    expect([String(cache.current!.data), cache.stale]).to.deep.equal(['x', true])
    expect(await failure(cache.start())).to.include({ code: 'CLOSED', operation: 'start' })
    const begun = new NodeCache(zk, '/a', quick)
    const starting = failure(begun.start())
    await begun.close()
    expect(await starting).to.include({ code: 'CLOSED' })
  })

  it('ends with its client: by itself when that is closed, with the reason when the session is not renewed', async () => {
    await using ground = await Ground.lay({ seed: { a: 'x' } })
    const [zk, renewless] = [await ground.client(), await ground.client({ renew: false })]
    const [closed, expired] = [new NodeCache(zk, '/a', quick), new NodeCache(renewless, '/a', quick)]
    const replicas = [new Replica(closed), new Replica(expired)] as const
    await Promise.all([closed.start(), expired.start()])
    await zk.close()
    await replicas[0].ended
    expect(await failure(closed.start())).to.include({ code: 'CLOSED' })
    expect(await failure(new NodeCache(zk, '/a', quick).start())).to.include({ code: 'CLOSED' })
    ground.server.expireSession(renewless.session.id)
    expect(await failure(replicas[1].ended)).to.include({ code: 'SESSION_EXPIRED' })
    expect(await failure(expired.start())).to.include({ code: 'SESSION_EXPIRED' })
    expect([expired.stale, String(expired.current!.data)]).to.deep.equal([true, 'x'])
  })

  it('W9 keeps the order for a slow reader, and tells it of an overflow instead of growing', async () => {
    await using ground = await Ground.lay({ seed: { a: '0' } })
    const [zk, other] = [await ground.client(), await ground.client()]
    await using cache = new NodeCache(zk, '/a', quick)
    const [slow, quicker] = [cache.changes({ buffer: 4 }), new Replica(cache)]
    await cache.start()
    for (let i = 1; i <= 10; i++) {
      await other.setData('/a', String(i))
      await until('it is there', () => String(cache.current!.data) === String(i))
    }
    const taken: string[] = []
    for (let i = 0; i < 4; i++) {
      const { value } = await slow.next()
      taken.push(value!.type === 'changed' ? String(value!.node.data) : value!.type)
    }
    // Twelve events: the fifth and the ninth each took the place of all that waited.
    expect(taken).to.deep.equal(['resynced', '8', '9', '10'])
    expect(quicker.log).to.have.length(12)
    const waiting = slow.next()
    await slow.return!()
    expect(await waiting).to.deep.equal({ value: undefined, done: true })
  })

  it('B5 D1 is stale as soon as the session is not certain, before any timer and any event', async () => {
    await using ground = await Ground.lay({ seed: { a: 'x' } })
    const clock = new Clock()
    const zk = await ground.client({ environment: clock.environment })
    await using cache = new NodeCache(zk, '/a', quick)
    await cache.start()
    clock.advance(59_000)
    expect(cache.stale).to.equal(false)
    clock.advance(2000)
    // The process was stopped for longer than the session timeout: what it shows is of then.
    expect([cache.stale, String(cache.current!.data)]).to.deep.equal([true, 'x'])
  })

  it('leaves out what must not be read, says so, and goes on with the rest', async () => {
    await using ground = await Ground.lay({ seed: { t: { '': '', a: '' } } })
    const [zk, other] = [await ground.client(), await ground.client()]
    await other.addAuth('digest', 'u:p')
    const acl = [{ perms: 31, id: { scheme: 'auth', id: '' } }]
    await other.create('/t/secret', 'x', { acl })
    await other.create('/t/secret/below', 'y')
    await using cache = new TreeCache(zk, '/t', quick)
    const replica = new Replica(cache)
    await cache.start()
    expect([...cache.current.keys()]).to.have.members(['/t', '/t/a'])
    expect(replica.log.filter(line => line.startsWith('error'))).to.deep.equal(['error /t/secret'])
    await other.create('/t/b', 'seen')
    await until('the rest is followed', () => cache.current.has('/t/b'))
    const denied = new NodeCache(zk, '/t/secret', quick)
    const events = new Replica(denied)
    expect(await failure(denied.start())).to.include({ code: 'NO_AUTH', path: '/t/secret' })
    await settle()
    expect([denied.stale, events.log]).to.deep.equal([true, []])
    await other.setAcl('/t/secret', [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }])
    await denied.start()
    expect(String(denied.current!.data)).to.equal('x')
    ground.server.dropConnection(zk.session.id)
    await until('all has been read again', () => cache.current.has('/t/secret/below'))
    await denied.close()
  })

  for (const version of VERSIONS) {
    it(`leaves out what comes below what must not be read, until that may be read, ${version}`, async () => {
      await using ground = await Ground.lay({ version, seed: { t: '' } })
      const [zk, other] = [await ground.client(), await ground.client()]
      await other.addAuth('digest', 'u:p')
      await using cache = new TreeCache(zk, '/t', quick)
      const replica = new Replica(cache)
      await cache.start()
      const acl = [{ perms: 31, id: { scheme: 'auth', id: '' } }]
      await other.transaction().create('/t/s', 'x', { acl }).create('/t/s/a').create('/t/s/a/b').commit()
      await other.create('/t/s/c')
      await other.create('/t/last')
      await until('the last is there', () => cache.current.has('/t/last'))
      await settle()
      expect([...cache.current.keys()]).to.have.members(['/t', '/t/last'])
      expect([...replica.nodes.keys()]).to.have.members(['/t', '/t/last'])
      await other.setAcl('/t/s', openAcl)
      await other.setData('/t/s', 'y')
      // With one-shot watches nothing tells of it before all is read again.
      if (version === '3.5') ground.server.dropConnection(zk.session.id)
      await until('all is there', () => cache.current.size === 6)
      expect(dataOf(cache.current)).to.deep.equal(part(ground.server.dump(), '/t'))
    })
  }

  it('has a first view only when nothing of it was cut off', async () => {
    await using ground = await Ground.lay({ seed: { t: { a: '', b: '', c: '', d: '' } } })
    const zk = await ground.client()
    await using cache = new ChildrenCache(zk, '/t', { ...quick, window: 2 })
    const replica = new Replica(cache)
    ground.server.dropNextRequest({ operation: 'getData', path: '/t/d' })
    await cache.start()
    expect(cache.current.size).to.equal(4)
    await settle()
    expect(replica.log.at(-1)).to.equal('initialized')
  })

  it('is stale when it is connected again, whatever came right before the connection was lost', async () => {
    await using ground = await Ground.lay({ seed: { a: '' } })
    const zk = await ground.client()
    await using cache = new NodeCache(zk, '/a', quick)
    await cache.start()
    const seen: boolean[] = []
    zk.on('state', state => {
      if (state === 'connected') seen.push(cache.stale)
    })
    ground.server.holdNextReply('exists')
    ground.server.dropConnection(zk.session.id)
    await until('it is verified', () => ground.operations(zk).includes('exists'))
    // The answer and nonsense in one piece: complete at last, and cut off.
    ground.server.sendRaw(zk.session.id, Buffer.from([0xff, 0xff, 0xff, 0xff]))
    ground.server.releaseReplies()
    await until('it is connected again', () => seen.length === 2)
    expect(seen).to.deep.equal([true, true])
    await until('it is complete', () => !cache.stale)
  })

  it('tells of a select that throws, and leaves the node out', async () => {
    await using ground = await Ground.lay({ seed: { t: { '': '', a: '', b: '' } } })
    const zk = await ground.client()
    await using cache = new ChildrenCache(zk, '/t', {
      ...quick,
      select: path => {
        if (path === '/t/a') throw new RangeError('broken')
        return true
      },
    })
    const replica = new Replica(cache)
    await cache.start()
    await settle()
    expect([...cache.current.keys()]).to.deep.equal(['b'])
    expect(replica.log).to.deep.equal(['error /t/a', 'created /t/b', 'initialized'])
  })

  it('tries again what a busy server has refused', async () => {
    await using ground = await Ground.lay({ seed: { t: { '': '', a: 'x' } } })
    const zk = await ground.client()
    ground.server.answerWith({ operation: 'getData', path: '/t/a' }, -127)
    await using cache = new ChildrenCache(zk, '/t', quick)
    await cache.start()
    expect(dataOf(cache.current)).to.deep.equal({ '/t/a': 'x' })
  })

  it('comes back from a watch that the server has lost, or somebody has removed', async () => {
    await using ground = await Ground.lay({ seed: { a: '0' } })
    const [zk, other] = [await ground.client(), await ground.client()]
    await using cache = new NodeCache(zk, '/a', quick)
    const replica = new Replica(cache)
    await cache.start()
    ground.server.rejectSetWatches()
    ground.server.dropConnection(zk.session.id)
    await until('it was told', () => replica.log.includes('error /a'))
    await until('it is back', () => !cache.stale)
    await other.setData('/a', '1')
    await until('it follows', () => String(cache.current!.data) === '1')
    await zk.removeWatches('/a')
    await until('it is back', () => !cache.stale && ground.server.watches().length === 1)
    await other.setData('/a', '2')
    await until('it follows', () => String(cache.current!.data) === '2')
  })

  it('is refused what cannot be', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const makings: (() => Cache)[] = [
      () => new NodeCache(zk, 'a'),
      () => new NodeCache(zk, '/a', { window: 0 }),
      () => new ChildrenCache(zk, '/a', { jitter: -1 }),
      () => new TreeCache(zk, '/a', { maxDepth: -1 }),
    ]
    for (const make of makings) expect(make).to.throw().with.property('code', 'BAD_ARGUMENTS')
  })

  it('C1 has the paths that the client has, under a chroot', async () => {
    await using ground = await Ground.lay({ seed: { app: { a: '1', b: { c: '2' } }, apple: { z: '' } } })
    await using zk = await connect(`${ground.server.hosts}/app`)
    await using cache = new TreeCache(zk, '/', quick)
    const replica = new Replica(cache)
    await cache.start()
    await zk.create('/b/d', '3')
    await zk.delete('/a')
    await until('it is followed', () => cache.current.has('/b/d') && !cache.current.has('/a'))
    expect(dataOf(cache.current)).to.deep.equal({ '/': '', '/b': '', '/b/c': '2', '/b/d': '3' })
    expect(cache.children().map(({ path }) => path)).to.deep.equal(['/b'])
    await settle()
    expect(replica.data).to.deep.equal(dataOf(cache.current))
  })

  it('L2 keeps no memory of nodes that have come and gone', async function () {
    this.timeout(60_000)
    await using ground = await Ground.lay({ recordRequests: false, seed: { t: '' } })
    const [zk, other] = [await ground.client(), await ground.client()]
    await using cache = new TreeCache(zk, '/t', quick)
    // Nobody takes these.
    const unread = cache.changes()
    await cache.start()
    const churn = async (): Promise<number> => {
      for (let round = 0; round < 20; round++) {
        const paths = Array.from({ length: 50 }, (_, i) => `/t/${round}-${i}`)
        await Promise.all(paths.map(path => other.create(path, Buffer.alloc(1000))))
        await until('all are there', () => cache.current.size === 51)
        await Promise.all(paths.map(path => other.delete(path)))
        await until('all have gone', () => cache.current.size === 1)
      }
      await settle()
      collectGarbage()
      return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
    }
    await churn()
    await churn()
    const before = await churn()
    const after = await churn()
    // A thousand nodes of a kilobyte have come and gone.
    expect(after - before).to.be.below(500_000)
    await unread.return!()
  })

  it('holds no more after much coming and going than before', async () => {
    for (const version of VERSIONS) {
      await using ground = await Ground.lay({ version, recordRequests: false, seed: { t: '' } })
      const [zk, other] = [await ground.client(), await ground.client()]
      await using cache = new TreeCache(zk, '/t', quick)
      await cache.start()
      const before = ground.server.watches().length
      for (let round = 0; round < 10; round++) {
        const paths = Array.from({ length: 50 }, (_, i) => `/t/${round}-${i}`)
        await Promise.all(paths.map(path => other.create(path, 'x')))
        await Promise.all(paths.map(path => other.delete(path)))
      }
      await other.create('/t/last')
      await until('the last is there', () => cache.current.has('/t/last') && cache.current.size === 2)
      await other.delete('/t/last')
      await until('only the top is left', () => cache.current.size === 1)
      await settle()
      expect(ground.server.watches().length, version).to.equal(before)
      expect(cache.children()).to.deep.equal([])
    }
  })
})

/** Starts a cache whose reads the server has answered, while none of the answers has arrived. */
async function heldReads(
  ground: Ground,
  zk: ZooKeeper,
  cache: Cache,
): Promise<{ started: Promise<void>; release(): void }> {
  ground.server.clearRequests()
  ground.server.holdNextReply(request => request.sessionId === zk.session.id)
  const started = cache.start()
  await until('the server has read', () =>
    ground.operations(zk).some(name => name === 'getData' || name === 'getChildren2'),
  )
  await settle()
  return { started, release: () => ground.server.releaseReplies() }
}

/** What a server since 3.9 sends when a node is deleted. */
function deletionFrame(path: string, zxid: bigint): Buffer {
  const name = Buffer.from(path)
  const frame = Buffer.alloc(4 + 16 + 12 + name.length)
  frame.writeInt32BE(frame.length - 4, 0)
  frame.writeInt32BE(-1, 4)
  frame.writeBigInt64BE(zxid, 8)
  frame.writeInt32BE(2, 20)
  frame.writeInt32BE(3, 24)
  frame.writeInt32BE(name.length, 28)
  name.copy(frame, 32)
  return frame
}
