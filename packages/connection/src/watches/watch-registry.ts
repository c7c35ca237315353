import { type AnyOperation, EventType, type WatchKind } from '@zookit/jute'
import type { ZooKeeperError } from '../errors.ts'
import { changeEvent } from './change-event.ts'
import { Kind } from './held-watches.ts'

/** An event for a watcher. Paths are the server's. */
export type WatchEvent =
  /** A change of the znode. `zxid` is the transaction's, or -1n from servers before 3.9.0. */
  | { type: 'created' | 'deleted' | 'changed' | 'children'; path: string; zxid: bigint }
  /** The server has the watch again after a lost connection; changes in between may have gone unseen. */
  | { type: 'resync'; path: string }
  /** The watch is lost, with the reason: the last event that this watcher gets from it. */
  | { type: 'lost'; path: string; error: ZooKeeperError }
  /** The watch was removed on request: the last event that this watcher gets from it. */
  | { type: 'removed'; path: string }

/** A listener of watch events: called in the server's order, between the continuations of the replies around the event. */
export type Watcher = (event: WatchEvent) => void

/** The kinds of watches: three are one-shot, the persistent and the recursive one stay. */
export type WatchName = 'data' | 'exist' | 'child' | 'persistent' | 'recursive'

/** The watchers of one path. One alone is no set: most paths have one only. */
type Watchers = Watcher | Set<Watcher>

/** The watches of one kind by path. */
type Watches = Map<string, Watchers>

// The problem: an event of one of many sessions finds nothing of that session in the processor's cache, and each map that is looked
// into costs two accesses to memory. The trick: a kind without watches has this map, which all sessions share. The invariant: it
// stays empty, for only `add` puts something into a map. Measure it with `pnpm bench:budget --only watchers`.
const NONE: Watches = new Map()

/**
 * The order in which watches are set on a new connection, and that of the lists in a SetWatches2. On servers before 3.9.0
 * the last mode on a path wins, and that must be the recursive one.
 */
export const WATCH_NAMES: readonly WatchName[] = ['data', 'exist', 'child', 'persistent', 'recursive']

/** The event for each type, and the one-shot watches that it fires. */
const FIRES: Record<number, { type: 'created' | 'deleted' | 'changed' | 'children'; names: WatchName[] }> = {
  [EventType.nodeCreated]: { type: 'created', names: ['data', 'exist'] },
  [EventType.nodeDeleted]: { type: 'deleted', names: ['data', 'exist', 'child'] },
  [EventType.nodeDataChanged]: { type: 'changed', names: ['data', 'exist'] },
  [EventType.nodeChildrenChanged]: { type: 'children', names: ['child'] },
}

/**
 * Returns the kind of watch that an answered read has set; null if it has set none. exists sets one on NoNode too, which
 * waits for the znode to be created.
 */
export function setBy(operation: AnyOperation, err: number): WatchName | null {
  const isAbsent = operation.watch === 'exist' && err === operation.noneOn
  if (err !== 0 && !isAbsent) return null
  return isAbsent ? 'exist' : operation.watch === 'child' ? 'child' : 'data'
}

