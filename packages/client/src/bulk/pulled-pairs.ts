import { PulledEvents } from '../pulled-events.ts'

/** Znodes that were read together. */
export interface Pairs<Znode> {
  readonly paths: readonly string[]
  readonly znodes: readonly Znode[]
}

type Pair<Znode> = [path: string, znode: Znode]

/**
 * An iteration over znodes that are read in batches. A znode of a batch that is there is handed out at once: the promise of each
 * `next` is then the only one, where an async generator makes several.
 */
export class PulledPairs<Znode> implements AsyncIterator<Pair<Znode>, undefined>, AsyncDisposable {
  readonly #batches: PulledEvents<Pairs<Znode>>
  #batch: Pairs<Znode> = { paths: [], znodes: [] }
  #index = 0
  #isEnded = false
  /** The calls of `next` that wait for a batch, and the last of them. */
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  /** @param generate is called at the first `next`, with a signal that is aborted when the iteration is left. */
  constructor(generate: (left: AbortSignal) => AsyncIterator<Pairs<Znode>, void, undefined>) {
    this.#batches = new PulledEvents(undefined, generate)
  }

  next(): Promise<IteratorResult<Pair<Znode>, undefined>> {
    if (this.#waiting === 0 && this.#index < this.#batch.paths.length) return Promise.resolve(this.#take())
    this.#waiting++
    const pull = () => this.#pull().finally(() => void this.#waiting--)
    const next = this.#last.then(pull, pull)
    this.#last = next
    return next
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#isEnded = true
    this.#batch = { paths: [], znodes: [] }
    return this.#batches.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  #take(): IteratorYieldResult<Pair<Znode>> {
    const { paths, znodes } = this.#batch
    const index = this.#index++
    return { done: false, value: [paths[index]!, znodes[index]!] }
  }

  async #pull(): Promise<IteratorResult<Pair<Znode>, undefined>> {
    while (this.#index >= this.#batch.paths.length) {
      const { done, value } = await this.#batches.next()
      // A batch may have come just before `return` was called.
      if (done || this.#isEnded) return { done: true, value: undefined }
      this.#batch = value
      this.#index = 0
    }
    return this.#take()
  }
}
