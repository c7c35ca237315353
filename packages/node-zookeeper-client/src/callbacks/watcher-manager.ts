import { Event } from '../values/event.ts'
import { calling } from './calling.ts'
import { validate } from './path.ts'

/** A function that is called once with the event of a watch. */
export type Watcher = (event: Event) => void

/** The kinds of watches. An existence watch waits for a znode to be created. */
type WatchKind = 'data' | 'existence' | 'child'

/** The kinds of watches that an event ends, in the order of their calls. */
const ENDED_BY: Readonly<Record<number, readonly WatchKind[]>> = {
  [Event.NODE_CREATED]: ['data', 'existence'],
  [Event.NODE_DATA_CHANGED]: ['data', 'existence'],
  [Event.NODE_CHILDREN_CHANGED]: ['child'],
  [Event.NODE_DELETED]: ['data', 'child'],
}

/** The watchers of a client. Each is called once, and is registered once for a path and a kind. */
export class WatcherManager {
  readonly #watchers: Record<WatchKind, Map<string, Set<Watcher>>> = {
    data: new Map(),
    existence: new Map(),
    child: new Map(),
  }

  registerDataWatcher(path: string, watcher: Watcher): void {
    this.#register('data', path, watcher)
  }

  registerExistenceWatcher(path: string, watcher: Watcher): void {
    this.#register('existence', path, watcher)
  }

  registerChildWatcher(path: string, watcher: Watcher): void {
    this.#register('child', path, watcher)
  }

  getDataWatcherPaths(): string[] {
    return [...this.#watchers.data.keys()]
  }

  getExistenceWatcherPaths(): string[] {
    return [...this.#watchers.existence.keys()]
  }

  getChildWatcherPaths(): string[] {
    return [...this.#watchers.child.keys()]
  }

  /** Returns true if there is no watcher. */
  isEmpty(): boolean {
    return Object.values(this.#watchers).every(({ size }) => size === 0)
  }

  /** Removes the watchers of an event and calls them. @throws Error for an unknown type of event. */
  emit(event: { type: number; path: string }): void {
    if (!event) throw new Error('watcherEvent must be a valid object.')
    const kinds = ENDED_BY[event.type]
    if (kinds === undefined) throw new Error(`Unknown event type: ${event.type}`)
    const ended = kinds.flatMap(kind => this.#take(kind, event.path))
    if (ended.length === 0) return
    const told = Event.create(event)
    for (const watcher of ended) calling(() => watcher(told))
  }

  #register(kind: WatchKind, path: string, watcher: Watcher): void {
    validate(path)
    if (typeof watcher !== 'function') throw new Error('a watcher must be a valid function.')
    const present = this.#watchers[kind].get(path)
    if (present === undefined) this.#watchers[kind].set(path, new Set([watcher]))
    else present.add(watcher)
  }

  #take(kind: WatchKind, path: string): Watcher[] {
    const taken = this.#watchers[kind].get(path)
    if (taken === undefined) return []
    this.#watchers[kind].delete(path)
    return [...taken]
  }
}
