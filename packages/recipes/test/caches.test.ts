import { expect } from 'chai'
import { ChildrenCache, NodeCache, TreeCache } from '../src/index.ts'
import { lossOf, VERSIONS } from './support/caches.ts'
import { dataOf, part, Replica } from './support/replica.ts'
import { settle, TestBed, until } from './support/test-bed.ts'

const quick = { jitter: 0 }

for (const version of VERSIONS) {
  describe(`Caches, on a server ${version}`, () => {
    basics(version)
  })
}

function basics(version: (typeof VERSIONS)[number]): void {
  it('a NodeCache shows a znode that is created, changed, deleted and created again', async () => {
    await using bed = await TestBed.start({ version })
    const [zk, other] = [await bed.client(), await bed.client()]
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
    await using bed = await TestBed.start({ version, seed: { group: { '': 'g' } } })
    const [zk, other] = [await bed.client(), await bed.client()]
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

  it('a TreeCache shows a znode and its descendants, to a depth, as far as they are selected', async () => {
    await using bed = await TestBed.start({ version })
    const [zk, other] = [await bed.client(), await bed.client()]
    bed.server.seed({
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
    for (const path of ['/t/a/x', '/t/no/such', '/', '']) expect(whole.children(path)).to.deep.equal([])
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
    const dump = part(bed.server.dump(), '/t')
    await until('the last is there', () => whole.current.get('/t/no')!.data!.length > 0)
    expect(dataOf(whole.current)).to.deep.equal(dump)
    expect([...some.current.keys()]).to.have.members(['/t', '/t/a', '/t/b'])
    await other.removeTree('/t')
    await until('nothing is left', () => whole.current.size + some.current.size === 0)
    await settle()
    expect(replicas.map(({ nodes }) => nodes.size)).to.deep.equal([0, 0])
  })

  it('read everything again after a lost connection, and after an expired session', async () => {
    await using bed = await TestBed.start({ version })
    const [zk, other] = [await bed.client(), await bed.client()]
    bed.server.seed({
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
      const [loss, gone] = [await lossOf(bed, zk), replica.events.length]
      expect([tree.stale, children.stale, node.stale]).to.deep.equal([true, true, true])
      await other.setData('/t/changes', `new ${round}`)
      await other.removeTree('/t/goes').catch(() => {})
      await other.delete('/t/again')
      await other.create('/t/again', `second ${round}`)
      await other.create(`/t/comes-${round}`)
      await other.create(`/t/comes-${round}/with`, 'a child')
      if (reason === 'renewed') bed.server.expireSession(zk.session.id)
      loss.end()
      await until('none is stale', () => ![tree.stale, children.stale, node.stale].includes(true))
      const dump = part(bed.server.dump(), '/t')
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
