import type { ZooKeeper } from '@zookit/client'
import { type Handle, type Lock, type Lockable, Mutex } from '../../src/index.ts'
import { settle, type TestBed, until } from './test-bed.ts'

const PATH = '/locks/job'

/** Makes a mutex on `/locks/job` that retries at once after a lost connection. */
export function mutexOf(zk: ZooKeeper): Mutex {
  return new Mutex(zk, PATH, { jitter: 0 })
}

/**
 * Acquires one lock for each client, each waiting for the previous one. All but the first are still to be awaited.
 */
export async function queueUp(bed: TestBed, mutexes: readonly Mutex[]): Promise<Promise<Lock>[]> {
  const acquiring: Promise<Lock>[] = []
  for (const mutex of mutexes) {
    const come = bed.names(PATH).length + 1
    acquiring.push(mutex.acquire())
    await until('it has come', () => bed.names(PATH).length === come)
    await settle()
  }
  return acquiring
}

/** Returns whether an acquisition is done by now. */
export async function isGranted(acquiring: Promise<Handle>): Promise<boolean> {
  await settle()
  return (await Promise.race([acquiring, Promise.resolve(null)])) !== null
}

/** Begins to acquire, and waits until the contender has arrived. */
export async function come<Held extends Handle>(
  bed: TestBed,
  lock: Lockable<Held>,
  options: object = {},
): Promise<Promise<Held>[]> {
  const count = bed.names(PATH).length + 1
  const acquiring = lock.acquire(options)
  acquiring.catch(() => {})
  await until('it has come', () => bed.names(PATH).length === count)
  await settle()
  return [acquiring]
}
