import { connect, type ZooKeeper } from '@zookit/client'
import { World } from '@zookit/testing/simulate'
import { expect } from 'chai'
import { Barrier, DelayQueue, Lease, NodeCache, PersistentNode, Queue, TreeCache } from '../src/index.ts'
import { failure } from './support/test-bed.ts'

/** Milliseconds of a world in which a client ends, and every call on it. */
const LIMIT = 60_000

/** Begins a call on a client that does not renew its session, lets the session expire, and returns the error's code. */
async function codeAfterExpiry(call: (zk: ZooKeeper) => Promise<unknown>): Promise<unknown> {
  const world = new World({ seed: 1 })
  return await world.run(async () => {
    const server = await world.server({
      version: '3.5',
      seed: { tree: { a: 'first' }, leases: {}, queue: {} },
    })
    const process = world.process('ann')
    const zk = await connect(server.hosts, { environment: process.environment, renew: false })
    world.network.block({ process: 'ann' })
    const { code } = await failure(call(zk))
    await zk.close()
    expect(process.resources).to.deep.equal({ timers: 0, sockets: 0 })
    return code
  }, LIMIT)
}

async function allChanges(cache: NodeCache | TreeCache): Promise<void> {
  await cache.start()
  for await (const _ of cache.changes()) void _
}

const calls: Record<string, (zk: ZooKeeper) => Promise<unknown>> = {
  'Barrier.set': zk => new Barrier(zk, '/gate').set(),
  'Lease.tryAcquire': zk => new Lease(zk, '/leases', { duration: 1000 }).tryAcquire(),
  'DelayQueue.put': zk => new DelayQueue(zk, '/queue').put('later', { delay: 1000 }),
  'NodeCache.start': zk => new NodeCache(zk, '/tree/a').start(),
}

/** Calls whose effect outlives the session, and the request that makes it. */
const writes: Record<string, readonly [operation: string, call: (zk: ZooKeeper) => Promise<unknown>]> = {
  'Barrier.set': ['create', zk => new Barrier(zk, '/gate').set()],
  'Barrier.remove': ['delete', zk => new Barrier(zk, '/tree/a').remove()],
  'PersistentNode.start': ['create', zk => new PersistentNode(zk, '/kept', { mode: 'persistent' }).start()],
  'Queue.put': ['create', zk => new Queue(zk, '/queue').put('item')],
  'Lease.tryAcquire': ['setData', zk => new Lease(zk, '/leases', { duration: 1000 }).tryAcquire()],
}

describe('On a client that has ended', () => {
  for (const [name, [operation, call]] of Object.entries(writes)) {
    it(`${name} says that it may have been applied, when it was and nobody was told`, async () => {
      const world = new World({ seed: 3 })
      await world.run(async () => {
        const seed = { tree: { a: 'first' }, leases: { 'lease-0': '' }, queue: { items: {}, claims: {} } }
        const server = await world.server({ seed })
        const { environment } = world.process('ann')
        const zk = await connect(server.hosts, { environment, renew: false, allowInsecureAuth: true })
        const lost = server.loseNextReply({ operation })
        const called = failure(call(zk))
        while (zk.state === 'connected') await world.sleep(1)
        world.network.block({ process: 'ann' })
        expect(await called).to.include({ code: 'SESSION_EXPIRED', outcome: 'unknown' })
        lost.cancel()
        await zk.close()
      }, LIMIT)
    })
  }

  for (const [name, call] of Object.entries(calls)) {
    it(`${name} says that the session has expired`, async () => {
      expect(await codeAfterExpiry(call)).to.equal('SESSION_EXPIRED')
    })
  }

  for (const end of ['SESSION_EXPIRED', 'AUTH_FAILED'] as const) {
    for (const kind of [NodeCache, TreeCache]) {
      it(`the events of a ${kind.name} end with ${end}, also without persistent watches`, async () => {
        const world = new World({ seed: 2 })
        await world.run(async () => {
          const server = await world.server({ version: '3.5', seed: { tree: { a: 'first' } } })
          const { environment } = world.process('ann')
          const options = { environment, renew: false, allowInsecureAuth: true }
          const zk = await connect(server.hosts, options)
          const cache = new kind(zk, '/tree')
          await cache.start()
          const ended = failure(allChanges(cache))
          if (end === 'AUTH_FAILED') await failure(zk.addAuth('unheard-of', 'secret'))
          else world.network.block({ process: 'ann' })
          expect((await ended).code).to.equal(end)
          expect((await failure(new kind(zk, '/tree').start())).code).to.equal(end)
          await zk.close()
        }, LIMIT)
      })
    }
  }
})
