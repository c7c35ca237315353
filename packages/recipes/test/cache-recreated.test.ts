import { expect } from 'chai'
import { ChildrenCache, TreeCache } from '../src/index.ts'
import { dataOf } from './support/replica.ts'
import { settle, TestBed, until } from './support/test-bed.ts'

describe('A cache with one-shot watches', () => {
  for (const Cache of [ChildrenCache, TreeCache]) {
    for (const retryReads of [0, 2]) {
      it(`shows a znode that is made again while its end is read: ${Cache.name}, retryReads ${retryReads}`, async () => {
        await using bed = await TestBed.start({ version: '3.4.14', seed: { tree: { a: 'old', b: '' } } })
        const zk = await bed.client({ retryReads })
        await using cache = new Cache(zk, '/tree', { jitter: 0 })
        await cache.start()
        // It is called after the cache's own listener, so its request goes out between those of the cache.
        await zk.getData('/tree/a', { watch: () => void zk.create('/tree/a', 'new') })
        await (await bed.client()).delete('/tree/a')
        await until('it is made again', () => bed.server.dump()['/tree/a'] === 'new')
        await settle()
        await until('the cache is complete', () => !cache.stale)
        expect(dataOf(cache.current)['/tree/a']).to.equal('new')
      })
    }
  }
})

describe('A cache whose read waits for the next connection', () => {
  it('is complete after the reads of that connection, and not after this one', async () => {
    await using bed = await TestBed.start({ seed: { tree: { a: 'old' } } })
    const { server } = bed
    const zk = await bed.client()
    const other = await bed.client()
    await using cache = new TreeCache(zk, '/tree', { jitter: 0 })
    await cache.start()
    const changes = cache.changes()
    server.clearRequests()
    server.holdNextReply({ operation: 'getData', path: '/tree' })
    void other.setData('/tree', 'x').catch(() => {})
    await until('it is read', () => server.requests().some(({ operation }) => operation === 'getData'))
    void other.setData('/tree/a', 'new').catch(() => {})
    await until('it is changed', () => server.dump()['/tree/a'] === 'new')
    await server.refuseConnections(true)
    server.dropConnections()
    await until('the connection is lost', () => zk.state !== 'connected')
    await until('it is to be read again', () => zk.outstanding > 0)
    server.releaseReplies()
    await server.refuseConnections(false)
    for await (const { type } of changes) if (type === 'resynced') break
    expect(dataOf(cache.current)['/tree/a']).to.equal('new')
  })
})
