/** Milliseconds until work that has failed is done again: at first, and at most. */
const LEAST = 300
const MOST = 10_000

/**
 * Work that keeps something on the page right: it is done whenever it is asked for, one run at a time, and after a failure again and
 * again, with growing pauses, until it succeeds.
 */
export class Upkeep {
  readonly #work: () => Promise<void>
  readonly #pause: number
  #isAsked = false
  #running: Promise<void> | null = null
  #backoff = LEAST
  #timer: ReturnType<typeof setTimeout> | undefined
  #isStopped = false

  /**
   * @param work throws if it is to be done again.
   * @param pause milliseconds between two runs in a row.
   */
  constructor(work: () => Promise<void>, pause = 0) {
    this.#work = work
    this.#pause = pause
  }

  /** Does the work, once more if it is being done. Resolves when a run that began after the call has ended, well or not. */
  ask(): Promise<void> {
    clearTimeout(this.#timer)
    this.#isAsked = true
    this.#running ??= this.#run()
    return this.#running
  }

  /** Does it no more. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#isAsked = false
    this.#isStopped = true
  }

  async #run(): Promise<void> {
    for (let isFirst = true; this.#isAsked; isFirst = false) {
      if (!isFirst) await new Promise(resolve => setTimeout(resolve, this.#pause))
      this.#isAsked = false
      try {
        await this.#work()
        this.#backoff = LEAST
      } catch {
        if (!this.#isAsked) this.#later()
      }
    }
    // In the same turn as the last look at `#isAsked`: an `ask` in between would be lost.
    this.#running = null
  }

  #later(): void {
    if (this.#isStopped) return
    clearTimeout(this.#timer)
    // Pages that have lost the same console do not come back in step.
    this.#timer = setTimeout(() => void this.ask(), this.#backoff * (0.75 + Math.random() / 2))
    this.#backoff = Math.min(MOST, this.#backoff * 2)
  }
}
