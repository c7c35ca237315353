import { type Stat, setLongAt, setLongNumberAt, type Writer } from '@zookit/jute'
import { type AclList, AclStore } from '../auth/acl.ts'
import { childPath, nameOf, parentPath } from './paths.ts'

/** The kinds of znode. The kind of a znode never changes. */
export const NodeKind = { persistent: 0, ephemeral: 1, container: 2, ttl: 3 } as const

const NO_NAMES: ReadonlySet<string> = new Set()
const NO_OWNER = 0n

/** One znode, with the counters that Apache's server stores. `statOf` and `writeStatOf` derive the Stat from them. */
export class ZNode {
  data: Uint8Array | null
  acl: AclList
  readonly kind: number
  readonly owner: bigint
  czxid: number
  mzxid: number
  pzxid: number
  ctime: number
  mtime: number
  version = 0
  aversion = 0
  /** The number of children ever created: the next sequence number. */
  creates = 0
  /** The part of the tree's digest that this znode is; 0 before it is summed up. See `digest.ts`. */
  digest = 0
  #names: Set<string> | null = null

  constructor(made: Pick<NewNode, 'data' | 'acl' | 'kind' | 'owner'>, zxid: number, time: number) {
    this.data = made.data
    this.acl = made.acl
    this.kind = made.kind
    this.owner = made.owner
    this.czxid = this.mzxid = this.pzxid = zxid
    this.ctime = this.mtime = time
  }

  get names(): ReadonlySet<string> {
    return this.#names ?? NO_NAMES
  }

  get childCount(): number {
    return this.#names?.size ?? 0
  }

  get dataLength(): number {
    return this.data?.length ?? 0
  }

