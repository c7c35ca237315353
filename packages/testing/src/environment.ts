import type { Listen } from './transport/listener.ts'

/** A timer that has been set. */
export interface Timer {
  /** Cancels the timer: its callback will not run. */
  cancel(): void
}

/**
 * Everything that a server takes from outside itself, clocks, timers, random numbers, and the place at which it
 * takes connections.
 *
 * The signatures are those of the `Environment` of `@zookit/connection`, so that one simulated world can drive a
 * client and its servers.
 */
export interface Environment {
  /** Returns monotonic time in milliseconds. */
  now(): number
  /** Returns milliseconds since 1970. A server asks once; its wall clock then follows `now`. */
  wallTime(): number
  /** Runs the callback once, after `delay` milliseconds (1 to 2^31-1). */
  setTimer(callback: () => void, delay: number): Timer
  /** Returns a number in [0, 1). */
  random(): number
  /** Makes the place at which a server takes connections. Default: a TCP or TLS socket. */
  listen?: Listen
}

/** The longest delay of a timer, in milliseconds. */
export const MAX_DELAY: number = 2 ** 31 - 1

/** The machine's clocks, timers and random numbers. Its timers do not keep a process alive. */
export const systemEnvironment: Environment = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  random: () => Math.random(),
  setTimer(callback, delay) {
    const timer = setTimeout(callback, Math.min(Math.max(delay, 1), MAX_DELAY))
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}
