import { type Channel, channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { ZooKeeperError } from './errors.ts'
import type { ServerAddress } from './link/server-address.ts'
import type { SessionState } from './session-state.ts'

/** A session as subscribers of its channels see it. All messages of one session have the same object. */
export interface TracedSession {
  readonly id: bigint
  readonly state: SessionState
  readonly server: ServerAddress | null
  /** The number of requests that are not answered yet. */
  readonly outstanding: number
  /** The bytes of requests that wait to be sent. */
  readonly queuedBytes: number
}

/** The message of the channel `zookit:request`; the same object for all events of one request. */
export class RequestTrace {
  /** The name of the operation: the method of the client, or its name in ZooKeeper for the requests of a `Session`. */
  readonly operation: string
  readonly path: string | undefined
  readonly session: TracedSession
  readonly sessionId: bigint
  /** The server that was connected when the request was made. */
  readonly server: ServerAddress | null
  /** The number of the request in its session; 0 until it has one. */
  xid = 0
  /** The milliseconds from the call to its end; undefined until then. */
  duration: number | undefined = undefined
  /** The result of the request's promise; undefined until it is fulfilled. */
  result: unknown = undefined
  /** The error of the request's promise; undefined until it is rejected. */
  error: unknown = undefined
  readonly #clock: { now(): number }
  readonly #startedAt: number

  constructor(session: TracedSession, operation: string, path: string | undefined, clock: { now(): number }) {
    this.operation = operation
    this.path = path
    this.session = session
    this.sessionId = session.id
    this.server = session.server
    this.#clock = clock
    this.#startedAt = clock.now()
  }

  /** Notes that the request has ended. */
  end(): void {
    this.duration = this.#clock.now() - this.#startedAt
  }
}

/** The message of the channel `zookit:state`. */
export interface StateTrace {
  state: SessionState
  previous: SessionState
  session: TracedSession
  sessionId: bigint
  server: ServerAddress | null
}

/** The message of the channel `zookit:attempt`: a connection attempt that failed. */
export interface AttemptTrace {
  session: TracedSession
  /** Null if no server was known. */
  server: ServerAddress | null
  error: ZooKeeperError
}

/** The message of the channel `zookit:watch-event`: an event of a watch, before its listeners are called. */
export interface WatchEventTrace {
  session: TracedSession
  sessionId: bigint
  server: ServerAddress | null
  /** `created`, `deleted`, `changed` or `children`; else the number of the type. */
  type: string
  /** The server's path, with the chroot. */
  path: string
  zxid: bigint
}

/** The message of the channel `zookit:setWatches`: all watches were set again on a new connection. */
export interface SetWatchesTrace {
  session: TracedSession
  sessionId: bigint
  server: ServerAddress | null
  /** The number of watches. */
  watches: number
  /** The milliseconds from the handshake to the server's last answer. */
  duration: number
}

/** The message of the channel `zookit:unknown-event`: a watch event of a type that this release does not know. */
export interface UnknownEventTrace {
  type: number
  state: number
  path: string | null
}

/** The channel of requests, a TracingChannel: start, end, asyncStart, asyncEnd, error. */
export const requestChannel: TracingChannel<unknown, RequestTrace> = tracingChannel('zookit:request')
/** The channel of state changes: a StateTrace each. */
export const stateChannel: Channel = channel('zookit:state')
/** The channel of failed attempts to connect: an AttemptTrace each. */
export const attemptChannel: Channel = channel('zookit:attempt')
/** The channel of watch events: a WatchEventTrace each. */
export const watchEventChannel: Channel = channel('zookit:watch-event')
/** The channel of watches that were set again: a SetWatchesTrace for each connection that had some to set. */
export const setWatchesChannel: Channel = channel('zookit:setWatches')
/** The channel of watch events that this release does not know: an UnknownEventTrace each. */
export const unknownEventChannel: Channel = channel('zookit:unknown-event')

/** Tells the subscribers of a change of a session's state. */
export function tellState(session: TracedSession, state: SessionState, previous: SessionState): void {
  if (!stateChannel.hasSubscribers) return
  const { id: sessionId, server } = session
  stateChannel.publish({ state, previous, session, sessionId, server } satisfies StateTrace)
}

/** Tells the subscribers of an attempt to connect that failed. */
export function tellAttempt(
  session: TracedSession,
  server: ServerAddress | null,
  error: ZooKeeperError,
): void {
  if (attemptChannel.hasSubscribers) attemptChannel.publish({ server, error, session } satisfies AttemptTrace)
}

// The problem: `runStores` costs 0.07 µs of the 0.17 µs that subscribers cost a request (Node 20), even where no store is
// bound to the channel, as is usual. The trick: it is called only if the channel's `_stores`, an internal field of Node, is
// not empty. The invariant: where the field is missing, `runStores` runs, so that a later Node costs time and no context.
// Measure it with `pnpm bench:budget` (getData with a subscriber of the request channel).
function mayHaveStores(some: Channel): boolean {
  return (some as { _stores?: ReadonlyMap<unknown, unknown> })._stores?.size !== 0
}

const { start, end, asyncStart, asyncEnd, error } = requestChannel

/**
 * Tells if any of the five channels of requests has a subscriber. The channel's own `hasSubscribers` asks the same, but is
 * too large to be inlined into the call that sends a request (`pnpm bench:beside`).
 */
export function isTraced(): boolean {
  return (
    start.hasSubscribers ||
    end.hasSubscribers ||
    asyncStart.hasSubscribers ||
    asyncEnd.hasSubscribers ||
    error.hasSubscribers
  )
}

/** True between the `start` and the `end` of a request: a rejection meanwhile is that request's. */
let isStarting = false

/**
 * Runs the start of a request between its `start` and `end` events. Messages and order are those of
 * `TracingChannel.tracePromise`, without its promises: the other events come where the request is settled.
 */
export function traced<Result>(trace: RequestTrace, run: () => Result): Result {
  if (mayHaveStores(start)) return start.runStores(trace, runAndEnd<Result>, undefined, trace, run)
  start.publish(trace)
  return runAndEnd(trace, run)
}

function runAndEnd<Result>(trace: RequestTrace, run: () => Result): Result {
  isStarting = true
  try {
    return run()
  } finally {
    isStarting = false
    end.publish(trace)
  }
}

/** Publishes a request's result, right before the code that awaits it continues. */
export function tellFulfilled(trace: RequestTrace, result: unknown): void {
  trace.result = result
  trace.end()
  tellSettled(trace)
}

/**
 * Publishes a request's error, right before the code that awaits it continues, and never before the `end` of a request that is
 * refused at once.
 */
export function tellRejected(trace: RequestTrace, reason: Error): void {
  if (isStarting) queueMicrotask(() => tellFailed(trace, reason))
  else tellFailed(trace, reason)
}

function tellFailed(trace: RequestTrace, reason: Error): void {
  trace.error = reason
  trace.end()
  error.publish(trace)
  tellSettled(trace)
}

function tellSettled(trace: RequestTrace): void {
  asyncStart.publish(trace)
  asyncEnd.publish(trace)
}
