import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import {
  Barrier,
  DoubleBarrier,
  type Handle,
  LeaderElection,
  type Lockable,
  MultiLock,
  Mutex,
  Partitioner,
  Queue,
  ReadWriteLock,
  ReentrantMutex,
  Semaphore,
} from '../src/index.ts'
import { pick, seeded } from './contention/random.ts'
import { HeldLink } from './support/held-link.ts'
import { settle, TestBed, until } from './support/test-bed.ts'

/** A recipe that `zk` waits for, and what `other` does to end the wait. */
interface Wait {
  /** Makes the recipe wait. Returns what ends the wait. */
  block(other: ZooKeeper): Promise<() => unknown>
  wait(zk: ZooKeeper): Promise<unknown>
}

function lockWait(lockOf: (zk: ZooKeeper) => Lockable<Handle>): Wait {
  return {
    block: async other => {
      const lock = await lockOf(other).acquire()
      return () => lock.release()
    },
    wait: async zk => await (await lockOf(zk).acquire()).release(),
  }
}

const WAITS: Record<string, Wait> = {
  'a mutex': lockWait(zk => new Mutex(zk, '/lock')),
  'a re-entrant mutex': lockWait(zk => new ReentrantMutex(zk, '/lock')),
  'several locks': lockWait(zk => new MultiLock(zk, [new Mutex(zk, '/lock/a'), new Mutex(zk, '/lock/b')])),
  'a semaphore': lockWait(zk => new Semaphore(zk, '/lock', { size: 1 })),
  'a semaphore with its size in a znode': lockWait(
    zk => new Semaphore(zk, '/lock', { size: { path: '/size' } }),
  ),
  'a larger size of a semaphore': {
    block: async other => {
      await new Semaphore(other, '/lock', { size: { path: '/size' } }).acquire()
      return () => other.setData('/size', '2')
    },
    wait: zk => new Semaphore(zk, '/lock', { size: { path: '/size' } }).acquire(),
  },
  'a writer, as a writer': lockWait(zk => new ReadWriteLock(zk, '/lock').write),
  'a downgrade, as a reader': {
    block: async other => {
      const writing = await new ReadWriteLock(other, '/lock').write.acquire()
      return () => writing.downgrade()
    },
    wait: zk => new ReadWriteLock(zk, '/lock').read.acquire(),
  },
  'a reader, as a writer': {
    block: async other => {
      const reading = await new ReadWriteLock(other, '/lock').read.acquire()
      return () => reading.release()
    },
    wait: zk => new ReadWriteLock(zk, '/lock').write.acquire(),
  },
  'the leadership': {
    block: async other => {
      const leadership = await new LeaderElection(other, '/lock').campaign()
      return () => leadership.resign()
    },
    wait: zk => new LeaderElection(zk, '/lock').campaign(),
  },
  'a barrier': {
    block: async other => {
      const barrier = new Barrier(other, '/lock')
      await barrier.set()
      return () => barrier.remove()
    },
    wait: zk => new Barrier(zk, '/lock').wait(),
  },
  'the second member of a double barrier': {
    block: async other => {
      await other.ensurePath('/lock')
      return () => void new DoubleBarrier(other, '/lock', { count: 2 }).enter()
    },
    wait: zk => new DoubleBarrier(zk, '/lock', { count: 2 }).enter(),
  },
  'an item of a queue': {
    block: async other => () => new Queue(other, '/lock').put('x'),
    wait: zk => new Queue(zk, '/lock').take(),
  },
  'an item that another consumer gives back': {
    block: async other => {
      const queue = new Queue(other, '/lock')
      await queue.put('x')
      const item = await queue.take()
      return () => item.release()
    },
    wait: zk => new Queue(zk, '/lock').take(),
  },
  'room in a queue': {
    block: async other => {
      const queue = new Queue(other, '/lock')
      await queue.put('x')
      return async () => await (await queue.take()).complete()
    },
    wait: zk => new Queue(zk, '/lock', { maxSize: 1 }).put('y'),
  },
  'the partitions of a member that leaves': {
    block: async other => {
      const partitioner = partitionerOf(other)
      await partitioner.start()
      return () => partitioner.close()
    },
    wait: async zk => {
      const partitioner = partitionerOf(zk)
      await partitioner.start()
      const isAll = (): boolean => partitioner.current.partitions.length === 2
      await until('it has all partitions', isAll)
      await partitioner.close()
    },
  },
}

function partitionerOf(zk: ZooKeeper): Partitioner {
  return new Partitioner(zk, '/lock', { partitions: ['a', 'b'], settle: 5, jitter: 0 })
}

/** Requests of a waiting recipe, at most: more than any of them makes. */
const MOST = 40

describe('A wait for', () => {
  for (const [name, { block, wait }] of Object.entries(WAITS)) {
    it(`${name} ends, whichever reply is late when its end comes`, async () => {
      for (let at = 1; at <= MOST; at++) {
        await using bed = await TestBed.start({ seed: { size: '1' } })
        const [zk, other] = [await bed.client(), await bed.client()]
        const end = await block(other)
        let requests = 0
        let isOver = false
        bed.server.holdNextReply(
          ({ sessionId }) => sessionId === zk.session.id && ++requests === at && !isOver,
        )
        const waiting = wait(zk).finally(() => {
          isOver = true
        })
        await settle()
        const ending = end()
        await settle()
        // Of several, the reply may be held only now.
        await until(`the wait ends, with reply ${at} late`, () => {
          bed.server.releaseReplies()
          return isOver
        })
        await waiting
        await ending
        if (requests < at) return
      }
      expect.fail(`it makes more than ${MOST} requests`)
    })
  }
})

