import { type ACL, joinPath, nameOf, type WriteOperation, type ZooKeeper } from '@zookit/client'
import { type CachedNode, childPath } from '../cache/table/cached-node.ts'
import type { Anchor, AnchoredWrites } from '../core/anchor.ts'
import { createIf, isSame, orNull } from '../core/conditional-write.ts'
import type { Deadline } from '../core/deadline.ts'
import { badArgument } from '../core/errors.ts'
import type { SuspectWrite } from '../core/suspect-write.ts'
import { readTree } from './read-tree.ts'
import { encode, type Layout, type Snapshot, toSnapshot } from './snapshot.ts'

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
   * Reads the configuration behind an anchor, in a state no older than this call. Returns null if the znode at the path does
   * not exist.
   */
  read(anchor: Anchor, deadline: Deadline): Promise<Snapshot | null> {
    const { path, subtree } = this.#layout
    if (subtree) return anchor.read(deadline, () => readTree(this.#zk, path))
    return anchor.read(deadline, async () => {
      const node = await orNull(this.#zk.getData(path))
      if (node === null) return null
      const root: CachedNode = { path, name: nameOf(path), ...node }
      return toSnapshot(root, new Map([['', root]]))
    })
  }

  /**
   * Writes a value in the place of the one that was read behind the anchor.
   *
   * @param suspect the write, over all attempts of one call.
   * @returns false if that one has changed.
   * @throws as `Anchor.write`.
   */
  async write(
    before: Snapshot | null,
    value: unknown,
    anchor: Anchor,
    deadline: Deadline,
    suspect: SuspectWrite,
  ): Promise<boolean> {
    if (before === null) return await this.#found(value, anchor, deadline, suspect)
    const writes = this.#writesFor(before, value)
    return writes === null || (await anchor.write(before.root.stat, writes, deadline, suspect)) !== null
  }

  /** Creates the znode at the path, and writes the value there. */
  async #found(value: unknown, anchor: Anchor, deadline: Deadline, suspect: SuspectWrite): Promise<boolean> {
    const { path, subtree } = this.#layout
    const data = subtree ? null : encode(this.#layout, value)
    if (subtree) checkObject(value, path)
    const isOurs = await createIf(this.#zk, path, data, this.#acl, deadline)
    if (!subtree) return isOurs
    const founded = await this.read(anchor, deadline)
    if (founded === null || founded.nodes.size > 0) return false
    return await this.write(founded, value, anchor, deadline, suspect)
  }

  /** Makes the transaction that replaces what was read; null if there is nothing to change. */
  #writesFor(before: Snapshot, value: unknown): AnchoredWrites | null {
    const { path, subtree } = this.#layout
    if (subtree) {
      checkObject(value, path)
      return writesOf(this.#layout, before, encodeAll(this.#layout, value), this.#acl)
    }
    const { version } = before.root.stat
    return [{ type: 'setData', path, data: encode(this.#layout, value), version }]
  }
}

function checkObject(value: unknown, path: string): asserts value is object {
  if (typeof value !== 'object' || value === null)
    throw badArgument('the value must be an object with a key for each znode', path)
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
 * read. Null if there is nothing to change.
 */
function writesOf(
  layout: Layout,
  before: Snapshot,
  data: ReadonlyMap<string, Buffer>,
  acl: readonly ACL[] | undefined,
): AnchoredWrites | null {
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
  if (all.every(({ type }) => type === 'check')) return null
  // Two writers that create different keys would not meet otherwise: the version of the znode at the top is of all keys.
  const { path, data: own, stat } = before.root
  return [{ type: 'setData', path, data: own, version: stat.version }, ...all]
}

/** Returns the key of the parent; empty for the configuration's own znode. */
function aboveOf(key: string): string {
  return key.slice(0, Math.max(key.lastIndexOf('/'), 0))
}
