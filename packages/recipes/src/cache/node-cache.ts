import type { ZooKeeper } from '@zookit/client'
import { checks } from '@zookit/client'
import { checkRecipe } from '../core/arguments.ts'
import { CACHE_CHECKS, Cache, type CacheOptions } from './cache.ts'
import type { CachedNode } from './node-table.ts'

const OPTIONS = checks.optionTable('{ data: false }', {
  ...CACHE_CHECKS,
})

/** A live view of one znode: its existence and its data. */
export class NodeCache extends Cache {
  /**
   * @param path the znode. It need not exist.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: CacheOptions = {}) {
    const shape = { depth: 0, holdsRoot: true, select: undefined }
    checkRecipe('NodeCache', { zk, path, options, count: arguments.length }, OPTIONS)
    super(zk, path, options, shape, identity)
  }

  /** The znode; null if it does not exist. */
  get current(): CachedNode | null {
    return this.table.get(this.path) ?? null
  }
}

function identity(path: string): string {
  return path
}
