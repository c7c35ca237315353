import { whenAborted } from '../abort.ts'
import type { Environment } from '../environment.ts'
import type { OutgoingRequests } from './outgoing-requests.ts'
import type { Request, RequestControl } from './request.ts'
import { errorFor, refuseRequest, rejectPromise } from './settlement.ts'

/**
 * Starts the limits of a request: its signal and its timeout. A request that still waits is taken back (`not-sent`). A
 * request that was sent keeps its place, so that its late reply is not taken for another request's; its outcome is
 * `unknown`.
 *
 * @returns false if the signal was aborted already: then the request is rejected.
 */
export function startLimits(
  environment: Environment,
  outgoing: OutgoingRequests,
  request: Request,
  control: RequestControl,
): boolean {
  const { signal, timeout } = control.options
  if (signal?.aborted) {
    refuseRequest(request, errorFor(request, 'ABORTED', { outcome: 'not-sent', ...abortOf(signal) }))
    return false
  }
  if (signal === undefined && timeout === undefined) return true
  const giveUp = (code: string, details: { message: string; cause?: unknown }): void => {
    control.release?.()
    const { operation, path, resolve, trace } = outgoing.find(control)
    // A read that was sent changes nothing, but it may have left a watch: its outcome is unknown, too.
    const outcome = outgoing.abandon(control) ? 'unknown' : 'not-sent'
    rejectPromise(resolve, trace, errorFor({ operation, path }, code, { outcome, ...details }))
  }
  const onTimeout = (): void => giveUp('REQUEST_TIMEOUT', { message: `no reply within ${timeout} ms` })
  const timer = timeout === undefined ? null : environment.setTimer(onTimeout, timeout)
  const ignore = signal && whenAborted(signal, () => giveUp('ABORTED', abortOf(signal)))
  control.release = () => {
    control.release = undefined
    timer?.cancel()
    ignore?.()
  }
  return true
}

function abortOf(signal: AbortSignal): { message: string; cause: unknown } {
  return { message: 'the request was aborted', cause: signal.reason }
}
