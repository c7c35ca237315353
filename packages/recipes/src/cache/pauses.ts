import type { ZooKeeper } from '@zookit/client'
import { isLive } from '../core/connected.ts'
import { sleep } from '../core/pause.ts'

/** Shortest and longest pause in milliseconds before something is tried again. */
const FIRST_PAUSE = 100
export const LAST_PAUSE = 2000
/** The longest pause before the retry of a read whose error is not retryable, in milliseconds. */
export const LAST_PAUSE_OF_FAILURE = 30_000

/** Returns the milliseconds to wait before a retry, more after each failure. */
export function pauseAfter(failures: number): number {
  return Math.min(FIRST_PAUSE * 2 ** failures, LAST_PAUSE)
}

/** Number of rounds in a row that begin without a pause although none of them is completed. */
const BRISK_ROUNDS = 2

/** Rounds of reading everything. Backoff comes in if none is completed: a read may be why the connection is lost. */
export class Rounds {
  readonly #zk: ZooKeeper
  /** The number of rounds that have begun since the last completed one. */
  #begun = 0
  /** The time before which the next round does not begin; null if none is waited for. */
  #due: number | null = null

  constructor(zk: ZooKeeper) {
    this.#zk = zk
  }

  /** True if no round is waited for or under way. */
  get isIdle(): boolean {
    return this.#begun === 0 && this.#due === null
  }

  /**
   * Returns the milliseconds before the next round. A gap while it is waited for does not prolong its backoff: connections that
   * are each shorter than the pause would let none begin.
   */
  pause(jitter: number): number {
    const { environment } = this.#zk
    const now = environment.now()
    this.#due ??= now + (this.#begun < BRISK_ROUNDS ? 0 : pauseAfter(this.#begun - BRISK_ROUNDS))
    const random = jitter === 0 ? 0 : environment.random() * jitter
    return Math.max(this.#due - now, 0) + random
  }

  /** Notes that a round begins. One without a connection reads nothing, and is not counted. */
  begin(): void {
    if (!isLive(this.#zk)) return
    this.#begun++
    this.#due = null
  }

  complete(): void {
    this.#begun = 0
    this.#due = null
  }
}

/** Waits that can be ended together. */
export class Pauses {
  readonly #zk: ZooKeeper
  readonly #ends = new Set<() => void>()

  constructor(zk: ZooKeeper) {
    this.#zk = zk
  }

  /** Ends all waits. */
  end(): void {
    for (const end of this.#ends) end()
  }

  async sleep(milliseconds: number): Promise<void> {
    const { promise, cancel } = sleep(this.#zk, milliseconds)
    let end = (): void => {}
    const ended = new Promise<void>(resolve => {
      end = resolve
    })
    this.#ends.add(end)
    await Promise.race([promise, ended])
    this.#ends.delete(end)
    cancel()
  }
}