describe('Contenders for a semaphore', () => {
  it('are admitted when there is room, although the one ahead is gone before it is watched', async () => {
    await using bed = await TestBed.start()
    const zks = await Promise.all([0, 1, 2].map(() => bed.client()))
    const [a, b, c] = zks.map(zk => new Semaphore(zk, '/lock', { size: 1 }))
    const held = await a!.acquire()
    const abort = new AbortController()
    const second = b!.acquire({ signal: abort.signal }).catch(() => null)
    await until('the second one has come', () => bed.names('/lock').length === 2)
    const { id } = zks[2]!.session
    bed.server.holdNextReply(({ operation, sessionId }) => operation === 'getChildren2' && sessionId === id)
    const third = c!.acquire()
    await until('the third one has come', () => bed.names('/lock').length === 3)
    await settle()
    abort.abort()
    await second
    await until('the second one has left', () => bed.names('/lock').length === 2)
    bed.server.releaseReplies()
    await settle()
    await held.release()
    expect((await third).held).to.equal(true)
  })

  it('are admitted when there is room, although the one ahead is admitted while they arrive', async () => {
    await using bed = await TestBed.start()
    const link = new HeldLink()
    const { environment } = link
    const zks = await Promise.all([{}, {}, {}, { environment }].map(options => bed.client(options)))
    const [x, a, b, c] = zks.map(zk => new Semaphore(zk, '/lock', { size: 2 }))
    const [first, second] = [await x!.acquire(), await a!.acquire()]
    const third = b!.acquire()
    await until('the third one has come', () => bed.names('/lock').length === 3)
    await settle()
    link.hold()
    const fourth = c!.acquire()
    await until('the fourth one has come', () => bed.names('/lock').length === 4)
    await settle()
    await first.release()
    const { path } = await third
    await until('it has announced itself', async () => (await zks[2]!.exists(path))!.version > 0)
    link.release()
    const listings = (): number => bed.operations(zks[3]).filter(name => name === 'getChildren2').length
    await until('the fourth one has looked again', () => listings() >= 2)
    await settle()
    await second.release()
    expect((await fourth).held).to.equal(true)
  })

  for (const isLate of [false, true]) {
    const when = isLate ? 'before one arrives' : 'while one waits'
    it(`are admitted when there is room, after the size was lowered ${when}`, async () => {
      await using bed = await TestBed.start({ seed: { size: '3' } })
      const zks = await Promise.all([0, 1, 2].map(() => bed.client()))
      const [a, b, c] = zks.map(zk => new Semaphore(zk, '/lock', { size: { path: '/size' } }))
      const heavy = await a!.acquire({ weight: 2 })
      await b!.acquire()
      if (isLate) await zks[0]!.setData('/size', '2')
      const third = c!.acquire()
      await until('the third one has come', () => bed.names('/lock').length === 3)
      await settle()
      if (!isLate) await zks[0]!.setData('/size', '2')
      await settle()
      await heavy.release()
      expect((await third).held).to.equal(true)
    })
  }

  it('count everybody ahead of an admitted one as admitted, and wait without polling', async () => {
    await using bed = await TestBed.start({ seed: { size: '3' } })
    const link = new HeldLink()
    const { environment } = link
    const zks = await Promise.all([{}, {}, { environment }, {}, {}].map(options => bed.client(options)))
    const [y, x, q, p, c] = zks.map(zk => new Semaphore(zk, '/lock', { size: { path: '/size' } }))
    await y!.acquire()
    const heavy = await x!.acquire({ weight: 2 })
    const unaware = q!.acquire()
    await until('one waits', () => bed.names('/lock').length === 3)
    const overtaking = p!.acquire()
    await until('another one waits', () => bed.names('/lock').length === 4)
    await settle()
    link.hold()
    await heavy.release()
    await zks[0]!.setData('/size', '4')
    const { path } = await overtaking
    await until('it has announced itself', async () => (await zks[0]!.exists(path))!.version > 0)
    await zks[0]!.setData('/size', '1')
    bed.server.clearRequests()
    const last = c!.acquire()
    await until('the last one has come', () => bed.names('/lock').length === 4)
    for (let turn = 0; turn < 5; turn++) await settle()
    expect(bed.operations(zks[4]).length).to.be.at.most(10)
    await zks[0]!.setData('/size', '4')
    expect((await last).held).to.equal(true)
    link.release()
    expect((await unaware).held).to.equal(true)
  })

  it('all have their turn, while others poll and give up and the size changes', async () => {
    const random = seeded(7)
    await using bed = await TestBed.start({ seed: { size: '3' } })
    const zks = await Promise.all(Array.from({ length: 6 }, () => bed.client()))
    let done = 0
    const contend = async (zk: ZooKeeper): Promise<void> => {
      const semaphore = new Semaphore(zk, '/lock', { size: { path: '/size' } })
      for (let cycle = 0; cycle < 40; cycle++) {
        const weight = 1 + Math.floor(random() * 3)
        const dice = random()
        const signal = dice < 0.2 ? AbortSignal.timeout(3) : undefined
        const permit = await (dice < 0.5
          ? semaphore.tryAcquire({ weight })
          : semaphore.acquire({ weight, signal })
        ).catch(() => null)
        if (random() < 0.5) await settle()
        await permit?.release()
        done++
      }
    }
    const contending = Promise.all(zks.map(contend))
    const changing = (async () => {
      while (done < 240) await zks[0]!.setData('/size', pick(random, ['3', '4', '5']))
    })()
    await until('all have had their turn', () => done === 240)
    await Promise.all([contending, changing])
  })
})
