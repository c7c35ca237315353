interface Waiter<Value> {
  resolve(result: IteratorResult<Value, undefined>): void
  reject(error: unknown): void
}

/**
 * Values on their way to one consumer, in order. A promise of `next` is settled as soon as there is something for it:
 * no async function stands between, which would let what comes later overtake it.
 */
export class EventQueue<Value> {
  readonly #limit: number
  readonly #overflow: () => Value
  #values: Value[] = []
  readonly #waiters: Waiter<Value>[] = []
  #ended = false
  /** What the consumer is still to be told, once; undefined if nothing. */
  #failure: { error: unknown } | undefined

  /**
   * @param limit how many values may wait.
   * @param overflow makes the value that takes the place of all that wait when there is one too many.
   */
  constructor(limit: number, overflow: () => Value) {
    this.#limit = limit
    this.#overflow = overflow
  }

  push(value: Value): void {
    if (this.#ended) return
    const waiter = this.#waiters.shift()
    if (waiter) waiter.resolve({ value, done: false })
    else if (this.#values.length < this.#limit) this.#values.push(value)
    else this.#values = [this.#overflow()]
  }

  /** Nothing follows. What waits is still handed out, and then the error, if there is one. */
  end(failure?: { error: unknown }): void {
    if (this.#ended) return
    this.#ended = true
    const [first, ...others] = this.#waiters.splice(0)
    if (first && failure) first.reject(failure.error)
    else first?.resolve({ value: undefined, done: true })
    for (const waiter of others) waiter.resolve({ value: undefined, done: true })
    if (!first) this.#failure = failure
  }

  /** As `end`, and what waits is dropped. */
  abandon(): void {
    this.end()
    this.#values = []
    this.#failure = undefined
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    if (this.#values.length > 0) return Promise.resolve({ value: this.#values.shift()!, done: false })
    const failure = this.#failure
    this.#failure = undefined
    if (failure) return Promise.reject(failure.error)
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve, reject) => void this.#waiters.push({ resolve, reject }))
  }
}
