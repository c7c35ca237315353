import { type Environment, nodeEnvironment } from '@zookit/client'

interface Alarm {
  due: number
  fire(): void
}

/**
 * Node's environment with a clock that stands still until a test moves it on; timers that become due fire. Real time, such
 * as that of a busy machine, does not move it. Timers also fire when they are due in real time.
 */
export class SteppedTime {
  #now = nodeEnvironment.now()
  readonly #alarms = new Set<Alarm>()

  readonly environment: Environment = {
    ...nodeEnvironment,
    now: () => this.#now,
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

  advance(milliseconds: number): void {
    this.#now += milliseconds
    const due = [...this.#alarms].filter(alarm => alarm.due <= this.environment.now())
    for (const alarm of due.sort((a, b) => a.due - b.due)) if (this.#alarms.has(alarm)) alarm.fire()
  }
}
