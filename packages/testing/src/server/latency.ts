const DIGITS = 4

/** The time that requests take from their turn to their reply, as `srvr` and `mntr` tell it: whole milliseconds but for the mean. */
export class Latency {
  #count = 0
  #total = 0
  #min = Number.POSITIVE_INFINITY
  #max = 0

  /** Counts a request. */
  add(milliseconds: number): void {
    this.#count++
    this.#total += milliseconds
    if (milliseconds < this.#min) this.#min = milliseconds
    if (milliseconds > this.#max) this.#max = milliseconds
  }

  reset(): void {
    this.#count = 0
    this.#total = 0
    this.#min = Number.POSITIVE_INFINITY
    this.#max = 0
  }

  get min(): number {
    return this.#count === 0 ? 0 : Math.floor(this.#min)
  }

  /** The mean with a decimal point, also where it is a whole number. */
  get average(): string {
    const mean = this.#count === 0 ? 0 : Number((this.#total / this.#count).toFixed(DIGITS))
    return Number.isInteger(mean) ? mean.toFixed(1) : String(mean)
  }

  get max(): number {
    return Math.floor(this.#max)
  }
}