  /** Returns a znode with the same state. */
  copy(): ZNode {
    const copy = new ZNode(this, this.czxid, this.ctime)
    const { mzxid, pzxid, mtime, version, aversion, creates, digest } = this
    Object.assign(copy, { mzxid, pzxid, mtime, version, aversion, creates, digest })
    if (this.#names !== null) copy.#names = new Set(this.#names)
    return copy
  }

  addName(name: string): void {
    this.#names ??= new Set()
    this.#names.add(name)
  }

  removeName(name: string): void {
    this.#names?.delete(name)
    if (this.#names?.size === 0) this.#names = null
  }
}

/** Returns the cversion: it counts each create, and each delete of a child. */
function cversionOf(node: ZNode): number {
  return (node.creates * 2 - node.childCount) | 0
}

/** Returns the Stat of a znode. */
export function statOf(node: ZNode): Stat {
  return {
    czxid: BigInt(node.czxid),
    mzxid: BigInt(node.mzxid),
    ctime: node.ctime,
    mtime: node.mtime,
    version: node.version,
    cversion: cversionOf(node),
    aversion: node.aversion,
    ephemeralOwner: node.owner,
    dataLength: node.dataLength,
    numChildren: node.childCount,
    pzxid: BigInt(node.pzxid),
  }
}

/** Writes the Stat of a znode without allocating one. */
export function writeStatOf(writer: Writer, node: ZNode): void {
  const at = writer.take(68)
  const view = writer.view
  setLongNumberAt(view, at, node.czxid)
  setLongNumberAt(view, at + 8, node.mzxid)
  setLongNumberAt(view, at + 16, node.ctime)
  setLongNumberAt(view, at + 24, node.mtime)
  view.setInt32(at + 32, node.version)
  view.setInt32(at + 36, cversionOf(node))
  view.setInt32(at + 40, node.aversion)
  setLongAt(view, at + 44, node.owner)
  view.setInt32(at + 52, node.dataLength)
  view.setInt32(at + 56, node.childCount)
  setLongNumberAt(view, at + 60, node.pzxid)
}

/** A znode to be created. */
export interface NewNode {
  readonly path: string
  /** The parent's path. */
  readonly parent: string
  readonly data: Uint8Array | null
  readonly acl: AclList
  readonly kind: number
  /** The session of an ephemeral; 0 for all others. Containers and TTL znodes show no owner. */
  readonly owner: bigint
  /** The time to live in milliseconds; 0 for all but TTL znodes. */
  readonly ttl: number
}

const EMPTY = Buffer.alloc(0)
const READ_ONLY_PERMS = 1
const ALL_PERMS = 31

/**
 * The znodes by path. It checks nothing: every change has passed the checks of `operations`.
 *
 * Invariant: every znode except the root is in its parent's `names`, and an ephemeral, container or TTL znode is in
 * the index of its kind.
 */
export class Tree {
  readonly acls: AclStore = new AclStore()
  readonly containers: Set<string> = new Set()
  readonly ttls: Map<string, number> = new Map()
  readonly #nodes = new Map<string, ZNode>()
  readonly #ephemerals = new Map<bigint, Set<string>>()

  constructor(configNode: boolean) {
    const root = this.#addSystemNode('/')
    // In Apache's server the root has the empty path, too.
    this.#nodes.set('', root)
    this.#addSystemNode('/zookeeper')
    this.#addSystemNode('/zookeeper/quota')
    if (configNode) {
      const config = this.#addSystemNode('/zookeeper/config')
      config.acl = this.acls.world(READ_ONLY_PERMS)
      config.aversion = -1
    }
  }

  /** The number of znodes. */
  get size(): number {
    return this.#nodes.size - 1
  }

  get ephemeralCount(): number {
    let count = 0
    for (const paths of this.#ephemerals.values()) count += paths.size
    return count
  }

  find(path: string): ZNode | undefined {
    return this.#nodes.get(path)
  }

  /** Returns the paths of a session's ephemerals, in order of creation. */
  ephemeralsOf(owner: bigint): string[] {
    return [...(this.#ephemerals.get(owner) ?? [])]
  }

  /** Returns the ids of the sessions that own ephemerals. */
  ephemeralOwners(): bigint[] {
    return [...this.#ephemerals.keys()]
  }

  /** Yields every path from `from` on down, parents before children. */
  *paths(from = '/'): Generator<string> {
    const node = this.#nodes.get(from)
    if (node === undefined) return
    yield from
    for (const name of node.names) yield* this.paths(childPath(from, name))
  }

  /** Returns the number of znodes below a path. */
  countBelow(path: string): number {
    if (path === '/') return this.size - 1
    let count = 0
    for (const _ of this.paths(path)) count++
    return count - 1
  }

  /** Creates a znode. The parent must exist. */
  create(made: NewNode, zxid: number, time: number): ZNode {
    const node = new ZNode(made, zxid, time)
    this.#nodes.set(made.path, node)
    const parent = this.#nodes.get(made.parent)!
    parent.addName(nameOf(made.path))
    parent.creates = (parent.creates + 1) | 0
    parent.pzxid = zxid
    if (made.kind === NodeKind.ephemeral) this.#addEphemeral(made.owner, made.path)
    else if (made.kind === NodeKind.container) this.containers.add(made.path)
    else if (made.kind === NodeKind.ttl) this.ttls.set(made.path, made.ttl)
    return node
  }

  /** Deletes a znode. @returns the deleted znode; undefined where there was none. */
  delete(path: string, zxid: number): ZNode | undefined {
    const node = this.#nodes.get(path)
    if (node === undefined) return undefined
    this.#nodes.delete(path)
    const parent = this.#parentOf(path)
    parent.removeName(nameOf(path))
    parent.pzxid = zxid
    if (node.kind === NodeKind.ephemeral) this.#removeEphemeral(node.owner, path)
    else if (node.kind === NodeKind.container) this.containers.delete(path)
    else if (node.kind === NodeKind.ttl) this.ttls.delete(path)
    return node
  }

  /** Takes the znodes of another tree. */
  copyFrom(other: Tree): void {
    this.#nodes.clear()
    this.containers.clear()
    this.ttls.clear()
    this.#ephemerals.clear()
    for (const [path, node] of other.#nodes) if (path !== '') this.#nodes.set(path, node.copy())
    this.#nodes.set('', this.#nodes.get('/')!)
    for (const path of other.containers) this.containers.add(path)
    for (const [path, ttl] of other.ttls) this.ttls.set(path, ttl)
    for (const [owner, paths] of other.#ephemerals) this.#ephemerals.set(owner, new Set(paths))
  }

  #parentOf(path: string): ZNode {
    return this.#nodes.get(parentPath(path) ?? '/')!
  }

  #addEphemeral(owner: bigint, path: string): void {
    const paths = this.#ephemerals.get(owner)
    if (paths === undefined) this.#ephemerals.set(owner, new Set([path]))
    else paths.add(path)
  }

  #removeEphemeral(owner: bigint, path: string): void {
    const paths = this.#ephemerals.get(owner)
    paths?.delete(path)
    if (paths?.size === 0) this.#ephemerals.delete(owner)
  }

  #addSystemNode(path: string): ZNode {
    const acl = this.acls.world(ALL_PERMS)
    const node = new ZNode({ data: EMPTY, acl, kind: NodeKind.persistent, owner: NO_OWNER }, 0, 0)
    this.#nodes.set(path, node)
    if (path !== '/') this.#parentOf(path).addName(nameOf(path))
    return node
  }
}
