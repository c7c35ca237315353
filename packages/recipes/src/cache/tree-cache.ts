import type { ZooKeeper } from '@zookit/client'
import { badArgument } from '../core/errors.ts'
import { Cache, type CacheOptions } from './cache.ts'
import { type CachedNode, childPath } from './node-table.ts'

/** Options of a TreeCache. */
export interface TreeCacheOptions extends CacheOptions {
  /** Number of levels below the znode: 0 is the znode alone. Default Infinity. */
  maxDepth?: number | undefined
  /** Selects znodes by their paths. The descendants of a znode that is left out are left out too. Default: all. */
  select?: ((path: string) => boolean) | undefined
}

/** A live view of a znode and all its descendants. */
export class TreeCache extends Cache {
  /**
   * @param path the root, which is always selected. It need not exist.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: TreeCacheOptions = {}) {
    const { maxDepth = Infinity, select } = options
    if (maxDepth !== Infinity && !(Number.isInteger(maxDepth) && maxDepth >= 0)) {
      throw badArgument(`maxDepth must be a whole number from 0, not ${String(maxDepth)}`, path)
    }
    super(zk, path, options, { depth: maxDepth, holdsRoot: true, select }, one => one)
  }

  /** The znodes by path. The map is the cache's own, and changes with it. */
  get current(): ReadonlyMap<string, CachedNode> {
    return this.table.nodes
  }

  /**
   * Returns the children of a znode, in no order; none if it does not exist.
   *
   * @param path default: the root.
   */
  children(path: string = this.path): CachedNode[] {
    const children: CachedNode[] = []
    for (const name of this.table.below(path)) children.push(this.table.get(childPath(path, name))!)
    return children
  }
}
