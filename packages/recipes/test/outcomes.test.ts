import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import {
  AtomicCounter,
  Barrier,
  DoubleBarrier,
  Group,
  GuaranteedDelete,
  IdGenerator,
  LeaderElection,
  Lease,
  type Limits,
  MultiLock,
  Mutex,
  PersistentNode,
  Queue,
  ReadWriteLock,
  ReentrantMutex,
  Semaphore,
  ServiceRegistry,
} from '../src/index.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

/** Prepares a call. Returns it, and a condition that holds when it has been applied. */
type Prepare = (
  zk: ZooKeeper,
  bed: TestBed,
) => Promise<{ call: (limits: Limits) => Promise<unknown>; isApplied: () => boolean }>

/** Calls whose work goes on, or was sent, when the wait for it ends. */
const CALLS: Record<string, Prepare> = {
  'GuaranteedDelete.delete': async (zk, bed) => ({
    call: limits => new GuaranteedDelete(zk).delete('/a', limits),
    isApplied: () => !('/a' in bed.server.dump()),
  }),
  'Lock.release': async (zk, bed) => {
    const lock = await new Mutex(zk, '/lock').acquire()
    return { call: limits => lock.release(limits), isApplied: () => bed.names('/lock').length === 0 }
  },
  'ReentrantLock.release': async (zk, bed) => {
    const lock = await new ReentrantMutex(zk, '/lock').acquire()
    return { call: limits => lock.release(limits), isApplied: () => bed.names('/lock').length === 0 }
  },
  'MultiHandle.release': async (zk, bed) => {
    const lock = await new MultiLock(zk, [new Mutex(zk, '/lock')]).acquire()
    return { call: limits => lock.release(limits), isApplied: () => bed.names('/lock').length === 0 }
  },
  'Permit.release': async (zk, bed) => {
    const permit = await new Semaphore(zk, '/lock', { size: 1 }).acquire()
    return { call: limits => permit.release(limits), isApplied: () => bed.names('/lock').length === 0 }
  },
  'Leadership.resign': async (zk, bed) => {
    const leadership = await new LeaderElection(zk, '/lock').campaign()
    return { call: limits => leadership.resign(limits), isApplied: () => bed.names('/lock').length === 0 }
  },
  'WriteLock.downgrade': async (zk, bed) => {
    const lock = await new ReadWriteLock(zk, '/lock').write.acquire()
    return { call: limits => lock.downgrade(limits), isApplied: () => bed.names('/lock').length === 0 }
  },
  'Mutex.revoke': async (zk, bed) => {
    const { path } = await new Mutex(zk, '/lock').acquire()
    return {
      call: limits => new Mutex(zk, '/lock').revoke(path, limits),
      isApplied: () => bed.server.dump()[path] === '__REVOKE__',
    }
  },
  'BarrierMember.leave': async (zk, bed) => {
    const member = await new DoubleBarrier(zk, '/lock', { count: 1 }).enter()
    return { call: limits => member.leave(limits), isApplied: () => bed.names('/lock').length === 0 }
  },
  'Barrier.set': async (zk, bed) => ({
    call: limits => new Barrier(zk, '/barrier').set(limits),
    isApplied: () => '/barrier' in bed.server.dump(),
  }),
  'Barrier.remove': async (zk, bed) => ({
    call: limits => new Barrier(zk, '/a').remove(limits),
    isApplied: () => !('/a' in bed.server.dump()),
  }),
  'QueueItem.complete': async (zk, bed) => {
    await new Queue(zk, '/queue').put('x')
    const item = await new Queue(zk, '/queue').take()
    return { call: limits => item.complete(limits), isApplied: () => !(item.path in bed.server.dump()) }
  },
  'QueueItem.release': async (zk, bed) => {
    await new Queue(zk, '/queue').put('x')
    const item = await new Queue(zk, '/queue').take()
    return { call: limits => item.release(limits), isApplied: () => bed.names('/queue/claims').length === 0 }
  },
  'Queue.putAll': async (zk, bed) => {
    const queue = new Queue(zk, '/queue')
    await queue.put('x')
    return {
      call: limits => queue.putAll(['y', 'z'], limits),
      isApplied: () => Object.values(bed.server.dump()).includes('z'),
    }
  },
  'HeldLease.renew': async (zk, bed) => {
    const held = await new Lease(zk, '/lease', { duration: 60_000 }).tryAcquire()
    const before = bed.server.dump()[held!.path]
    // Another duration: a lease that is renewed in the millisecond in which it was taken would end when it ended before.
    const call = (limits: Limits) => held!.renew({ ...limits, duration: 90_000 })
    return { call, isApplied: () => bed.server.dump()[held!.path] !== before }
  },
  'HeldLease.release': async (zk, bed) => {
    const held = await new Lease(zk, '/lease', { duration: 60_000 }).tryAcquire()
    return { call: limits => held!.release(limits), isApplied: () => !bed.server.dump()[held!.path] }
  },
  'PersistentNode.start': async (zk, bed) => ({
    call: limits => new PersistentNode(zk, '/kept').start(limits),
    isApplied: () => !('/kept' in bed.server.dump()),
  }),
  'PersistentNode.setData': async (zk, bed) => {
    const node = new PersistentNode(zk, '/kept')
    await node.start()
    return { call: limits => node.setData('y', limits), isApplied: () => bed.server.dump()['/kept'] === 'y' }
  },
  'PersistentNode.close': async (zk, bed) => {
    const node = new PersistentNode(zk, '/kept')
    await node.start()
    return { call: limits => node.close(limits), isApplied: () => !('/kept' in bed.server.dump()) }
  },
  'Group.join': async (zk, bed) => ({
    call: limits => new Group(zk, '/group').join({ name: 'x', ...limits }),
    isApplied: () => !('/group/x' in bed.server.dump()),
  }),
  'Membership.setData': async (zk, bed) => {
    const membership = await new Group(zk, '/group').join({ name: 'x' })
    return {
      call: limits => membership.setData('y', limits),
      isApplied: () => bed.server.dump()['/group/x'] === 'y',
    }
  },
  'Membership.leave': async (zk, bed) => {
    const membership = await new Group(zk, '/group').join({ name: 'x' })
    return { call: limits => membership.leave(limits), isApplied: () => !('/group/x' in bed.server.dump()) }
  },
  'ServiceRegistry.publish': async (zk, bed) => ({
    call: limits => new ServiceRegistry(zk, '/s').publish({ name: 'web', id: 'x' }, limits),
    isApplied: () => !('/s/web/x' in bed.server.dump()),
  }),
  'Publication.update': async (zk, bed) => {
    const publication = await new ServiceRegistry(zk, '/s').publish({ name: 'web', id: 'x' })
    return {
      call: limits => publication.update({ address: 'b' }, limits),
      isApplied: () => JSON.parse(bed.server.dump()['/s/web/x']!).address === 'b',
    }
  },
  'Publication.report': async (zk, bed) => {
    const publication = await new ServiceRegistry(zk, '/s').publish({ name: 'web', id: 'x' })
    return {
      call: limits => publication.report(false, limits),
      isApplied: () => JSON.parse(bed.server.dump()['/s/web/x']!).enabled === false,
    }
  },
  'Publication.unpublish': async (zk, bed) => {
    const publication = await new ServiceRegistry(zk, '/s').publish({ name: 'web', id: 'x' })
    return {
      call: limits => publication.unpublish(limits),
      isApplied: () => !('/s/web/x' in bed.server.dump()),
    }
  },
  'IdGenerator.next': async (zk, bed) => {
    const ids = new IdGenerator(zk, '/ids')
    await new AtomicCounter(zk, '/ids', { initial: 1n }).add(1)
    bed.server.holdNextReply('multi')
    return { call: limits => ids.next(limits), isApplied: () => bed.server.dump()['/ids'] === '102' }
  },
  'ServiceRegistry.close': async (zk, bed) => {
    const registry = new ServiceRegistry(zk, '/s')
    await registry.publish({ name: 'web', id: 'x' })
    return { call: limits => registry.close(limits), isApplied: () => !('/s/web/x' in bed.server.dump()) }
  },
}

