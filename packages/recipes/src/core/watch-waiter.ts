import type { WatchListener, ZooKeeper } from '@zookit/client'
import { perClient } from './per-client.ts'

type Read<Result> = (watch: WatchListener) => Promise<Result>

/**
 * One watch and all waiters of it. They share one listener, which stays until the watch fires: however many waits begin
 * and are given up, a znode that does not change has one watch. The watch is never removed at the server, because the
 * removal could hit the watch of a read that is still in flight.
 */
interface SharedWatch {
  readonly waiting: Set<() => void>
  readonly listener: WatchListener
  /** Number of reads in flight that set the watch. */
  pendingReads: number
  isSet: boolean
}

const watchesOf = perClient(() => new Map<string, SharedWatch>())

/** Waits until the first of several one-shot watches fires. */
export class WatchWaiter {
  readonly #watches: Map<string, SharedWatch>
  readonly #keys: string[] = []
  #notify = (): void => {}
  #hasFired = false
  /** Resolves when a watch fires or is lost. */
  readonly fired: Promise<void>

  constructor(zk: ZooKeeper) {
    this.#watches = watchesOf(zk)
    this.fired = new Promise(resolve => {
      this.#notify = () => {
        this.#hasFired = true
        resolve()
      }
    })
  }

  /** True from the moment at which a watch has fired or was lost, before `fired` runs anything. */
  get hasFired(): boolean {
    return this.#hasFired
  }

  /** Counts the watches of a client that somebody waits for, or that stay behind after a wait was given up. */
  static count(zk: ZooKeeper): number {
    return watchesOf(zk).size
  }

  /** Makes a read with a watch that resolves `fired`. Returns the result of the read. */
  watch<Result>(path: string, kind: 'data' | 'children', read: Read<Result>): Promise<Result> {
    const key = `${kind} ${path}`
    const shared = this.#shared(key)
    shared.waiting.add(this.#notify)
    shared.pendingReads++
    this.#keys.push(key)
    const reading = read(shared.listener)
    const settled = (isSet: boolean): void => {
      shared.pendingReads--
      shared.isSet ||= isSet
      this.#removeUnused(key)
    }
    reading.then(
      () => settled(true),
      () => settled(false),
    )
    return reading
  }

  /** Ends the wait: no watch resolves `fired` any more. */
  cancel(): void {
    for (const key of this.#keys.splice(0)) {
      this.#watches.get(key)?.waiting.delete(this.#notify)
      this.#removeUnused(key)
    }
  }

  #shared(key: string): SharedWatch {
    const present = this.#watches.get(key)
    if (present) return present
    const listener = (): void => this.#onFired(key)
    const shared = { waiting: new Set<() => void>(), listener, pendingReads: 0, isSet: false }
    this.#watches.set(key, shared)
    return shared
  }

  /** Wakes every waiter, also one whose own read has no answer yet: it reads again, and loses nothing. */
  #onFired(key: string): void {
    const shared = this.#watches.get(key)
    if (!shared) return
    this.#watches.delete(key)
    for (const notify of shared.waiting) notify()
  }

  #removeUnused(key: string): void {
    const shared = this.#watches.get(key)
    if (shared && shared.waiting.size === 0 && shared.pendingReads === 0 && !shared.isSet)
      this.#watches.delete(key)
  }
}
