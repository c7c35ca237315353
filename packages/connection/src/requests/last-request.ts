import { op } from '@zookit/jute'
import type { Environment } from '../environment.ts'
import { controlFor } from './request.ts'
import type { RequestQueue } from './request-queue.ts'

/**
 * Sends the last request of a session and waits for its reply: requests are answered in order, so all are answered then.
 *
 * @param keepSession true sends a read in the place of closeSession.
 * @param limits.closeTimeout the longest wait in milliseconds.
 */
export function sendLast(
  queue: RequestQueue,
  keepSession: boolean,
  { environment, closeTimeout }: { environment: Environment; closeTimeout: number },
): Promise<void> {
  return new Promise(resolve => {
    const timer = environment.setTimer(resolve, closeTimeout)
    const done = (): void => {
      timer.cancel()
      resolve()
    }
    const request = queue.next(keepSession ? op.exists : op.closeSession)
    request.path = undefined
    request.control = controlFor({ mustWait: true })
    const body = keepSession ? { path: '/', watch: false } : null
    queue.enqueue(request, body).then(done, done)
  })
}
