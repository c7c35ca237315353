import { type Channel, channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { ServerAddress } from './connect-string.ts'
import type { ZooKeeperError } from './errors.ts'
import type { SessionState } from './session-state.ts'

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
export const requestChannel: TracingChannel<'zookit:request', RequestTrace> = tracingChannel('zookit:request')
/** Changes of state: a StateTrace each. */
export const stateChannel: Channel = channel('zookit:state')
/** Failed attempts to connect: an AttemptTrace each. */
export const attemptChannel: Channel = channel('zookit:attempt')
/** Watch events that this release does not know: an UnknownEventTrace each. */
export const unknownEventChannel: Channel = channel('zookit:unknown-event')