/** Calls that certainly have done nothing when the wait for them ends. */
const WAITS: Record<string, (zk: ZooKeeper, limits: Limits) => Promise<unknown>> = {
  'Mutex.acquire': (zk, limits) => new Mutex(zk, '/lock').acquire(limits),
  'LeaderElection.campaign': (zk, limits) => new LeaderElection(zk, '/lock').campaign(limits),
  'Barrier.wait': (zk, limits) => new Barrier(zk, '/a').wait(limits),
  'Queue.take': (zk, limits) => new Queue(zk, '/lock').take(limits),
  'Lease.tryAcquire': (zk, limits) => new Lease(zk, '/lock', { duration: 1000 }).tryAcquire(limits),
}

describe('The outcome of a call that is given up', () => {
  for (const [name, prepare] of Object.entries(CALLS)) {
    it(`${name} is unknown, because its work goes on or was sent`, async () => {
      for (const how of ['timeout', 'signal'] as const) {
        await using bed = await TestBed.start({ seed: { a: 'x' } })
        const zk = await bed.client()
        const { call, isApplied } = await prepare(zk, bed)
        const abort = new AbortController()
        bed.server.holdReplies()
        const calling = failure(call(how === 'timeout' ? { timeout: 20 } : { signal: abort.signal }))
        await settle()
        abort.abort()
        const error = await calling
        const code = how === 'timeout' ? 'REQUEST_TIMEOUT' : 'ABORTED'
        expect(error, how).to.include({ code, outcome: 'unknown' })
        expect(error.message).to.include('goes on')
        bed.server.releaseReplies()
        await until('it is done', isApplied)
      }
    })
  }

  for (const [name, wait] of Object.entries(WAITS)) {
    it(`${name} is rejected: nothing is held, and nothing was changed`, async () => {
      await using bed = await TestBed.start({ seed: { a: 'x', lock: '' } })
      const zk = await bed.client()
      bed.server.holdReplies()
      const error = await failure(wait(zk, { timeout: 20 }))
      expect(error).to.include({ code: 'REQUEST_TIMEOUT', outcome: 'rejected' })
      bed.server.releaseReplies()
    })
  }
})

