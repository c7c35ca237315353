import { acl, Perm, type ZooKeeper } from '@zookit/client'
import type { RecordedRequest } from '@zookit/testing'
import { expect } from 'chai'
import { AtomicCounter, LeaderElection, type Limits, MultiLock, Mutex, RateLimiter } from '../src/index.ts'
import { lockedOf, PATH as PARTITIONS, partitionerOf } from './support/partitions.ts'
import { queueOf } from './support/queues.ts'
import { abortOf, failure, settle, TestBed, until } from './support/test-bed.ts'

const quick = { jitter: 0 }

/** Loses the connection over the next deletion below a path, and lets nobody connect. */
async function cutAtDeletion(bed: TestBed, path: string): Promise<void> {
  await bed.server.refuseConnections(true)
  bed.server.dropNextRequest(({ operation, body }: RecordedRequest) => {
    return operation === 'delete' && (body as { path: string }).path.startsWith(`${path}/`)
  })
}

describe('A call that has to release something in its end', () => {
  const tryBoth = async (bed: TestBed): Promise<(limits: Limits) => Promise<unknown>> => {
    const [zk, other] = [await bed.client(), await bed.client()]
    await new Mutex(other, '/lock/b').acquire()
    const locks = ['/lock/a', '/lock/b'].map(path => new Mutex(zk, path, quick))
    return limits => new MultiLock(zk, locks).tryAcquire(limits)
  }

  it('waits for that no longer than its timeout: tryAcquire of a MultiLock', async () => {
    for (const timeout of [100, 0]) {
      await using bed = await TestBed.start()
      const tryAcquire = await tryBoth(bed)
      await cutAtDeletion(bed, '/lock/a')
      expect(await failure(tryAcquire({ timeout }))).to.include({
        code: 'REQUEST_TIMEOUT',
        outcome: 'rejected',
      })
      await bed.server.refuseConnections(false)
      await until('its znode is gone', () => bed.names('/lock').length === 3)
    }
  })

  it('waits for that no longer than its timeout: acquire of a RateLimiter', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const limiter = new RateLimiter(zk, '/rate', { permits: 1, interval: 60_000 })
    await limiter.acquire()
    const acquiring = failure(limiter.acquire(1, { timeout: 200 }))
    await until('it is in the line', () => bed.names('/rate/line').length === 1)
    await bed.server.refuseConnections(true)
    bed.server.dropConnections()
    expect(await acquiring).to.include({ code: 'REQUEST_TIMEOUT' })
    await bed.server.refuseConnections(false)
    await until('nobody is in the line', () => bed.names('/rate/line').length === 0)
  })

  it('has its result, though the release has to wait: a change of an AtomicCounter', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const counter = new AtomicCounter(zk, '/n', { tries: 2 })
    await counter.increment()
    await cutAtDeletion(bed, '/n/lock')
    let times = 0
    const quicker = (value: bigint): bigint => {
      // Whatever the counter sends next finds another version.
      if (++times <= 2) bed.server.seed({ n: '10' })
      return value + 1n
    }
    expect(await counter.update(quicker, { timeout: 200 })).to.equal(11n)
    expect(bed.names('/n/lock')).to.have.length(1)
    await bed.server.refuseConnections(false)
    await until('nobody is in the line', () => bed.names('/n/lock').length === 0)
  })

  it('waits for that no longer than its timeout: start of a Partitioner', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    await new Mutex(other, `${PARTITIONS}/partitions/part-0`, quick).acquire()
    const partitioner = partitionerOf(zk, { whenSuspended: 'keep' })
    const starting = failure(partitioner.start({ timeout: 500 }))
    await until('it has the other partitions', () => partitioner.current.partitions.length === 11)
    await bed.server.refuseConnections(true)
    bed.server.dropConnections()
    expect(await starting).to.include({ code: 'REQUEST_TIMEOUT' })
    expect(partitioner.current.state).to.equal('released')
    await bed.server.refuseConnections(false)
    await until('nothing is left', () => lockedOf(bed).length === 0)
  })
})

/** Calls that work until a signal is aborted. They tell when they work. */
const UNTIL_ABORTED: Record<
  string,
  (zk: ZooKeeper, signal: AbortSignal, begun: () => void) => Promise<unknown>
> = {
  'Partitioner.run': async (zk, signal, begun) => {
    const partitioner = partitionerOf(zk, { partitions: ['one'], whenSuspended: 'keep' })
    const work = async (): Promise<void> => {
      begun()
      await abortOf(signal)
    }
    expect(await failure(partitioner.run(work, { signal }))).to.include({ code: 'ABORTED' })
    expect(partitioner.current.state).to.equal('released')
  },
  'Queue.consume': async (zk, signal, begun) => {
    const queue = queueOf(zk, { whenSuspended: 'keep' })
    await queue.put('work')
    const work = async (): Promise<void> => {
      begun()
      await abortOf(signal)
      throw new Error('stopped')
    }
    await queue.consume(work, { signal, onError: () => {} })
  },
}

describe('Work that a signal ends while no server is reachable', () => {
  for (const [name, call] of Object.entries(UNTIL_ABORTED)) {
    it(`does not wait for a connection to release what it has: ${name}`, async () => {
      await using bed = await TestBed.start()
      const zk = await bed.client()
      const stop = new AbortController()
      let isWorking = false
      const calling = call(zk, stop.signal, () => {
        isWorking = true
      })
      await until('it works', () => isWorking)
      await bed.server.refuseConnections(true)
      bed.server.dropConnections()
      await settle()
      stop.abort()
      await calling
      expect(zk.state).to.equal('suspended')
    })
  }
})

/** Calls with work that fails, on a path of which the children must not be deleted. */
const WORKS: Record<string, (zk: ZooKeeper, work: () => never) => Promise<unknown>> = {
  'Mutex.withLock': (zk, work) => new Mutex(zk, '/kept', quick).withLock(work),
  'MultiLock.withLock': (zk, work) => new MultiLock(zk, [new Mutex(zk, '/kept', quick)]).withLock(work),
  'LeaderElection.lead': (zk, work) => new LeaderElection(zk, '/kept', quick).lead(work),
  'Queue.consume': async (zk, work) => {
    const queue = queueOf(zk)
    await queue.put('work')
    await queue.consume(async ({ path }) => {
      await zk.setAcl(path, [acl(Perm.READ | Perm.CREATE, 'world', 'anyone')])
      work()
    })
  },
}

describe('Work that fails, and whose lock cannot be released', () => {
  for (const [name, call] of Object.entries(WORKS)) {
    it(`is told by its own error: ${name}`, async () => {
      await using bed = await TestBed.start()
      const zk = await bed.client()
      await zk.create('/kept', null, { acl: [acl(Perm.READ | Perm.CREATE, 'world', 'anyone')] })
      const reason = new Error('the work')
      const error = await failure(
        call(zk, () => {
          throw reason
        }),
      )
      expect(error).to.equal(reason)
    })
  }
})
