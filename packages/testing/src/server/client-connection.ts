import type { Session } from '../database/sessions.ts'
import type { Watcher } from '../database/watches.ts'
import type { Outbox } from '../transport/outbox.ts'
import type { Transport } from '../transport/transport.ts'

/** The watcher that a connection is to the database, with its counters. */
export interface ClientRequests extends Watcher {
  /** The id of the connection's session; 0 before the handshake. */
  readonly sessionId: bigint
  /** The number of replies and events so far. */
  sent: number
  /** The server has applied more of the log: a `sync` may be answered now. */
  onProgress(): void
}

/** The part of a connection that its server, its control and the four-letter words use. */
export interface ClientConnection {
  /** 1 for the server's first connection. */
  readonly number: number
  readonly transport: Transport
  readonly outbox: Outbox
  readonly requests: ClientRequests
  /** The session; null before the handshake. */
  readonly session: Session | null
  /** Milliseconds since 1970. */
  readonly establishedAt: number
  /** The number of frames received. */
  received: number
  /** Closes the connection after everything appended so far has been sent. */
  close(): void
  /** Closes the connection at once; with `reset`, by a TCP reset. */
  drop(reset: boolean): void
}
