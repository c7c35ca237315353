import type { Stat } from '@zookit/client'

/** A znode in a cache, as of the moment of the look-up: an object that does not change. */
export interface CachedNode {
  readonly path: string
  /** Last part of its path. */
  readonly name: string
  /** Null also if the cache keeps no data. */
  readonly data: Buffer | null
  /**
   * Stat at the znode's last change of data. Changes of its children (`pzxid`, `cversion`, `numChildren`) are not
   * followed. Two look-ups gave the same state if their `mzxid` are equal.
   */
  readonly stat: Stat
}

/** A change of one znode in a cache. Applied in order, the changes give the cache's map. */
export type NodeChange =
  | { readonly type: 'created'; readonly path: string; readonly node: CachedNode }
  /** Reports also a znode that was deleted and created again unseen: its `stat.czxid` differs then. */
  | {
      readonly type: 'changed'
      readonly path: string
      readonly node: CachedNode
      readonly previous: CachedNode
    }
  | { readonly type: 'deleted'; readonly path: string; readonly previous: CachedNode }

/** Returns the path of a child, whose name comes from the server. */
export function childPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`
}
