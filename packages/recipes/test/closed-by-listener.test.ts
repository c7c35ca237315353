import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import {
  Config,
  codecs,
  Group,
  LeaderElection,
  Lease,
  Mutex,
  NodeCache,
  Partitioner,
  PersistentNode,
  Semaphore,
  ServiceDiscovery,
  ServiceRegistry,
  SharedValue,
  TreeCache,
} from '../src/index.ts'
import { settle, TestBed, until } from './support/test-bed.ts'

/** Starts something. Returns what ends it. */
type Start = (zk: ZooKeeper) => Promise<() => unknown>

const KEPT: Record<string, Start> = {
  PersistentNode: async zk => {
    const node = new PersistentNode(zk, '/a', { jitter: 0 })
    await node.start()
    return () => node.close()
  },
  Membership: async zk => {
    const membership = await new Group(zk, '/a', { jitter: 0 }).join()
    return () => membership.leave()
  },
  Publication: async zk => {
    const publication = await new ServiceRegistry(zk, '/a', { jitter: 0 }).publish({ name: 'web' })
    return () => publication.unpublish()
  },
  ServiceRegistry: async zk => {
    const registry = new ServiceRegistry(zk, '/a', { jitter: 0 })
    await registry.publish({ name: 'web' })
    return () => registry.close()
  },
  Partitioner: async zk => {
    const partitioner = new Partitioner(zk, '/a', { partitions: ['x'], settle: 0, jitter: 0 })
    await partitioner.start()
    return () => partitioner.close()
  },
  Lock: async zk => {
    const lock = await new Mutex(zk, '/a').acquire()
    return () => lock.release()
  },
  Permit: async zk => {
    const permit = await new Semaphore(zk, '/a', { size: 1 }).acquire()
    return () => permit.release()
  },
  Leadership: async zk => {
    const leadership = await new LeaderElection(zk, '/a').campaign()
    return () => leadership.resign()
  },
  HeldLease: async zk => {
    const lease = await new Lease(zk, '/a', { duration: 60_000 }).tryAcquire()
    return () => lease!.release()
  },
  NodeCache: async zk => {
    const cache = new NodeCache(zk, '/value', { jitter: 0 })
    await cache.start()
    return () => cache.close()
  },
  TreeCache: async zk => {
    const cache = new TreeCache(zk, '/', { jitter: 0 })
    await cache.start()
    return () => cache.close()
  },
  Config: async zk => {
    const config = new Config(zk, '/value', { codec: codecs.text, jitter: 0 })
    await config.start()
    return () => config.close()
  },
  SharedValue: async zk => {
    const value = new SharedValue(zk, '/value', { jitter: 0 })
    await value.start()
    return () => value.close()
  },
  Service: async zk => {
    const service = new ServiceDiscovery(zk, '/a', { jitter: 0 }).service('web')
    await service.start()
    return () => service.close()
  },
}

/** Changes the state of the client. */
const CHANGES: Record<string, (bed: TestBed, zk: ZooKeeper) => unknown> = {
  suspended: (bed, zk) => bed.server.dropConnection(zk.session.id),
  expired: (bed, zk) => bed.server.expireSession(zk.session.id),
  closed: (_, zk) => zk.close(),
}

describe('A listener of the state', () => {
  for (const [name, start] of Object.entries(KEPT)) {
    for (const [change, make] of Object.entries(CHANGES)) {
      it(`ends a ${name} when the state is ${change}`, async () => {
        await using bed = await TestBed.start({ seed: { value: 'x' } })
        const zk = await bed.client()
        const errors: unknown[] = []
        zk.on('listenerError', error => void errors.push(error))
        let end = (): unknown => null
        let ending: unknown = null
        // Added before anything else listens, so that it is called first.
        zk.on('state', state => {
          if (state === change) ending ??= end()
        })
        end = await start(zk)
        await make(bed, zk)
        await until('it is told', () => ending !== null)
        await Promise.resolve(ending).catch(error => {
          // A closed client can release no lease, which lives on without it.
          expect([error.code, change]).to.deep.equal(['CLOSED', 'closed'])
        })
        await until('it is back', () => zk.state === 'connected' || change === 'closed')
        await settle()
        expect(errors).to.deep.equal([])
        expect(bed.server.watches()).to.deep.equal([])
        const left = bed.server.sessions().flatMap(session => session.ephemerals)
        expect(left).to.deep.equal([])
      })
    }
  }
})
