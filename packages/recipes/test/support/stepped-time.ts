import { type Environment, nodeEnvironment } from '@zookit/client'

interface Alarm {
  due: number
  fire(): void
}

/**
 * Node's environment with clocks that stand still until a test moves them on; timers that become due fire. Real time, such
 * as that of a busy machine, does not move them. Timers also fire when they are due in real time.
 */
export class SteppedTime {
  #now = nodeEnvironment.now()
  #slept = 0
  readonly #wallLead = nodeEnvironment.wallTime() - this.#now
  readonly #alarms = new Set<Alarm>()

  readonly environment: Environment = {
    ...nodeEnvironment,
    now: () => this.#now,
    wallTime: () => this.#now + this.#slept + this.#wallLead,
    bootTime: () => this.#now + this.#slept,
    setTimer: (callback, delay) => {
      const timer = nodeEnvironment.setTimer(() => alarm.fire(), delay)
      const cancel = (): void => {
        timer.cancel()
        this.#alarms.delete(alarm)
      }
      const fire = (): void => {
        cancel()
        callback()
      }
      const alarm = { due: this.environment.now() + delay, fire }
      this.#alarms.add(alarm)
      return { cancel }
    },
  }

  /** Number of timers. */
  get pending(): number {
    return this.#alarms.size
  }

  /** Suspends the machine: the monotonic clock stands still, and so do the timers. */
  suspend(milliseconds: number): void {
    this.#slept += milliseconds
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds
    const due = [...this.#alarms].filter(alarm => alarm.due <= this.environment.now())
    for (const alarm of due.sort((a, b) => a.due - b.due)) if (this.#alarms.has(alarm)) alarm.fire()
  }
}
