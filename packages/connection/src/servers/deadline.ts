import type { Environment } from '../environment.ts'
import { ZooKeeperError } from '../errors.ts'

/** Ends the wait under way, of which there is one at most, and those that would follow. */
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

  /** A wait begins, and `end` is what ends it; with null it is over. */
  onCancel(end: (() => void) | null): void {
    this.#end = end
    if (this.#cancelled) end?.()
  }
}

/** What bounds a wait. */
export interface Deadline {
  /** In milliseconds. */
  timeout: number
  /** Ends the wait before its time. */
  cancellation: Cancellation
  /** Whose answer is awaited, for the error. */
  of: string
}

/**
 * What the promise says, or CONNECT_FAILED when the time is over or the wait was cancelled; a late answer is dropped.
 * No timer is left when the wait has ended. What is there already is not waited for.
 */
export function withDeadline<T>(
  environment: Environment,
  promise: T | Promise<T>,
  { timeout, cancellation, of }: Deadline,
): T | Promise<T> {
  if (!(promise instanceof Promise)) return promise
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
    const timer = environment.setTimer(() => giveUp(`no answer in ${timeout} ms`), timeout)
    promise.then(
      value => end(() => resolve(value)),
      error => end(() => reject(error)),
    )
    cancellation.onCancel(() => giveUp('not awaited any more'))
  })
}
