import { connect, nodeEnvironment, type ZooKeeper } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { type Cache, ChildrenCache, NodeCache, ServiceDiscovery, TreeCache } from '../src/index.ts'
import { VERSIONS } from './support/caches.ts'
import { dataOf, Replica } from './support/replica.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const quick = { jitter: 0 }
/** The answers to a read that say nothing about the znode: SYSTEM_ERROR, MARSHALLING_ERROR, UNIMPLEMENTED, CONNECTION_LOSS. */
const FAILURES = [-1, -5, -6, -4]

function makings(zk: ZooKeeper): (() => Cache)[] {
  return [
    () => new TreeCache(zk, '/t', quick),
    () => new ChildrenCache(zk, '/t', quick),
    () => new NodeCache(zk, '/t/a', quick),
  ]
}

describe('A read that fails', () => {
  for (const version of VERSIONS) {
    it(`takes nothing out of a cache, which is stale until it has been made again, ${version}`, async () => {
      await using bed = await TestBed.start({ version, seed: { t: { '': '', a: '1' } } })
      const [zk, other] = [await bed.client(), await bed.client()]
      for (const make of makings(zk)) {
        for (const errno of FAILURES) {
          await using cache = make()
          const replica = new Replica(cache)
          await cache.start()
          bed.server.answerWith({ operation: 'getData', path: '/t/a' }, errno)
          await other.setData('/t/a', String(errno))
          await until('it has failed', () => cache.stale)
          expect(replica.nodes.has('/t/a'), `${errno}`).to.equal(true)
          await until('it is read again', () => !cache.stale)
          await until('it has told so', () => replica.data['/t/a'] === String(errno))
          const errors = replica.log.filter(line => line.startsWith('error'))
          expect(errors, `${errno}`).to.deep.equal(errno === -4 ? [] : ['error /t/a'])
          expect(replica.log).not.to.include('deleted /t/a')
        }
      }
    })
  }

  it('leaves a cache stale until the repeated read is answered, not only sent', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: '1' } } })
    const [zk, other] = [await bed.client(), await bed.client()]
    for (const make of makings(zk)) {
      await using cache = make()
      const replica = new Replica(cache)
      await cache.start()
      bed.server.answerWith({ operation: 'getData', path: '/t/a' }, -1)
      await other.setData('/t/a', '2')
      await until('it has failed', () => replica.log.includes('error /t/a'))
      bed.server.clearRequests()
      bed.server.holdNextReply('getData')
      await until('it is read again', () => bed.operations(zk).includes('getData'))
      await settle()
      expect(cache.stale).to.equal(true)
      bed.server.releaseReplies()
      await until('it is up to date', () => !cache.stale)
    }
  })

  it('takes nothing out of a cache that reads all again after a lost connection', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: '1', b: '2' } } })
    const zk = await bed.client()
    for (const errno of FAILURES) {
      await using cache = new TreeCache(zk, '/t', quick)
      const replica = new Replica(cache)
      await cache.start()
      bed.server.answerWith({ operation: 'getChildren2', path: '/t' }, errno)
      bed.server.dropConnection(zk.session.id)
      await until('it knows', () => cache.stale)
      await until('all is read again', () => !cache.stale)
      await until('it has said so', () => replica.log.at(-1) === 'resynced reconnected')
      expect(replica.log.filter(line => line.startsWith('deleted'))).to.deep.equal([])
      expect(cache.current.size).to.equal(3)
    }
  })

  it('leaves the instances of a service where they are', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const instance = JSON.stringify({ name: 'web', id: 'one', address: 'a', port: 1, serviceType: 'DYNAMIC' })
    await other.ensurePath('/services/web')
    await other.create('/services/web/one', instance)
    await using service = new ServiceDiscovery(zk, '/services', quick).service('web')
    await service.start()
    bed.server.answerWith({ operation: 'getChildren2', path: '/services/web' }, -1)
    bed.server.dropConnection(zk.session.id)
    await until('it knows', () => service.stale)
    const seen: number[] = []
    await until('all is read again', () => {
      seen.push(service.current.length)
      return !service.stale
    })
    expect(new Set(seen)).to.deep.equal(new Set([1]))
  })

  it('ends a start, of which nothing is left, whichever znode it is about; the next start may do better', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: '1' } } })
    const zk = await bed.client()
    for (const path of ['/t', '/t/a']) {
      for (const errno of [-1, -5]) {
        await using cache = new TreeCache(zk, '/t', quick)
        bed.server.answerWith({ operation: 'getData', path }, errno)
        expect((await failure(cache.start())).code).to.equal(
          errno === -1 ? 'SYSTEM_ERROR' : 'MARSHALLING_ERROR',
        )
        await until('no watch is left', () => bed.server.watches().length === 0)
        expect([cache.stale, cache.current.size]).to.deep.equal([true, 0])
        await cache.start()
        expect([cache.stale, cache.current.size]).to.deep.equal([false, 2])
      }
    }
  })

  it('is made again at once when the znode changes, and else after longer and longer pauses', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: '1' } } })
    const pauses: number[] = []
    const setTimer = (callback: () => void, delay: number) => {
      if (delay < 1000) pauses.push(delay)
      return nodeEnvironment.setTimer(callback, delay)
    }
    const zk = await bed.client({ environment: { ...nodeEnvironment, random: () => 1, setTimer } })
    const other = await bed.client()
    await using cache = new NodeCache(zk, '/t/a', quick)
    const replica = new Replica(cache)
    await cache.start()
    pauses.length = 0
    bed.server.answerWith('getData', -1, 3)
    await other.setData('/t/a', '2')
    await until('it is read', () => String(cache.current?.data) === '2')
    expect(pauses).to.deep.equal([100, 200, 400])
    pauses.length = 0
    bed.server.answerWith('getData', -1, 3)
    for (let count = 1; count <= 4; count++) {
      await other.setData('/t/a', `3.${count}`)
      await settle()
    }
    await until('it is read', () => String(cache.current?.data) === '3.4' && !cache.stale)
    expect(replica.log.filter(line => line.startsWith('error'))).to.have.length(2)
  })

  it('of a missing root’s existence leaves no cache without a watch, on servers without persistent watches', async () => {
    await using bed = await TestBed.start({ version: '3.5' })
    const [zk, other] = [await bed.client(), await bed.client()]
    await new NodeCache(zk, '/known', quick).start()
    await using cache = new NodeCache(zk, '/late', quick)
    bed.server.answerWith({ operation: 'exists', path: '/late' }, -4)
    await cache.start()
    await other.create('/late', 'there')
    await until('it is seen', () => String(cache.current?.data) === 'there')
  })

  it('over which the connection is lost each time is not made in a hot loop', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: '1' } } })
    const pauses: number[] = []
    const setTimer = (callback: () => void, delay: number) => {
      pauses.push(delay)
      return nodeEnvironment.setTimer(callback, delay)
    }
    const zk = await bed.client({ environment: { ...nodeEnvironment, setTimer } })
    await using cache = new ChildrenCache(zk, '/t', quick)
    for (let times = 0; times < 5; times++) bed.server.dropNextRequest({ operation: 'getData', path: '/t/a' })
    await cache.start()
    expect(cache.current.size).to.equal(1)
    for (const pause of [100, 200, 400]) expect(pauses).to.include(pause)
  })

  it('is made at last where each connection is shorter than the pause', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: '1' } } })
    const zk = await bed.client({ backoff: { initial: 1, max: 2 } })
    await using cache = new ChildrenCache(zk, '/t', quick)
    for (let times = 0; times < 5; times++) bed.server.dropNextRequest({ operation: 'getData', path: '/t/a' })
    const cuts = setInterval(() => bed.server.dropConnections(), 100)
    try {
      await cache.start({ timeout: 8000 })
    } finally {
      clearInterval(cuts)
    }
    expect(cache.current.size).to.equal(1)
  })
})

