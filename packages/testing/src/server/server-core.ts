import type { ServerClock } from '../clock.ts'
import type { Transaction } from '../database/changes.ts'
import { Database } from '../database/database.ts'
import { firstSessionId, type Session, SessionTracker } from '../database/sessions.ts'
import { RequestRecorder } from '../faults/recorder.ts'
import { RequestFaults } from '../faults/request-faults.ts'
import type { EnsembleView } from '../membership/ensemble-view.ts'
import type { HeaderOnlyHandler, ReadHandler } from '../operations/read-context.ts'
import { headerOnlyHandlers, readHandlers } from '../operations/reads.ts'
import { type DeliverySettings, promptDelivery } from '../transport/delivery.ts'
import type { FlushQueue } from '../transport/flush-queue.ts'
import { sessionText } from './activity.ts'
import type { ClientConnection } from './client-connection.ts'
import { Latency } from './latency.ts'
import type { Replica, Sequencer } from './sequencer.ts'
import type { CoreSettings } from './settings.ts'

/** The service of a server: reads and writes; reads, for clients that accept a read-only server; none. */
export type ServerMode = 'serving' | 'read-only' | 'down'

/** The faults that apply to every connection. */
export interface ConnectionFaults {
  /** New connections are closed at once, as by a server without a quorum. */
  closeAtOnce: boolean
  /** New connections are never answered, not even their handshake. */
  silentToNew: boolean
  /** True while received bytes are dropped and nothing is sent. */
  blackhole: boolean
  /** True while nothing is read from the sockets. */
  deaf: boolean
  /** True while a client that resumes a session gets a new one. */
  swapSessions: boolean
  /** True while requests are answered with THROTTLED_OP and not executed. */
  throttled: boolean
}

/** The counters of `srvr` and `mntr`. */
export interface Statistics {
  received: number
  sent: number
  readonly latency: Latency
}

/**
 * One server without its sockets: connections over transports, a database, and the faults of both. It has no timers
 * of its own. Its owner gives it a clock, a flush queue, and a sequencer.
 */
export class ServerCore implements Replica {
  readonly settings: CoreSettings
  readonly clock: ServerClock
  readonly flushQueue: FlushQueue
  readonly recorder: RequestRecorder
  readonly faults: RequestFaults = new RequestFaults()
  readonly delivery: DeliverySettings = promptDelivery()
  readonly statistics: Statistics = { received: 0, sent: 0, latency: new Latency() }
  readonly connectionFaults: ConnectionFaults = {
    closeAtOnce: false,
    silentToNew: false,
    blackhole: false,
    deaf: false,
    swapSessions: false,
    throttled: false,
  }
  /** The handlers of the read operations that the release has, by opcode. */
  readonly reads: readonly (ReadHandler | undefined)[]
  readonly headerOnly: readonly (HeaderOnlyHandler | undefined)[]
  database: Database
  #mode: ServerMode = 'down'
  #modeSince = 0
  /** The sequencer that orders writes; null while there is none, as without a quorum. */
  sequencer: Sequencer | null = null
  /** The ensemble that it belongs to; null for a server that stands alone. */
  ensemble: EnsembleView | null = null
  /** The trace mask, which has no effect. `stmk` sets it. The start value is that of Apache's server. */
  traceMask = 306n
  /** The port that clients connect to; 0 before the listener is open. */
  clientPort = 0
  /** The server's role, as `srvr` prints it. */
  role: 'standalone' | 'leader' | 'follower' | 'observer' | 'read-only' = 'standalone'
  readonly connections: Set<ClientConnection> = new Set()
  /** The connections that end when their last bytes are sent, which a fault of sending may hold. */
  readonly closing: Set<ClientConnection> = new Set()
  /** The sessions of a read-only server. No other server knows them, and they never expire. */
  readonly localSessions: SessionTracker
  readonly #bySession = new Map<bigint, ClientConnection>()
  #connectionCount = 0
  #nextSessionId: bigint

  constructor(settings: CoreSettings, clock: ServerClock, flushQueue: FlushQueue) {
    this.settings = settings
    this.clock = clock
    this.flushQueue = flushQueue
    this.recorder = new RequestRecorder(settings.recordRequests)
    this.database = new Database(settings.release)
    this.localSessions = new SessionTracker(settings.tickTime)
    const { release } = settings
    this.reads = readHandlers.map((handler, opcode) => (release.knows(opcode) ? handler : undefined))
    this.headerOnly = headerOnlyHandlers.map((handler, opcode) =>
      release.knows(opcode) ? handler : undefined,
    )
    this.#nextSessionId = firstSessionId(settings.serverId, clock.wall())
  }

  get mode(): ServerMode {
    return this.#mode
  }

  set mode(mode: ServerMode) {
    if (mode !== this.#mode) this.#modeSince = this.clock.now()
    this.#mode = mode
  }

  /** The milliseconds for which it has served clients, as `mntr` tells it. */
  get uptime(): number {
    return Math.floor(this.clock.now() - this.#modeSince)
  }

  /** True while a fault may apply to the next request. */
  get requestFaultsPossible(): boolean {
    return this.faults.armed || this.connectionFaults.throttled
  }

  /** Puts off the expiry of a session whose client has sent something at this time of the clock. */
  touch(session: Session, time: number): void {
    this.sequencer?.tracker.touch(session, time)
  }

  /** Returns the id of a new session. */
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

  /** Returns the connection to this server that uses a session. */
  connectionOf(sessionId: bigint): ClientConnection | undefined {
    return this.#bySession.get(sessionId)
  }

  /** Binds a session to the connection that uses it. */
  bindSession(session: Session, connection: ClientConnection): void {
    this.#bySession.set(session.id, connection)
  }

  /** Writes a line to the log, if there is one. @param connection the number of the connection; 0 for none. */
  log(connection: number, text: string): void {
    const { log } = this.settings
    if (log === null) return
    const time = new Date(this.clock.wall()).toISOString().slice(11, 23)
    log(`${time} ${connection === 0 ? '' : `#${connection} `}${text}`)
  }

  /** Removes a closed connection. */
  removeConnection(connection: ClientConnection): void {
    this.log(connection.number, 'closed')
    this.connections.delete(connection)
    const { session } = connection
    if (session !== null && this.#bySession.get(session.id) === connection) this.#bySession.delete(session.id)
    this.database.watches.removeWatcher(connection.requests)
  }

  /** Applies a transaction, then calls its requester if that is a connection of this server. */
  receive(transaction: Transaction): void {
    const applied = this.database.apply(transaction)
    const { requester, effect, sessionId } = transaction
    if (effect.type === 'closeSession' && this.settings.log !== null) {
      this.log(0, `${sessionText(sessionId)} has ended; ${effect.paths.length} ephemerals deleted`)
    }
    if (requester?.core === this) requester.onApplied(transaction, applied)
    else if (effect.type === 'closeSession') this.#bySession.get(sessionId)?.close()
  }

  /** Answers each `sync` that has waited for the transactions just applied. */
  onProgress(): void {
    for (const connection of this.connections) connection.requests.onProgress()
  }

  /** Closes every connection at once; with `reset`, by a TCP reset. */
  dropAll(reset = false): void {
    for (const connection of [...this.connections, ...this.closing]) connection.drop(reset)
  }

  /** Sends the held bytes of every connection, as far as the settings allow. */
  pumpAll(): void {
    for (const connection of [...this.connections, ...this.closing]) connection.outbox.pump()
  }
}
