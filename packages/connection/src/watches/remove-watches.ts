import { ErrorNumber, op, WatcherType } from '@zookit/jute'
import { ZooKeeperError } from '../errors.ts'
import type { RequestLimits } from '../requests/limits.ts'
import type { Session } from '../session.ts'
import { reassert } from './reassert.ts'
import type { Watcher, WatchName } from './watch-registry.ts'

/** Which watches to remove. `data` includes those that wait for a znode to be created. */
export type RemovableWatch = 'data' | 'children' | 'persistent' | 'recursive' | 'any'

/** How watches are removed. */
export interface RemoveWatchesOptions extends RequestLimits {
  /** Only this watcher; by default all of the path's. */
  watcher?: Watcher | undefined
  /** Forget the watches here even if the server cannot be told. */
  local?: boolean | undefined
}

const NAMES: Record<RemovableWatch, readonly WatchName[]> = {
  data: ['data', 'exist'],
  children: ['child'],
  persistent: ['persistent'],
  recursive: ['recursive'],
  any: ['data', 'exist', 'child', 'persistent', 'recursive'],
}

/**
 * Takes watches off a path; their watchers get a last event, `removed`.
 *
 * The server keeps one watch for all of this session's watchers of a kind, and before 3.9.0 one mode for a path
 * (ZOOKEEPER-4466), so it is told only when nothing that is left here, or is being armed, depends on what it holds
 * (ZOOKEEPER-1910).
 *
 * @throws ZooKeeperError NO_WATCHER when there is no such watch.
 */
export async function removeWatches(
  session: Session,
  serverPath: string,
  kind: RemovableWatch,
  path: string,
  options: RemoveWatchesOptions = {},
): Promise<void> {
  const { watches } = session
  const names = NAMES[kind]
  const { watcher, local } = options
  if (!watches.has(names, serverPath, watcher)) {
    throw new ZooKeeperError('NO_WATCHER', { operation: 'removeWatches', path, outcome: 'not-sent' })
  }
  const forget = (): void => watches.remove(names, serverPath, watcher)
  const type = wireType(session, serverPath, kind, watcher)
  if (type === null) {
    forget()
    // A server before 3.9.0 had the recursive watch in the persistent one's place.
    if (kind === 'recursive' && !watches.has(['recursive'], serverPath)) reassert(session, serverPath)
    return
  }
  try {
    const body = { path: serverPath, type }
    // Forgotten as soon as the reply is decoded: a watch that a later request arms must not go with it.
    await session.submit(op.removeWatches, body, path, options, err => {
      if (err === 0 || err === ErrorNumber.NO_WATCHER) forget()
    })
  } catch (error) {
    // The watch fired while the request was on its way: it is as gone as was asked.
    if (error instanceof ZooKeeperError && error.errno === ErrorNumber.NO_WATCHER) return
    if (!local) throw error
    forget()
  }
}

/** What to tell the server to remove, or null when something that stays here needs what it holds. */
function wireType(
  session: Session,
  path: string,
  kind: RemovableWatch,
  watcher: Watcher | undefined,
): number | null {
  const { watches } = session
  const removed = NAMES[kind]
  if (watcher !== undefined) {
    if (watches.hasBesides(removed, path, watcher) || watches.isExpected(removed, path)) return null
  }
  const stays = (names: readonly WatchName[]): boolean =>
    watches.has(names, path) || watches.isExpected(names, path)
  if (!stays(NAMES.any.filter(name => !removed.includes(name)))) return WatcherType.any
  if (stays(['persistent', 'recursive'])) return null
  return kind === 'data' ? WatcherType.data : kind === 'children' ? WatcherType.children : null
}
