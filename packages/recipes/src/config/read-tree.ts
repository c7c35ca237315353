import { nameOf, type Stat, type ZooKeeper } from '@zookit/client'
import PQueue from 'p-queue'
import { type CachedNode, childPath } from '../cache/table/cached-node.ts'
import { isAnchor } from '../core/anchor.ts'
import { codeOf } from '../core/errors.ts'
import { type Snapshot, toSnapshot } from './snapshot.ts'

/** Number of znodes that are read at a time. */
const CONCURRENCY = 64

/**
 * Reads a znode and its descendants. Each transaction of a `ConfigWriter` changes the version of the znode at the top, so
 * what was read is as of one moment for all who write through one: it is read again until that version stays the same, from
 * the listing of the top to the end.
 *
 * @returns null if the znode does not exist.
 */
export async function readTree(zk: ZooKeeper, path: string): Promise<Snapshot | null> {
  for (;;) {
    const found = await readOnce(zk, path)
    const now = await zk.exists(path)
    if (found === null && now === null) return null
    if (found !== null && isSameVersion(found.snapshot.root.stat, now) && isSameVersion(found.listed, now))
      return found.snapshot
  }
}

function isSameVersion({ czxid, version }: Stat, now: Stat | null): boolean {
  return now?.czxid === czxid && now.version === version
}

/** A tree, with the Stat of its top when that was listed: with `retryReads`, this may be before its data was read. */
interface Found {
  readonly snapshot: Snapshot
  readonly listed: Stat
}

/** Reads each znode once, the one at the top first. */
async function readOnce(zk: ZooKeeper, path: string): Promise<Found | null> {
  const queue = new PQueue({ concurrency: CONCURRENCY })
  const nodes = new Map<string, CachedNode>()
  let listed: Stat | undefined
  let failure: { error: unknown } | undefined
  const visit = async (path: string, key: string): Promise<void> => {
    if (failure) return
    try {
      const [{ data, stat }, listing] = await Promise.all([zk.getData(path), zk.getChildren(path)])
      nodes.set(key, { path, name: nameOf(path), data, stat })
      if (key === '') listed = listing.stat
      for (const name of listing.children) {
        if (isAnchor(name)) continue
        void queue.add(() => visit(childPath(path, name), key === '' ? name : `${key}/${name}`))
      }
    } catch (error) {
      // A znode that was deleted meanwhile is left out.
      if (codeOf(error) !== 'NO_NODE') failure ??= { error }
    }
  }
  void queue.add(() => visit(path, ''))
  await queue.onIdle()
  if (failure) throw failure.error
  const root = nodes.get('')
  nodes.delete('')
  return root === undefined ? null : { snapshot: toSnapshot(root, nodes), listed: listed! }
}
