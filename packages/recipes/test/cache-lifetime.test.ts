import { expect } from 'chai'
import { NodeCache, TreeCache } from '../src/index.ts'
import { VERSIONS } from './support/caches.ts'
import { collectGarbage } from './support/heap.ts'
import { Replica } from './support/replica.ts'
import { Clock, failure, settle, TestBed, until } from './support/test-bed.ts'

const quick = { jitter: 0 }

describe('A cache', () => {
  it('begins once for all starts, and keeps running when one of several starts is given up', async () => {
    await using bed = await TestBed.start({ seed: { a: '' } })
    const zk = await bed.client()
    await using cache = new NodeCache(zk, '/a', quick)
    bed.server.holdNextReply('getData')
    const stop = new AbortController()
    const given = cache.start({ signal: stop.signal })
    const kept = cache.start()
    stop.abort('no more')
    expect(await failure(given)).to.include({ code: 'ABORTED', operation: 'start', path: '/a' })
    await until('it is read', () => bed.operations(zk).includes('getData'))
    bed.server.releaseReplies()
    await kept
    await cache.start()
    expect(bed.operations(zk).filter(name => name === 'getData')).to.have.length(1)
    expect(cache.current).not.to.equal(null)
  })

  it('leaves nothing running when its start is given up, and can be started again', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: '' } } })
    const zk = await bed.client()
    await using cache = new TreeCache(zk, '/t', quick)
    const stop = new AbortController()
    bed.server.holdNextReply({ operation: 'getData', path: '/t/a' })
    const starting = failure(cache.start({ signal: stop.signal }))
    await until(
      'half of it is there',
      () => cache.current.size === 1 && bed.operations(zk).at(-1) === 'getChildren2',
    )
    await settle()
    stop.abort()
    expect(await starting).to.include({ code: 'ABORTED', operation: 'start', path: '/t' })
    bed.server.releaseReplies()
    await until('the watch is gone', () => bed.server.watches().length === 0)
    expect([cache.current.size, cache.stale]).to.deep.equal([0, true])
    bed.server.clearRequests()
    await cache.start()
    expect([cache.current.size, cache.stale]).to.deep.equal([2, false])
    await using late = new NodeCache(zk, '/t', quick)
    bed.server.holdReplies()
    expect(await failure(late.start({ timeout: 10 }))).to.include({
      code: 'REQUEST_TIMEOUT',
      operation: 'start',
    })
    bed.server.releaseReplies()
    expect(await failure(cache.start({ timeout: -1 }))).to.include({ code: 'BAD_ARGUMENTS' })
    expect(await failure(cache.start({ signal: AbortSignal.abort() }))).to.include({ code: 'ABORTED' })
  })

  it('removes its watch when it is closed, still shows its last view, and cannot be started again', async () => {
    await using bed = await TestBed.start({ seed: { a: 'x' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    const cache = new NodeCache(zk, '/a', quick)
    const replica = new Replica(cache)
    await cache.start()
    await cache.close()
    await replica.ended
    expect(bed.server.watches()).to.deep.equal([])
    await other.setData('/a', 'y')
    await settle()
    expect([String(cache.current!.data), cache.stale]).to.deep.equal(['x', true])
    expect(await failure(cache.start())).to.include({ code: 'CLOSED', operation: 'start' })
    const begun = new NodeCache(zk, '/a', quick)
    const starting = failure(begun.start())
    await begun.close()
    expect(await starting).to.include({ code: 'CLOSED' })
  })

  it('ends with its client: without an error when that is closed, with one when the session is not renewed', async () => {
    await using bed = await TestBed.start({ seed: { a: 'x' } })
    const [zk, renewless] = [await bed.client(), await bed.client({ renew: false })]
    const [closed, expired] = [new NodeCache(zk, '/a', quick), new NodeCache(renewless, '/a', quick)]
    const replicas = [new Replica(closed), new Replica(expired)] as const
    await Promise.all([closed.start(), expired.start()])
    await zk.close()
    await replicas[0].ended
    expect(await failure(closed.start())).to.include({ code: 'CLOSED' })
    expect(await failure(new NodeCache(zk, '/a', quick).start())).to.include({ code: 'CLOSED' })
    bed.server.expireSession(renewless.session.id)
    expect(await failure(replicas[1].ended)).to.include({ code: 'SESSION_EXPIRED' })
    expect(await failure(expired.start())).to.include({ code: 'SESSION_EXPIRED' })
    expect([expired.stale, String(expired.current!.data)]).to.deep.equal([true, 'x'])
  })

  it('W9 keeps the order for a slow reader, and reports an overflow instead of growing', async () => {
    await using bed = await TestBed.start({ seed: { a: '0' } })
    const [zk, other] = [await bed.client(), await bed.client()]
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
    // Twelve events: the fifth and the ninth each replaced all events that waited.
    expect(taken).to.deep.equal(['resynced', '8', '9', '10'])
    expect(quicker.log).to.have.length(12)
    const waiting = slow.next()
    await slow.return!()
    expect(await waiting).to.deep.equal({ value: undefined, done: true })
  })

  it('B5 D1 is stale as soon as the session is not certain, before any timer and any event', async () => {
    await using bed = await TestBed.start({ seed: { a: 'x' } })
    const clock = new Clock()
    const zk = await bed.client({ environment: clock.environment })
    await using cache = new NodeCache(zk, '/a', quick)
    await cache.start()
    clock.advance(59_000)
    expect(cache.stale).to.equal(false)
    clock.advance(2000)
    // The process was stopped for longer than the session timeout: its view dates from before.
    expect([cache.stale, String(cache.current!.data)]).to.deep.equal([true, 'x'])
  })

  it('is stale when it is connected again, whatever came right before the connection was lost', async () => {
    await using bed = await TestBed.start({ seed: { a: '' } })
    const zk = await bed.client()
    await using cache = new NodeCache(zk, '/a', quick)
    await cache.start()
    const seen: boolean[] = []
    zk.on('state', state => {
      if (state === 'connected') seen.push(cache.stale)
    })
    bed.server.holdNextReply('exists')
    bed.server.dropConnection(zk.session.id)
    await until('it is verified', () => bed.operations(zk).includes('exists'))
    // The answer and invalid bytes arrive together: the view is complete, and the connection is cut.
    bed.server.sendRaw(zk.session.id, Buffer.from([0xff, 0xff, 0xff, 0xff]))
    bed.server.releaseReplies()
    await until('it is connected again', () => seen.length === 2)
    expect(seen).to.deep.equal([true, true])
    await until('it is complete', () => !cache.stale)
  })

  it('recovers from a watch that the server has lost, or somebody has removed', async () => {
    await using bed = await TestBed.start({ seed: { a: '0' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using cache = new NodeCache(zk, '/a', quick)
    const replica = new Replica(cache)
    await cache.start()
    bed.server.rejectSetWatches()
    bed.server.dropConnection(zk.session.id)
    await until('it was told', () => replica.log.includes('error /a'))
    await until('it is back', () => !cache.stale)
    await other.setData('/a', '1')
    await until('it follows', () => String(cache.current!.data) === '1')
    await zk.removeWatches('/a')
    await until('it is back', () => !cache.stale && bed.server.watches().length === 1)
    await other.setData('/a', '2')
    await until('it follows', () => String(cache.current!.data) === '2')
  })

  it('L2 keeps no memory of znodes that were created and deleted', async function () {
    this.timeout(60_000)
    await using bed = await TestBed.start({ recordRequests: false, seed: { t: '' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using cache = new TreeCache(zk, '/t', quick)
    // Nobody takes these events.
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
    // A thousand znodes of a kilobyte were created and deleted.
    expect(after - before).to.be.below(500_000)
    await unread.return!()
  })

  it('holds no more memory after many creations and deletions than before', async () => {
    for (const version of VERSIONS) {
      await using bed = await TestBed.start({ version, recordRequests: false, seed: { t: '' } })
      const [zk, other] = [await bed.client(), await bed.client()]
      await using cache = new TreeCache(zk, '/t', quick)
      await cache.start()
      const before = bed.server.watches().length
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
      expect(bed.server.watches().length, version).to.equal(before)
      expect(cache.children()).to.deep.equal([])
    }
  })
})
