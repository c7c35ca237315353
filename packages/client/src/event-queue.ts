interface Waiter<Value> {
  resolve(result: IteratorResult<Value, undefined>): void
  reject(error: unknown): void
}

const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true }

/**
 * A queue of values for one consumer, in order: the async iterator behind every iteration of zookit.
 *
 * A value settles the waiting promise of `next` synchronously: an async function in between would add turns of the
 * microtask queue, in which the continuation of a later reply could run first. `return` ends the iteration at once, also
 * while a `next` is pending.
 */
export class EventQueue<Value> implements AsyncIterator<Value, undefined>, AsyncDisposable {
  readonly #limit: number
  readonly #overflow: () => Value
  readonly #onReturn: () => void
  #values: Value[] = []
  readonly #waiters: Waiter<Value>[] = []
  #ended = false
  /** The error for the consumer's next call of `next`, once. */
  #failure: { error: unknown } | undefined

  /**
   * @param limit the number of values that may wait.
   * @param overflow makes the value that replaces all waiting ones when there are more.
   * @param onReturn is called when the consumer ends the iteration.
   */
  constructor(limit: number, overflow: () => Value, onReturn: () => void = () => {}) {
    this.#limit = limit
    this.#overflow = overflow
    this.#onReturn = onReturn
  }

  /** True while the consumer waits for the next value: it has come back from all that were added. */
  get isAwaited(): boolean {
    return this.#waiters.length > 0
  }

  /** Adds a value. @returns true if it waits for the next call of `next`. */
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

  /** Ends the queue. The consumer still gets the waiting values, and then the error, if there is one. */
  end(failure?: { error: unknown }): void {
    if (this.#ended) return
    this.#ended = true
    const [first, ...others] = this.#waiters.splice(0)
    if (first && failure) first.reject(failure.error)
    else first?.resolve(DONE)
    for (const waiter of others) waiter.resolve(DONE)
    if (!first) this.#failure = failure
  }

  /** Ends the queue and drops the waiting values. */
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

  /** Ends the iteration and drops the waiting values; leaving a `for await` loop calls it. */
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
