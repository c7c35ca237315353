import { whenAborted } from '../abort.ts'
import type { Environment } from '../environment.ts'
import type { Extras, Request } from './in-flight.ts'
import { errorFor, type Pipeline, rejectAndTell } from './pipeline.ts'

/** What bounds one request. */
export interface RequestLimits {
  /** Gives the request up when aborted. That undoes nothing: see the error's `outcome`. */
  signal?: AbortSignal | undefined
  /** Gives the request up after so many milliseconds. */
  timeout?: number | undefined
}

/**
 * Lets a signal or a timer end a request. One that waits is taken back (`not-sent`); one that was sent keeps its
 * place, so that the late reply is not taken for another's, and its outcome is `unknown`.
 */
export function guard(
  environment: Environment,
  pipeline: Pipeline,
  request: Request,
  extras: Extras,
  limits: RequestLimits,
): void {
  const { signal, timeout } = limits
  const giveUp = (code: string, message: string, cause?: unknown): void => {
    extras.release?.()
    // A read that was given up has changed nothing, but its answer may have armed a watch: that is unknown too.
    const outcome = pipeline.abandon(extras) ? 'unknown' : 'not-sent'
    rejectAndTell(request.resolve, request.trace, errorFor(request, code, outcome, message, cause))
  }
  const onAbort = (): void => giveUp('ABORTED', 'the request was aborted', signal?.reason)
  const onTimeout = (): void => giveUp('REQUEST_TIMEOUT', `no reply within ${timeout} ms`)
  const timer = timeout === undefined ? null : environment.setTimer(onTimeout, timeout)
  const ignore = signal && whenAborted(signal, onAbort)
  extras.release = () => {
    extras.release = undefined
    timer?.cancel()
    ignore?.()
  }
}
