import {
  Barrier,
  DoubleBarrier,
  LeaderElection,
  Lease,
  Mutex,
  ReadWriteLock,
  Semaphore,
} from '@zookit/recipes'
import { type Actor, about } from './actor.ts'

const names = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${name}-${i + 1}`)

/** Holds a lock for a while, again and again, and releases it when asked. */
const reporter =
  (data: string): Actor =>
  async (zk, { signal, rest }) => {
    const mutex = new Mutex(zk, '/locks/report', { data, revocable: true })
    while (!signal.aborted) {
      await mutex.withLock(
        (_, lock) =>
          Promise.race([
            rest(about(9000)),
            new Promise(resolve => lock.revoked.addEventListener('abort', resolve)),
          ]),
        { signal },
      )
      await rest(about(1500))
    }
  }

const candidate =
  (data: string): Actor =>
  async (zk, { signal, rest }) => {
    await new LeaderElection(zk, '/leader', { data }).lead(() => rest(about(20_000)), { signal })
  }

const reader =
  (data: string): Actor =>
  async (zk, { signal, rest }) => {
    const { read } = new ReadWriteLock(zk, '/locks/catalogue', { data })
    while (!signal.aborted) {
      await read.withLock(() => rest(about(4000)), { signal })
      await rest(about(2000))
    }
  }

const writer =
  (data: string): Actor =>
  async (zk, { signal, rest }) => {
    const { write } = new ReadWriteLock(zk, '/locks/catalogue', { data })
    while (!signal.aborted) {
      await write.withLock(() => rest(about(2500)), { signal })
      await rest(about(8000))
    }
  }

const uploader =
  (data: string): Actor =>
  async (zk, { signal, rest }) => {
    const semaphore = new Semaphore(zk, '/locks/uploads', { size: 2, data })
    while (!signal.aborted) {
      await semaphore.withLock(() => rest(about(5000)), { signal })
      await rest(about(1000))
    }
  }

const lessee =
  (holder: string): Actor =>
  async (zk, { signal, rest }) => {
    const lease = new Lease(zk, '/locks/cron', { duration: 15_000, holder })
    while (!signal.aborted) {
      const held = await lease.tryAcquire({ signal })
      await rest(about(8000))
      await held?.release()
      await rest(about(2000))
    }
  }

const operator: Actor = async (zk, { signal, rest }) => {
  const barrier = new Barrier(zk, '/maintenance-barrier', { data: 'no writes until this is gone' })
  while (!signal.aborted) {
    await barrier.set({ signal })
    await rest(about(25_000))
    await barrier.remove({ signal })
    await rest(about(8000))
  }
}

const batch =
  (data: string): Actor =>
  async (zk, { signal, rest }) => {
    const barrier = new DoubleBarrier(zk, '/batch', { count: 3, data })
    while (!signal.aborted) {
      await rest(about(4000))
      const member = await barrier.enter({ signal })
      await rest(about(6000))
      await member.leave({ signal })
    }
  }

/** The actors who wait for each other. */
export const LOCK_ACTORS: readonly Actor[] = [
  ...names('report', 3).map(reporter),
  ...names('api', 3).map(candidate),
  ...names('catalogue-reader', 2).map(reader),
  writer('catalogue-writer-1'),
  ...names('upload', 3).map(uploader),
  ...names('cron', 2).map(lessee),
  operator,
  ...names('batch', 3).map(batch),
]
