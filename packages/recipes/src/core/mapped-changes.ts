import type { Changes } from './broadcast.ts'

/** The events of another iterator, each mapped to another event. Events that map to null are left out. */
export class MappedChanges<From, To> implements Changes<To> {
  readonly #source: Changes<From>
  readonly #map: (event: From) => To | null
  /** Reads are serialised, so that events that are left out do not change the order. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(source: Changes<From>, map: (event: From) => To | null) {
    this.#source = source
    this.#map = map
  }

  next(): Promise<IteratorResult<To, undefined>> {
    const next = this.#last.then(() => this.#take())
    this.#last = next.catch(() => {})
    return next
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#source.return!()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  async #take(): Promise<IteratorResult<To, undefined>> {
    for (;;) {
      const result = await this.#source.next()
      if (result.done) return { value: undefined, done: true }
      const value = this.#map(result.value)
      if (value !== null) return { value, done: false }
    }
  }
}
