interface Waiter {
  readonly callback: () => void
}

/** Those who wait for a signal, in the order in which they came, behind the one listener that it has for them. */
class Waiters {
  readonly #signal: AbortSignal
  readonly #waiters = new Set<Waiter>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort)
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter)
  }

  remove(waiter: Waiter): void {
    if (!this.#waiters.delete(waiter) || this.#waiters.size > 0) return
    this.#signal.removeEventListener('abort', this.#onAbort)
    waitersOf.delete(this.#signal)
  }

  readonly #onAbort = (): void => {
    // Who is removed by the callback of another, before it is his turn, is not called.
    for (const waiter of this.#waiters) {
      this.remove(waiter)
      try {
        waiter.callback()
      } catch (error) {
        // As an EventTarget does it: the others hear of the abort all the same.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

const waitersOf = new WeakMap<AbortSignal, Waiters>()

/**
 * Waits for a signal that is not aborted yet. However many do, the signal has one listener: Node takes more than ten for a
 * leak and says so, and a signal may well be that of a whole program.
 *
 * @param callback what it throws becomes an uncaught exception, as it would from a listener.
 * @returns what ends the wait.
 */
export function whenAborted(signal: AbortSignal, callback: () => void): () => void {
  let waiters = waitersOf.get(signal)
  if (waiters === undefined) {
    waiters = new Waiters(signal)
    waitersOf.set(signal, waiters)
  }
  const waiter = { callback }
  waiters.add(waiter)
  return () => waiters.remove(waiter)
}
