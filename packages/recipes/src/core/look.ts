import type { ZooKeeper } from '@zookit/client'
import { Bell } from './bell.ts'
import { connected } from './connected.ts'
import { isTransient } from './errors.ts'
import type { Patience } from './patience.ts'

/**
 * Looks, and looks again at each change that a look's watches tell of, until a look finds something. Lost connections
 * and sessions are sat out.
 *
 * @param jitter after a lost connection, the next look is at a random moment of so many milliseconds.
 * @param look reads, hanging at the bell what it is to be woken by; undefined: not yet.
 * @throws ABORTED, REQUEST_TIMEOUT; what ends the client; what a look throws and no later one would change.
 */
export async function lookUntil<Found>(
  zk: ZooKeeper,
  patience: Patience,
  jitter: number,
  look: (bell: Bell) => Promise<Found | undefined>,
): Promise<Found> {
  for (;;) {
    if (zk.state !== 'connected') await patience.race(connected(zk))
    const bell = new Bell(zk)
    try {
      const found = await patience.race(look(bell))
      if (found !== undefined) return found
      await patience.race(bell.rung)
    } catch (error) {
      patience.check()
      if (!isTransient(error)) throw error
      await patience.race(connected(zk))
      await patience.jitter(jitter)
    } finally {
      bell.silence()
    }
  }
}
