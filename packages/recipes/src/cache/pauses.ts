import type { ZooKeeper } from '@zookit/client'
import { sleep } from '../core/pause.ts'

/** Shortest and longest pause in milliseconds before something is tried again. */
const FIRST_PAUSE = 100
export const LAST_PAUSE = 2000

/** Returns the milliseconds to wait before a retry, more after each failure. */
export function pauseAfter(failures: number): number {
  return Math.min(FIRST_PAUSE * 2 ** failures, LAST_PAUSE)
}

/** Number of rounds in a row that begin without a pause although none of them is completed. */
const BRISK_ROUNDS = 2

/** Waits that can be ended together. */
export class Pauses {
  readonly #zk: ZooKeeper
  readonly #ends = new Set<() => void>()

  constructor(zk: ZooKeeper) {
    this.#zk = zk
  }

  /** Returns the milliseconds before a round. Backoff comes in if none is completed: a read may be why the connection is lost. */
  ofRound(round: number, jitter: number): number {
    const random = jitter === 0 ? 0 : this.#zk.environment.random() * jitter
    return round < BRISK_ROUNDS ? random : random + pauseAfter(round - BRISK_ROUNDS)
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
