import type { Environment, Timer } from '../environment.ts'
import { setDeadline } from './deadline.ts'
import type { Timeouts } from './timeouts.ts'

/** The expiry of a session that no server answers, by this process's clock. */
export class Expiry {
  readonly #environment: Environment
  readonly #onExpired: (reason: string) => void
  #timer: Timer | null = null

  constructor(environment: Environment, onExpired: (reason: string) => void) {
    this.#environment = environment
    this.#onExpired = onExpired
  }

  /** Waits for the end of the time that a session has left. @param heardAt the time when a server was last heard. */
  await(heardAt: number, { expiration, ping }: Timeouts): void {
    this.stop()
    const environment = this.#environment
    // If this process stood still, a server is asked first.
    const left = Math.max(heardAt + expiration - environment.now(), ping)
    this.#timer = setDeadline(environment, left, () => {
      const silent = Math.round(environment.now() - heardAt)
      this.#onExpired(`no server has answered for ${silent} ms`)
    })
  }

  /** Waits no longer. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }
}
