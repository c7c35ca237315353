import types from 'node:util/types'
import type { Environment, Timer } from '../environment.ts'
import { ZooKeeperError } from '../errors.ts'

/** A timer that comes so much later than it was due, in milliseconds, shows that this process stood still. */
const LATE = 100

/** Cancels the wait under way, of which there is one at most, and those that would follow. */
export class Cancellation {
  #cancelled = false
  #end: (() => void) | null = null

  get cancelled(): boolean {
    return this.#cancelled
  }

  cancel(): void {
    this.#cancelled = true
    this.#end?.()
  }

  /** Sets the function that ends the wait which begins; null when the wait is over. */
  onCancel(end: (() => void) | null): void {
    this.#end = end
    if (this.#cancelled) end?.()
  }
}

/**
 * Sets a deadline for the other side. Bytes that have arrived by then are read before the deadline counts as missed. Time in
 * which this process was stopped is added, up to the timeout: nothing could be read or sent meanwhile.
 *
 * @param timeout in milliseconds.
 */
export function setDeadline(environment: Environment, timeout: number, giveUp: () => void): Timer {
  let due = environment.now() + timeout
  let left = timeout
  let isOver = false
  const check = (): void => {
    const more = Math.min(environment.now() - due, left)
    if (more >= LATE) {
      left -= more
      due = environment.now() + more
      timer = environment.setTimer(check, more)
    } else {
      environment.defer(() => {
        if (!isOver) giveUp()
      })
    }
  }
  let timer = environment.setTimer(check, timeout)
  return {
    cancel() {
      isOver = true
      timer.cancel()
    },
  }
}

/** The bounds of a wait. */
export interface Deadline {
  /** Milliseconds. */
  timeout: number
  /** Ends the wait before the timeout. */
  cancellation: Cancellation
  /** The name of what is awaited, for the error. */
  of: string
}

/**
 * Waits for a promise until a deadline. A late result is dropped, and no timer is left when the wait has ended. A value
 * that is no promise is returned at once.
 *
 * @throws ZooKeeperError (as a rejection) CONNECT_FAILED at the deadline or when cancelled.
 */
export function withDeadline<T>(
  environment: Environment,
  promise: T | Promise<T>,
  { timeout, cancellation, of }: Deadline,
): T | Promise<T> {
  if (!types.isPromise(promise)) return promise
  return new Promise((resolve, reject) => {
    let isOver = false
    const end = (settle: () => void): void => {
      if (isOver) return
      isOver = true
      timer.cancel()
      cancellation.onCancel(null)
      settle()
    }
    const giveUp = (reason: string): void =>
      end(() =>
        reject(new ZooKeeperError('CONNECT_FAILED', { message: `${of}: ${reason}`, retryable: true })),
      )
    const timer = setDeadline(environment, timeout, () => giveUp(`no answer in ${timeout} ms`))
    promise.then(
      value => end(() => resolve(value)),
      error => end(() => reject(error)),
    )
    cancellation.onCancel(() => giveUp('the attempt was cancelled'))
  })
}
