import type { Environment } from './environment.ts'
import { ZooKeeperError } from './errors.ts'

/** What the promise says, or CONNECT_FAILED after `timeout` milliseconds; a late answer is dropped. */
export function withDeadline<T>(
  environment: Environment,
  promise: Promise<T>,
  timeout: number,
  what: string,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = environment.setTimer(() => {
      reject(
        new ZooKeeperError('CONNECT_FAILED', {
          message: `${what}: no answer in ${timeout} ms`,
          retryable: true,
        }),
      )
    }, timeout)
    promise.then(resolve, reject).finally(() => timer.cancel())
  })
}