describe('A cache whose watch fails', () => {
  it('is stale until a watch stands, whatever has been read meanwhile', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: '1' } } })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using cache = new TreeCache(zk, '/t', quick)
    const replica = new Replica(cache)
    await cache.start()
    bed.server.rejectSetWatches(-1)
    bed.server.answerWith('addWatch', -1, 2)
    bed.server.dropConnection(zk.session.id)
    await until('it has been refused', () => replica.log.filter(line => line === 'error /t').length === 3)
    await until('it is not stale', () => {
      const stands = bed.server.watches().length === 1
      expect(cache.stale || stands, 'not stale without a watch').to.equal(true)
      return !cache.stale
    })
    await other.setData('/t/a', '2')
    await until('it follows', () => String(cache.current.get('/t/a')?.data) === '2')
  })

  it('ends with a client that is being closed, and asks no more than a few times meanwhile', async () => {
    await using bed = await TestBed.start({ seed: { t: '' } })
    for (const make of [0, 1, 2]) {
      const zk = await connect(bed.server.hosts)
      const watch = zk.watch.bind(zk)
      let count = 0
      zk.watch = (...args) => {
        // Without an end the event loop would never turn again.
        if (++count > 100) throw new RangeError('asked for a hundred watches')
        return watch(...args)
      }
      const closing = zk.close()
      const starting = failure(makings(zk)[make]!().start())
      await closing
      expect((await starting).code).to.equal('CLOSED')
      expect(count).to.be.lessThan(5)
    }
  })
})

