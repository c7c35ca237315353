import { nameOf, type ZooKeeper } from '@zookit/client'
import { Cache, type CacheOptions } from './cache.ts'
import type { CachedNode } from './node-table.ts'

/** What a ChildrenCache takes. */
export interface ChildrenCacheOptions extends CacheOptions {
  /** Which children are wanted, by their paths. Default all. */
  select?: ((path: string) => boolean) | undefined
}

/** The children of a node, as they are now, with their data. */
export class ChildrenCache extends Cache {
  /**
   * @param path the node whose children they are. It need not be there.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: ChildrenCacheOptions = {}) {
    super(zk, path, options, { depth: 1, holdsRoot: false, select: options.select }, nameOf)
  }

  /** The children by their names. It is the cache's own map: it changes with the cache. */
  get current(): ReadonlyMap<string, CachedNode> {
    return this.table.nodes
  }
}
