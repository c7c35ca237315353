import { type Channel, channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { ServerAddress } from './connect-string.ts'
import type { ZooKeeperError } from './errors.ts'
import type { SessionState } from './session-state.ts'
import { errorOf, type Resolve, resultOf } from './settling.ts'

/** What a subscriber of `zookit:request` is given; the same object for all events of one request. */
export interface RequestTrace {
  /** As ZooKeeper spells it. */
  operation: string
  path: string | undefined
  sessionId: bigint
  /** The server that was connected when the request was made. */
  server: ServerAddress | null
  result?: unknown
  error?: unknown
}

/** What a subscriber of `zookit:state` is given. */
export interface StateTrace {
  state: SessionState
  previous: SessionState
  sessionId: bigint
  server: ServerAddress | null
}

/** What a subscriber of `zookit:attempt` is given: a connection attempt that failed. */
export interface AttemptTrace {
  /** Null when no server could be named. */
  server: ServerAddress | null
  error: ZooKeeperError
}

/** What a subscriber of `zookit:unknown-event` is given: a watch event of a type that this release does not know. */
export interface UnknownEventTrace {
  type: number
  state: number
  path: string | null
}

/** Requests, as a TracingChannel: start, end, asyncStart, asyncEnd, error. */
export const requestChannel: TracingChannel<unknown, RequestTrace> = tracingChannel('zookit:request')
/** Changes of state: a StateTrace each. */
export const stateChannel: Channel = channel('zookit:state')
/** Failed attempts to connect: an AttemptTrace each. */
export const attemptChannel: Channel = channel('zookit:attempt')
/** Watch events that this release does not know: an UnknownEventTrace each. */
export const unknownEventChannel: Channel = channel('zookit:unknown-event')

/** The request that is being submitted, after its `start` and before its `end`: no subscriber runs in between. */
let submitting: RequestTrace | null = null

/**
 * Submits a request for those who subscribe, with the messages and the order of `TracingChannel.tracePromise`, and without
 * its promises: `traced` tells of the rest where the request is settled.
 */
export function traceSubmit<Result>(trace: RequestTrace, submit: () => Result): Result {
  return requestChannel.start.runStores(trace, submitAndEnd<Result>, undefined, trace, submit)
}

function submitAndEnd<Result>(trace: RequestTrace, submit: () => Result): Result {
  submitting = trace
  try {
    return submit()
  } finally {
    submitting = null
    requestChannel.end.publish(trace)
  }
}

/** What settles a request's promise, and tells of it first: right before whoever awaits it goes on. */
export function traced(trace: RequestTrace, resolve: Resolve): Resolve {
  return settlement => {
    const error = errorOf(settlement)
    if (error === undefined) {
      trace.result = resultOf(settlement)
      tellSettled(trace)
    } else if (submitting === trace) {
      // What is refused at once has its `end` before it.
      queueMicrotask(() => tellFailed(trace, error))
    } else {
      tellFailed(trace, error)
    }
    resolve(settlement)
  }
}

function tellFailed(trace: RequestTrace, error: Error): void {
  trace.error = error
  requestChannel.error.publish(trace)
  tellSettled(trace)
}

function tellSettled(trace: RequestTrace): void {
  requestChannel.asyncStart.publish(trace)
  requestChannel.asyncEnd.publish(trace)
}
