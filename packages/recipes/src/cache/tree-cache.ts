import type { ZooKeeper } from '@zookit/client'
import { badArgument } from '../core/errors.ts'
import { Cache, type CacheOptions } from './cache.ts'
import { type CachedNode, childPath } from './node-table.ts'

/** What a TreeCache takes. */
export interface TreeCacheOptions extends CacheOptions {
  /** How many levels below the node: 0 is the node alone. Default Infinity. */
  maxDepth?: number | undefined
  /** Which nodes are wanted, by their paths. What is below one that is not is left out too. Default all. */
  select?: ((path: string) => boolean) | undefined
}

/** A node and all below it, as they are now. */
export class TreeCache extends Cache {
  /**
   * @param path the node at the top, which is always wanted. It need not be there.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: TreeCacheOptions = {}) {
    const { maxDepth = Infinity, select } = options
    if (maxDepth !== Infinity && !(Number.isInteger(maxDepth) && maxDepth >= 0)) {
      throw badArgument(`maxDepth is a whole number from 0, not ${String(maxDepth)}`, path)
    }
    super(zk, path, options, { depth: maxDepth, holdsRoot: true, select }, one => one)
  }

  /** The nodes by their paths. It is the cache's own map: it changes with the cache. */
  get current(): ReadonlyMap<string, CachedNode> {
    return this.table.nodes
  }

  /**
   * The nodes directly below one, in no order; none where there are none.
   *
   * @param path default: the node at the top.
   */
  children(path: string = this.path): CachedNode[] {
    const children: CachedNode[] = []
    for (const name of this.table.below(path)) children.push(this.table.get(childPath(path, name))!)
    return children
  }
}
