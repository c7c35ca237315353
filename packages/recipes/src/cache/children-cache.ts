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

  /**
   * Returns the children whose state differs from the one that a reader has.
   *
   * @param known returns the mzxid of that state; undefined if it has none.
   * @internal
   */
  changedFrom(known: (name: string) => bigint | undefined): CachedNode[] {
    const prefix = childPath(this.path, '')
    const names = [...this.#nodes.keys()].filter(name => known(name) !== this.table.mzxidOf(prefix + name))
    return names.map(name => this.#nodes.get(name)!)
  }
}
