import { nameOf, type Stat } from '@zookit/client'
import type { Broadcast } from '../../core/broadcast.ts'
import { type CachedNode, childPath, type NodeChange } from './cached-node.ts'
import { PathTree } from './path-tree.ts'

/**
 * The znodes of a cache. It knows the order of transactions, and ignores states that are older than its own. Objects are made
 * when they are asked for: a znode takes about 35 bytes beside its name and data (`pnpm bench:budget --only treeCache`).
 */
export class NodeTable {
  /** Number of changes so far. */
  revision = 0
  readonly #tree: PathTree
  readonly #events: Pick<Broadcast<NodeChange>, 'emit' | 'listeners'>
  #size = 0

  /**
   * @param events are told of each change.
   * @param salt a number that other clients do not know.
   */
  constructor(events: Pick<Broadcast<NodeChange>, 'emit' | 'listeners'>, salt = 0) {
    this.#tree = new PathTree(salt)
    this.#events = events
  }

  /** The number of znodes. */
  get size(): number {
    return this.#size
  }

  /** The bytes of its memory: what tests look at. */
  get memory(): number {
    return this.#tree.size
  }

  has(path: string): boolean {
    return this.#idOf(path) !== 0
  }

  get(path: string): CachedNode | undefined {
    const id = this.#idOf(path)
    return id === 0 ? undefined : this.#node(id, path, nameOf(path))
  }

  /** Returns the last transaction that set a znode's data; undefined if it is not in the table. */
  mzxidOf(path: string): bigint | undefined {
    const id = this.#idOf(path)
    return id === 0 ? undefined : this.#tree.mzxidOf(id)
  }

  /** Returns the length that the Stat of a znode has; undefined if it is not in the table. */
  dataLengthOf(path: string): number | undefined {
    const id = this.#idOf(path)
    return id === 0 ? undefined : this.#tree.dataLengthOf(id)
  }

  /** Returns the names of a znode's children, also if it is not in the table itself. */
  childNames(path: string): string[] {
    return this.#children(path, id => this.#tree.nameOf(id))
  }

  /**
   * Removes the children of a znode that are not among the names in a list of them.
   *
   * @returns for each name the length that the Stat of the child has, or -1 if it is not in the table.
   */
  keepChildren(path: string, names: readonly string[]): Int32Array {
    const tree = this.#tree
    const lengths = new Int32Array(names.length).fill(-1)
    const parent = tree.find(path)
    if (parent === 0) return lengths
    let others = 0
    for (let id = tree.firstChild(parent); id !== 0; id = tree.nextSibling(id)) others++
    for (let i = 0; i < names.length && others > 0; i++) {
      const id = tree.child(parent, names[i]!)
      if (id === 0) continue
      others--
      if (tree.isKnown(id)) lengths[i] = tree.dataLengthOf(id)
    }
    // Most often there are none, and nobody needs the names.
    if (others === 0) return lengths
    const kept = new Set(names)
    for (const name of this.childNames(path)) if (!kept.has(name)) this.remove(childPath(path, name))
    return lengths
  }

  /** Returns a znode's children, also if it is not in the table itself. */
  children(path: string): CachedNode[] {
    return this.#children(path, id => this.#nodeOf(id))
  }

  /** The znodes, in no order. One that is there all the time comes once. */
  nodes(): Generator<CachedNode, undefined> {
    return this.#each(id => this.#nodeOf(id))
  }

  /** The paths of the znodes, in no order. */
  paths(): Generator<string, undefined> {
    return this.#each(id => this.#tree.pathOf(id))
  }

  /** The names of the znodes, in no order. */
  names(): Generator<string, undefined> {
    return this.#each(id => this.#tree.nameOf(id))
  }

  /** Takes a state that was read, unless it has this one or a newer one. */
  put(path: string, data: Buffer | null, stat: Stat): void {
    const tree = this.#tree
    const id = tree.find(path)
    const isNew = id === 0 || !tree.isKnown(id)
    if (!isNew && stat.mzxid <= tree.mzxidOf(id)) return
    const isHeard = this.#events.listeners > 0
    const node = isHeard ? { path, name: nameOf(path), data, stat } : undefined
    const previous = isHeard && !isNew ? this.#node(id, path, nameOf(path)) : undefined
    if (isNew) {
      tree.add(id, path, { stat, data })
      this.#size++
    } else tree.set(id, { stat, data })
    this.revision++
    if (node === undefined) return
    if (previous === undefined) this.#events.emit({ type: 'created', path, node })
    else this.#events.emit({ type: 'changed', path, node, previous })
  }

  /**
   * Removes a znode and its descendants, children first.
   *
   * @param zxid the transaction that deleted it, if known: a znode that was created later stays.
   */
  remove(path: string, zxid?: bigint): void {
    const tree = this.#tree
    const top = tree.find(path)
    if (top === 0) return
    if (zxid !== undefined && tree.isKnown(top) && zxid < tree.czxidOf(top)) return
    let id = top
    for (;;) {
      for (let child = tree.firstChild(id); child !== 0; child = tree.firstChild(id)) id = child
      const parent = this.#removeLeaf(id)
      if (id === top) return tree.prune(parent)
      id = parent
    }
  }

  /** Removes an entry without children. @returns the id of its parent. */
  #removeLeaf(id: number): number {
    const tree = this.#tree
    if (!tree.isKnown(id)) return tree.remove(id)
    const previous = this.#events.listeners > 0 ? this.#nodeOf(id) : undefined
    const parent = tree.remove(id)
    this.#size--
    this.revision++
    if (previous !== undefined) this.#events.emit({ type: 'deleted', path: previous.path, previous })
    return parent
  }

  /** Returns the id of a znode; 0 if it is not in the table. */
  #idOf(path: string): number {
    const id = this.#tree.find(path)
    return id !== 0 && this.#tree.isKnown(id) ? id : 0
  }

  #nodeOf(id: number): CachedNode {
    return this.#node(id, this.#tree.pathOf(id), this.#tree.nameOf(id))
  }

  #node(id: number, path: string, name: string): CachedNode {
    return { path, name, data: this.#tree.dataOf(id), stat: this.#tree.statOf(id) }
  }

  #children<T>(path: string, of: (id: number) => T): T[] {
    const tree = this.#tree
    const parent = tree.find(path)
    const children: T[] = []
    if (parent === 0) return children
    for (let id = tree.firstChild(parent); id !== 0; id = tree.nextSibling(id)) {
      if (tree.isKnown(id)) children.push(of(id))
    }
    return children
  }

  *#each<T>(of: (id: number) => T): Generator<T, undefined> {
    // An entry keeps its id, so changes in between do not move it to where it is passed over or met again.
    for (let id = 1; id < this.#tree.end; id++) if (this.#tree.isKnown(id)) yield of(id)
    return undefined
  }
}