describe('A ChildrenCache', () => {
  for (const version of VERSIONS) {
    it(`tells a child from a parent of the same name, ${version}`, async () => {
      await using bed = await TestBed.start({ version, seed: { services: { web: { web: '1', b: '2' } } } })
      const [zk, other] = [await bed.client(), await bed.client()]
      await using cache = new ChildrenCache(zk, '/services/web', quick)
      const replica = new Replica(cache)
      await cache.start()
      const follows = async (expected: Record<string, string>): Promise<void> => {
        const sorted = (): string => JSON.stringify(Object.entries(dataOf(cache.current)).sort())
        await until('it follows', () => sorted() === JSON.stringify(Object.entries(expected).sort()))
        await settle()
        expect(replica.data).to.deep.equal(expected)
      }
      await follows({ '/services/web/b': '2', '/services/web/web': '1' })
      await other.setData('/services/web', 'the parent')
      bed.server.dropConnection(zk.session.id)
      await until('it knows', () => cache.stale)
      await until('all is read again', () => !cache.stale)
      await follows({ '/services/web/b': '2', '/services/web/web': '1' })
      await other.delete('/services/web/b')
      await follows({ '/services/web/web': '1' })
      await other.delete('/services/web/web')
      await other.delete('/services/web')
      await follows({})
      await other.create('/services/web')
      await other.create('/services/web/web', '3')
      await follows({ '/services/web/web': '3' })
    })
  }
})

