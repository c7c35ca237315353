import { checks, EventQueue, whenAborted, ZooKeeperError } from '@zookit/client'
import { checkCall } from './arguments.ts'

/** Options of a listener. */
export interface ChangesOptions {
  /** Ends the iteration: it throws ABORTED. */
  signal?: AbortSignal | undefined
  /** Number of events that may wait to be taken before all of them are replaced by one `resync`. Default 1024. */
  buffer?: number | undefined
}

/** Events of one kind for one listener. Leaving the loop, or `return`, ends it at once, also while a `next` is pending. */
export interface Changes<Event> extends AsyncIterator<Event, undefined>, AsyncDisposable {
  next(): Promise<IteratorResult<Event, undefined>>
  return(): Promise<IteratorReturnResult<undefined>>
  [Symbol.asyncIterator](): this
  [Symbol.asyncDispose](): Promise<void>
}

const BUFFER = 1024

const LISTEN = checks.optionTable('{ buffer: 100 }', {
  signal: checks.LIMIT_CHECKS.signal,
  buffer: checks.whole(1),
})

/**
 * Delivers events to all listeners, each at its own pace. A listener that is too slow is told that it has missed
 * some.
 */
export class Broadcast<Event> {
  readonly #path: string
  readonly #overflow: () => Event
  readonly #listeners = new Set<EventQueue<Event>>()
  #end: { failure?: { error: unknown } } | null = null

  /**
   * @param path path that errors name.
   * @param overflow makes the event that replaces all waiting events when there is one too many.
   */
  constructor(path: string, overflow: () => Event) {
    this.#path = path
    this.#overflow = overflow
  }

  /** Number of listeners. */
  get listeners(): number {
    return this.#listeners.size
  }

  emit(event: Event): void {
    for (const listener of this.#listeners) listener.push(event)
  }

  /** Ends all iterations, once they have taken the events that wait. With a failure, each then throws its error. */
  end(failure?: { error: unknown }): void {
    if (this.#end) return
    this.#end = failure ? { failure } : {}
    for (const listener of this.#listeners) listener.end(failure)
    this.#listeners.clear()
  }

  /**
   * Listens to all events from this call on, not from the first `next`.
   *
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  listen(options: ChangesOptions = {}): Changes<Event> {
    checkCall({ operation: 'changes', path: this.#path }, options, LISTEN)
    const { signal, buffer = BUFFER } = options
    let ignoreAbort: (() => void) | undefined
    const leave = (): void => {
      this.#listeners.delete(listener)
      ignoreAbort?.()
    }
    const listener = new EventQueue(buffer, this.#overflow, leave)
    const onAbort = (): void => {
      const details = { message: 'the iteration was aborted', operation: 'changes', path: this.#path }
      listener.end({ error: new ZooKeeperError('ABORTED', { ...details, cause: signal?.reason }) })
      leave()
    }
    if (signal?.aborted) onAbort()
    else if (this.#end) listener.end(this.#end.failure)
    else {
      this.#listeners.add(listener)
      if (signal) ignoreAbort = whenAborted(signal, onAbort)
    }
    return listener
  }
}
