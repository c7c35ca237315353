import { connect, openAcl } from '@zookit/client'
import { expect } from 'chai'
import { type Cache, ChildrenCache, NodeCache, TreeCache } from '../src/index.ts'
import { deletionFrame, heldReads, VERSIONS } from './support/caches.ts'
import { dataOf, part, Replica } from './support/replica.ts'
import { RoundTrips } from './support/round-trips.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const quick = { jitter: 0 }

function pathOf(body: unknown): string {
  return (body as { path: string }).path
}

describe('What a cache reads', () => {
  it('is read ceil(znodes / window) flushes after the listing, and changes are read at once', async () => {
    await using bed = await TestBed.start()
    const names = Array.from({ length: 95 }, (_, i) => `n${i}`)
    bed.server.seed({ t: { '': '', ...Object.fromEntries(names.map(name => [name, name])) } })
    const trips = new RoundTrips()
    const zk = await bed.client({ environment: trips.environment })
    const other = await bed.client()
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

  it('is one object for the znode of a NodeCache until it changes', async () => {
    await using bed = await TestBed.start({ seed: { a: 'old' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using cache = new NodeCache(zk, '/a', quick)
    expect(cache.current).to.equal(null)
    await cache.start()
    const old = cache.current!
    expect([String(old.data), cache.current === old]).to.deep.equal(['old', true])
    await other.setData('/a', 'new')
    await until('it has changed', () => cache.current !== old)
    expect([String(cache.current!.data), String(old.data)]).to.deep.equal(['new', 'old'])
    await other.delete('/a')
    await until('it has gone', () => cache.current === null)
  })

  it('misses nothing that happens between the watch and the reads', async () => {
    for (const version of VERSIONS) {
      await using bed = await TestBed.start({ version, seed: { t: { '': 'old', a: 'old' } } })
      const [zk, other] = [await bed.client(), await bed.client()]
      // From here on the client knows what the server can do.
      await new NodeCache(zk, '/t', quick).start()
      const caches = [
        new TreeCache(zk, '/t', quick),
        new ChildrenCache(zk, '/t', quick),
        new NodeCache(zk, '/t', quick),
      ] as const
      for (const cache of caches) {
        const held = await heldReads(bed, zk, cache)
        // The state that the server has read, and not sent yet, is out of date from here on.
        bed.server.seed({ t: { '': 'new', a: 'new', b: 'new' } })
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

  it('is as new as the events that came while many znodes were read together', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: '', b: '', c: 'old', d: '' } } })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using cache = new TreeCache(zk, '/t', quick)
    const replica = new Replica(cache)
    bed.server.holdNextReply(
      ({ sessionId, operation }) => sessionId === zk.session.id && operation === 'multiRead',
    )
    const started = cache.start()
    await until('the server has read all', () => bed.operations(zk).includes('multiRead'))
    const changes = [other.delete('/t/a'), other.create('/t/b/below', ''), other.setData('/t/c', 'new')]
    await until('the server has changed all', () => bed.operations(other).includes('setData'))
    bed.server.releaseReplies()
    await Promise.all([started, ...changes])
    await until('all is new', () => String(cache.current.get('/t/c')?.data) === 'new')
    await zk.exists('/t')
    await settle()
    expect([...cache.current.keys()]).to.have.members(['/t', '/t/b', '/t/b/below', '/t/c', '/t/d'])
    expect(replica.data).to.deep.equal(dataOf(cache.current))
  })

  it('reads many znodes with few requests, and long data in parts', async () => {
    const long = (index: number): [string, string] => [`n${index}`, 'x'.repeat(50_000)]
    const short = (index: number): [string, string] => [`n${index}`, 'x']
    const hundred = Array.from({ length: 100 }, (_, index) => index)
    const seed = {
      long: { '': '', ...Object.fromEntries(hundred.map(long)) },
      short: { '': '', ...Object.fromEntries(hundred.map(short)) },
    }
    for (const [name, most] of [
      ['short', 50],
      ['long', 8],
    ] as const) {
      await using bed = await TestBed.start({ seed })
      const zk = await bed.client()
      await using cache = new TreeCache(zk, `/${name}`, { ...quick, window: 50 })
      await cache.start()
      expect(cache.current.size).to.equal(101)
      const sizes = bed.server
        .requests()
        .filter(({ operation }) => operation === 'multiRead')
        .map(({ body }) => (body as { operations: unknown[] }).operations.length)
      expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.within(90, 100)
      expect(Math.max(...sizes)).to.be.within(most / 2, most)
    }
  })

  it('is complete where a reply for many znodes is too long', async () => {
    const data = 'x'.repeat(2000)
    const names = Array.from({ length: 30 }, (_, index) => `n${index}`)
    await using bed = await TestBed.start({
      seed: { t: { '': '', ...Object.fromEntries(names.map(name => [name, data])) } },
    })
    const zk = await bed.client({ maxResponseSize: 10_000 })
    await using cache = new TreeCache(zk, '/t', quick)
    await cache.start()
    expect(names.map(name => String(cache.current.get(`/t/${name}`)?.data))).to.deep.equal(
      names.map(() => data),
    )
  })

  it('lists the children of no znode that has none, where many are read together', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: '', b: { '': '', below: '' }, c: '' } } })
    const zk = await bed.client()
    await using cache = new TreeCache(zk, '/t', quick)
    await cache.start()
    const listed = bed.server.requests().filter(({ operation }) => operation === 'getChildren2')
    expect(listed.map(({ body }) => pathOf(body))).to.have.members(['/t', '/t/b', '/t/b/below'])
    expect(cache.current.size).to.equal(5)
  })

  it('is not misled by the deletion of an earlier znode', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    await other.create('/a', 'first')
    await other.delete('/a')
    const { stat } = await other.createWithStat('/a', 'second')
    await using cache = new NodeCache(zk, '/a', quick)
    const replica = new Replica(cache)
    await cache.start()
    bed.server.sendRaw(zk.session.id, deletionFrame('/a', stat.czxid - 1n))
    await other.create('/later')
    await zk.exists('/later')
    await settle()
    expect(String(cache.current!.data)).to.equal('second')
    expect(replica.log).to.deep.equal(['created /a', 'initialized'])
    bed.server.sendRaw(zk.session.id, deletionFrame('/a', stat.czxid + 1n))
    await until('it has gone', () => cache.current === null)
  })

  it('is reported as initialized when all reads are answered', async () => {
    await using bed = await TestBed.start()
    const names = Array.from({ length: 30 }, (_, i) => [`n${i}`, ''])
    bed.server.seed({ t: { '': '', ...Object.fromEntries(names) } })
    const zk = await bed.client()
    await using cache = new TreeCache(zk, '/t', { ...quick, window: 7 })
    const replica = new Replica(cache)
    await cache.start()
    await settle()
    expect(replica.log).to.have.length(32)
    expect(replica.log.indexOf('initialized')).to.equal(31)
  })

  it('leaves out znodes that must not be read, reports them, and goes on with the rest', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: '' } } })
    const [zk, other] = [await bed.client(), await bed.client()]
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
    bed.server.dropConnection(zk.session.id)
    await until('all has been read again', () => cache.current.has('/t/secret/below'))
    await denied.close()
  })

  it('has a first view only when no read of it was cut off', async () => {
    await using bed = await TestBed.start({ seed: { t: { a: '', b: '', c: '', d: '' } } })
    const zk = await bed.client()
    await using cache = new ChildrenCache(zk, '/t', { ...quick, window: 2 })
    const replica = new Replica(cache)
    bed.server.dropNextRequest({ operation: 'getData', path: '/t/d' })
    await cache.start()
    expect(cache.current.size).to.equal(4)
    await settle()
    expect(replica.log.at(-1)).to.equal('initialized')
  })

  it('reports a select that throws, and leaves the znode out', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: '', b: '' } } })
    const zk = await bed.client()
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

  for (const version of VERSIONS) {
    it(`leaves out descendants of a znode that must not be read, until it may be read, ${version}`, async () => {
      await using bed = await TestBed.start({ version, seed: { t: '' } })
      const [zk, other] = [await bed.client(), await bed.client()]
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
      // With one-shot watches, no event tells of it before everything is read again.
      if (version === '3.5') bed.server.dropConnection(zk.session.id)
      await until('all is there', () => cache.current.size === 6)
      expect(dataOf(cache.current)).to.deep.equal(part(bed.server.dump(), '/t'))
    })
  }

  it('repeats a read that a busy server has refused', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: 'x' } } })
    const zk = await bed.client()
    bed.server.answerWith({ operation: 'getData', path: '/t/a' }, -127)
    await using cache = new ChildrenCache(zk, '/t', quick)
    await cache.start()
    expect(dataOf(cache.current)).to.deep.equal({ '/t/a': 'x' })
  })

  it('refuses invalid options', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const makings: (() => Cache)[] = [
      () => new NodeCache(zk, 'a'),
      () => new NodeCache(zk, '/a', { window: 0 }),
      () => new ChildrenCache(zk, '/a', { jitter: -1 }),
      () => new TreeCache(zk, '/a', { maxDepth: -1 }),
    ]
    for (const make of makings) expect(make).to.throw().with.property('code', 'BAD_ARGUMENTS')
  })

  it('C1 has the client’s paths, under a chroot', async () => {
    await using bed = await TestBed.start({ seed: { app: { a: '1', b: { c: '2' } }, apple: { z: '' } } })
    await using zk = await connect(`${bed.server.hosts}/app`)
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
})
