import { nameOf, type ZooKeeper } from '@zookit/client'
import PQueue from 'p-queue'
import { type CachedNode, childPath } from '../cache/node-table.ts'
import { codeOf } from '../core/errors.ts'
import { type Snapshot, toSnapshot } from './snapshot.ts'

/** How many nodes are read at a time. */
const CONCURRENCY = 64

/**
 * Reads a node and all below it, once. The nodes are as of no one moment: whoever writes in their place has to have their
 * versions checked.
 *
 * @returns null if there is no node.
 */
export async function readTree(zk: ZooKeeper, path: string): Promise<Snapshot | null> {
  const queue = new PQueue({ concurrency: CONCURRENCY })
  const nodes = new Map<string, CachedNode>()
  let failure: { error: unknown } | undefined
  const visit = async (path: string, key: string): Promise<void> => {
    if (failure) return
    try {
      const [{ data, stat }, { children }] = await Promise.all([zk.getData(path), zk.getChildren(path)])
      nodes.set(key, { path, name: nameOf(path), data, stat })
      for (const name of children) {
        void queue.add(() => visit(childPath(path, name), key === '' ? name : `${key}/${name}`))
      }
    } catch (error) {
      // One that has gone meanwhile is none.
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
