import { AddWatchMode, EventType, WatcherType } from '@zookit/jute'
import type { AclList } from '../auth/acl.ts'
import { parentPath } from './paths.ts'
import type { Tree } from './tree.ts'

/** The receiver of events: a connection. */
export interface Watcher {
  /**
   * Takes an event.
   *
   * @param zxid the zxid of the change; -1 for an event that answers a SetWatches.
   * @param acl the ACL of the znode; null for an event that answers a SetWatches.
   */
  onEvent(type: number, path: string, zxid: number, acl: AclList | null): void
}

/** The kinds of watch on one path, as bits. */
export const WatchMode = { standard: 1, persistent: 2, recursive: 4 } as const

const ANY = 7

/** One of a server's two tables of watches: data and existence, or children. */
class WatchTable {
  readonly #byPath = new Map<string, Map<Watcher, number>>()
  readonly #byWatcher = new Map<Watcher, Set<string>>()
  readonly #modesCoexist: boolean
  #recursive = 0

  constructor(modesCoexist: boolean) {
    this.#modesCoexist = modesCoexist
  }

  /** The number of watches: one for each path and watcher. */
  get size(): number {
    let size = 0
    for (const paths of this.#byWatcher.values()) size += paths.size
    return size
  }

  get watcherCount(): number {
    return this.#byWatcher.size
  }

  get byPath(): ReadonlyMap<string, ReadonlyMap<Watcher, number>> {
    return this.#byPath
  }

  get byWatcher(): ReadonlyMap<Watcher, ReadonlySet<string>> {
    return this.#byWatcher
  }

  modesOf(path: string, watcher: Watcher): number {
    return this.#byPath.get(path)?.get(watcher) ?? 0
  }

  add(path: string, watcher: Watcher, mode: number): void {
    const before = this.modesOf(path, watcher)
    this.#set(path, watcher, before, this.#modesCoexist ? before | mode : mode)
  }

  /** Removes kinds of watch. @returns true if the watcher had one of them. */
  remove(path: string, watcher: Watcher, modes: number): boolean {
    const before = this.modesOf(path, watcher)
    if ((before & modes) === 0) return false
    this.#set(path, watcher, before, before & ~modes)
    return true
  }

  removeWatcher(watcher: Watcher): void {
    for (const path of this.#byWatcher.get(watcher) ?? []) this.remove(path, watcher, ANY)
  }

  /**
   * Sends an event to the watchers of a path. One-shot watches are removed.
   *
   * @param suppressed watchers that already have an event of this change.
   * @returns the watchers of the path, with those in `suppressed`; null for none.
   */
  trigger(
    type: number,
    path: string,
    zxid: number,
    acl: AclList,
    suppressed: ReadonlySet<Watcher> | null,
  ): ReadonlySet<Watcher> | null {
    if (this.#byPath.size === 0) return null
    const watchers = this.#collect(type, path)
    if (watchers === null) return null
    for (const watcher of watchers) {
      if (suppressed?.has(watcher) !== true) watcher.onEvent(type, path, zxid, acl)
    }
    return watchers
  }

  #collect(type: number, path: string): Set<Watcher> | null {
    let found: Set<Watcher> | null = null
    for (const [watcher, modes] of this.#byPath.get(path) ?? []) {
      if (type === EventType.nodeChildrenChanged && modes === WatchMode.recursive) continue
      found ??= new Set()
      found.add(watcher)
      this.#set(path, watcher, modes, modes & ~WatchMode.standard)
    }
    if (this.#recursive === 0 || type === EventType.nodeChildrenChanged) return found
    for (let at = path; at !== '/' && at !== ''; ) {
      at = parentPath(at) ?? ''
      for (const [watcher, modes] of this.#byPath.get(at) ?? []) {
        if ((modes & WatchMode.recursive) === 0) continue
        found ??= new Set()
        found.add(watcher)
      }
    }
    return found
  }

  #set(path: string, watcher: Watcher, before: number, after: number): void {
    if (before === after) return
    this.#recursive += ((after & WatchMode.recursive) - (before & WatchMode.recursive)) / WatchMode.recursive
    const watchers = this.#byPath.get(path) ?? new Map<Watcher, number>()
    const paths = this.#byWatcher.get(watcher) ?? new Set<string>()
    if (after === 0) {
      watchers.delete(watcher)
      paths.delete(path)
      if (watchers.size === 0) this.#byPath.delete(path)
      if (paths.size === 0) this.#byWatcher.delete(watcher)
      return
    }
    watchers.set(watcher, after)
    this.#byPath.set(path, watchers)
    paths.add(path)
    this.#byWatcher.set(watcher, paths)
  }
}

/** The body of SetWatches and SetWatches2: the watches of a client that reconnects. */
export interface WatchCatchUp {
  readonly relativeZxid: bigint
  readonly dataWatches: readonly string[]
  readonly existWatches: readonly string[]
  readonly childWatches: readonly string[]
  readonly persistentWatches?: readonly string[]
  readonly persistentRecursiveWatches?: readonly string[]
}

/** All watches of one server. */
export class Watches {
  readonly data: WatchTable
  readonly children: WatchTable
  readonly #modesCoexist: boolean

  constructor(modesCoexist: boolean) {
    this.#modesCoexist = modesCoexist
    this.data = new WatchTable(modesCoexist)
    this.children = new WatchTable(modesCoexist)
  }

  get size(): number {
    return this.data.size + this.children.size
  }

  removeWatcher(watcher: Watcher): void {
    this.data.removeWatcher(watcher)
    this.children.removeWatcher(watcher)
  }

  created(path: string, parent: string, zxid: number, acl: AclList, parentAcl: AclList): void {
    this.data.trigger(EventType.nodeCreated, path, zxid, acl, null)
    this.children.trigger(EventType.nodeChildrenChanged, parent, zxid, parentAcl, null)
  }

  /** Sends the events of a deletion. Each connection gets one NodeDeleted, even with several watches on the path. */
  deleted(path: string, parent: string, zxid: number, acl: AclList, parentAcl: AclList): void {
    const told = this.data.trigger(EventType.nodeDeleted, path, zxid, acl, null)
    this.children.trigger(EventType.nodeDeleted, path, zxid, acl, told)
    this.children.trigger(EventType.nodeChildrenChanged, parent, zxid, parentAcl, null)
  }

  dataChanged(path: string, zxid: number, acl: AclList): void {
    this.data.trigger(EventType.nodeDataChanged, path, zxid, acl, null)
  }

  /** Adds the watch of an addWatch. A recursive watch never sends NodeChildrenChanged. */
  addPersistent(path: string, watcher: Watcher, mode: number): void {
    const recursive = mode === AddWatchMode.persistentRecursive
    const bit = recursive ? WatchMode.recursive : WatchMode.persistent
    this.data.add(path, watcher, bit)
    if (!recursive || !this.#modesCoexist) this.children.add(path, watcher, bit)
  }

  /** Tells if the watcher has a watch of this type. Before 3.9, a watch of any client on the path counts. */
  contains(path: string, watcher: Watcher, type: number): boolean {
    if (!this.#modesCoexist) {
      if (path === '') return false
      const inData = type !== WatcherType.children && this.data.byPath.has(path)
      return inData || (type !== WatcherType.data && this.children.byPath.has(path))
    }
    return this.#tables(type).some(([table, modes]) => (table.modesOf(path, watcher) & modes) !== 0)
  }

  /** Removes a watch. @returns true if the watcher had one of this type. */
  remove(path: string, watcher: Watcher, type: number): boolean {
    let removed = false
    for (const [table, modes] of this.#tables(type)) removed = table.remove(path, watcher, modes) || removed
    return removed
  }

  /** Tells if the release has this type of watch: 4 and 5 came with 3.9.0. */
  hasType(type: number): boolean {
    const last = this.#modesCoexist ? WatcherType.persistentRecursive : WatcherType.any
    return type >= WatcherType.children && type <= last
  }

  #tables(type: number): [WatchTable, number][] {
    const one = this.#modesCoexist ? WatchMode.standard : ANY
    switch (type) {
      case WatcherType.children:
        return [[this.children, one]]
      case WatcherType.data:
        return [[this.data, one]]
      case WatcherType.persistent:
        return [
          [this.children, WatchMode.persistent],
          [this.data, WatchMode.persistent],
        ]
      case WatcherType.persistentRecursive:
        return [[this.data, WatchMode.recursive]]
      default:
        return [
          [this.children, ANY],
          [this.data, ANY],
        ]
    }
  }

  /**
   * Executes a SetWatches. A one-shot watch that has missed a change gets its event; the others are armed. Persistent
   * and recursive watches are armed, and get no events.
   */
  catchUp(watcher: Watcher, missed: WatchCatchUp, tree: Tree): void {
    const since = Number(missed.relativeZxid)
    for (const path of missed.dataWatches) {
      const node = tree.find(path)
      if (node === undefined) watcher.onEvent(EventType.nodeDeleted, path, -1, null)
      else if (node.mzxid > since) watcher.onEvent(EventType.nodeDataChanged, path, -1, null)
      else this.data.add(path, watcher, WatchMode.standard)
    }
    for (const path of missed.existWatches) {
      if (tree.find(path) !== undefined) watcher.onEvent(EventType.nodeCreated, path, -1, null)
      else this.data.add(path, watcher, WatchMode.standard)
    }
    for (const path of missed.childWatches) {
      const node = tree.find(path)
      if (node === undefined) watcher.onEvent(EventType.nodeDeleted, path, -1, null)
      else if (node.pzxid > since) watcher.onEvent(EventType.nodeChildrenChanged, path, -1, null)
      else this.children.add(path, watcher, WatchMode.standard)
    }
    for (const path of missed.persistentWatches ?? []) {
      this.addPersistent(path, watcher, AddWatchMode.persistent)
    }
    for (const path of missed.persistentRecursiveWatches ?? []) {
      this.addPersistent(path, watcher, AddWatchMode.persistentRecursive)
    }
  }
}
