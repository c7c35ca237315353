import type { ZooKeeper } from '@zookit/client'
import { sleep } from '../core/pause.ts'

/** Shortest and longest pause in milliseconds before something is tried again. */
const FIRST_PAUSE = 100
export const LAST_PAUSE = 2000

/** Returns the milliseconds to wait before a retry, more after each failure. */
export function pauseAfter(failures: number): number {
  return Math.min(FIRST_PAUSE * 2 ** failures, LAST_PAUSE)
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
