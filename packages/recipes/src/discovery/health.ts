import { checks, type ZooKeeper } from '@zookit/client'
import { Deadline } from '../core/deadline.ts'
import { badArgument } from '../core/errors.ts'
import type { ServiceInstance } from './service-instance.ts'

/** Health check of an instance by its publisher. */
export interface HealthOptions<Payload = unknown> {
  /**
   * Checks the health. False, a rejection and a missing answer mean unhealthy; everything else means healthy. Without
   * it, only `report` counts.
   *
   * @param signal aborted when the time is over, or the instance is unpublished.
   */
  check?: ((signal: AbortSignal, instance: ServiceInstance<Payload>) => unknown) | undefined
  /** Milliseconds between the end of a check and the next one. Default 10 000. */
  interval?: number | undefined
  /** Milliseconds that a check may take. Default: the interval. */
  timeout?: number | undefined
  /** Number of checks in a row that must fail. Default 1. A report counts at once. */
  threshold?: number | undefined
  /**
   * Effect of bad health: `disable`, the default, publishes `enabled: false`; `withdraw` deletes the znode until the
   * instance is healthy.
   */
  whenUnhealthy?: 'disable' | 'withdraw' | undefined
  /** Health until the end of the first check, which begins at once. Default true. */
  initially?: boolean | undefined
}

/** The options with their defaults. */
export interface HealthSettings<Payload> {
  readonly check: HealthOptions<Payload>['check']
  readonly interval: number
  readonly timeout: number
  readonly threshold: number
  readonly withdraws: boolean
  readonly initially: boolean
}

const CHECKS: Readonly<Record<keyof HealthOptions, checks.Check>> = {
  check: checks.func,
  interval: checks.checkedLater,
  timeout: checks.checkedLater,
  threshold: checks.checkedLater,
  whenUnhealthy: checks.checkedLater,
  initially: checks.flag,
}

const OPTIONS = checks.optionTable('{ check, interval: 10_000 }', CHECKS)

/** @throws ZooKeeperError BAD_ARGUMENTS. */
export function resolveHealth<Payload>(
  options: HealthOptions<Payload>,
  path: string,
): HealthSettings<Payload> {
  checks.checkOptions(options, OPTIONS)
  const { check, interval = 10_000, timeout = interval, threshold = 1, initially = true } = options
  const { whenUnhealthy = 'disable' } = options
  if (!(typeof interval === 'number' && interval >= 1 && interval < Infinity))
    throw badArgument('health.interval must be from 1 millisecond', path)
  if (!(typeof timeout === 'number' && timeout > 0))
    throw badArgument('health.timeout must be a number of milliseconds above 0', path)
  if (!Number.isInteger(threshold) || threshold < 1) {
    throw badArgument('health.threshold must be a whole number from 1', path)
  }
  if (whenUnhealthy !== 'disable' && whenUnhealthy !== 'withdraw') {
    throw badArgument(
      `health.whenUnhealthy must be disable or withdraw, not ${checks.describe(whenUnhealthy)}`,
      path,
    )
  }
  return { check, interval, timeout, threshold, initially, withdraws: whenUnhealthy === 'withdraw' }
}

/** Repeats the check, from `start` to `stop`. */
export class HealthMonitor {
  readonly #zk: ZooKeeper
  readonly #path: string
  readonly #settings: HealthSettings<never>
  readonly #check: (signal: AbortSignal) => unknown
  readonly #tell: (healthy: boolean, reason?: unknown) => void
  readonly #controller = new AbortController()
  #timer: { cancel(): void } | null = null
  #failures = 0

  /** @param tell receives the result of each check, with its error. */
  constructor(
    zk: ZooKeeper,
    path: string,
    settings: HealthSettings<never>,
    check: (signal: AbortSignal) => unknown,
    tell: (healthy: boolean, reason?: unknown) => void,
  ) {
    this.#zk = zk
    this.#path = path
    this.#settings = settings
    this.#check = check
    this.#tell = tell
  }

  start(): void {
    void this.#run()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#controller.abort()
  }

  async #run(): Promise<void> {
    const { interval, threshold, timeout } = this.#settings
    const { signal } = this.#controller
    const failure = await this.#look(signal, timeout)
    if (signal.aborted) return
    this.#failures = failure ? this.#failures + 1 : 0
    if (!failure) this.#tell(true)
    else if (this.#failures >= threshold) this.#tell(false, failure.reason)
    this.#timer = this.#zk.environment.setTimer(() => void this.#run(), interval)
  }

  /** Runs the check once. The reason is null for a healthy service. */
  async #look(signal: AbortSignal, timeout: number): Promise<{ reason: unknown } | null> {
    const subject = { operation: 'health check', path: this.#path }
    using deadline = new Deadline(this.#zk, { signal, timeout }, subject)
    try {
      const result = await deadline.race((async () => this.#check(deadline.signal))())
      return result === false ? { reason: undefined } : null
    } catch (reason) {
      return { reason }
    }
  }
}
