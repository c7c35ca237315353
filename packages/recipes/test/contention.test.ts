import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { BackgroundDeleter } from '../src/core/background-deleter.ts'
import { WatchWaiter } from '../src/core/watch-waiter.ts'
import { type Lock, Mutex } from '../src/index.ts'
import { seeded } from './contention/random.ts'
import { usedHeap } from './support/heap.ts'
import { settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/locks/job'

/** A resource that receives tokens, and counts those that are lower than the highest: its refusals. */
class Fence {
  highest = 0n
  accepted = 0
  refused = 0

  write(token: bigint): void {
    if (token < this.highest) this.refused++
    else this.accepted++
    if (token > this.highest) this.highest = token
  }
}

describe('Contenders for one lock', () => {
  for (const seed of [1, 2, 3]) {
    it(`Z6 are never two at a time, and all come to an end, seed ${seed}`, async function () {
      this.timeout(60_000)
      await using bed = await TestBed.start()
      const random = seeded(seed)
      const zks = await Promise.all(Array.from({ length: 8 }, () => bed.client()))
      const fence = new Fence()
      const holding = new Set<Lock>()
      let acquisitions = 0
      let most = 0
      const contend = async (zk: ZooKeeper): Promise<void> => {
        const mutex = new Mutex(zk, PATH, { jitter: 5 })
        while (acquisitions < 160) {
          const patient = random() < 0.9
          const lock = await (patient ? mutex.acquire() : mutex.acquire({ timeout: 5 }).catch(() => null))
          if (lock === null) continue
          acquisitions++
          holding.add(lock)
          most = Math.max(most, [...holding].filter(one => one.held).length)
          if (random() < 0.5) await settle()
          if (lock.held) fence.write(lock.token)
          holding.delete(lock)
          await lock.release()
        }
      }
      const nemesis = async (): Promise<void> => {
        let fault: { cancel(): void } | undefined
        while (acquisitions < 160) {
          const zk = zks[Math.floor(random() * zks.length)]!
          const isThere = bed.server.sessions().some(({ id }) => id === zk.session.id)
          const strike = random()
          fault?.cancel()
          if (strike < 0.3) bed.server.dropConnections()
          else if (strike < 0.5) fault = bed.server.loseNextReply('create2')
          else if (strike < 0.7) fault = bed.server.dropNextRequest('delete')
          else if (strike < 0.85 && isThere) bed.server.expireSession(zk.session.id)
          await new Promise(resolve => setTimeout(resolve, 5 + random() * 20))
        }
        bed.server.clearFaults()
      }
      await Promise.all([nemesis(), ...zks.map(contend)])
      expect(fence.refused).to.equal(0)
      expect(fence.accepted).to.be.greaterThan(40)
      // A contender whose session has just ended may not know it for a moment: the token covers that.
      expect(most).to.be.at.most(2)
      await until('nothing is left', () => bed.names(PATH).length === 0)
      await until('nothing is left to do', () => zks.every(zk => BackgroundDeleter.of(zk).pending === 0))
    })
  }

  it('L2 leave nothing behind after five thousand cycles', async function () {
    this.timeout(120_000)
    await using bed = await TestBed.start({ recordRequests: false })
    const zks = await Promise.all(Array.from({ length: 4 }, () => bed.client()))
    const stop = new AbortController()
    const counts = zks.map(countListeners)
    let signals = 0
    stop.signal.addEventListener = new Proxy(stop.signal.addEventListener, {
      apply: (add, self, args) => {
        signals++
        return Reflect.apply(add, self, args)
      },
    })
    stop.signal.removeEventListener = new Proxy(stop.signal.removeEventListener, {
      apply: (remove, self, args) => {
        signals--
        return Reflect.apply(remove, self, args)
      },
    })
    const cycles = async (zk: ZooKeeper, count: number): Promise<void> => {
      const mutex = new Mutex(zk, PATH)
      for (let times = 0; times < count; times++) {
        await mutex.withLock(() => {}, { signal: stop.signal, timeout: 60_000 })
      }
    }
    await Promise.all(zks.map(zk => cycles(zk, 250)))
    const before = usedHeap()
    await Promise.all(zks.map(zk => cycles(zk, 1000)))
    // Four thousand handles that something keeps alive would take some 500 bytes each.
    expect((usedHeap() - before) / 2 ** 20).to.be.below(1)
    expect(bed.names(PATH)).to.deep.equal([])
    expect(bed.server.watches()).to.deep.equal([])
    for (const zk of zks)
      expect([WatchWaiter.count(zk), BackgroundDeleter.of(zk).pending]).to.deep.equal([0, 0])
    expect(counts.map(count => count())).to.deep.equal([0, 0, 0, 0])
    expect(signals).to.equal(0)
  })
})

/** Counts the listeners that a client has got since, and not lost. */
function countListeners(zk: ZooKeeper): () => number {
  const listeners = new Set<unknown>()
  const { on, off } = zk
  zk.on = (name, listener) => {
    listeners.add(listener)
    return on.call(zk, name, listener) as typeof zk
  }
  zk.off = (name, listener) => {
    listeners.delete(listener)
    return off.call(zk, name, listener) as typeof zk
  }
  return () => listeners.size
}
