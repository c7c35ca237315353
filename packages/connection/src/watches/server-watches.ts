import { WatcherType } from '@zookit/jute'
import {
  type Coexistence,
  type Correction,
  correctionFor,
  heldAfterAll,
  heldAfterEvent,
  heldAfterRemoving,
  heldAfterSetting,
  isRecursive,
  Kind,
  unserved,
} from './held-watches.ts'
import type { WatchedPaths } from './set-watches.ts'
import type { WatchName, WatchRegistry } from './watch-registry.ts'

/** One-shot watches that a listener has and the server has not, and the zxid up to which no change was missed. */
export interface Hole {
  readonly kinds: number
  readonly since: bigint
}

/** The bit of each kind of watch. */
export const KIND_OF: Record<WatchName, number> = {
  data: Kind.data,
  exist: Kind.data,
  child: Kind.child,
  persistent: Kind.persistent,
  recursive: Kind.recursive,
}

const ONE_SHOT = Kind.data | Kind.child
const LASTING = Kind.persistent | Kind.recursive

// What a session has none of is a map that all sessions share: see `NONE` in watch-registry.ts. Only `#hold` and `#open` put
// something into a map.
const NOTHING_HELD = new Map<string, number>()
const NO_HOLES = new Map<string, Hole>()

/**
 * The record of what the server at the other end of the present connection holds, path by path, and of what it fails to
 * serve.
 *
 * A path without an entry is one where the server holds exactly the watches that somebody listens to, set in the usual order.
 * Nearly every path is one, and costs nothing. Code that may cause a difference writes an entry before it changes the
 * registry.
 */
export class ServerWatches {
  readonly #registry: WatchRegistry
  // First what each event needs.
  #held = NOTHING_HELD
  #holes = NO_HOLES
  /** The rule of this server, as far as it has shown. */
  coexist: Coexistence = null
  readonly #lastZxid: () => bigint
  /** The kinds of one-shot watches that a SetWatches under way asks the server for. */
  readonly #closing = new Map<string, number>()
  /** Persistent and recursive watches that have listeners and were not served for a while. */
  readonly #gaps = new Map<string, number>()

  /** @param lastZxid returns the zxid of the newest reply: every event up to it was delivered. */
  constructor(registry: WatchRegistry, lastZxid: () => bigint) {
    this.#registry = registry
    this.#lastZxid = lastZxid
  }

  /** Returns the one-shot watches that no server holds, and since when: the next SetWatches must ask for all since then. */
  *holes(): Iterable<[watches: WatchedPaths, since: bigint]> {
    for (const [path, { kinds, since }] of this.#holes) {
      yield [this.watchesOf(path, kinds), since]
    }
  }

  /** Returns the watches of some kinds that somebody listens to on a path. */
  watchesOf(path: string, kinds: number): WatchedPaths {
    const has = (name: WatchName): boolean => this.#registry.has([name], path)
    // As `WatchRegistry.paths`.
    const isOwn = (name: WatchName): boolean =>
      (kinds & KIND_OF[name]) !== 0 && has(name) && !(name === 'exist' && has('data'))
    return { paths: name => (isOwn(name) ? [path] : []) }
  }

  /** Returns all watches but those of `holes`. */
  allButHoles(): WatchedPaths {
    const registry = this.#registry
    const holes = this.#holes
    if (holes.size === 0) return registry
    return {
      *paths(name) {
        for (const path of registry.paths(name)) {
          if (((holes.get(path)?.kinds ?? Kind.none) & KIND_OF[name]) === 0) yield path
        }
      },
    }
  }

  /** Returns the kinds that somebody listens to on a path. */
  wanted(path: string): number {
    return this.#registry.kinds(path)
  }

