import type { Environment } from '@zookit/client'
import { checks } from '@zookit/client'
import { badArgument } from '../core/errors.ts'

/** Time for which a failed instance is not used. */
export interface BackoffOptions {
  /** Milliseconds after the first failure. Each further failure doubles them. Default 1000. */
  initial?: number | undefined
  /** Longest time in milliseconds. Default 60 000. */
  max?: number | undefined
  /** Random part of the time: 0 to 1. Default 0.5. */
  jitter?: number | undefined
}

interface Outage {
  failures: number
  /** The end of the outage, on the environment's clock. */
  until: number
}

const MILLISECONDS = 'a number of milliseconds above 0'

const OPTIONS = checks.optionTable('{ initial: 1000 }', {
  initial: checks.mustBe(MILLISECONDS, value => typeof value === 'number' && value > 0 && value < Infinity),
  max: checks.mustBe(MILLISECONDS, value => typeof value === 'number' && value > 0),
  jitter: checks.mustBe('a number from 0 to 1', value => {
    return typeof value === 'number' && value >= 0 && value <= 1
  }),
})

/** Checks the options of a backoff, and adds the defaults. @throws ZooKeeperError BAD_ARGUMENTS. */
export function resolveBackoff(options: BackoffOptions = {}): Record<keyof BackoffOptions, number> {
  checks.checkOptions(options, OPTIONS)
  const { initial = 1000, max = Math.max(60_000, initial), jitter = 0.5 } = options
  if (max < initial)
    throw badArgument(`the option max must be at least ${initial}, as initial is, not ${max}`)
  return { initial, max, jitter }
}

/** Records which instances have failed, and until when they are not used. */
export class Outages {
  readonly #environment: Environment
  readonly #initial: number
  readonly #max: number
  readonly #jitter: number
  readonly #outages = new Map<string, Outage>()

  constructor(environment: Environment, options?: BackoffOptions) {
    const { initial, max, jitter } = resolveBackoff(options)
    this.#environment = environment
    this.#initial = initial
    this.#max = max
    this.#jitter = jitter
  }

  /**
   * Returns the time from which it may be used again, on the environment's clock; -Infinity if it may be used now.
   */
  until(id: string): number {
    const until = this.#outages.get(id)?.until ?? -Infinity
    return until > this.#environment.now() ? until : -Infinity
  }

  /**
   * Records a failure. Calls in flight at the same time all fail: further failures of an instance that is out are
   * ignored.
   *
   * @returns the milliseconds for which it is not used; null if it was out already.
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

  /** Forgets the failures: the instance works, or is another one now. */
  forget(id: string): void {
    this.#outages.delete(id)
  }
}
