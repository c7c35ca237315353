import { nameOf, parentOf, type Stat } from '@zookit/client'

/** A znode in a cache. */
export interface CachedNode {
  readonly path: string
  /** Last part of its path. */
  readonly name: string
  /** Null also if the cache keeps no data. */
  readonly data: Buffer | null
  /**
   * Stat at the znode's last change of data. Changes of its children (`pzxid`, `cversion`, `numChildren`) are not
   * followed.
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

/** The znodes of a cache. It knows the order of transactions, and ignores states that are older than its own. */
export class NodeTable {
  readonly nodes: Map<string, CachedNode> = new Map()
  /** Number of changes so far. */
  revision = 0
  readonly #keyOf: (path: string) => string
  readonly #tell: (change: NodeChange) => void
  /** The znodes below each path by their names, also for paths that are not in the table. */
  readonly #below = new Map<string, Map<string, CachedNode>>()

  /** @param keyOf returns the key of a path in `nodes`. */
  constructor(keyOf: (path: string) => string, tell: (change: NodeChange) => void) {
    this.#keyOf = keyOf
    this.#tell = change => {
      this.revision++
      tell(change)
    }
  }

  get(path: string): CachedNode | undefined {
    const node = this.nodes.get(this.#keyOf(path))
    // Several paths may have one key: a child may have the name of its parent.
    return node?.path === path ? node : undefined
  }

  /** Returns a znode's children by their names. */
  below(path: string): ReadonlyMap<string, CachedNode> {
    return this.#below.get(path) ?? NONE
  }

  /** Takes a state that was read, unless it has this one or a newer one. */
  put(path: string, data: Buffer | null, stat: Stat): void {
    const previous = this.get(path)
    if (previous !== undefined && stat.mzxid <= previous.stat.mzxid) return
    const node: CachedNode = { path, name: nameOf(path), data, stat }
    this.nodes.set(this.#keyOf(path), node)
    this.#link(node)
    if (previous === undefined) {
      this.#tell({ type: 'created', path, node })
    } else {
      this.#tell({ type: 'changed', path, node, previous })
    }
  }

  /**
   * Removes a znode and its descendants, children first.
   *
   * @param zxid the transaction that deleted it, if known: a znode that was created later stays.
   */
  remove(path: string, zxid?: bigint): void {
    const node = this.get(path)
    if (node !== undefined && zxid !== undefined && zxid < node.stat.czxid) return
    for (const child of [...this.below(path).values()]) this.remove(child.path)
    if (node === undefined) return
    this.nodes.delete(this.#keyOf(path))
    this.#unlink(node)
    this.#tell({ type: 'deleted', path, previous: node })
  }

  #link(node: CachedNode): void {
    const parent = parentOf(node.path)
    if (parent === null) return
    const below = this.#below.get(parent)
    if (below) below.set(node.name, node)
    else this.#below.set(parent, new Map([[node.name, node]]))
  }

  #unlink({ path, name }: CachedNode): void {
    const parent = parentOf(path)
    if (parent === null) return
    const below = this.#below.get(parent)
    below?.delete(name)
    if (below?.size === 0) this.#below.delete(parent)
  }
}

const NONE: ReadonlyMap<string, CachedNode> = new Map()

/** Returns the path of a child, whose name comes from the server. */
export function childPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`
}
