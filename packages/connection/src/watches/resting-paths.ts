import type { Environment } from '../environment.ts'

/** Milliseconds until a throttled server is asked again. */
const REST = 1000

/** The paths about which a throttled server is to be asked again after a while. */
export class RestingPaths {
  readonly #environment: Environment
  readonly #timers = new Map<string, { cancel(): void }>()

  constructor(environment: Environment) {
    this.#environment = environment
  }

  has(path: string): boolean {
    return this.#timers.has(path)
  }

  /** Lets a path rest. @param ask is called when its rest is over. */
  add(path: string, ask: () => void): void {
    const end = (): void => {
      this.#timers.delete(path)
      ask()
    }
    this.#timers.set(path, this.#environment.setTimer(end, REST))
  }

  /** Ends every rest: the connection is lost. */
  clear(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }
}
