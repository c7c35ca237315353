import { type Channel, channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { ZooKeeperError } from './errors.ts'
import type { ServerAddress } from './servers/connect-string.ts'
import type { SessionState } from './session-state.ts'

/** What a subscriber of `zookit:request` is given; the same object for all events of one request. */
export interface RequestTrace {
  /** As ZooKeeper spells it. */
  operation: string
  path: string | undefined
  sessionId: bigint
  /** The server that was connected when the request was made. */
  server: ServerAddress | null
  /** What the request's promise is fulfilled with; undefined before. */
  result: unknown
  /** What it is rejected with; undefined before. */
  error: unknown
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

/**
 * Whether `runStores` has anything to do: it costs 0.07 us of the 0.17 that subscribers cost a request (Node 20), and there
 * is no other way to ask. Should there be no `_stores` some day, it runs.
 */
export function mayHaveStores(some: Channel): boolean {
  return (some as { _stores?: ReadonlyMap<unknown, unknown> })._stores?.size !== 0
}

/** A request is being submitted, after its `start` and before its `end`: nobody else's code runs in between. */
let isSubmitting = false

/** The `start` of a request has been told: what is rejected until `submitted` is this request. */
export function submits(): void {
  isSubmitting = true
}

/** Tells of the `end` of a request's submission. */
export function submitted(trace: RequestTrace): void {
  isSubmitting = false
  requestChannel.end.publish(trace)
}

/** Tells of a request's result: right before whoever awaits it goes on. */
export function tellFulfilled(trace: RequestTrace, result: unknown): void {
  trace.result = result
  tellSettled(trace)
}

/** Tells of a request's error: right before whoever awaits it goes on, and never before the `end` of what is refused at once. */
export function tellRejected(trace: RequestTrace, error: Error): void {
  if (isSubmitting) queueMicrotask(() => tellFailed(trace, error))
  else tellFailed(trace, error)
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
