import { abortSignal, func } from '../arguments/checks.ts'
import { badArguments } from '../arguments/refusals.ts'

interface Waiter {
  readonly callback: () => void
}

/** The waiters of one signal, in the order in which they came, behind one listener. */
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
    // A waiter that an earlier callback removed is not called.
    for (const waiter of this.#waiters) {
      this.remove(waiter)
      try {
        waiter.callback()
      } catch (error) {
        // As with an EventTarget, the exception is uncaught, and the other waiters are called all the same.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

const waitersOf = new WeakMap<AbortSignal, Waiters>()

/**
 * Calls a function when a signal that is not aborted yet is aborted. The signal gets one listener for all callers: Node
 * warns of a leak at more than ten, and one signal may serve a whole program.
 *
 * @param callback its exception is uncaught, as it would be in a listener.
 * @returns a function that ends the wait.
 * @throws BAD_ARGUMENTS.
 */
export function whenAborted(signal: AbortSignal, callback: () => void): () => void {
  checkCall(signal, callback)
  let waiters = waitersOf.get(signal)
  if (waiters === undefined) {
    waiters = new Waiters(signal)
    waitersOf.set(signal, waiters)
  }
  const waiter = { callback }
  waiters.add(waiter)
  return () => waiters.remove(waiter)
}

function checkCall(signal: unknown, callback: unknown): void {
  const fault = abortSignal(signal)
  if (fault !== null) throw badArguments('whenAborted', `the signal ${fault}`)
  const callbackFault = func(callback)
  if (callbackFault !== null) throw badArguments('whenAborted', `the callback ${callbackFault}`)
}
