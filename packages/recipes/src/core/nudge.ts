/** Wakes a loop that sleeps until there is something to do, or until it is to end. */
export class Nudge {
  #due = false
  #stopped = false
  #wake: (() => void) | null = null
  #cut: (() => void) | null = null

  /** There is something to do: now, or when the loop goes to sleep next. */
  ring(): void {
    this.#due = true
    this.#wake?.()
  }

  /** No sleep lasts any more. */
  stop(): void {
    this.#stopped = true
    this.#wake?.()
    this.#cut?.()
  }

  /** Sleeps until it is rung, unless it has been since the last time. */
  async rung(): Promise<void> {
    if (!this.#due && !this.#stopped) await new Promise<void>(resolve => (this.#wake = resolve))
    this.#wake = null
    this.#due = false
  }

  /** What a promise comes to, unless `stop` is called before. */
  cut(promise: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) resolve()
      this.#cut = resolve
      promise.then(resolve, reject)
    })
  }
}
