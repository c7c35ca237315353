import { types } from 'node:util'
import { nameOf, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { NodeCache } from '../cache/node-cache.ts'
import type { CachedNode } from '../cache/table/cached-node.ts'
import { TreeCache } from '../cache/tree-cache.ts'
import { isAnchor } from '../core/anchor.ts'
import type { Codec } from '../core/codec.ts'

/** Selects the znodes of a configuration. */
export interface Layout {
  readonly path: string
  readonly codec: Codec<unknown>
  /** True if the value has one key for each znode below the path; false if it is in the znode itself. */
  readonly subtree: boolean
}

/** The znodes of a configuration at one moment. */
export interface Snapshot {
  /** The znode at the path. */
  readonly root: CachedNode
  /** The znodes by key: the empty key for the znode at the path, relative paths for those below it. */
  readonly nodes: ReadonlyMap<string, CachedNode>
  /** The newest transaction that changed the data of one of them. */
  readonly zxid: bigint
  /** Time of that transaction on the server's clock, in milliseconds since 1970. */
  readonly time: number
}

/** Creates a cache of a configuration's znodes. */
export function cacheOf(
  zk: ZooKeeper,
  { path, subtree }: Layout,
  jitter: number | undefined,
): NodeCache | TreeCache {
  if (!subtree) return new NodeCache(zk, path, { jitter })
  return new TreeCache(zk, path, { jitter, select: one => !isAnchor(nameOf(one)) })
}

/** Returns null if the znode at the path does not exist. */
export function snapshotOf(cache: NodeCache | TreeCache): Snapshot | null {
  const { path } = cache
  const root = cache instanceof NodeCache ? cache.current : cache.current.get(path)
  if (!root) return null
  if (cache instanceof NodeCache) return toSnapshot(root, new Map([['', root]]))
  const nodes = new Map<string, CachedNode>()
  const skip = path === '/' ? 1 : path.length + 1
  for (const node of cache.current.values()) {
    if (node.path !== path) nodes.set(node.path.slice(skip), node)
  }
  return toSnapshot(root, nodes)
}

/** Returns the snapshot of some znodes, with their last change. */
export function toSnapshot(root: CachedNode, nodes: ReadonlyMap<string, CachedNode>): Snapshot {
  let newest = root
  for (const node of nodes.values()) if (node.stat.mzxid > newest.stat.mzxid) newest = node
  return { root, nodes, zxid: newest.stat.mzxid, time: newest.stat.mtime }
}

/** Returns whether two snapshots show the same states of the same znodes. */
export function isSameSnapshot(a: Snapshot | null, b: Snapshot | null): boolean {
  if (a === null || b === null) return a === b
  if (a.nodes.size !== b.nodes.size || a.root.stat.czxid !== b.root.stat.czxid) return false
  for (const [key, node] of a.nodes) {
    const other = b.nodes.get(key)?.stat
    if (other?.czxid !== node.stat.czxid || other.mzxid !== node.stat.mzxid) return false
  }
  return true
}

/** Returns the keys of the znodes that hold a value: those with data. The others only have descendants. */
function valueKeys({ nodes }: Snapshot): string[] {
  const keys: string[] = []
  for (const [key, { data }] of nodes) if (data !== null && data.length > 0) keys.push(key)
  return keys.sort()
}

/** Decodes a snapshot, without a schema. @throws ZooKeeperError INVALID_DATA. */
export function decode({ codec, subtree }: Layout, snapshot: Snapshot): unknown {
  if (!subtree) return decodeNode(codec, snapshot.root)
  const entries = valueKeys(snapshot).map(key => [key, decodeNode(codec, snapshot.nodes.get(key)!)] as const)
  return Object.fromEntries(entries)
}

function decodeNode(codec: Codec<unknown>, { path, data }: CachedNode): unknown {
  try {
    return codec.decode(data)
  } catch (cause) {
    throw invalid('the codec refuses the data', path, cause)
  }
}

/** Encodes a value as a znode's data. @throws ZooKeeperError INVALID_DATA. */
export function encode({ codec, path }: Layout, value: unknown, key = ''): Buffer | null {
  try {
    const data = codec.encode(value)
    return typeof data === 'string' ? Buffer.from(data) : data && Buffer.from(data)
  } catch (cause) {
    throw invalid('the codec refuses the value', key === '' ? path : `${path}/${key}`, cause)
  }
}

function invalid(what: string, path: string, cause: unknown): ZooKeeperError {
  const message = what + reasonOf(cause)
  return new ZooKeeperError('INVALID_DATA', { message, path, cause, outcome: 'not-sent' })
}

/** Returns what an error says, without the code that the message about it begins with. */
function reasonOf(cause: unknown): string {
  if (ZooKeeperError.is(cause)) return `: ${cause.explanation}`
  return types.isNativeError(cause) ? `: ${cause.message}` : ''
}
