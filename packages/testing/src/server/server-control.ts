import type { KnownErrorCode } from '@zookit/jute'
import { checkCalls } from '../arguments.ts'
import { CONTROL_CALLS } from '../call-checks.ts'
import type { ServerClock } from '../clock.ts'
import type { Session } from '../database/sessions.ts'
import { createOf, dumpTree, type SeedTree, seedNodes } from '../database/tree-snapshot.ts'
import { type Watcher, WatchMode } from '../database/watches.ts'
import { Err, numberOf } from '../error-codes.ts'
import type { RecordedRequest } from '../faults/recorder.ts'
import type { PlannedFault, RequestMatcher } from '../faults/request-faults.ts'
import { hex } from '../long.ts'
import type { FlushQueue } from '../transport/flush-queue.ts'
import type { ServerCore } from './server-core.ts'

/** A session of a server. */
export interface SessionInfo {
  readonly id: bigint
  /** The negotiated timeout, in milliseconds. */
  readonly timeout: number
  /** Milliseconds until it expires, if its client sends nothing. */
  readonly expiresIn: number
  /** True if a connection of this server uses it. */
  readonly connected: boolean
  /** The paths of its ephemerals, in order of creation. */
  readonly ephemerals: readonly string[]
}

/** The kind of a watch. `exists` leaves a `data` watch. */
export type WatchKind = 'data' | 'child' | 'persistent' | 'recursive'

/** A watch of a server. */
export interface WatchInfo {
  readonly sessionId: bigint
  readonly path: string
  readonly kind: WatchKind
}

/** A connection of a server. */
export interface ConnectionInfo {
  /** The number of the connection: 1 for the server's first. */
  readonly number: number
  /** The session; 0 before the handshake. */
  readonly sessionId: bigint
  readonly remoteAddress: string
  readonly remotePort: number
}

/**
 * The control of a server by tests: faults, inspection and time.
 *
 * Every fault holds until it is turned off, or until the request that it waits for has come. No fault changes the
 * tree. All calls take effect before they return.
 */
export abstract class ServerControl {
  readonly #core: ServerCore

  constructor(core: ServerCore) {
    this.#core = core
  }

  // Connections

  /**
   * Closes every connection at once. Bytes that have not been sent are lost. Sessions stay alive.
   *
   * @param options.reset true to close by a TCP reset instead of a FIN. Default false.
   */
  dropConnections(options: { reset?: boolean } = {}): void {
    this.#core.dropAll(options.reset)
  }

  /**
   * Closes the connection of one session at once. The session stays alive.
   *
   * @throws RangeError when the session has no connection to this server.
   */
  dropConnection(sessionId: bigint, options: { reset?: boolean } = {}): void {
    this.#connectionOf(sessionId).drop(options.reset === true)
  }

  /** Closes new connections, while on, before a byte is read, as a server without a quorum does. */
  closeNewConnections(on: boolean): void {
    this.#core.connectionFaults.closeAtOnce = on
  }

  /** Accepts new connections, while on, and never answers them. They stay silent after it is turned off. */
  acceptAndStaySilent(on: boolean): void {
    this.#core.connectionFaults.silentToNew = on
  }