/** The watchers of every watch that the server holds for this session, as far as its replies tell. */
export class WatchRegistry {
  readonly #watches: Record<WatchName, Watches> = {
    data: NONE,
    exist: NONE,
    child: NONE,
    persistent: NONE,
    recursive: NONE,
  }
  readonly #call: (watcher: Watcher, event: WatchEvent) => void
  /** The number of removals. One within an event is by a watcher of it, and may be of a watcher that is still to be called. */
  #removals = 0

  /** @param call runs a watcher, and keeps its exception away from the other watchers. */
  constructor(call: (watcher: Watcher, event: WatchEvent) => void) {
    this.#call = call
  }

  /** The number of watched paths, over all kinds. */
  get size(): number {
    return WATCH_NAMES.reduce((sum, name) => sum + this.#watches[name].size, 0)
  }

  /** Adds a watch. The same watcher on the same path counts once. */
  add(name: WatchName, path: string, watcher: Watcher): void {
    if (this.#watches[name] === NONE) this.#watches[name] = new Map()
    const watches = this.#watches[name]
    const present = watches.get(path)
    if (present === undefined) watches.set(path, watcher)
    else if (present instanceof Set) present.add(watcher)
    else if (present !== watcher) watches.set(path, new Set([present, watcher]))
  }

  /**
   * Tells whether a persistent or recursive watch on the same path gets every event that a one-shot watch of this kind
   * would. Such a one-shot watch must not be set at the server: before 3.9.0 it would take the place of the other
   * (ZOOKEEPER-4466).
   */
  covers(kind: WatchKind, path: string): boolean {
    const { persistent, recursive } = this.#watches
    if (persistent.size === 0 && recursive.size === 0) return false
    return persistent.has(path) || (kind !== 'child' && recursive.has(path))
  }

  /** True if there is any persistent or recursive watch. */
  get hasLasting(): boolean {
    return this.#watches.persistent.size > 0 || this.#watches.recursive.size > 0
  }

  /** Returns the kinds of watches that a path has, as bits. */
  kinds(path: string): number {
    const { data, exist, child, persistent, recursive } = this.#watches
    let kinds: number = Kind.none
    if (data.has(path) || exist.has(path)) kinds |= Kind.data
    if (child.has(path)) kinds |= Kind.child
    if (persistent.has(path)) kinds |= Kind.persistent
    return recursive.has(path) ? kinds | Kind.recursive : kinds
  }

  /** Tells whether a path has a watch of one of these kinds, of one watcher or of any. */
  has(names: readonly WatchName[], path: string, watcher?: Watcher): boolean {
    return names.some(name => {
      const present = this.#watches[name].get(path)
      if (watcher === undefined || present === undefined) return present !== undefined
      return isAmong(present, watcher)
    })
  }

  /** Tells whether another watcher than this one has a watch of one of these kinds on a path. */
  hasBesides(names: readonly WatchName[], path: string, watcher: Watcher | undefined): boolean {
    return names.some(name => {
      const present = this.#watches[name].get(path)
      if (present instanceof Set) return present.size > (watcher && present.has(watcher) ? 1 : 0)
      return present !== undefined && present !== watcher
    })
  }

  /**
   * Returns the kinds of one-shot watches on a path that an event of a type fires.
   *
   * A watch that waits for a znode to be created hears of a deletion only where a data watch shares its place at the
   * server. Else that was the event of a watch on the children, from a SetWatches: the server keeps the waiting one.
   */
  firedBy(type: number, path: string): readonly WatchName[] {
    const names = FIRES[type]?.names ?? []
    const { data, exist, child } = this.#watches
    const isOfChild = type === EventType.nodeDeleted && child.has(path) && exist.has(path) && !data.has(path)
    return isOfChild ? ['child'] : names
  }

  /**
   * Tells the watchers of an event, and removes the one-shot watches that it fires. The lasting ones come first: what is kept
   * up to date by one of them knows that it is behind before a one-shot listener can ask.
   *
   * @param hasRecursive tells whether the server holds a recursive watch on a path in the place of every other one there.
   * @returns false for an event type that this release does not know.
   */
  fire(
    type: number,
    path: string,
    zxid: bigint,
    hasRecursive = (parent: string): boolean => this.#watches.recursive.has(parent),
  ): boolean {
    const row = FIRES[type]
    if (!row) return false
    const event = changeEvent(row.type, path, zxid)
    const lasting = this.#lasting(row.type, path)
    let spent: Watchers | undefined
    for (const name of this.firedBy(type, path)) {
      const watches = this.#watches[name]
      const present = watches.get(path)
      if (present === undefined) continue
      // The last path is not deleted: a map that becomes empty makes a new table for itself.
      if (watches.size === 1) this.#watches[name] = NONE
      else watches.delete(path)
      spent = joined(spent, present)
    }
    this.#callAll(joined(lasting, spent), event, spent)
    if ((row.type === 'created' || row.type === 'deleted') && zxid < 0n && path !== '/') {
      const parent = parentOf(path)
      if (hasRecursive(parent)) this.#fireParent(parent)
    }
    return true
  }

  /**
   * Makes the children event of a znode's parent where the server does not send it. Servers before 3.9.0 (their events
   * have no zxid) hold one mode for a path: a recursive watch replaces the persistent one, and children bring only their
   * own events (ZOOKEEPER-4466). The persistent watchers, and the one-shot ones that a persistent watch covers, get
   * theirs from those.
   */
  #fireParent(parent: string): void {
    const spent = this.#watches.child.get(parent)
    this.#watches.child.delete(parent)
    const called = joined(this.#lasting('children', parent), spent)
    this.#callAll(called, changeEvent('children', parent, -1n), spent)
  }

  /**
   * Calls watchers in the order in which they were added, but for those that one of them removes. Nobody else may change the
   * set meanwhile.
   *
   * @param spent those whose one-shot watches the event has fired: they are called in any case.
   */
  #callAll(watchers: Watchers | undefined, event: WatchEvent, spent?: Watchers): void {
    if (watchers === undefined) return
    if (!(watchers instanceof Set)) return this.#call(watchers, event)
    const removals = this.#removals
    for (const watcher of watchers) {
      if (removals !== this.#removals && !isAmong(spent, watcher)) {
        if (!isAmong(this.#lasting(event.type, event.path), watcher)) continue
      }
      this.#call(watcher, event)
    }
  }

  /** Returns the watchers that stay and hear of an event, in a set of their own if there are several. */
  #lasting(type: WatchEvent['type'], path: string): Watchers | undefined {
    const persistent = copied(this.#watches.persistent.get(path))
    return type === 'children' ? persistent : this.#withRecursive(persistent, path)
  }

  #withRecursive(called: Watchers | undefined, path: string): Watchers | undefined {
    const { recursive } = this.#watches
    if (recursive.size === 0) return called
    let all = called
    for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) {
      all = joined(all, copied(recursive.get(path.slice(0, at))))
    }
    return joined(all, copied(recursive.get('/')))
  }

  /** Removes watches from a path and tells their watchers. */
  remove(names: readonly WatchName[], path: string, watcher?: Watcher): void {
    const event: WatchEvent = { type: 'removed', path }
    this.#removals++
    for (const gone of this.#take(names, path, watcher)) this.#call(gone, event)
  }

  #take(names: readonly WatchName[], path: string, only?: Watcher): Set<Watcher> {
    const taken = new Set<Watcher>()
    for (const name of names) {
      const watches = this.#watches[name]
      const present = watches.get(path)
      if (present === undefined) continue
      if (only === undefined || present === only) {
        watches.delete(path)
        addTo(taken, present)
      } else if (present instanceof Set && present.delete(only)) {
        if (present.size === 0) watches.delete(path)
        taken.add(only)
      }
    }
    return taken
  }

  /**
   * Lists the paths whose watches of a kind are to be set. A data watch tells of all that one would which waits for the
   * znode to be created; with both, a server would hold one that is left over.
   */
  paths(name: WatchName): Iterable<string> {
    const { data, exist } = this.#watches
    if (name !== 'exist' || data.size === 0 || exist.size === 0) return this.#watches[name].keys()
    return [...exist.keys()].filter(path => !data.has(path))
  }

  /** Notes that the server has these watches again. It replays events to one-shot watches only: the others get a `resync`. */
  restored(pieces: Iterable<readonly [WatchName, readonly string[]]>): void {
    for (const [name, paths] of pieces) {
      if (name === 'persistent' || name === 'recursive') this.resync(name, paths)
    }
  }

  /** Tells watchers that changes may have gone unseen. */
  resync(name: WatchName, paths: readonly string[]): void {
    for (const path of paths) {
      this.#callAll(copied(this.#watches[name].get(path)), { type: 'resync', path })
    }
  }

  /** Tells watchers that the server refused to set their watches again: they are lost. */
  refused(
    pieces: Iterable<readonly [WatchName, readonly string[]]>,
    errorOf: (path: string) => ZooKeeperError,
  ): void {
    for (const [name, paths] of pieces) this.#lose(name, paths, errorOf)
  }

  /** Tells every watcher that its watch is lost. */
  loseAll(error: ZooKeeperError): void {
    for (const name of WATCH_NAMES) this.#lose(name, [...this.#watches[name].keys()], () => error)
  }

  #lose(name: WatchName, paths: readonly string[], errorOf: (path: string) => ZooKeeperError): void {
    const names: readonly WatchName[] = name === 'data' ? ['data', 'exist'] : [name]
    for (const path of paths) {
      const taken = this.#take(names, path)
      if (taken.size === 0) continue
      const error = errorOf(path)
      for (const watcher of taken) this.#call(watcher, { type: 'lost', path, error })
    }
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

function addTo(set: Set<Watcher>, watchers: Watchers): void {
  if (watchers instanceof Set) for (const watcher of watchers) set.add(watcher)
  else set.add(watchers)
}

function isAmong(watchers: Watchers | undefined, watcher: Watcher): boolean {
  return watchers instanceof Set ? watchers.has(watcher) : watchers === watcher
}

/** Copies the watchers of a watch that stays: they may come and go while they are called. */
function copied(watchers: Watchers | undefined): Watchers | undefined {
  return watchers instanceof Set ? new Set(watchers) : watchers
}

/** Returns the watchers of both, each once, in the memory of the first if that is a set. */
function joined(first: Watchers | undefined, second: Watchers | undefined): Watchers | undefined {
  if (first === undefined || second === undefined) return first ?? second
  const all = first instanceof Set ? first : new Set([first])
  addTo(all, second)
  return all
}
