import { parentPath } from './paths.ts'
import type { Tree } from './tree.ts'

const ROOT = '/zookeeper/quota'
const LIMITS = 'zookeeper_limits'
const STATS = 'zookeeper_stats'

interface Usage {
  count: number
  bytes: number
}

interface Limits {
  count: number
  bytes: number
}

/** Returns the path and the kind of a quota's znode below `/zookeeper/quota`; null for other znodes. */
function quotaNode(path: string): { path: string; name: string } | null {
  if (!path.startsWith(`${ROOT}/`)) return null
  const slash = path.lastIndexOf('/')
  const name = path.slice(slash + 1)
  if (name !== LIMITS && name !== STATS) return null
  return { path: path.slice(ROOT.length, slash), name }
}

function fieldsOf(data: Uint8Array | null): Map<string, number> {
  const fields = new Map<string, number>()
  for (const field of Buffer.from(data ?? [])
    .toString()
    .split(/[,;]/)) {
    const [key, value] = field.split('=')
    if (key !== undefined && value !== undefined) fields.set(key.trim(), Number(value))
  }
  return fields
}

/**
 * The quotas that `/zookeeper/quota` sets, and their usage. Usage is kept in `zookeeper_stats` without a new version
 * and without an event, as in Apache's server.
 */
export class Quotas {
  readonly #tree: Tree
  readonly #prefixes = new Set<string>()

  constructor(tree: Tree) {
    this.#tree = tree
  }

  /**
   * Tells if a change breaks a hard limit.
   *
   * @param countDiff the number of znodes that the change adds.
   * @param bytesDiff the number of bytes that the change adds.
   */
  exceeded(path: string, countDiff: number, bytesDiff: number): boolean {
    const prefix = this.#prefixOf(path)
    if (prefix === null) return false
    const limits = this.#limits(prefix)
    const usage = this.#usage(prefix)
    const overCount = countDiff !== 0 && limits.count > -1 && usage.count + countDiff > limits.count
    const overBytes = bytesDiff !== 0 && limits.bytes > -1 && usage.bytes + bytesDiff > limits.bytes
    return overCount || overBytes
  }

  /** Counts a znode that has been created, with this many bytes of data. */
  created(path: string, bytes: number): void {
    const quota = quotaNode(path)
    if (quota?.name === LIMITS) this.#prefixes.add(quota.path)
    if (quota?.name === STATS) this.#recount(quota.path)
    this.#use(path, 1, bytes)
  }

  /** Counts a znode that has been deleted, with this many bytes of data. */
  deleted(path: string, bytes: number): void {
    const quota = quotaNode(path)
    if (quota?.name === LIMITS) this.#prefixes.delete(quota.path)
    this.#use(path, -1, -bytes)
  }

  /** Counts data that has grown by this many bytes. */
  changed(path: string, bytesDiff: number): void {
    this.#use(path, 0, bytesDiff)
  }

  /** Takes the quotas of another tree. */
  copyFrom(other: Quotas): void {
    this.#prefixes.clear()
    for (const prefix of other.#prefixes) this.#prefixes.add(prefix)
  }

  #use(path: string, countDiff: number, bytesDiff: number): void {
    const prefix = this.#prefixOf(path)
    if (prefix === null) return
    const usage = this.#usage(prefix)
    this.#store(prefix, { count: usage.count + countDiff, bytes: usage.bytes + bytesDiff })
  }

  #recount(prefix: string): void {
    const usage: Usage = { count: 0, bytes: 0 }
    for (const path of this.#tree.paths(prefix)) {
      usage.count++
      usage.bytes += this.#tree.find(path)?.dataLength ?? 0
    }
    this.#store(prefix, usage)
  }

  /** Returns the longest path with a quota that contains `path`; null for none. */
  #prefixOf(path: string): string | null {
    if (this.#prefixes.size === 0) return null
    for (let at: string | null = path; at !== null && at !== '/'; at = parentPath(at)) {
      if (this.#prefixes.has(at)) return at
    }
    return null
  }

  #limits(prefix: string): Limits {
    const fields = fieldsOf(this.#tree.find(`${ROOT}${prefix}/${LIMITS}`)?.data ?? null)
    return { count: fields.get('countHardLimit') ?? -1, bytes: fields.get('byteHardLimit') ?? -1 }
  }

  #usage(prefix: string): Usage {
    const fields = fieldsOf(this.#tree.find(`${ROOT}${prefix}/${STATS}`)?.data ?? null)
    return { count: fields.get('count') ?? 0, bytes: fields.get('bytes') ?? 0 }
  }

  #store(prefix: string, usage: Usage): void {
    const node = this.#tree.find(`${ROOT}${prefix}/${STATS}`)
    if (node !== undefined) node.data = Buffer.from(`count=${usage.count},bytes=${usage.bytes}`)
  }
}
