import type { ZooKeeper } from '@zookit/client'
import { Cache, type CacheOptions } from './cache.ts'
import type { CachedNode } from './node-table.ts'

/** One node, as it is now: there or not, with its data. */
export class NodeCache extends Cache {
  /**
   * @param path the node, which need not be there.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: CacheOptions = {}) {
    const shape = { depth: 0, holdsRoot: true, select: undefined }
    super(zk, path, options, shape, identity)
  }

  /** The node; null if there is none. */
  get current(): CachedNode | null {
    return this.table.get(this.path) ?? null
  }
}

function identity(path: string): string {
  return path
}
