import type { Environment } from '@zookit/client'
import { badArgument } from '../core/errors.ts'

/** For how long an instance that has failed is not used. */
export interface BackoffOptions {
  /** Milliseconds after the first failure; each further one doubles them. Default 1000. */
  initial?: number | undefined
  /** Milliseconds at most. Default 60 000. */
  max?: number | undefined
  /** Which part of it is left to chance: 0 to 1. Default 0.5. */
  jitter?: number | undefined
}

interface Outage {
  failures: number
  /** On the environment's clock. */
  until: number
}

/** Which instances have failed, and until when they are not to be used. */
export class Outages {
  readonly #environment: Environment
  readonly #initial: number
  readonly #max: number
  readonly #jitter: number
  readonly #outages = new Map<string, Outage>()

  /** @throws ZooKeeperError BAD_ARGUMENTS. */
  constructor(environment: Environment, { initial = 1000, max = 60_000, jitter = 0.5 }: BackoffOptions = {}) {
    if (!(initial > 0 && initial < Infinity && max >= initial)) {
      throw badArgument('backoff.initial is a number of milliseconds above 0, and backoff.max no less')
    }
    if (!(jitter >= 0 && jitter <= 1)) throw badArgument('backoff.jitter is a number from 0 to 1')
    this.#environment = environment
    this.#initial = initial
    this.#max = max
    this.#jitter = jitter
  }

  /** When it may be used again, on the environment's clock; -Infinity if it may be used. */
  until(id: string): number {
    const until = this.#outages.get(id)?.until ?? -Infinity
    return until > this.#environment.now() ? until : -Infinity
  }

  /**
   * It has failed. Of calls that were under way at the same time all fail: while it is out, that is no news.
   *
   * @returns for how many milliseconds it is not to be used; null: it was out already.
   */
  failed(id: string): number | null {
    const now = this.#environment.now()
    const outage = this.#outages.get(id) ?? { failures: 0, until: -Infinity }
    if (outage.until > now) return null
    const full = Math.min(this.#max, this.#initial * 2 ** outage.failures)
    const pause = full * (1 - this.#jitter * this.#environment.random())
    this.#outages.set(id, { failures: outage.failures + 1, until: now + pause })
    return pause
  }

  /** It works, or is another one now. */
  forget(id: string): void {
    this.#outages.delete(id)
  }
}
