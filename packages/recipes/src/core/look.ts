import type { ZooKeeper } from '@zookit/client'
import { connected } from './connected.ts'
import type { Deadline } from './deadline.ts'
import { isTransient } from './errors.ts'
import { WatchWaiter } from './watch-waiter.ts'

/** Reads, and sets the watches that must wake the next look. */
export type Look<Found> = (waiter: WatchWaiter) => Promise<Found>

/**
 * Looks, yields what the look found, and looks again when one of its watches fires. Continues after lost connections
 * and sessions.
 *
 * @param jitter milliseconds: the longest random pause after a lost connection.
 * @throws ABORTED, REQUEST_TIMEOUT; what ends the client; what a look throws and no later look would change.
 */
export async function* looks<Found>(
  zk: ZooKeeper,
  deadline: Deadline,
  jitter: number,
  look: Look<Found>,
): AsyncGenerator<Found, never, undefined> {
  for (;;) {
    if (zk.state !== 'connected') await deadline.wait(connected(zk))
    const waiter = new WatchWaiter(zk)
    try {
      yield await deadline.race(look(waiter))
      await deadline.wait(waiter.fired)
    } catch (error) {
      await untilRetry(zk, deadline, error, jitter)
    } finally {
      waiter.cancel()
    }
  }
}

/** Looks until a look finds something. @param look returns undefined for "not yet". @throws as `looks`. */
export async function lookUntil<Found>(
  zk: ZooKeeper,
  deadline: Deadline,
  jitter: number,
  look: Look<Found | undefined>,
): Promise<Found> {
  for await (const found of looks(zk, deadline, jitter, look)) if (found !== undefined) return found
  throw new Error('unreachable: looks() does not end')
}

/**
 * Waits, after an error that may pass, until there is a connection, and for a random pause.
 *
 * @throws ABORTED, REQUEST_TIMEOUT; what ends the client; the error, if it cannot pass.
 */
export async function untilRetry(
  zk: ZooKeeper,
  deadline: Deadline,
  error: unknown,
  jitter: number,
): Promise<void> {
  deadline.check()
  if (!isTransient(error)) throw error
  await deadline.wait(connected(zk))
  await deadline.jitter(jitter)
}
