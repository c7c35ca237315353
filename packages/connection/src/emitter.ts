/** Runs code that is not ours: what it throws is reported, and stops nothing here. */
export type Isolate = (run: () => void) => void

type Events<Map> = { [Name in keyof Map]: (...args: never[]) => void }

/** Typed listeners, called in the order in which they were added, each kept apart from the failures of others. */
export class Emitter<Map extends Events<Map>> {
  readonly #listeners = new globalThis.Map<keyof Map, Set<(...args: never[]) => void>>()

  /** The same listener for the same event counts once. */
  on<Name extends keyof Map>(name: Name, listener: Map[Name]): this {
    const present = this.#listeners.get(name)
    if (present) present.add(listener)
    else this.#listeners.set(name, new Set([listener]))
    return this
  }

  off<Name extends keyof Map>(name: Name, listener: Map[Name]): this {
    this.#listeners.get(name)?.delete(listener)
    return this
  }

  /** How many listeners an event has. */
  listenerCount(name: keyof Map): number {
    return this.#listeners.get(name)?.size ?? 0
  }

  protected emit<Name extends keyof Map>(name: Name, ...args: Parameters<Map[Name]>): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      this.isolate(() => (listener as (...args: unknown[]) => void)(...args))
    }
  }

  /** Runs a callback of the user's; `failed` hears of what it throws. */
  protected isolate(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.failed(error)
    }
  }

  /** What a callback threw becomes an uncaught exception of its own, as an EventTarget does. */
  protected failed(error: unknown): void {
    queueMicrotask(() => {
      throw error
    })
  }
}
