import type { AnyOperation, Outcome } from '@zookit/jute'
import type { Environment } from '../environment.ts'
import type { ZooKeeperError } from '../errors.ts'
import { whenAborted } from './abort.ts'
import type { OutgoingRequests } from './outgoing-requests.ts'
import type { RefusalReason, Request, RequestControl } from './request.ts'
import { errorFor, refuseRequest, rejectPromise } from './settlement.ts'

interface Given {
  readonly operation: AnyOperation
  readonly path: string | undefined
  readonly outcome: Outcome
}

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
  const { signal, timeout, refusal } = control.options
  if (signal?.aborted) {
    refuseRequest(request, errorFor(request, 'ABORTED', { outcome: 'not-sent', ...abortOf(signal) }))
    return false
  }
  if (signal === undefined && timeout === undefined && refusal === undefined) return true
  const end = (errorOf: (given: Given) => ZooKeeperError): void => {
    control.release?.()
    const { operation, path, resolve, trace } = outgoing.find(control)
    // A read that was sent changes nothing, but it may have left a watch: its outcome is unknown, too.
    const outcome = outgoing.abandon(control) ? 'unknown' : 'not-sent'
    rejectPromise(resolve, trace, errorOf({ operation, path, outcome }))
  }
  const giveUp = (code: string, details: { message: string; cause?: unknown }): void =>
    end(given => errorFor(given, code, { outcome: given.outcome, ...details }))
  const onTimeout = (): void =>
    giveUp('REQUEST_TIMEOUT', { message: `no reply within ${Math.ceil(timeout!)} ms` })
  if (timeout !== undefined) control.due = environment.now() + timeout
  const timer = timeout === undefined ? null : environment.setTimer(onTimeout, timeout)
  const ignore = signal && whenAborted(signal, () => giveUp('ABORTED', abortOf(signal)))
  const onRefusal = (): void => end(({ path }) => (refusal!.reason as RefusalReason)(path))
  const accept = refusal && whenAborted(refusal, onRefusal)
  control.release = () => {
    control.release = undefined
    timer?.cancel()
    ignore?.()
    accept?.()
  }
  return true
}

function abortOf(signal: AbortSignal): { message: string; cause: unknown } {
  return { message: 'the request was aborted', cause: signal.reason }
}
