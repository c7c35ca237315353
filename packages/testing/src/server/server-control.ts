import type { ServerClock } from '../clock.ts'
import type { Session } from '../database/sessions.ts'
import { createOf, dumpTree, type SeedTree, seedNodes } from '../database/tree-snapshot.ts'
import { type Watcher, WatchMode } from '../database/watches.ts'
import { Err } from '../error-codes.ts'
import type { RecordedRequest } from '../faults/recorder.ts'
import type { Arranged, RequestMatcher } from '../faults/request-faults.ts'
import type { Outgoing } from '../transport/outgoing.ts'
import type { ServerCore } from './server-core.ts'

/** A session, as a server sees it. */
export interface SessionInfo {
  readonly id: bigint
  /** Milliseconds, as negotiated. */
  readonly timeout: number
  /** Milliseconds until it expires if nothing is heard of it. */
  readonly expiresIn: number
  /** Whether a connection of this server uses it. */
  readonly connected: boolean
  /** Paths, in order of creation. */
  readonly ephemerals: readonly string[]
}

/** Which events a watch tells of. An `exists` leaves a `data` watch. */
export type WatchKind = 'data' | 'child' | 'persistent' | 'recursive'

/** A watch at a server. */
export interface WatchInfo {
  readonly sessionId: bigint
  readonly path: string
  readonly kind: WatchKind
}

/** A connection of a server. */
export interface ConnectionInfo {
  /** 1 for the server's first. */
  readonly number: number
  /** 0 before the handshake. */
  readonly sessionId: bigint
  readonly remoteAddress: string
  readonly remotePort: number
}

/**
 * What tests do to a server beside connecting to it: make it misbehave, look into it, move its time.
 *
 * Every fault holds until it is taken back, or until the request that it waits for has come; none changes what
 * is in the tree. All of them act before they return.
 */
export abstract class ServerControl {
  readonly #core: ServerCore

  constructor(core: ServerCore) {
    this.#core = core
  }

  // Connections

  /**
   * Closes every connection at once; bytes not yet sent are lost. Sessions live on.
   *
   * @param options.reset close by a TCP reset instead of a FIN.
   */
  dropConnections(options: { reset?: boolean } = {}): void {
    this.#core.dropAll(options.reset)
  }

  /**
   * Closes the connection of one session at once. The session lives on.
   *
   * @throws RangeError when the session has no connection here.
   */
  dropConnection(sessionId: bigint, options: { reset?: boolean } = {}): void {
    this.#connectionOf(sessionId).drop(options.reset === true)
  }

  /** While on, a new connection is accepted and closed before a byte is read: a server that has no quorum. */
  closeNewConnections(on: boolean): void {
    this.#core.misbehaviour.closeAtOnce = on
  }

  /** While on, new connections are accepted and never answered. Those accepted then stay silent for good. */
  acceptAndStaySilent(on: boolean): void {
    this.#core.misbehaviour.silentToNew = on
  }

