import type { ZooKeeper } from '@zookit/client'
import { checks } from '@zookit/client'
import { checkRecipe } from '../core/arguments.ts'
import { CACHE_CHECKS, Cache, type CacheOptions } from './cache.ts'
import type { CachedNode } from './table/cached-node.ts'

const OPTIONS = checks.optionTable('{ data: false }', {
  ...CACHE_CHECKS,
})

/** A live view of one znode: its existence and its data. */
export class NodeCache extends Cache {
  /** The znode as it was looked up last, at that revision of the table. */
  #node: CachedNode | null = null
  #revision = 0

  /**
   * @param path the znode. It need not exist.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: CacheOptions = {}) {
    const shape = { depth: 0, holdsRoot: true, select: undefined }
    checkRecipe('NodeCache', { zk, path, options, count: arguments.length }, OPTIONS)
    super(zk, path, options, shape)
  }

  /** The znode, the same object until it changes; null if it does not exist. */
  get current(): CachedNode | null {
    const { revision } = this.table
    if (this.#revision !== revision) {
      this.#revision = revision
      this.#node = this.table.get(this.path) ?? null
    }
    return this.#node
  }
}
