import { nameOf, type ZooKeeper } from '@zookit/client'
import PQueue from 'p-queue'
import { type CachedNode, childPath } from '../cache/node-table.ts'
import { isAnchor } from '../core/anchor.ts'
import { codeOf } from '../core/errors.ts'
import { type Snapshot, toSnapshot } from './snapshot.ts'

/** Number of znodes that are read at a time. */
const CONCURRENCY = 64

/**
 * Reads a znode and its descendants. Each transaction of a `ConfigWriter` changes the version of the znode at the top, so
 * what was read is as of one moment for all who write through one: it is read again until that version stays the same.
 *
 * @returns null if the znode does not exist.
 */
export async function readTree(zk: ZooKeeper, path: string): Promise<Snapshot | null> {
  for (;;) {
    const snapshot = await readOnce(zk, path)
    const { czxid, version } = snapshot?.root.stat ?? {}
    const now = await zk.exists(path)
    if (now?.czxid === czxid && now?.version === version) return snapshot
  }
}

/** Reads each znode once, the one at the top first. */
async function readOnce(zk: ZooKeeper, path: string): Promise<Snapshot | null> {
  const queue = new PQueue({ concurrency: CONCURRENCY })
  const nodes = new Map<string, CachedNode>()
  let failure: { error: unknown } | undefined
  const visit = async (path: string, key: string): Promise<void> => {
    if (failure) return
    try {
      const [{ data, stat }, { children }] = await Promise.all([zk.getData(path), zk.getChildren(path)])
      nodes.set(key, { path, name: nameOf(path), data, stat })
      for (const name of children) {
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
  return root === undefined ? null : toSnapshot(root, nodes)
}
