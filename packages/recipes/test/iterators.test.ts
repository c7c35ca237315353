import { expect } from 'chai'
import {
  type Changes,
  Config,
  Group,
  LeaderElection,
  NodeCache,
  PersistentNode,
  ServiceDiscovery,
  ServiceRegistry,
  SharedValue,
} from '../src/index.ts'
import { partitionerOf } from './support/partitions.ts'
import { isDone, settle, TestBed } from './support/test-bed.ts'

const quick = { jitter: 0 }

/** Returns every async iterator that there is, each waiting for an event that does not come. */
async function iterators(bed: TestBed): Promise<[string, Changes<unknown>][]> {
  const zk = await bed.client()
  const registry = new ServiceRegistry(zk, '/services', quick)
  const group = new Group(zk, '/group', quick)
  return [
    ['watch', zk.watch('/a')],
    ['walk', zk.walk('/a')],
    ['cache', new NodeCache(zk, '/a', quick).changes()],
    ['config', new Config(zk, '/a', quick).changes()],
    ['shared value', new SharedValue(zk, '/a', quick).changes()],
    ['service', new ServiceDiscovery(zk, '/services', quick).service('web').changes()],
    ['publication', (await registry.publish({ name: 'web' })).changes()],
    ['persistent znode', new PersistentNode(zk, '/kept', quick).changes()],
    ['group', group.members.changes()],
    ['election', new LeaderElection(zk, '/leader', quick).observe()],
    ['partitioner', partitionerOf(zk).changes()],
  ]
}

describe('An async iterator', () => {
  for (const leave of ['return', 'await using'] as const) {
    it(`ends at once by ${leave}, with every next that is pending`, async () => {
      await using bed = await TestBed.start({ seed: { a: '' } })
      for (const [name, iterator] of await iterators(bed)) {
        // What it has to show from the beginning is taken first; a walk's reads are not answered.
        if (name === 'walk') bed.server.holdReplies()
        else if (name === 'election' || name === 'partitioner') await iterator.next()
        const pending = [iterator.next(), iterator.next()]
        await settle()
        const leaving = leave === 'return' ? iterator.return() : iterator[Symbol.asyncDispose]()
        expect(await isDone(leaving), name).to.equal(true)
        for (const next of pending) {
          expect(await isDone(next), `a pending next of ${name}`).to.equal(true)
          expect(await next).to.deep.equal({ value: undefined, done: true })
        }
        expect(await iterator.next()).to.deep.equal({ value: undefined, done: true })
        bed.server.releaseReplies()
      }
    })
  }

  it('leaves nothing behind when it ends', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const election = new LeaderElection(zk, '/leader', quick)
    const partitioner = partitionerOf(zk)
    const stop = new AbortController()
    for (const iterator of [election.observe(stop), partitioner.changes(stop)]) {
      await iterator.next()
      const pending = iterator.next()
      await iterator.return()
      expect(await pending).to.deep.equal({ value: undefined, done: true })
    }
    stop.abort()
    await settle()
  })
})
