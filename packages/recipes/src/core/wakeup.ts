/** Wakes a loop that sleeps until there is work, or until the loop must end. */
export class Wakeup {
  #isDue = false
  #stopped = false
  #wake: (() => void) | null = null
  #endWait: (() => void) | null = null

  /** Ends the current `wait`, or the next one if none is pending. */
  notify(): void {
    this.#isDue = true
    this.#wake?.()
  }

  /** Ends all waits, the present and the future ones. */
  stop(): void {
    this.#stopped = true
    this.#wake?.()
    this.#endWait?.()
  }

  /** Waits for `notify`. Resolves at once if `notify` was called since the last wait. */
  async wait(): Promise<void> {
    if (!this.#isDue && !this.#stopped) await new Promise<void>(resolve => (this.#wake = resolve))
    this.#wake = null
    this.#isDue = false
  }

  /** Settles as a promise does, or resolves when `stop` is called. */
  untilStopped(promise: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) resolve()
      this.#endWait = resolve
      promise.then(resolve, reject)
    })
  }
}
