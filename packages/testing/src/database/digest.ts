import { crc32 } from 'node:zlib'
import { NodeKind, type Tree, type ZNode } from './tree.ts'

/** The digest of the tree after one transaction. */
export interface LoggedDigest {
  readonly zxid: number
  readonly digest: number
}

/** Transactions between two digests that are kept, and the number of those that are. */
const INTERVAL = 128
const MOST_LOGGED = 1024
/** The znodes below here are not part of the digest, though this one is. */
const SYSTEM = '/zookeeper/'
const STAT_BYTES = 60
/** The owners that Apache's server stores for znodes that are not ephemeral. */
const CONTAINER_OWNER = 1n << 63n
const TTL_OWNER = 0xffn << 56n

/**
 * The digest of the tree: the sum of those of its znodes, as Apache's servers 3.6 and later print it for `hash`. Changes are
 * only noted; they are summed up when a digest is kept.
 */
export class TreeDigest {
  readonly #tree: Tree
  readonly #changed = new Set<string>(['/', '/zookeeper'])
  readonly #log: LoggedDigest[] = []
  readonly #stat = Buffer.alloc(STAT_BYTES)
  #total = 0

  constructor(tree: Tree) {
    this.#tree = tree
  }

  /** The digests that are kept, the oldest first. */
  get log(): readonly LoggedDigest[] {
    return this.#log
  }

  /** Notes that a znode was created or has changed. */
  changed(path: string): void {
    this.#changed.add(path)
  }

  /** Removes a deleted znode from the digest. */
  deleted(node: ZNode): void {
    this.#total -= node.digest
    node.digest = 0
  }

  /** Notes that a transaction was applied, and keeps the digest after every 128th. */
  applied(zxid: number): void {
    if (zxid % INTERVAL !== 0) return
    for (const path of this.#changed) this.#sumUp(path)
    this.#changed.clear()
    this.#log.push({ zxid, digest: this.#total })
    if (this.#log.length > MOST_LOGGED) this.#log.shift()
  }

  /** Takes the digests of another tree, whose znodes the own one has by now. */
  copyFrom(other: TreeDigest): void {
    this.#total = other.#total
    this.#log.splice(0, this.#log.length, ...other.#log)
    this.#changed.clear()
    for (const path of other.#changed) this.#changed.add(path)
  }

  #sumUp(path: string): void {
    const node = this.#tree.find(path)
    if (node === undefined || path.startsWith(SYSTEM)) return
    const digest = this.#digestOf(path, node)
    this.#total += digest - node.digest
    node.digest = digest
  }

  /** Returns the digest of a znode: its path, its data, and what is stored of its Stat. */
  #digestOf(path: string, node: ZNode): number {
    const stat = this.#stat
    stat.writeBigInt64BE(BigInt(node.czxid), 0)
    stat.writeBigInt64BE(BigInt(node.mzxid), 8)
    stat.writeBigInt64BE(BigInt(node.pzxid), 16)
    stat.writeBigInt64BE(BigInt(node.ctime), 24)
    stat.writeBigInt64BE(BigInt(node.mtime), 32)
    stat.writeInt32BE(node.version, 40)
    stat.writeInt32BE(node.creates, 44)
    stat.writeInt32BE(node.aversion, 48)
    stat.writeBigUInt64BE(BigInt.asUintN(64, this.#ownerOf(path, node)), 52)
    const sum = crc32(path === '/' ? '' : path)
    return crc32(stat, crc32(node.data ?? '', sum))
  }

  #ownerOf(path: string, { kind, owner }: ZNode): bigint {
    if (kind === NodeKind.container) return CONTAINER_OWNER
    return kind === NodeKind.ttl ? TTL_OWNER | BigInt(this.#tree.ttls.get(path) ?? 0) : owner
  }
}
