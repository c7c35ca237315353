import { AddWatchMode, op } from '@zookit/jute'
import type { Session } from '../session.ts'

/** The modes of lasting watches, in the order in which they are left: a recursive one has to be the last. */
const MODES = [
  ['persistent', AddWatchMode.persistent],
  ['recursive', AddWatchMode.persistentRecursive],
] as const

/**
 * Leaves a path's lasting watches at the server once more, and announces the gap.
 *
 * Before 3.9.0 a server keeps one mode for a path, whichever came last (ZOOKEEPER-4466). A recursive watch can
 * stand in for every other one, so it must be the last where there is one; where there is none any more, or a
 * one-shot watch has taken its place, the mode is set right again.
 */
export function reassert(session: Session, path: string, only?: 'persistent' | 'recursive'): void {
  for (const [name, mode] of MODES) {
    if ((only !== undefined && name !== only) || !session.watches.has([name], path)) continue
    const restored = (err: number): void => {
      if (err === 0) session.watches.resync(name, [path])
    }
    // A lost connection is no failure: the next one arms every watch.
    session.submit(op.addWatch, { path, mode }, path, undefined, restored).catch(() => {})
  }
}
