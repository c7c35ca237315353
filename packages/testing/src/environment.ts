/** A callback that waits for its time. */
export interface Timer {
  /** Makes sure that the callback is not called any more. */
  cancel(): void
}

/** Everything of the world that the server's core would otherwise reach for: what a simulation must control. */
export interface Environment {
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /** Milliseconds since 1970. Asked once: the server's wall clock then follows `now`. */
  wallTime(): number
  /** A number in [0, 1). */
  random(): number
  /** Calls `callback` once, `milliseconds` from now. */
  setTimer(milliseconds: number, callback: () => void): Timer
}

const LONGEST = 2 ** 31 - 1

/** The machine's clocks, timers and random numbers. Its timers do not keep a process alive. */
export const systemEnvironment: Environment = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  random: () => Math.random(),
  setTimer(milliseconds, callback) {
    const timer = setTimeout(callback, Math.min(milliseconds, LONGEST))
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}