  /** Tells whether a path needs an entry before a listener comes. */
  #isSpecial(path: string): boolean {
    return this.#held.has(path) || (this.#registry.hasLasting && (this.wanted(path) & LASTING) !== 0)
  }

  /**
   * Writes the entry of a path as it is, so that listeners may come and go without changing it. Two callers need it: one that
   * removes a listener without telling the server, and one that adds a listener whose read was sent without a watch because a
   * persistent or recursive watch serves it. Call `judge` after the change.
   */
  fix(path: string): void {
    this.#hold(path, this.#of(path))
  }

  /** Notes that the server has set a watch. Call it before its listener is registered, and `judge` after. */
  onSet(name: WatchName, path: string): void {
    const kind = KIND_OF[name]
    if (kind & LASTING || this.#isSpecial(path)) this.#hold(path, heldAfterSetting(this.#of(path), kind))
  }

  /** Notes that the server has removed watches. Call `judge` when their listeners are gone. */
  onRemoved(type: number, path: string): void {
    if (type > WatcherType.any) this.coexist = true
    this.#hold(path, heldAfterRemoving(this.#of(path), type))
  }

  /**
   * Notes that the server has sent an event. Call it before the listeners are called.
   *
   * An event that answers a SetWatches uses up no watch that the server holds. Before 3.9.0 such an event looks like that of
   * a change, which uses up the watch. So a watch that may be left counts as held: if nobody listens to it, it is removed.
   */
  onEvent(type: number, path: string, zxid: bigint): void {
    if (this.#held.size === 0 && this.#holes.size === 0) return
    const held = this.#held.get(path)
    if (held === undefined && !this.#holes.has(path)) return
    const names = this.#registry.firedBy(type, path)
    const fired = names.reduce<number>((kinds, name) => kinds | KIND_OF[name], Kind.none)
    const kept = zxid > 0n ? Kind.none : (this.#closing.get(path) ?? Kind.none)
    if (held !== undefined) this.#hold(path, heldAfterEvent(held, fired & ~kept))
    this.#narrow(path, ~fired)
  }

  /**
   * Tells whether the server holds a recursive watch on a path in the place of every other one there, as releases before 3.9
   * do: also one that was closed, and is still to be replaced.
   */
  hasRecursiveOnly(path: string): boolean {
    return this.coexist !== true && isRecursive(this.#of(path))
  }

  /** Compares what is held with what is wanted: notes what is missed, and tells of a gap that is over. */
  judge(path: string): void {
    const held = this.#held.get(path)
    if (held === undefined) return
    const wanted = this.wanted(path)
    this.#narrow(path, wanted)
    const missed = unserved(held, wanted, this.coexist)
    if (missed & ONE_SHOT) this.#widen(path, { kinds: missed & ONE_SHOT, since: this.#lastZxid() })
    const before = (this.#gaps.get(path) ?? Kind.none) & wanted
    const gap = (before | missed) & LASTING
    const over = gap & ~missed
    if (gap & missed) this.#gaps.set(path, gap & missed)
    else this.#gaps.delete(path)
    if (over & Kind.persistent) this.#registry.resync('persistent', [path])
    if (over & Kind.recursive) this.#registry.resync('recursive', [path])
  }

  /** Returns the next correction of the path's lasting watches; drops the entry when nothing is left to say. */
  correction(path: string): Correction | null {
    const held = this.#held.get(path)
    if (held === undefined) return null
    const wanted = this.wanted(path)
    const correction = correctionFor(held, wanted, this.coexist)
    if (correction === null && held === heldAfterAll(wanted)) this.#held.delete(path)
    return correction
  }

  /**
   * Takes out the one-shot watches of a path that a SetWatches asks the server for; null if there are none. `onClosed` or
   * `putBack` ends that.
   */
  takeHole(path: string): Hole | null {
    const hole = this.#holes.get(path)
    if (hole === undefined) return null
    this.#holes.delete(path)
    const kinds = hole.kinds & this.wanted(path)
    if (kinds === Kind.none) return null
    this.fix(path)
    this.#closing.set(path, kinds)
    return { kinds, since: hole.since }
  }

  /** True while a SetWatches closes a hole: its events have no zxid, whatever the server's release. */
  get isClosing(): boolean {
    return this.#closing.size > 0
  }

  /** Puts a hole back that could not be closed. */
  putBack(path: string, hole: Hole): void {
    this.#closing.delete(path)
    this.#widen(path, hole)
  }

  /**
   * Notes that the server has set one-shot watches again, or has sent the events that they had missed. It has set them also for
   * a listener that was told of a change before the request came to the server: see `onEvent` for a watch that may be left.
   */
  onClosed(path: string, names: readonly WatchName[]): void {
    this.#closing.delete(path)
    for (const name of names) {
      this.onSet(name, path)
      this.#narrow(path, ~KIND_OF[name])
    }
  }

  /** Closes every hole: the server has answered for all watches. */
  closeHoles(): void {
    this.#holes.clear()
  }

  /** Notes that the server has refused to set watches again: it does not hold them. */
  onRefused(name: WatchName, paths: readonly string[]): void {
    if (this.#held.size === 0) return
    for (const path of paths) {
      const held = this.#held.get(path)
      if (held !== undefined) this.#hold(path, heldAfterAll(held & 15 & ~KIND_OF[name]))
    }
  }

  /** Forgets the server: the connection is lost. Holes stay, for the next one to close. */
  forget(): void {
    this.#held.clear()
    this.#gaps.clear()
    this.coexist = null
  }

  #hold(path: string, held: number): void {
    if (this.#held === NOTHING_HELD) this.#held = new Map()
    this.#held.set(path, held)
  }

  #open(path: string, hole: Hole): void {
    if (this.#holes === NO_HOLES) this.#holes = new Map()
    this.#holes.set(path, hole)
  }

  #of(path: string): number {
    return this.#held.get(path) ?? heldAfterAll(this.wanted(path))
  }

  /** Leaves only some kinds of a hole. */
  #narrow(path: string, kinds: number): void {
    const hole = this.#holes.get(path)
    if (hole === undefined) return
    const left = hole.kinds & kinds
    if (left === Kind.none) this.#holes.delete(path)
    else this.#open(path, { kinds: left, since: hole.since })
  }

  #widen(path: string, { kinds, since }: Hole): void {
    const present = this.#holes.get(path)
    if (present === undefined) this.#open(path, { kinds, since })
    else {
      const earlier = present.since < since ? present.since : since
      this.#open(path, { kinds: present.kinds | kinds, since: earlier })
    }
  }
}
