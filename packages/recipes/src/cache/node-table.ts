import { nameOf, parentOf, type Stat } from '@zookit/client'

/** A node as a cache knows it. */
export interface CachedNode {
  readonly path: string
  /** The last part of its path. */
  readonly name: string
  /** Null also where the cache was told to keep no data. */
  readonly data: Buffer | null
  /**
   * As of the node's last change of data. What a change among its children does to it (`pzxid`, `cversion`,
   * `numChildren`) is not followed.
   */
  readonly stat: Stat
}

/** What happened to one node of a cache. Applied in order, these give the cache's map. */
export type NodeChange =
  | { readonly type: 'created'; readonly path: string; readonly node: CachedNode }
  /** Also a node that was deleted and created again while that could not be seen: its `stat.czxid` is another then. */
  | {
      readonly type: 'changed'
      readonly path: string
      readonly node: CachedNode
      readonly previous: CachedNode
    }
  | { readonly type: 'deleted'; readonly path: string; readonly previous: CachedNode }

/** The nodes of a cache. It knows the order of transactions, and takes nothing that is older than what it has. */
export class NodeTable {
  readonly nodes: Map<string, CachedNode> = new Map()
  readonly #keyOf: (path: string) => string
  readonly #tell: (change: NodeChange) => void
  /** The names below each path; also of a path that is not in the table itself. */
  readonly #below = new Map<string, Set<string>>()

  /** @param keyOf what a node is found under in `nodes`. */
  constructor(keyOf: (path: string) => string, tell: (change: NodeChange) => void) {
    this.#keyOf = keyOf
    this.#tell = tell
  }

  get(path: string): CachedNode | undefined {
    return this.nodes.get(this.#keyOf(path))
  }

  /** The names of the nodes directly below a path. */
  below(path: string): ReadonlySet<string> {
    return this.#below.get(path) ?? NONE
  }

  /** Takes what was read of a node, unless it has that or something newer. */
  put(path: string, data: Buffer | null, stat: Stat): void {
    const previous = this.get(path)
    if (previous !== undefined && stat.mzxid <= previous.stat.mzxid) return
    const node: CachedNode = { path, name: nameOf(path), data, stat }
    this.nodes.set(this.#keyOf(path), node)
    if (previous === undefined) {
      this.#link(node)
      this.#tell({ type: 'created', path, node })
    } else {
      this.#tell({ type: 'changed', path, node, previous })
    }
  }

  /**
   * Takes a node out, and all below it, the lowest first.
   *
   * @param zxid the transaction that has deleted it, where that is known: a younger node stays.
   */
  remove(path: string, zxid?: bigint): void {
    const node = this.get(path)
    if (node !== undefined && zxid !== undefined && zxid < node.stat.czxid) return
    for (const name of [...this.below(path)]) this.remove(childPath(path, name))
    if (node === undefined) return
    this.nodes.delete(this.#keyOf(path))
    this.#unlink(node)
    this.#tell({ type: 'deleted', path, previous: node })
  }

  #link({ path, name }: CachedNode): void {
    const parent = parentOf(path)
    if (parent === null) return
    const names = this.#below.get(parent)
    if (names) names.add(name)
    else this.#below.set(parent, new Set([name]))
  }

  #unlink({ path, name }: CachedNode): void {
    const parent = parentOf(path)
    if (parent === null) return
    const names = this.#below.get(parent)
    names?.delete(name)
    if (names?.size === 0) this.#below.delete(parent)
  }
}

const NONE: ReadonlySet<string> = new Set()

/** The path of a child, whose name is the server's. */
export function childPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`
}
