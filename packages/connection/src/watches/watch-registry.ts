import { type AnyOperation, EventType, type WatchKind } from '@zookit/jute'
import type { ZooKeeperError } from '../errors.ts'

/** What a watcher is told. Paths are the server's. */
export type WatchEvent =
  /** Something happened to the znode. `zxid` is the transaction's, or -1n from servers before 3.9.0. */
  | { type: 'created' | 'deleted' | 'changed' | 'children'; path: string; zxid: bigint }
  /** The watch stands again after a lost connection; changes in between may have gone unseen. */
  | { type: 'resync'; path: string }
  /** The watch is gone, and why: the last event that this watcher gets from it. */
  | { type: 'lost'; path: string; error: ZooKeeperError }
  /** The watch was removed on request: the last event that this watcher gets from it. */
  | { type: 'removed'; path: string }

/** Called in the server's order, between the continuations of the replies around it. */
export type Watcher = (event: WatchEvent) => void

/** The kinds of watches: three that fire once, two that stay. */
export type WatchName = 'data' | 'exist' | 'child' | 'persistent' | 'recursive'

/** The watches of one kind: a lone watcher stands for itself, so that most entries need no set. */
type Watches = Map<string, Watcher | Set<Watcher>>

/**
 * The order in which watches are armed again, and that of the lists in a SetWatches2: on servers before 3.9.0 the last
 * mode on a path wins.
 */
export const WATCH_NAMES: readonly WatchName[] = ['data', 'exist', 'child', 'persistent', 'recursive']

/** Which one-shot watches an event of a type fires, and which lasting ones hear of it. */
const FIRES: Record<number, { type: 'created' | 'deleted' | 'changed' | 'children'; names: WatchName[] }> = {
  [EventType.nodeCreated]: { type: 'created', names: ['data', 'exist'] },
  [EventType.nodeDeleted]: { type: 'deleted', names: ['data', 'exist', 'child'] },
  [EventType.nodeDataChanged]: { type: 'changed', names: ['data', 'exist'] },
  [EventType.nodeChildrenChanged]: { type: 'children', names: ['child'] },
}

