import type { ZooKeeper } from '@zookit/client'
import { checks } from '@zookit/client'
import { checkRecipe } from '../core/arguments.ts'
import { atOnce, checkMethods, optional, takesOnly } from '../core/checked-methods.ts'
import { CACHE_CHECKS, Cache, type CacheOptions } from './cache.ts'
import type { CachedNode } from './table/cached-node.ts'
import { NodeMap } from './table/node-map.ts'

/** Options of a TreeCache. */
export interface TreeCacheOptions extends CacheOptions {
  /** Number of levels below the znode: 0 is the znode alone. Default Infinity. */
  maxDepth?: number | undefined
  /** Selects znodes by their paths. The descendants of a znode that is left out are left out too. Default: all. */
  select?: ((path: string) => boolean) | undefined
}

const OPTIONS = checks.optionTable('{ maxDepth: 1 }', {
  ...CACHE_CHECKS,
  maxDepth: checks.levels,
  select: checks.func,
})

/** A live view of a znode and all its descendants. */
export class TreeCache extends Cache {
  readonly #nodes: NodeMap

  /**
   * @param path the root, which is always selected. It need not exist.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: TreeCacheOptions = {}) {
    checkRecipe('TreeCache', { zk, path, options, count: arguments.length }, OPTIONS)
    const { maxDepth = Infinity, select } = options
    super(zk, path, options, { depth: maxDepth, holdsRoot: true, select })
    this.#nodes = new NodeMap(this.table)
  }

  /** The znodes by path, in no order. The map is the cache's own, and changes with it; a znode is made when it is asked for. */
  get current(): ReadonlyMap<string, CachedNode> {
    return this.#nodes
  }

  /**
   * Returns the children of a znode, in no order; none if it is not in the cache.
   *
   * @param path default: the root.
   */
  children(path: string = this.path): CachedNode[] {
    return this.table.has(path) ? this.table.children(path) : []
  }
}

checkMethods(TreeCache, { children: atOnce(takesOnly(['the path', optional(checks.text)])) })
