import { whenAborted } from '@zookit/connection'
import { EventQueue } from './event-queue.ts'

/**
 * What an async generator makes, asked of it one value at a time.
 *
 * An async generator itself takes up a `return` only when its pending `next` has settled, which may be never. This
 * iteration ends at once, and the generator's `signal` is aborted.
 */
export class PulledEvents<Value> implements AsyncIterableIterator<Value, undefined>, AsyncDisposable {
  readonly #queue: EventQueue<Value>
  readonly #controller = new AbortController()
  readonly #generate: (signal: AbortSignal) => AsyncIterator<Value, void, undefined>
  readonly #ignoreAbort: (() => void) | undefined
  #source: AsyncIterator<Value, void, undefined> | undefined
  /** How many values have been asked for and are still to come. */
  #wanted = 0
  #isPulling = false

  /**
   * @param signal aborts the generator's one, too.
   * @param generate is called at the first `next`.
   */
  constructor(
    signal: AbortSignal | undefined,
    generate: (signal: AbortSignal) => AsyncIterator<Value, void, undefined>,
  ) {
    this.#generate = generate
    const overflow = (): never => {
      throw new RangeError('a value that nobody has asked for')
    }
    this.#queue = new EventQueue<Value>(Infinity, overflow, () => this.#onReturn())
    if (signal?.aborted) this.#controller.abort(signal.reason)
    else if (signal) this.#ignoreAbort = whenAborted(signal, () => this.#controller.abort(signal.reason))
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    const next = this.#queue.next()
    this.#wanted++
    if (!this.#isPulling) void this.#pull()
    return next
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    return this.#queue.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#queue[Symbol.asyncDispose]()
  }

  async #pull(): Promise<void> {
    this.#isPulling = true
    try {
      this.#source ??= this.#generate(this.#controller.signal)
      for (; this.#wanted > 0; this.#wanted--) {
        const { value, done } = await this.#source.next()
        if (done) return this.#end()
        this.#queue.push(value)
      }
      this.#isPulling = false
    } catch (error) {
      this.#end({ error })
    }
  }

  /** Nothing is pulled any more. */
  #end(failure?: { error: unknown }): void {
    this.#ignoreAbort?.()
    this.#queue.end(failure)
  }

  #onReturn(): void {
    this.#isPulling = true
    this.#ignoreAbort?.()
    this.#controller.abort()
    // What the generator still throws is a consequence of that.
    this.#source?.return?.().catch(() => {})
  }
}
