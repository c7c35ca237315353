import type { Environment } from '../environment.ts'

/** The pause in milliseconds until a request that a throttled server refused is sent again. */
const REST = 1000

/** The paths whose request a throttled server has refused, and that is sent again after a pause. */
export class RestingPaths {
  readonly #environment: Environment
  readonly #timers = new Map<string, { cancel(): void }>()

  constructor(environment: Environment) {
    this.#environment = environment
  }

  has(path: string): boolean {
    return this.#timers.has(path)
  }

  /** Begins the pause of a path. @param ask is called when it is over. */
  add(path: string, ask: () => void): void {
    const end = (): void => {
      this.#timers.delete(path)
      ask()
    }
    this.#timers.set(path, this.#environment.setTimer(end, REST))
  }

  /** Cancels every pause: the connection is lost. */
  clear(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }
}