/** Prepares a call that writes. Returns it, and what ends it. */
type PrepareEnd = (zk: ZooKeeper) => Promise<{ call: () => Promise<unknown>; end: () => Promise<unknown> }>

const ENDED: Record<string, PrepareEnd> = {
  'PersistentNode.start, by close': async zk => {
    const node = new PersistentNode(zk, '/kept')
    return { call: () => node.start(), end: () => node.close() }
  },
  'PersistentNode.setData, by close': async zk => {
    const node = new PersistentNode(zk, '/kept', { mode: 'persistent' })
    await node.start()
    return { call: () => node.setData('y'), end: () => node.close() }
  },
  'Membership.setData, by leave': async zk => {
    const membership = await new Group(zk, '/group').join({ name: 'x' })
    return { call: () => membership.setData('y'), end: () => membership.leave() }
  },
  'ServiceRegistry.publish, by close': async zk => {
    const registry = new ServiceRegistry(zk, '/s')
    await zk.ensurePath('/s/web')
    return { call: () => registry.publish({ name: 'web', id: 'x' }), end: () => registry.close() }
  },
  'Publication.update, by unpublish': async zk => {
    const publication = await new ServiceRegistry(zk, '/s').publish({ name: 'web', id: 'x' })
    return { call: () => publication.update({ address: 'b' }), end: () => publication.unpublish() }
  },
  'HeldLease.renew, by the end of the client': async zk => {
    const held = await new Lease(zk, '/lease', { duration: 60_000 }).tryAcquire()
    return { call: () => held!.renew({ duration: 90_000 }), end: () => zk.close() }
  },
  'BarrierMember.leave, by the end of the client': async zk => {
    const member = await new DoubleBarrier(zk, '/lock', { count: 1 }).enter()
    return { call: () => member.leave(), end: () => zk.close() }
  },
}

describe('The outcome of a call that is ended after its write was sent', () => {
  for (const [name, prepare] of Object.entries(ENDED)) {
    it(`is unknown: ${name}`, async () => {
      await using bed = await TestBed.start()
      const zk = await bed.client({ closeTimeout: 100 })
      const { call, end } = await prepare(zk)
      bed.server.clearRequests()
      bed.server.holdReplies()
      const calling = failure(call())
      await until('it is sent', () => bed.operations(zk).some(one => /create|setData|delete|multi/.test(one)))
      const ending = end().catch(() => {})
      await settle()
      bed.server.releaseReplies()
      expect(await calling).to.include({ outcome: 'unknown' })
      await ending
    })
  }
})