describe('Servers without persistent watches', () => {
  it('are asked once, with one request in flight, by caches that start and close at the same time', async () => {
    await using old = await TestServer.start({ version: '3.4', seed: { t: { '': '', a: { b: '1' } } } })
    await using zk = await connect(old.hosts, { backoff: { initial: 5, max: 20 }, maxInFlight: 1 })
    let losses = 0
    zk.on('state', state => {
      if (state === 'suspended') losses++
    })
    const begun = ['/t', '/t/a', '/t', '/t/a/b'].map(path => new ChildrenCache(zk, path, quick))
    const starting = begun.map(cache => cache.start().catch(() => {}))
    const closing = begun.slice(2).map(cache => cache.close())
    await Promise.all([...starting, ...closing])
    for (let times = 0; times < 20; times++) await zk.exists('/t')
    expect(losses).to.equal(1)
    expect(begun.slice(0, 2).map(({ stale }) => stale)).to.deep.equal([false, false])
    await Promise.all(begun.map(cache => cache.close()))
  })

  it('that close the connection without an answer are followed with one-shot watches', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: '1' } } })
    const [zk, other] = [await bed.client(), await bed.client()]
    for (let times = 0; times < 100; times++) bed.server.dropNextRequest('addWatch')
    const caches = makings(zk).map(make => make())
    const replicas = caches.map(cache => new Replica(cache))
    await Promise.all(caches.map(cache => cache.start()))
    await other.setData('/t/a', '2')
    await until('all follow', () => replicas.every(({ data }) => data['/t/a'] === '2'))
    expect(bed.operations().filter(name => name === 'addWatch').length).to.be.at.most(3 * caches.length)
    await Promise.all(caches.map(cache => cache.close()))
  })

  it('are asked once however many caches begin at a time, and are asked again when they were upgraded', async () => {
    await using old = await TestServer.start({ version: '3.5', seed: { t: { '': '', a: '1' } } })
    await using zk = await connect(old.hosts, { backoff: { initial: 5, max: 20 } })
    let connections = 0
    zk.on('state', state => {
      if (state === 'connected') connections++
    })
    const caches = Array.from({ length: 6 }, () => new TreeCache(zk, '/t', quick))
    await Promise.all(caches.map(cache => cache.start()))
    expect(connections).to.equal(1)
    await old.stop()
    await using upgraded = await TestServer.start({
      port: Number(old.hosts.split(':')[1]),
      seed: { t: { '': '', a: '2' } },
    })
    // The client takes no server that is behind what it has seen.
    await using other = await connect(upgraded.hosts)
    for (let times = 0; times < 20; times++) await other.setData('/t/a', '2')
    await until('all follow', () =>
      caches.every(cache => !cache.stale && String(cache.current.get('/t/a')?.data) === '2'),
    )
    expect(new Set(upgraded.watches().map(({ path }) => path))).to.deep.equal(new Set(['/t']))
  })
})

describe('A cache of znodes whose replies are longer than maxResponseSize', () => {
  it('says so when it starts, and costs no connection', async () => {
    for (const version of VERSIONS) {
      const names = Array.from({ length: 200 }, (_, index) => [`a-name-of-some-length-${index}`, ''])
      await using bed = await TestBed.start({ version, seed: { t: Object.fromEntries(names) } })
      const zk = await bed.client({ maxResponseSize: 4096 })
      const states: string[] = []
      zk.on('state', state => states.push(state))
      await using cache = new ChildrenCache(zk, '/t', quick)
      const error = await failure(cache.start())
      expect(error).to.include({ code: 'RESPONSE_TOO_LARGE', path: '/t', retryable: false })
      expect(error.message).to.contain('maxResponseSize is 4096')
      // A server before 3.6 closes the connection over the request for a persistent watch.
      expect(states).to.have.length.at.most(version === '3.5' ? 2 : 0)
    }
  })

  it('tells an error, keeps the old data, reads again with pauses, and follows the others meanwhile', async () => {
    await using bed = await TestBed.start({ seed: { t: { a: '1', b: '1' } } })
    const [zk, other] = [await bed.client({ maxResponseSize: 4096 }), await bed.client()]
    const states: string[] = []
    zk.on('state', state => states.push(state))
    await using cache = new ChildrenCache(zk, '/t', quick)
    const replica = new Replica(cache)
    await cache.start()
    bed.server.clearRequests()
    await other.setData('/t/a', Buffer.alloc(5000))
    await until('it is told', () => replica.log.includes('error /t/a'))
    expect(cache.stale).to.equal(true)
    expect(String(cache.current.get('a')?.data)).to.equal('1')
    await other.setData('/t/b', '2')
    await until('the other one is read', () => String(cache.current.get('b')?.data) === '2')
    expect(bed.operations(zk).filter(name => name === 'getData')).to.have.length.at.most(4)
    await other.setData('/t/a', 'small')
    await until('it is read', () => String(cache.current.get('a')?.data) === 'small' && !cache.stale)
    expect(states).to.deep.equal([])
  })
})
