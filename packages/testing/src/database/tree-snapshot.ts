import type { CreateChange } from './changes.ts'
import { childPath, isValidPath, parentPath } from './paths.ts'
import { NodeKind, type Tree } from './tree.ts'

/** The data of a znode in a seed: text, bytes, or null. */
export type SeedData = string | Uint8Array | null

/** A znode of a seed: its children by name, and its own data under the name `''`. A leaf is its data alone. */
export interface SeedTree {
  readonly [name: string]: SeedData | SeedTree
}

function isTree(value: SeedData | SeedTree): value is SeedTree {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
}

function bytesOf(data: SeedData): Uint8Array | null {
  return typeof data === 'string' ? Buffer.from(data) : data
}

/** One znode of a seed. */
export interface SeedNode {
  readonly path: string
  readonly data: Uint8Array | null
}

/**
 * Returns the znodes of a seed, parents before children. Names may be paths: `{ '/app/config': 'v1' }` is the same as
 * `{ app: { config: 'v1' } }`.
 *
 * @throws RangeError for a name that is not valid in a path.
 */
export function seedNodes(seed: SeedTree): SeedNode[] {
  const nodes = new Map<string, SeedNode>()
  collect(nodes, '/', seed)
  return [...nodes.values()]
}

function collect(nodes: Map<string, SeedNode>, parent: string, seed: SeedTree): void {
  for (const [name, value] of Object.entries(seed)) {
    if (name === '') continue
    let path = parent
    for (const segment of name.split('/')) {
      if (segment === '') continue
      path = childPath(path, segment)
      if (!isValidPath(path))
        throw new RangeError(`a seed has the path ${JSON.stringify(path)}, which no znode can have`)
      if (!nodes.has(path)) nodes.set(path, { path, data: Buffer.alloc(0) })
    }
    const data = isTree(value) ? value[''] : value
    if (data !== undefined && !isTree(data)) nodes.set(path, { path, data: bytesOf(data) })
    if (isTree(value)) collect(nodes, path, value)
  }
}

/** Returns the change that creates a seed's znode, open to everybody. */
export function createOf(tree: Tree, { path, data }: SeedNode): CreateChange {
  const acl = tree.acls.world(31)
  const parent = parentPath(path) ?? '/'
  return { type: 'create', path, parent, data, acl, kind: NodeKind.persistent, owner: 0n, ttl: 0 }
}

/** Returns the data of the znodes as text, by path, without `/` and `/zookeeper`. */
export function dumpTree(tree: Tree): Record<string, string | null> {
  const dump: Record<string, string | null> = {}
  for (const path of [...tree.paths()].sort()) {
    if (path === '/' || path === '/zookeeper' || path.startsWith('/zookeeper/')) continue
    const { data } = tree.find(path)!
    dump[path] = data === null ? null : Buffer.from(data).toString()
  }
  return dump
}
