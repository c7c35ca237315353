import type { ServerClock } from '../clock.ts'
import type { Transaction } from '../database/changes.ts'
import { Database } from '../database/database.ts'
import { firstSessionId, type Session, SessionTracker } from '../database/sessions.ts'
import { RequestRecorder } from '../faults/recorder.ts'
import { RequestFaults } from '../faults/request-faults.ts'
import type { NoticeHandler, ReadHandler } from '../operations/read-context.ts'
import { noticeHandlers, readHandlers } from '../operations/reads.ts'
import { type DeliverySettings, promptDelivery } from '../transport/delivery.ts'
import type { Outgoing } from '../transport/outgoing.ts'
import { sessionText } from './activity.ts'
import type { Authority, Replica } from './authority.ts'
import type { ClientConnection } from './client-connection.ts'
import type { CoreSettings } from './settings.ts'

/** What a server does for its clients: everything; reads, for those who asked for that; nothing. */
export type ServerMode = 'serving' | 'read-only' | 'down'

/** How a server misbehaves towards every connection. */
export interface Misbehaviour {
  /** New connections are closed at once, as by a server without a quorum. */
  closeAtOnce: boolean
  /** New connections are never answered, not even their handshake. */
  silentToNew: boolean
  /** Nothing that comes in is looked at, and nothing goes out. */
  blackhole: boolean
  /** Nothing is read from the sockets. */
  deaf: boolean
  /** The next resumed sessions are answered with another, new session. */
  swapSessions: boolean
  /** Requests are answered with THROTTLED_OP and not executed. */
  throttled: boolean
}

/** What `srvr` and `mntr` count. */
export interface Statistics {
  received: number
  sent: number
}

/**
 * One server without its sockets: connections in the form of transports, a database, and how both misbehave on
 * request. It is given its authority, its clock and the list of who has bytes to send; it has no timers.
 */
export class ServerCore implements Replica {
  readonly settings: CoreSettings
  readonly clock: ServerClock
  readonly outgoing: Outgoing
  readonly recorder: RequestRecorder
  readonly faults: RequestFaults = new RequestFaults()
  readonly delivery: DeliverySettings = promptDelivery()
  readonly statistics: Statistics = { received: 0, sent: 0 }
  readonly misbehaviour: Misbehaviour = {
    closeAtOnce: false,
    silentToNew: false,
    blackhole: false,
    deaf: false,
    swapSessions: false,
    throttled: false,
  }
  /** The handlers of the operations that exist in the release played, by opcode. */
  readonly reads: readonly (ReadHandler | undefined)[]
  readonly notices: readonly (NoticeHandler | undefined)[]
  database: Database
  /** Who orders writes; null while there is nobody, as without a quorum. */
  authority: Authority | null = null
  mode: ServerMode = 'down'
  /** What `srvr` calls the server's role. */
  role: 'standalone' | 'leader' | 'follower' | 'read-only' = 'standalone'
  readonly connections: Set<ClientConnection> = new Set()
  /** The sessions of a server that is cut off: they are known here alone, and never expire. */
  readonly localSessions: SessionTracker
  readonly #bySession = new Map<bigint, ClientConnection>()
  #connectionCount = 0
  #nextSessionId: bigint

  constructor(settings: CoreSettings, clock: ServerClock, outgoing: Outgoing) {
    this.settings = settings
    this.clock = clock
    this.outgoing = outgoing
    this.recorder = new RequestRecorder(settings.recordRequests)
    this.database = new Database(settings.profile)
    this.localSessions = new SessionTracker(settings.tickTime)
    const { profile } = settings
    this.reads = readHandlers.map((handler, opcode) => (profile.knows(opcode) ? handler : undefined))
    this.notices = noticeHandlers.map((handler, opcode) => (profile.knows(opcode) ? handler : undefined))
    this.#nextSessionId = firstSessionId(settings.serverId, clock.wall())
  }

  /** Whether requests have to be looked at for faults. */
  get troubled(): boolean {
    return this.faults.armed || this.misbehaviour.throttled
  }

  /** A session has been heard of, at a time of the clock. */
  touch(session: Session, time: number): void {
    this.authority?.tracker.touch(session, time)
  }

  /** The id of a session that is about to be made. */
  takeSessionId(): bigint {
    return this.#nextSessionId++
  }

  /** Returns the number of a connection that is about to be made: 1 for the first. */
  takeConnectionNumber(): number {
    return ++this.#connectionCount
  }

  /** Adds an open connection. */
  addConnection(connection: ClientConnection): void {
    const { number, transport } = connection
    this.connections.add(connection)
    this.log(number, `connected from ${transport.remoteAddress}:${transport.remotePort}`)
  }

  /** The connection through which a session is used at this server. */
  connectionOf(sessionId: bigint): ClientConnection | undefined {
    return this.#bySession.get(sessionId)
  }

  bindSession(session: Session, connection: ClientConnection): void {
    this.#bySession.set(session.id, connection)
  }

  /** Tells who listens, if anybody does; `connection` is 0 for what concerns none. */
  log(connection: number, text: string): void {
    const { log } = this.settings
    if (log === null) return
    const time = new Date(this.clock.wall()).toISOString().slice(11, 23)
    log(`${time} ${connection === 0 ? '' : `#${connection} `}${text}`)
  }

  /** Forgets a connection that is closed. */
  removeConnection(connection: ClientConnection): void {
    this.log(connection.number, 'closed')
    this.connections.delete(connection)
    const { session } = connection
    if (session !== null && this.#bySession.get(session.id) === connection) this.#bySession.delete(session.id)
    this.database.watches.removeWatcher(connection.requests)
  }

  /** Applies a transaction, then lets who asked for it hear. */
  receive(transaction: Transaction): void {
    const applied = this.database.apply(transaction)
    const { requester, effect, sessionId } = transaction
    if (effect.type === 'closeSession' && this.settings.log !== null) {
      this.log(0, `${sessionText(sessionId)} is over, with ${effect.paths.length} ephemerals`)
    }
    if (requester?.core === this) requester.onApplied(transaction, applied)
    else if (effect.type === 'closeSession') this.#bySession.get(sessionId)?.close()
  }

  /** Lets those hear whose sync waited for what has just been applied. */
  onProgress(): void {
    for (const connection of this.connections) connection.requests.onProgress()
  }

  /** Ends every connection at once. */
  dropAll(reset = false): void {
    for (const connection of [...this.connections]) connection.drop(reset)
  }

  /** Sends again what has been held, as far as the settings allow. */
  pumpAll(): void {
    for (const connection of this.connections) connection.outbox.pump()
  }
}
