import type { Environment } from '../environment.ts'
import { ZooKeeperError } from '../errors.ts'
import { formatServer, type ServerAddress } from '../link/server-address.ts'
import { isLive, type SessionState } from '../session-state.ts'

/** The health of a session. The object is plain: JSON keeps all of it. */
export interface SessionHealth {
  state: SessionState
  /** The connected server as `host:port`, or null. */
  server: string | null
  /** The session's id as servers print it, `0x` and hexadecimal digits; null until a server has made the session. */
  session: string | null
  /** The time of the last change of the state, in ISO 8601. */
  since: string
  /** True if the session certainly lives now: it is connected, and no server can have expired it. */
  certain: boolean
  /** The newest failure to connect, or loss of a connection, also of one that was overcome since. */
  lastError: { code: string; message: string; at: string } | null
  /** Milliseconds since the last whole frame of the server; null without a connection. */
  sinceLastFrame: number | null
  /** Milliseconds from the newest ping of this connection to its answer. A busy session has no need of pings: then null. */
  ping: number | null
  queue: {
    /** Requests that are not answered yet. */
    outstanding: number
    /** Requests of these that were not sent yet. */
    waiting: number
    /** The bytes of the latter. */
    queuedBytes: number
  }
}

/** The sources of a session's health. */
export interface HealthSources {
  readonly state: SessionState
  readonly id: bigint
  readonly server: ServerAddress | null
  readonly certain: boolean
  /** The time of the last whole frame, on the environment's monotonic clock. */
  readonly heardAt: number
  readonly pingTime: number | null
  readonly queue: { readonly outstanding: number; readonly waiting: number; readonly queuedBytes: number }
}

/** The changes and failures of a session, for its health: they are rare, so noting them costs requests nothing. */
export class HealthRecord {
  readonly #environment: Environment
  #changedAt: number
  #failure: { code: string; message: string; at: number } | null = null

  constructor(environment: Environment) {
    this.#environment = environment
    this.#changedAt = environment.wallTime()
  }

  /** Notes that the state changed. */
  changed(): void {
    this.#changedAt = this.#environment.wallTime()
  }

  /** Notes a failure to connect, or the loss of a connection; null if the server closed it in good order. */
  failed(error: Error | null): void {
    const code = ZooKeeperError.is(error) ? error.code : 'CONNECTION_LOSS'
    const message = error?.message ?? 'the server closed the connection'
    this.#failure = { code, message, at: this.#environment.wallTime() }
  }

  /** Tells the health. */
  tell(sources: HealthSources): SessionHealth {
    const { state, id, server, certain, heardAt, pingTime, queue } = sources
    const { outstanding, waiting, queuedBytes } = queue
    const isConnected = isLive(state) || state === 'read-only'
    return {
      state,
      server: server && formatServer(server),
      session: id === 0n ? null : `0x${id.toString(16)}`,
      since: isoTime(this.#changedAt),
      certain,
      lastError: this.#failure && { ...this.#failure, at: isoTime(this.#failure.at) },
      sinceLastFrame: isConnected ? Math.max(0, this.#environment.now() - heardAt) : null,
      ping: isConnected ? pingTime : null,
      queue: { outstanding, waiting, queuedBytes },
    }
  }
}

function isoTime(time: number): string {
  return new Date(time).toISOString()
}
