import type { Environment } from './environment.ts'
import { ZooKeeperError } from './errors.ts'

/** What bounds a wait. */
export interface Deadline {
  /** In milliseconds. */
  timeout: number
  /** Ends the wait before its time. */
  signal: AbortSignal
  /** Whose answer is awaited, for the error. */
  of: string
}

/**
 * What the promise says, or CONNECT_FAILED when the time is over or the signal aborted; a late answer is dropped.
 * No timer is left when the wait has ended.
 */
export function withDeadline<T>(
  environment: Environment,
  promise: Promise<T>,
  { timeout, signal, of }: Deadline,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (reason: string): void => {
      end()
      reject(new ZooKeeperError('CONNECT_FAILED', { message: `${of}: ${reason}`, retryable: true }))
    }
    const onAbort = (): void => giveUp('not awaited any more')
    const timer = environment.setTimer(() => giveUp(`no answer in ${timeout} ms`), timeout)
    const end = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', onAbort)
    }
    signal.addEventListener('abort', onAbort)
    promise.then(resolve, reject).finally(end)
    if (signal.aborted) onAbort()
  })
}
