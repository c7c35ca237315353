import { type ACL, joinPath, MultiError, nameOf, type WriteOperation, type ZooKeeper } from '@zookit/client'
import { type CachedNode, childPath } from '../cache/node-table.ts'
import {
  checkEnd,
  createIf,
  isSame,
  outcomeOf,
  readLatest,
  retryRead,
  withOutcome,
  writeIf,
} from '../core/conditional-write.ts'
import type { Deadline } from '../core/deadline.ts'
import { badArgument, isTransient } from '../core/errors.ts'
import { type SuspectWrite, sizeOf } from '../core/suspect-write.ts'
import { readTree } from './read-tree.ts'
import { encode, isSameSnapshot, type Layout, type Snapshot, toSnapshot } from './snapshot.ts'

/** Codes that say that somebody else has changed the znodes of a transaction. */
const CONFLICTS: ReadonlySet<string> = new Set(['BAD_VERSION', 'NO_NODE', 'NODE_EXISTS', 'NOT_EMPTY'])

/** Replaces a configuration, if it is still unchanged. */
export class ConfigWriter {
  readonly #zk: ZooKeeper
  readonly #layout: Layout
  readonly #acl: readonly ACL[] | undefined

  constructor(zk: ZooKeeper, layout: Layout, acl: readonly ACL[] | undefined) {
    this.#zk = zk
    this.#layout = layout
    this.#acl = acl
  }

  /**
   * Reads the configuration, in a state no older than this call. Returns null if the znode at the path does not
   * exist.
   */
  async read(deadline: Deadline): Promise<Snapshot | null> {
    const { path, subtree } = this.#layout
    if (subtree) return await this.#readTree(deadline)
    const node = await readLatest(this.#zk, path, deadline)
    if (node === null) return null
    const root: CachedNode = { path, name: nameOf(path), ...node }
    return toSnapshot(root, new Map([['', root]]))
  }

  /**
   * Writes a value in the place of the one that was read.
   *
   * @param suspect the write, over all attempts of one call.
   * @returns false if that one has changed.
   * @throws ABORTED, REQUEST_TIMEOUT and the client's errors, with the outcome of the write.
   */
  async write(
    before: Snapshot | null,
    value: unknown,
    deadline: Deadline,
    suspect: SuspectWrite,
  ): Promise<boolean> {
    if (this.#layout.subtree) return await this.#writeTree(before, value, deadline, suspect)
    const { path } = this.#layout
    const data = encode(this.#layout, value)
    if (before === null) return await createIf(this.#zk, path, data, this.#acl, deadline)
    return (await writeIf(this.#zk, path, data, before.root.stat.version, deadline)) !== null
  }

  #readTree(deadline: Deadline): Promise<Snapshot | null> {
    return retryRead(this.#zk, deadline, async () => {
      const [, snapshot] = await Promise.all([
        this.#zk.sync(this.#layout.path),
        readTree(this.#zk, this.#layout.path),
      ])
      return snapshot
    })
  }

  async #writeTree(
    before: Snapshot | null,
    value: unknown,
    deadline: Deadline,
    suspect: SuspectWrite,
  ): Promise<boolean> {
    const { path } = this.#layout
    if (typeof value !== 'object' || value === null)
      throw badArgument('the value must be an object with a key for each znode', path)
    if (before === null) {
      await createIf(this.#zk, path, null, this.#acl, deadline)
      const founded = await this.#readTree(deadline)
      if (founded === null || founded.nodes.size > 0) return false
      return await this.#writeTree(founded, value, deadline, suspect)
    }
    const writes = writesOf(this.#layout, before, encodeAll(this.#layout, value), this.#acl)
    if (writes.length === 0) return true
    try {
      await suspect.send(sizeOfAll(writes), () => this.#zk.multi(writes, { signal: deadline.signal }))
      return true
    } catch (error) {
      if (MultiError.is(error) && CONFLICTS.has(error.code)) return false
      checkEnd(deadline, error)
      if (!isTransient(error)) throw error
      if (outcomeOf(error) === 'unknown') await this.#checkUnchanged(before, deadline, error)
      return false
    }
  }

  /**
   * Checks, after an unanswered transaction, that it was not applied: nothing has changed then. @throws the error, if
   * it may have been applied.
   */
  async #checkUnchanged(before: Snapshot, deadline: Deadline, error: unknown): Promise<void> {
    const now = await this.#readTree(deadline).catch(failure => {
      throw withOutcome(failure, 'unknown')
    })
    if (!isSameSnapshot(before, now)) throw error
  }
}

/** Returns the keys of a value with the data of their znodes. @throws ZooKeeperError BAD_ARGUMENTS; INVALID_DATA. */
function encodeAll(layout: Layout, value: object): Map<string, Buffer> {
  const data = new Map<string, Buffer>()
  for (const [key, one] of Object.entries(value)) {
    const bytes = encode(layout, one, key)
    const path = joinPath(layout.path, ...key.split('/'))
    if (bytes === null || bytes.length === 0)
      throw badArgument('the codec must not encode a value of a subtree as null', path)
    data.set(key, bytes)
  }
  return data
}

/**
 * Makes the transaction that turns one set of values into another, and fails if anything was written since the old one was
 * read. Empty if there is nothing to change.
 */
function writesOf(
  layout: Layout,
  before: Snapshot,
  data: ReadonlyMap<string, Buffer>,
  acl: readonly ACL[] | undefined,
): WriteOperation[] {
  const wanted = new Set<string>()
  for (const key of data.keys()) for (let at = key; at !== ''; at = aboveOf(at)) wanted.add(at)
  const creations = [...wanted].filter(key => !before.nodes.has(key)).sort()
  const changes: WriteOperation[] = []
  /** Keys with descendants that stay, and keys that lose descendants. */
  const [needed, bereft] = [new Set<string>(), new Set<string>()]
  // Children come first.
  for (const key of [...before.nodes.keys()].sort().reverse()) {
    const { path, data: present, stat } = before.nodes.get(key)!
    const { version } = stat
    const next = data.get(key)
    const isValue = present !== null && present.length > 0
    const isLeft = wanted.has(key) || needed.has(key) || !(isValue || bereft.has(key))
    if (!isLeft) changes.push({ type: 'delete', path, version })
    else if (next !== undefined && !isSame(present, next))
      changes.push({ type: 'setData', path, data: next, version })
    else if (next === undefined && isValue) changes.push({ type: 'setData', path, data: null, version })
    else changes.push({ type: 'check', path, version })
    const side = isLeft ? needed : bereft
    side.add(aboveOf(key))
  }
  const create = (key: string): WriteOperation => {
    return { type: 'create', path: childPath(layout.path, key), data: data.get(key) ?? null, acl }
  }
  const all = [...changes, ...creations.map(create)]
  if (all.every(({ type }) => type === 'check')) return []
  // Two writers that create different keys would not meet otherwise: the version of the znode at the top is of all keys.
  const { path, data: own, stat } = before.root
  return [{ type: 'setData', path, data: own, version: stat.version }, ...all]
}

/** Returns the key of the parent; empty for the configuration's own znode. */
function aboveOf(key: string): string {
  return key.slice(0, Math.max(key.lastIndexOf('/'), 0))
}

function sizeOfAll(writes: readonly WriteOperation[]): number {
  return writes.reduce((sum, write) => sum + ('data' in write ? sizeOf(write.data ?? null) : 0), 0)
}