/** Every watch that the server is believed to hold for this session. */
export class WatchRegistry {
  readonly #watches: Record<WatchName, Watches> = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
    persistent: new Map(),
    recursive: new Map(),
  }
  /** How many requests under way may arm a watch: those of a kind on a path. */
  readonly #arming = new Map<string, number>()
  readonly #call: (watcher: Watcher, event: WatchEvent) => void
  /**
   * Set by a watcher that has put an event into a queue whose consumer is still to take it: the replies that came in one
   * read with the event are held until that consumer has had a turn of the event loop.
   */
  isBehind = false

  /** @param call runs a watcher, and keeps what it throws away from the others. */
  constructor(call: (watcher: Watcher, event: WatchEvent) => void) {
    this.#call = call
  }

  /** How many paths are watched, over all kinds. */
  get size(): number {
    return WATCH_NAMES.reduce((sum, name) => sum + this.#watches[name].size, 0)
  }

  /**
   * Registers the watch that an answered read has armed, if it has: exists arms on NoNode too, and then waits for
   * the znode to be created.
   *
   * @returns whether it has.
   */
  arm(operation: AnyOperation, err: number, path: string, watcher: Watcher): boolean {
    const isAbsent = operation.watch === 'exist' && err === operation.noneOn
    if (err !== 0 && !isAbsent) return false
    this.add(isAbsent ? 'exist' : operation.watch === 'child' ? 'child' : 'data', path, watcher)
    return true
  }

  /**
   * A request that may arm a watch has been submitted. What is removed meanwhile must leave it one at the server.
   *
   * @returns to be called when the request is settled; a second call does nothing.
   */
  expect(name: WatchName, path: string): () => void {
    const key = name + path
    this.#arming.set(key, (this.#arming.get(key) ?? 0) + 1)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      const left = this.#arming.get(key)! - 1
      if (left === 0) this.#arming.delete(key)
      else this.#arming.set(key, left)
    }
  }

  /** Whether a request under way may arm a watch of these kinds on a path. */
  isExpected(names: readonly WatchName[], path: string): boolean {
    return this.#arming.size > 0 && names.some(name => this.#arming.has(name + path))
  }

  /** The same watcher on the same path counts once. */
  add(name: WatchName, path: string, watcher: Watcher): void {
    const watches = this.#watches[name]
    const present = watches.get(path)
    if (present === undefined) watches.set(path, watcher)
    else if (present instanceof Set) present.add(watcher)
    else if (present !== watcher) watches.set(path, new Set([present, watcher]))
  }

  /**
   * Whether a lasting watch on the same path tells all that a one-shot watch of this kind would. Such a one-shot
   * must not be armed at the server: before 3.9.0 it would take the lasting one's place (ZOOKEEPER-4466).
   */
  covers(kind: WatchKind, path: string): boolean {
    const { persistent, recursive } = this.#watches
    if (persistent.size === 0 && recursive.size === 0) return false
    return persistent.has(path) || (kind !== 'child' && recursive.has(path))
  }

  /** Whether any watch of these kinds, of one watcher or of all, is on a path. */
  has(names: readonly WatchName[], path: string, watcher?: Watcher): boolean {
    return names.some(name => {
      const present = this.#watches[name].get(path)
      if (watcher === undefined || present === undefined) return present !== undefined
      return present instanceof Set ? present.has(watcher) : present === watcher
    })
  }

  /** Whether another watcher than this one has a watch of these kinds on a path. */
  hasBesides(names: readonly WatchName[], path: string, watcher: Watcher | undefined): boolean {
    return names.some(name => {
      const present = this.#watches[name].get(path)
      if (present instanceof Set) return present.size > (watcher && present.has(watcher) ? 1 : 0)
      return present !== undefined && present !== watcher
    })
  }

  /** Tells the watchers of an event; one-shot ones are spent. */
  fire(type: number, path: string, zxid: bigint): boolean {
    const row = FIRES[type]
    if (!row) return false
    const event: WatchEvent = { type: row.type, path, zxid }
    const called = new Set<Watcher>()
    for (const name of row.names) {
      const present = this.#watches[name].get(path)
      if (present === undefined) continue
      this.#watches[name].delete(path)
      addTo(called, present)
    }
    addTo(called, this.#watches.persistent.get(path))
    if (row.type !== 'children') this.#addRecursive(called, path)
    for (const watcher of called) this.#call(watcher, event)
    if (zxid < 0n) this.#fireParent(row.type, path)
    return true
  }

  /**
   * Servers before 3.9.0 (their events carry no zxid) keep one mode for a path: a recursive watch there replaces
   * the persistent one, and tells of children only by their own events (ZOOKEEPER-4466). The children event of
   * the persistent watchers, and of one-shot ones that a persistent one covers, is made from those.
   */
  #fireParent(type: string, path: string): void {
    if (type !== 'created' && type !== 'deleted') return
    const parent = path.slice(0, path.lastIndexOf('/')) || '/'
    if (path === '/' || !this.#watches.recursive.has(parent)) return
    const called = new Set<Watcher>()
    addTo(called, this.#watches.child.get(parent))
    addTo(called, this.#watches.persistent.get(parent))
    this.#watches.child.delete(parent)
    for (const watcher of called) this.#call(watcher, { type: 'children', path: parent, zxid: -1n })
  }

  #addRecursive(called: Set<Watcher>, path: string): void {
    const { recursive } = this.#watches
    if (recursive.size === 0) return
    for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) {
      addTo(called, recursive.get(path.slice(0, at)))
    }
    addTo(called, recursive.get('/'))
  }

  /** Takes watches off a path and tells their watchers so. */
  remove(names: readonly WatchName[], path: string, watcher?: Watcher): void {
    const event: WatchEvent = { type: 'removed', path }
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

  /** The paths that have watches of a kind. */
  paths(name: WatchName): Iterable<string> {
    return this.#watches[name].keys()
  }

  /** Watches stand again: those that are never caught up are told that they may have a gap. */
  restored(pieces: Iterable<readonly [WatchName, readonly string[]]>): void {
    for (const [name, paths] of pieces) {
      if (name === 'persistent' || name === 'recursive') this.resync(name, paths)
    }
  }

  /** Tells lasting watches that changes may have gone unseen. */
  resync(name: WatchName, paths: readonly string[]): void {
    for (const path of paths) {
      const called = new Set<Watcher>()
      addTo(called, this.#watches[name].get(path))
      for (const watcher of called) this.#call(watcher, { type: 'resync', path })
    }
  }

  /** The server refused to have watches again: they are gone. */
  refused(pieces: Iterable<readonly [WatchName, readonly string[]]>, error: ZooKeeperError): void {
    for (const [name, paths] of pieces) this.#lose(name, paths, error)
  }

  /** Every watch is gone. */
  loseAll(error: ZooKeeperError): void {
    for (const name of WATCH_NAMES) this.#lose(name, [...this.#watches[name].keys()], error)
  }

  #lose(name: WatchName, paths: readonly string[], error: ZooKeeperError): void {
    for (const path of paths) {
      for (const watcher of this.#take([name], path)) this.#call(watcher, { type: 'lost', path, error })
    }
  }
}

function addTo(set: Set<Watcher>, watchers: Watcher | Set<Watcher> | undefined): void {
  if (watchers instanceof Set) for (const watcher of watchers) set.add(watcher)
  else if (watchers) set.add(watchers)
}
