interface Waiter<Value> {
  resolve(result: IteratorResult<Value, undefined>): void
  reject(error: unknown): void
}

const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true }

/**
 * Values on their way to one consumer, in order: the async iterator behind every iteration of zookit.
 *
 * A promise of `next` is settled as soon as there is something for it: no async function stands between, which would let
 * what comes later overtake it. `return` ends the iteration at once, also while a `next` is pending.
 */
export class EventQueue<Value> implements AsyncIterableIterator<Value, undefined>, AsyncDisposable {
  readonly #limit: number
  readonly #overflow: () => Value
  readonly #onReturn: () => void
  #values: Value[] = []
  readonly #waiters: Waiter<Value>[] = []
  #ended = false
  /** What the consumer is still to be told, once; undefined if nothing. */
  #failure: { error: unknown } | undefined

  /**
   * @param limit how many values may wait.
   * @param overflow makes the value that takes the place of all that wait when there is one too many.
   * @param onReturn is called when the consumer ends the iteration.
   */
  constructor(limit: number, overflow: () => Value, onReturn: () => void = () => {}) {
    this.#limit = limit
    this.#overflow = overflow
    this.#onReturn = onReturn
  }

  /** @returns whether the value waits: the consumer has not asked for it yet. */
  push(value: Value): boolean {
    if (this.#ended) return false
    const waiter = this.#waiters.shift()
    if (waiter) {
      waiter.resolve({ value, done: false })
      return false
    }
    if (this.#values.length < this.#limit) this.#values.push(value)
    else this.#values = [this.#overflow()]
    return true
  }

  /** Nothing follows. What waits is still handed out, and then the error, if there is one. */
  end(failure?: { error: unknown }): void {
    if (this.#ended) return
    this.#ended = true
    const [first, ...others] = this.#waiters.splice(0)
    if (first && failure) first.reject(failure.error)
    else first?.resolve(DONE)
    for (const waiter of others) waiter.resolve(DONE)
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
    if (this.#ended) return Promise.resolve(DONE)
    return new Promise((resolve, reject) => void this.#waiters.push({ resolve, reject }))
  }

  /** Ends the iteration, as leaving a `for await` loop does. What was not taken is dropped. */
  return(): Promise<IteratorReturnResult<undefined>> {
    this.abandon()
    this.#onReturn()
    return Promise.resolve(DONE)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