  /**
   * While on, every connection is dead in both directions without being closed: what comes is thrown away, so
   * sessions expire, and nothing goes out. Off again, new connections work; those that were there stay dead.
   */
  blackhole(on: boolean): void {
    this.#core.misbehaviour.blackhole = on
    if (!on) return
    for (const connection of this.#core.connections) connection.outbox.muted = true
  }

  /** While on, nothing is read from any socket, so that clients feel their send buffers fill. */
  stopReading(on: boolean): void {
    this.#core.misbehaviour.deaf = on
    for (const { transport } of this.#core.connections) {
      if (on) transport.pause()
      else transport.resume()
    }
  }

  // Requests

  /** Applies the next matching request, never answers it, and closes its connection: an outcome unknown. */
  loseNextReply(matcher: RequestMatcher): Arranged {
    return this.#core.faults.add(matcher, { type: 'lose-reply' }, 1)
  }

  /** Closes the connection of the next matching request before the request is applied. */
  dropNextRequest(matcher: RequestMatcher): Arranged {
    return this.#core.faults.add(matcher, { type: 'drop' }, 1)
  }

  /** Applies the next matching request, sends half of its reply's frame, and closes the connection. */
  closeMidFrame(matcher: RequestMatcher): Arranged {
    return this.#core.faults.add(matcher, { type: 'cut-reply' }, 1)
  }

  /** Applies the next matching request and sends these bytes, length field and all, in place of its reply. */
  garbleNextReply(matcher: RequestMatcher, bytes: Uint8Array): Arranged {
    return this.#core.faults.add(matcher, { type: 'garble-reply', bytes }, 1)
  }

  /** Applies the next matching request and holds its reply, with all that comes after, until `releaseReplies`. */
  holdNextReply(matcher: RequestMatcher): Arranged {
    return this.#core.faults.add(matcher, { type: 'hold-reply' }, 1)
  }

  /**
   * Answers the next matching requests with an error, without executing them.
   *
   * @param err the error number, such as -118.
   * @param times how many requests it meets. Default 1.
   */
  answerWith(matcher: RequestMatcher, err: number, times = 1): Arranged {
    return this.#core.faults.add(matcher, { type: 'answer', err }, times)
  }

  /** Answers the next `times` attempts to re-arm watches with an error. Default: MARSHALLING_ERROR, once. */
  rejectSetWatches(err: number = Err.MARSHALLING_ERROR, times = 1): Arranged {
    const isSetWatches = ({ operation }: RecordedRequest): boolean => operation.startsWith('setWatches')
    return this.answerWith(isSetWatches, err, times)
  }

  /** While on, every request but a ping is answered with THROTTLED_OP (-127) and not executed. */
  throttle(on: boolean): void {
    this.#core.misbehaviour.throttled = on
  }

  // Bytes

  /** While `milliseconds` is not 0, everything sent is that late, in order. */
  delayReplies(milliseconds: number): void {
    this.#core.delivery.delay = milliseconds
    this.#core.pumpAll()
  }

  /** Keeps back everything that would be sent, pings and events too, until `releaseReplies`. */
  holdReplies(): void {
    this.#core.delivery.held = true
  }

  /** Sends what has been held, in order, and holds no more. */
  releaseReplies(): void {
    this.#core.delivery.held = false
    this.#core.pumpAll()
  }

  /** While `size` is not 0, bytes are sent in pieces of this size, one for each turn of the event loop. */
  splitBytes(size: number): void {
    this.#core.delivery.pieceSize = size
    this.#core.delivery.pieceGap = 0
    this.#core.pumpAll()
  }

  /** While `milliseconds` is not 0, bytes are sent one by one, this far apart. */
  drip(milliseconds: number): void {
    this.#core.delivery.pieceSize = milliseconds === 0 ? 0 : 1
    this.#core.delivery.pieceGap = milliseconds
    this.#core.pumpAll()
  }

  /** While `milliseconds` is not 0, what becomes due within this time is sent in one write. */
  coalesce(milliseconds: number): void {
    this.#core.delivery.gather = milliseconds
    this.#core.pumpAll()
  }

  /**
   * Sends bytes as they are to the client of a session, between two frames.
   *
   * @throws RangeError when the session has no connection here.
   */
  sendRaw(sessionId: bigint, bytes: Uint8Array): void {
    this.#connectionOf(sessionId).outbox.append(bytes)
    this.#outgoing.flush()
  }

  // Sessions

  /**
   * Ends a session as if its time were over: its ephemerals go, its connection closes, and its client is told
   * at the next handshake.
   *
   * @throws RangeError when there is no such session.
   */
  expireSession(sessionId: bigint): void {
    const session = this.#core.authority?.tracker.get(sessionId)
    if (session === undefined) throw new RangeError(`no session ${sessionId}`)
    this.#core.authority?.closeSession(session, null, 0)
    this.#outgoing.flush()
  }

  /** While on, a client that resumes its session is given a new one instead, as ClickHouse Keeper may do. */
  swapSessionIds(on: boolean): void {
    this.#core.misbehaviour.swapSessions = on
  }

  /** Takes back every fault that is in force: as if the server had just been started. Dead connections stay so. */
  clearFaults(): void {
    this.#core.faults.clear()
    Object.assign(this.#core.delivery, { held: false, delay: 0, gather: 0, pieceSize: 0, pieceGap: 0 })
    this.stopReading(false)
    Object.assign(this.#core.misbehaviour, {
      closeAtOnce: false,
      silentToNew: false,
      blackhole: false,
      swapSessions: false,
      throttled: false,
    })
    this.#core.pumpAll()
  }

  // Time

  /** Stops the server's clock: no session expires and nothing delayed is sent, until `advance` or `resumeTime`. */
  freezeTime(): void {
    this.#clock.freeze()
  }

  /** Lets the clock go on from where it was frozen. */
  resumeTime(): void {
    this.#clock.resume()
  }

  /** Moves the server's clock forward; all that becomes due on the way happens before this returns, in order. */
  advance(milliseconds: number): void {
    this.#clock.advance(milliseconds)
    this.#outgoing.flush()
  }

  // Looking into it

  /** The requests that came, decoded, oldest first: as many as fit into a megabyte of memory. */
  requests(): RecordedRequest[] {
    return this.#core.recorder.all()
  }

  /** Forgets the requests so far. */
  clearRequests(): void {
    this.#core.recorder.clear()
  }

  /** The sessions that there are. */
  sessions(): SessionInfo[] {
    const describe = (session: Session): SessionInfo => ({
      id: session.id,
      timeout: session.timeout,
      expiresIn: session.expiresAt - this.#clock.now(),
      connected: this.#core.connectionOf(session.id) !== undefined,
      ephemerals: this.#core.database.tree.ephemeralsOf(session.id),
    })
    return [...(this.#core.authority?.tracker.all() ?? [])].map(describe)
  }

  /** The connections that are open. */
  connections(): ConnectionInfo[] {
    return [...this.#core.connections].map(({ number, requests, transport }) => ({
      number,
      sessionId: requests.sessionId,
      remoteAddress: transport.remoteAddress,
      remotePort: transport.remotePort,
    }))
  }

  /** The watches that clients of this server have. */
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
   * Makes znodes from a plain object, with the transactions and events of ordinary writes. Those that are there
   * already get the data.
   *
   * @throws RangeError for a name that makes no path.
   */
  seed(tree: SeedTree): void {
    const { authority, database } = this.#core
    if (authority === null) throw new Error('a server that takes no writes cannot be seeded')
    for (const node of seedNodes(tree)) {
      const existing = database.tree.find(node.path)
      if (existing === undefined) authority.order(createOf(database.tree, node))
      else authority.order({ type: 'setData', ...node, version: existing.version + 1 })
    }
    this.#outgoing.flush()
  }

  /**
   * Sets the number that the next sequential child of a znode gets: an int32, which turns negative after 2^31 - 1.
   *
   * @throws RangeError when there is no such znode.
   */
  setSequence(path: string, next: number): void {
    const node = this.#core.database.tree.find(path)
    if (node === undefined) throw new RangeError(`no znode ${path}`)
    node.creates = next | 0
  }

  /** The znodes by path with their data as text, without `/` and `/zookeeper`. */
  dump(): Record<string, string | null> {
    return dumpTree(this.#core.database.tree)
  }

  get #clock(): ServerClock {
    return this.#core.clock
  }

  get #outgoing(): Outgoing {
    return this.#core.outgoing
  }

  #connectionOf(sessionId: bigint): NonNullable<ReturnType<ServerCore['connectionOf']>> {
    const connection = this.#core.connectionOf(sessionId)
    if (connection === undefined) throw new RangeError(`no connection of session ${sessionId}`)
    return connection
  }
}
