import { checks, type ZooKeeper } from '@zookit/client'
import { checkRecipe } from '../core/arguments.ts'
import { CACHE_CHECKS, Cache, type CacheOptions } from './cache.ts'
import { type CachedNode, childPath } from './table/cached-node.ts'
import { NodeMap } from './table/node-map.ts'

/** Options of a ChildrenCache. */
export interface ChildrenCacheOptions extends CacheOptions {
  /** Selects children by their paths. Default: all. */
  select?: ((path: string) => boolean) | undefined
}

const OPTIONS = checks.optionTable('{ window: 100 }', {
  ...CACHE_CHECKS,
  select: checks.func,
})

/** A live view of a znode's children, with their data. */
export class ChildrenCache extends Cache {
  readonly #nodes: NodeMap

  /**
   * @param path parent of the children. It need not exist.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: ChildrenCacheOptions = {}) {
    checkRecipe('ChildrenCache', { zk, path, options, count: arguments.length }, OPTIONS)
    super(zk, path, options, { depth: 1, holdsRoot: false, select: options.select })
    this.#nodes = new NodeMap(this.table, childPath(path, ''))
  }

  /** The children by name, in no order. The map is the cache's own, and changes with it; a child is made when it is asked for. */
  get current(): ReadonlyMap<string, CachedNode> {
    return this.#nodes
  }

  /** The same, with what this package asks of it. @internal */
  get nodes(): NodeMap {
    return this.#nodes
  }
}
