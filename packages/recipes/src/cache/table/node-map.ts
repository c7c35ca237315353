import type { CachedNode } from './cached-node.ts'
import type { NodeTable } from './node-table.ts'

/** Shows a table as a map that changes with it. Its values are made when they are asked for. */
export class NodeMap implements ReadonlyMap<string, CachedNode> {
  readonly #table: NodeTable
  /** The part of a path before a key: nothing, or the path of the parent with a slash. */
  readonly #prefix: string

  /** @param prefix the path of the parent with a slash, if keys are to be names; otherwise they are paths. */
  constructor(table: NodeTable, prefix = '') {
    this.#table = table
    this.#prefix = prefix
  }

  get size(): number {
    return this.#table.size
  }

  get [Symbol.toStringTag](): string {
    return 'Map'
  }

  get(key: string): CachedNode | undefined {
    return typeof key === 'string' ? this.#table.get(this.#prefix + key) : undefined
  }

  has(key: string): boolean {
    return typeof key === 'string' && this.#table.has(this.#prefix + key)
  }

  /**
   * Returns the znodes whose state differs from the one that a reader has.
   *
   * @param known returns the mzxid of that state; undefined if it has none.
   */
  changedFrom(known: (key: string) => bigint | undefined): CachedNode[] {
    const keys = [...this.keys()].filter(key => known(key) !== this.#table.mzxidOf(this.#prefix + key))
    return keys.map(key => this.get(key)!)
  }

  keys(): Generator<string, undefined> {
    return this.#prefix === '' ? this.#table.paths() : this.#table.names()
  }

  values(): Generator<CachedNode, undefined> {
    return this.#table.nodes()
  }

  *entries(): Generator<[string, CachedNode], undefined> {
    for (const node of this.#table.nodes()) yield [this.#prefix === '' ? node.path : node.name, node]
    return undefined
  }

  [Symbol.iterator](): Generator<[string, CachedNode], undefined> {
    return this.entries()
  }

  forEach(
    callback: (node: CachedNode, key: string, map: ReadonlyMap<string, CachedNode>) => void,
    thisArg?: unknown,
  ): void {
    for (const [key, node] of this) callback.call(thisArg, node, key, this)
  }
}

Object.defineProperty(NodeMap.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  configurable: true,
  /** Returns what `util.inspect` and `console.log` show: the map that it is at this moment. */
  value(this: NodeMap): Map<string, CachedNode> {
    return new Map(this)
  },
})
