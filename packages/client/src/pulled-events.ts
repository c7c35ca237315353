import { whenAborted } from '@zookit/connection'
import { EventQueue } from './event-queue.ts'

/**
 * An iteration over the values of an async generator, which is asked for one value at a time.
 *
 * An async generator itself handles `return` only after its pending `next` has settled, which may be never. This
 * iteration ends at once, and aborts the generator's `signal`.
 */
export class PulledEvents<Value> implements AsyncIterator<Value, undefined>, AsyncDisposable {
  readonly #queue: EventQueue<Value>
  readonly #controller = new AbortController()
  readonly #generate: (signal: AbortSignal) => AsyncIterator<Value, void, undefined>
  readonly #ignoreAbort: (() => void) | undefined
  #source: AsyncIterator<Value, void, undefined> | undefined
  /** The number of requested values that are still to come. */
  #wanted = 0
  #isPulling = false

  /**
   * @param signal aborts the generator's signal too.
   * @param generate is called at the first `next`.
   */
  constructor(
    signal: AbortSignal | undefined,
    generate: (signal: AbortSignal) => AsyncIterator<Value, void, undefined>,
  ) {
    this.#generate = generate
    const overflow = (): never => {
      throw new RangeError('the generator made a value that was not requested')
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

  /** Ends the iteration after the generator. */
  #end(failure?: { error: unknown }): void {
    this.#ignoreAbort?.()
    this.#queue.end(failure)
  }

  #onReturn(): void {
    this.#isPulling = true
    this.#ignoreAbort?.()
    this.#controller.abort()
    // An error of the generator from here on is a consequence of the abort.
    this.#source?.return?.().catch(() => {})
  }
}