  /**
   * Cuts every connection off in both directions, while on, without closing it: received bytes are dropped, so
   * sessions expire, and nothing is sent. After it is turned off, new connections work and old ones stay dead.
   */
  blackhole(on: boolean): void {
    this.#core.connectionFaults.blackhole = on
    if (!on) return
    for (const connection of this.#core.connections) connection.outbox.muted = true
  }

  /** Reads from no socket, while on, so that the clients' send buffers fill. */
  stopReading(on: boolean): void {
    this.#core.connectionFaults.deaf = on
    for (const { transport } of this.#core.connections) {
      if (on) transport.pause()
      else transport.resume()
    }
  }

  // Requests

  /** Applies the next matching request, never answers it, and closes its connection: its outcome is unknown. */
  loseNextReply(matcher: RequestMatcher): PlannedFault {
    return this.#core.faults.add(matcher, { type: 'lose-reply' }, 1)
  }

  /** Closes the connection of the next matching request before the request is applied. */
  dropNextRequest(matcher: RequestMatcher): PlannedFault {
    return this.#core.faults.add(matcher, { type: 'drop' }, 1)
  }

  /** Applies the next matching request, sends half of its reply's frame, and closes the connection. */
  closeMidFrame(matcher: RequestMatcher): PlannedFault {
    return this.#core.faults.add(matcher, { type: 'cut-reply' }, 1)
  }

  /** Applies the next matching request and sends these bytes, length field and all, in place of its reply. */
  garbleNextReply(matcher: RequestMatcher, bytes: Uint8Array): PlannedFault {
    return this.#core.faults.add(matcher, { type: 'garble-reply', bytes }, 1)
  }

  /** Applies the next matching request and holds its reply, and everything after it, until `releaseReplies`. */
  holdNextReply(matcher: RequestMatcher): PlannedFault {
    return this.#core.faults.add(matcher, { type: 'hold-reply' }, 1)
  }

  /**
   * Answers the next matching requests with an error, without executing them.
   *
   * @param error the error: its code, such as `BAD_VERSION`, or its number, such as -103.
   * @param times the number of requests that it answers. Default 1.
   */
  answerWith(matcher: RequestMatcher, error: KnownErrorCode | number, times = 1): PlannedFault {
    return this.#core.faults.add(matcher, { type: 'answer', err: numberOf(error) }, times)
  }

  /** Answers the next `times` SetWatches and SetWatches2 requests with an error. Default: MARSHALLING_ERROR, once. */
  rejectSetWatches(err: number = Err.MARSHALLING_ERROR, times = 1): PlannedFault {
    const isSetWatches = ({ operation }: RecordedRequest): boolean => operation.startsWith('setWatches')
    return this.answerWith(isSetWatches, err, times)
  }

  /** Answers every request except a ping with THROTTLED_OP (-127), while on, and does not execute it. */
  throttle(on: boolean): void {
    this.#core.connectionFaults.throttled = on
  }

  // Bytes

  /** Delays everything that is sent by this many milliseconds, in order. 0 turns it off. */
  delayReplies(milliseconds: number): void {
    this.#core.delivery.delay = milliseconds
    this.#core.pumpAll()
  }

  /** Holds everything that would be sent, pings and events too, until `releaseReplies`. */
  holdReplies(): void {
    this.#core.delivery.held = true
  }

  /** Sends the held bytes, in order, and ends the hold. */
  releaseReplies(): void {
    this.#core.delivery.held = false
    this.#core.pumpAll()
  }

  /** Sends bytes in pieces of this size, one for each turn of the event loop. 0 turns it off. */
  splitBytes(size: number): void {
    this.#core.delivery.pieceSize = size
    this.#core.delivery.pieceGap = 0
    this.#core.pumpAll()
  }

  /** Sends bytes one by one, with this many milliseconds between them. 0 turns it off. */
  drip(milliseconds: number): void {
    this.#core.delivery.pieceSize = milliseconds === 0 ? 0 : 1
    this.#core.delivery.pieceGap = milliseconds
    this.#core.pumpAll()
  }

  /** Gathers what is sent within this many milliseconds into one write. 0 turns it off. */
  coalesce(milliseconds: number): void {
    this.#core.delivery.gather = milliseconds
    this.#core.pumpAll()
  }

  /**
   * Sends these bytes to the client of a session, between two frames.
   *
   * @throws RangeError when the session has no connection to this server.
   */
  sendRaw(sessionId: bigint, bytes: Uint8Array): void {
    this.#connectionOf(sessionId).outbox.append(bytes)
    this.#flushQueue.flush()
  }

  // Sessions

  /**
   * Expires a session at once: its ephemerals are deleted, its connection closes, and its client learns of it in the
   * next handshake.
   *
   * @throws RangeError when the session does not exist.
   */
  expireSession(sessionId: bigint): void {
    const session = this.#core.sequencer?.tracker.get(sessionId)
    if (session === undefined)
      throw new RangeError(`session ${hex(sessionId)} does not exist; sessions() lists those that do`)
    this.#core.sequencer?.closeSession(session, null, 0)
    this.#flushQueue.flush()
  }

  /** Gives a client that resumes its session a new one, while on, as ClickHouse Keeper can do. */
  swapSessionIds(on: boolean): void {
    this.#core.connectionFaults.swapSessions = on
  }

  /** Turns off every fault. Connections that are dead stay dead. */
  clearFaults(): void {
    this.#core.faults.clear()
    Object.assign(this.#core.delivery, { held: false, delay: 0, gather: 0, pieceSize: 0, pieceGap: 0 })
    this.stopReading(false)
    Object.assign(this.#core.connectionFaults, {
      closeAtOnce: false,
      silentToNew: false,
      blackhole: false,
      swapSessions: false,
      throttled: false,
    })
    this.#core.pumpAll()
  }

  // Time

  /** Freezes the server's clock: no session expires and nothing delayed is sent, until `advance` or `resumeTime`. */
  freezeTime(): void {
    this.#clock.freeze()
  }

  /** Resumes the server's clock from the moment at which it was frozen. */
  resumeTime(): void {
    this.#clock.resume()
  }

  /** Moves the server's clock forward. Everything that becomes due on the way happens before this returns, in order. */
  advance(milliseconds: number): void {
    this.#clock.advance(milliseconds)
    this.#flushQueue.flush()
  }

  // Inspection

  /** Returns the last requests, decoded, oldest first: as many as fit into 1 MiB of memory. */
  requests(): RecordedRequest[] {
    return this.#core.recorder.all()
  }

  /** Drops the recorded requests. */
  clearRequests(): void {
    this.#core.recorder.clear()
  }

  /** Returns the sessions that are alive. */
  sessions(): SessionInfo[] {
    const describe = (session: Session): SessionInfo => ({
      id: session.id,
      timeout: session.timeout,
      expiresIn: session.expiresAt - this.#clock.now(),
      connected: this.#core.connectionOf(session.id) !== undefined,
      ephemerals: this.#core.database.tree.ephemeralsOf(session.id),
    })
    return [...(this.#core.sequencer?.tracker.all() ?? [])].map(describe)
  }

  /** Returns the open connections. */
  connections(): ConnectionInfo[] {
    return [...this.#core.connections].map(({ number, requests, transport }) => ({
      number,
      sessionId: requests.sessionId,
      remoteAddress: transport.remoteAddress,
      remotePort: transport.remotePort,
    }))
  }

  /** Returns the watches that this server holds. */
  watches(): WatchInfo[] {
    const ids = new Map<Watcher, bigint>(
      [...this.#core.connections].map(({ requests }) => [requests, requests.sessionId]),
    )
    const { data, children } = this.#core.database.watches
    const all: WatchInfo[] = []
    for (const [table, standard] of [
      [data, 'data'],
      [children, 'child'],
    ] as const) {
      for (const [path, watchers] of table.byPath) {
        for (const [watcher, modes] of watchers) {
          const sessionId = ids.get(watcher) ?? 0n
          if (modes & WatchMode.standard) all.push({ sessionId, path, kind: standard })
          if (table === children) continue
          if (modes & WatchMode.persistent) all.push({ sessionId, path, kind: 'persistent' })
          if (modes & WatchMode.recursive) all.push({ sessionId, path, kind: 'recursive' })
        }
      }
    }
    return all
  }

  /** The zxid of the last transaction that this server has applied. */
  get lastZxid(): bigint {
    return BigInt(this.#core.database.lastZxid)
  }

  /**
   * Creates znodes from a plain object, with the transactions and events of ordinary writes. A znode that exists gets
   * the data.
   *
   * @throws RangeError for a name that is not valid in a path.
   * @throws Error when the server takes no writes.
   */
  seed(tree: SeedTree): void {
    const { sequencer, database } = this.#core
    if (sequencer === null)
      throw new Error(
        'cannot seed a server that takes no writes: it is stopped, read-only or without a quorum',
      )
    for (const node of seedNodes(tree)) {
      const existing = database.tree.find(node.path)
      if (existing === undefined) sequencer.order(createOf(database.tree, node))
      else sequencer.order({ type: 'setData', ...node, version: existing.version + 1 })
    }
    this.#flushQueue.flush()
  }

  /**
   * Sets the number of the next sequential child of a znode: an int32, which becomes negative after 2^31 - 1.
   *
   * @throws RangeError when the znode does not exist.
   */
  setSequence(path: string, next: number): void {
    const node = this.#core.database.tree.find(path)
    if (node === undefined) throw new RangeError(`znode ${path} does not exist`)
    node.creates = next | 0
  }

  /** Returns the data of the znodes as text, by path, without `/` and `/zookeeper`. */
  dump(): Record<string, string | null> {
    return dumpTree(this.#core.database.tree)
  }

  get #clock(): ServerClock {
    return this.#core.clock
  }

  get #flushQueue(): FlushQueue {
    return this.#core.flushQueue
  }

  #connectionOf(sessionId: bigint): NonNullable<ReturnType<ServerCore['connectionOf']>> {
    const connection = this.#core.connectionOf(sessionId)
    if (connection === undefined)
      throw new RangeError(`session ${hex(sessionId)} has no connection to this server`)
    return connection
  }
}

checkCalls<ServerControl>(ServerControl, CONTROL_CALLS)
