import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import {
  DoubleBarrier,
  Group,
  type Handle,
  LeaderElection,
  Lease,
  MultiLock,
  Mutex,
  Partitioner,
  Queue,
  ReadWriteLock,
  ReentrantMutex,
} from '../src/index.ts'
import { pick, seeded } from './contention/random.ts'
import { come } from './support/contenders.ts'
import { settle, TestBed, until } from './support/test-bed.ts'

/** Becomes an owner, and waits for that as long as necessary. */
type Own = (zk: ZooKeeper) => Promise<Pick<Handle, 'token' | 'release'>>

/** Recipes with one owner at a time. */
const OWNERS: Record<string, Own> = {
  'a mutex': zk => new Mutex(zk, '/lock').acquire(),
  'a re-entrant mutex': zk => new ReentrantMutex(zk, '/lock').acquire(),
  'a writer': zk => new ReadWriteLock(zk, '/lock').write.acquire(),
  'the leadership': zk => new LeaderElection(zk, '/lock').campaign(),
  'several locks': zk =>
    new MultiLock(
      zk,
      ['b', 'a'].map(name => new Mutex(zk, `/lock/${name}`)),
    ).acquire(),
  'a double barrier of one': zk => new DoubleBarrier(zk, '/lock', { count: 1 }).enter(),
  'a lease': async zk => {
    const lease = new Lease(zk, '/lock', { duration: 60_000, jitter: 0 })
    for (;;) {
      const held = await lease.tryAcquire()
      if (held) return held
      await settle()
    }
  },
  'an item of a queue': zk => new Queue(zk, '/lock').take(),
  'a partition': async zk => {
    const partitioner = new Partitioner(zk, '/lock', { partitions: ['x'], settle: 0, jitter: 0 })
    await partitioner.start()
    await until('it has the partition', () => partitioner.current.partitions.length === 1)
    const { token } = partitioner.current.partitions[0]!
    return { token, release: () => partitioner.close() }
  },
  'a member of one name': async zk => {
    const membership = await new Group(zk, '/lock').join({ name: 'x' })
    return { token: membership.token!, release: () => membership.leave() }
  },
}

const isBelow = (name: string): boolean => name.includes('/')

const CLIENTS = 4
const TERMS = 8

describe('The token of', () => {
  for (const [name, own] of Object.entries(OWNERS)) {
    it(`${name} grows from owner to owner, whoever waits meanwhile`, async () => {
      await using bed = await TestBed.start()
      const zks = await Promise.all(Array.from({ length: CLIENTS }, () => bed.client()))
      if (own === OWNERS['an item of a queue']) await new Queue(zks[0]!, '/lock').put('x')
      const tokens: bigint[] = []
      // A member displaces the one before, so that only one at a time takes part.
      const parallel = name.startsWith('a member') || name.startsWith('a double') ? 1 : CLIENTS
      const work = async (zk: ZooKeeper): Promise<void> => {
        for (let term = 0; term < TERMS; term++) {
          const owner = await own(zk)
          tokens.push(owner.token)
          await owner.release()
        }
      }
      await Promise.all(zks.slice(0, parallel).map(work))
      expect(tokens).to.have.length(parallel * TERMS)
      for (const [index, token] of tokens.entries()) {
        if (index > 0)
          expect(token > tokens[index - 1]!, `${token} after ${tokens[index - 1]}`).to.equal(true)
      }
    })
  }

  it('a read-write lock is never lower than that of a writer before, nor a writer’s than any before', async () => {
    const random = seeded(3)
    await using bed = await TestBed.start()
    const zks = await Promise.all(Array.from({ length: CLIENTS }, () => bed.client()))
    let highest = 0n
    let highestWriter = 0n
    const work = async (zk: ZooKeeper): Promise<void> => {
      const lock = new ReadWriteLock(zk, '/lock')
      for (let term = 0; term < 25; term++) {
        let handle: Handle
        if (random() < 0.4) {
          handle = await lock.read.acquire()
        } else {
          const writing = await lock.write.acquire()
          expect(writing.token > highest, `writer ${writing.token} after ${highest}`).to.equal(true)
          highestWriter = writing.token
          handle = random() < 0.5 ? await writing.downgrade() : writing
        }
        expect(handle.token >= highestWriter, `${handle.token} after ${highestWriter}`).to.equal(true)
        if (handle.token > highest) highest = handle.token
        if (random() < 0.5) await settle()
        await handle.release()
      }
    }
    await Promise.all(zks.map(work))
  })

  it('several locks is higher than that of the owner before, also where the locks are of another client', async () => {
    await using bed = await TestBed.start()
    const [zk, ahead, idle] = await Promise.all([bed.client(), bed.client(), bed.client()])
    const blocking = await new Mutex(zk, '/locks/b').acquire()
    const first = new MultiLock(
      zk,
      ['a', 'b'].map(name => new Mutex(zk, `/locks/${name}`)),
    ).acquire()
    await until('it has the first lock', () => bed.names('/locks').filter(isBelow).length === 3)
    const second = new MultiLock(idle, [new Mutex(ahead, '/locks/a')]).acquire()
    await until('the second waits', () => bed.names('/locks').filter(isBelow).length === 4)
    await ahead.create('/later')
    await blocking.release()
    const before = await first
    await before.release()
    expect((await second).token > before.token).to.equal(true)
  })

  it('a downgraded writer is lower than that of the writer that waits', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const writing = await new ReadWriteLock(zk, '/locks/job').write.acquire()
    const [next] = await come(bed, new ReadWriteLock(other, '/locks/job').write)
    const reading = await writing.downgrade()
    await reading.release()
    expect((await next!).token > reading.token).to.equal(true)
  })

  it('several locks grows wherever they have one in common', async () => {
    const random = seeded(5)
    await using bed = await TestBed.start()
    const zks = await Promise.all(Array.from({ length: CLIENTS }, () => bed.client()))
    const highest = new Map<string, bigint>()
    const work = async (zk: ZooKeeper): Promise<void> => {
      for (let term = 0; term < 20; term++) {
        const names = new Set([1, 2, 3].map(() => pick(random, ['a', 'b', 'c', 'd'])))
        const locks = [...names].map(name => new Mutex(zk, `/lock/${name}`))
        const held = await new MultiLock(zk, locks).acquire()
        for (const name of names) {
          const before = highest.get(name) ?? 0n
          expect(held.token > before, `${held.token} after ${before} for ${name}`).to.equal(true)
          highest.set(name, held.token)
        }
        if (random() < 0.5) await settle()
        await held.release()
      }
    }
    await Promise.all(zks.map(work))
  })
})
