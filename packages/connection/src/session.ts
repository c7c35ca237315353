import type { ConnectionOptions } from 'node:tls'
import { type AddWatchRequest, type Operation, op, type Reader, readWatcherEvent, Xid } from '@zookit/jute'
import type { ServerAddress } from './connect-string.ts'
import { Credentials, encodeControl, type Secret } from './credentials.ts'
import { attemptChannel, requestChannel, stateChannel, unknownEventChannel } from './diagnostics.ts'
import { Directory } from './directory.ts'
import { Emitter } from './emitter.ts'
import type { Environment, Timer } from './environment.ts'
import { ZooKeeperError } from './errors.ts'
import { Exchange } from './exchange.ts'
import type { RequestLimits } from './guard.ts'
import type { HandshakeRequest, Verdict } from './handshake.ts'
import { Heartbeat } from './heartbeat.ts'
import type { AnyOperation } from './in-flight.ts'
import type { Link, LinkOwner } from './link.ts'
import { type ResolvedOptions, resolveOptions, type SessionIdentity, type SessionOptions } from './options.ts'
import { ReadWriteSearch } from './read-write-search.ts'
import { Restoration } from './restoration.ts'
import { isLoopback, Search } from './search.ts'
import { isLive, nextState, type SessionState, type SessionTrigger } from './session-state.ts'
import { Backoff, type Timeouts, timeoutsFor } from './timeouts.ts'
import { type WatchEvent, type Watcher, WatchRegistry } from './watch-registry.ts'

const PING = encodeControl(Xid.ping, op.ping, null)
const NO_SESSION: SessionIdentity = { id: 0n, password: Buffer.alloc(16) }

// Error numbers that end more than the request they answer.
const SESSION_EXPIRED = -112
const AUTH_REQUIRED = -124

/** What a session tells its listeners. */
export interface SessionEvents {
  /** The state has changed. */
  state: (state: SessionState, previous: SessionState) => void
  /** An attempt to connect has failed; the session goes on trying. */
  attemptFailed: (error: ZooKeeperError, server: ServerAddress | null) => void
  /** A listener or watcher threw. Without a listener here, that is an uncaught exception. */
  listenerError: (error: unknown) => void
}

/** What comes with a request. */
export interface RequestOptions extends RequestLimits {
  /** Told of the watch that the request arms; required for addWatch, and implies `watch` for the reads. */
  watcher?: Watcher | undefined
}

/**
 * A ZooKeeper session: one identity over any number of connections.
 *
 * Requests go out in the order of the calls, and are answered in that order; watch events come in between where
 * the server put them. Nothing is ever sent twice. What was on its way when a connection broke is rejected with
 * CONNECTION_LOSS, `outcome: 'unknown'`; what waits goes to the next connection.
 */
export class Session extends Emitter<SessionEvents> {
  readonly #options: ResolvedOptions
  readonly #environment: Environment
  readonly #exchange: Exchange
  readonly #directory: Directory
  readonly #backoff: Backoff
  readonly #credentials = new Credentials()
  /** The watches that the server holds for this session. */
  readonly watches: WatchRegistry

  /** Whom links hand their frames to. */
  readonly #owner: LinkOwner = {
    onFrame: reader => this.#onFrame(reader),
    onTurn: () => this.#exchange.onTurn(),
    onLost: error => this.#onLost(error),
  }

  #state: SessionState = 'connecting'
  #identity: SessionIdentity
  /** What was negotiated, in milliseconds; what is asked for until then. */
  #timeout: number
  /** When the last whole frame came on any connection: what expiry is counted from. */
  #heardAt: number
  #link: Link | null = null
  #search: Search | null = null
  #restoration: Restoration | null = null
  #heartbeat: Heartbeat | null = null
  #readWriteSearch: ReadWriteSearch | null = null
  #expiry: Timer | null = null
  #closing: Promise<void> | null = null
  #pingSentAt = 0
  /** Since when every server has closed the handshake of a new session; 0 when one has not. */
  #refusedSince = 0

  /** Begins to connect at once. @see SessionOptions */
  constructor(options: SessionOptions) {
    super()
    this.#options = resolveOptions(options)
    const { environment, servers, srv, shuffle, backoff, sessionTimeout, session } = this.#options
    this.#environment = environment
    this.#exchange = new Exchange(environment, this.#options)
    this.#directory = new Directory(environment, servers, srv, shuffle)
    this.#backoff = new Backoff(backoff)
    this.watches = new WatchRegistry((watcher, event) => this.#notify(watcher, event))
    this.#identity = session ?? NO_SESSION
    this.#timeout = sessionTimeout
    this.#heardAt = environment.now()
    this.#awaitExpiry()
    this.#startSearch(false)
  }

  get state(): SessionState {
    return this.#state
  }

  /** The session's id; 0n until a server has made one. */
  get id(): bigint {
    return this.#identity.id
  }

  /** What another process needs to take the session over. Keep it secret. */
  get identity(): SessionIdentity {
    return { id: this.#identity.id, password: Buffer.from(this.#identity.password) }
  }

  /** The negotiated session timeout in milliseconds; the requested one until there is one. */
  get timeout(): number {
    return this.#timeout
  }

  /** The server that is connected, or null. */
  get server(): ServerAddress | null {
    return this.#link?.server ?? null
  }

  /** The newest transaction that a reply has shown. */
  get lastZxid(): bigint {
    return this.#exchange.lastZxid
  }

  /** Requests that are not answered yet. */
  get outstanding(): number {
    return this.#exchange.outstanding
  }

  /**
   * Until when, on the environment's clock, the server cannot have expired the session: the time at which the
   * newest answered request was sent, plus the timeout. A process that was stopped may only find out afterwards.
   */
  get certainUntil(): number {
    return this.#exchange.answeredAt + this.#timeout
  }

  /** Whether the session certainly lives, now: connected, and within `certainUntil`. */
  get certain(): boolean {
    return isLive(this.#state) && this.#environment.now() < this.certainUntil
  }

  /** Resolves when the session is connected; rejects when it has ended. */
  ready(): Promise<void> {
    if (isLive(this.#state)) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const end = this.#ended()
        if (!isLive(this.#state) && end === null) return
        this.off('state', check)
        if (end === null) resolve()
        else reject(new ZooKeeperError(end, { outcome: 'not-sent' }))
      }
      this.on('state', check)
      check()
    })
  }

  /**
   * Sends an operation.
   *
   * @param operation a row of `op`, such as `op.getData`.
   * @param body its request record, with the server's paths; its bytes are copied before this returns, unless the
   *   queue is full.
   * @returns the reply's record; null where `noneOn` makes an answer of an error, as NoNode is for exists.
   * @throws ZooKeeperError (as a rejection): what the server said, CONNECTION_LOSS, SESSION_EXPIRED, CLOSED,
   *   AUTH_FAILED, ABORTED, REQUEST_TIMEOUT, QUEUE_FULL, NOT_CONNECTED, BAD_ARGUMENTS; see `outcome`.
   */
  request<Request, Result, Response>(
    operation: Operation<Request, Result, Response>,
    body: Request,
    options?: RequestOptions,
  ): Promise<Result> {
    const path = (body as { path?: string } | null)?.path
    const { watcher } = options ?? {}
    const plain = operation as unknown as AnyOperation
    if (!watcher || path === undefined) return this.submit(plain, body, path, options) as Promise<Result>
    const sent =
      operation.watch === 'mode'
        ? this.addWatch(path, (body as unknown as AddWatchRequest).mode, watcher, path, options)
        : this.watchingRead(plain, path, watcher, path, options)
    return sent as Promise<Result>
  }

  /** Sends an operation without a watch. `path` is what errors name: the path as the user knows it. */
  submit(
    operation: AnyOperation,
    body: unknown,
    path: string | undefined,
    limits?: RequestLimits,
    aftermath?: (err: number) => void,
  ): Promise<unknown> {
    const refusal = this.#refusal()
    if (refusal !== null) {
      return Promise.reject(
        new ZooKeeperError(refusal, { operation: operation.name, path, outcome: 'not-sent' }),
      )
    }
    if (!requestChannel.hasSubscribers) return this.#exchange.submit(operation, body, path, limits, aftermath)
    const trace = { operation: operation.name, path, sessionId: this.id, server: this.server }
    const send = (): Promise<unknown> => this.#exchange.submit(operation, body, path, limits, aftermath)
    return requestChannel.tracePromise(send, trace)
  }

  /** Sends exists, getData or getChildren with a watch. */
  watchingRead(
    operation: AnyOperation,
    serverPath: string,
    watcher: Watcher,
    path: string,
    limits?: RequestLimits,
  ): Promise<unknown> {
    const kind = operation.watch!
    const watch = !this.watches.covers(kind, serverPath)
    return this.submit(operation, { path: serverPath, watch }, path, limits, err => {
      this.watches.arm(operation, err, serverPath, watcher)
      if (err === 0 && watch && this.watches.covers(kind, serverPath)) this.#reassert(serverPath)
    })
  }

  /** Adds a lasting watch. It tells of `resync` after every lost connection. */
  addWatch(
    serverPath: string,
    mode: number,
    watcher: Watcher,
    path: string,
    limits?: RequestLimits,
  ): Promise<unknown> {
    const body: AddWatchRequest = { path: serverPath, mode }
    return this.submit(op.addWatch as unknown as AnyOperation, body, path, limits, err => {
      if (err === 0) this.watches.add(mode === 0 ? 'persistent' : 'recursive', serverPath, watcher)
    })
  }

  /**
   * Presents an identity to the server, now and on every later connection, in the order of the calls. It overtakes
   * requests that wait for their turn.
   *
   * @param scheme such as `digest`.
   * @param secret such as the bytes of `user:password`; a function is asked again at each connection.
   * @throws ZooKeeperError INSECURE_AUTH when a digest password would cross a network in clear text; AUTH_FAILED
   *   when the server refuses it, which ends the session.
   */
  addAuth(scheme: string, secret: Secret): Promise<void> {
    const end = this.#ended()
    if (end !== null)
      return Promise.reject(new ZooKeeperError(end, { operation: 'auth', outcome: 'not-sent' }))
    if (scheme === 'digest' && !this.#isPrivate()) {
      const message =
        'a digest password would cross the network in clear text: use tls, or say allowInsecureAuth: true'
      return Promise.reject(new ZooKeeperError('INSECURE_AUTH', { message, operation: 'auth' }))
    }
    return this.#credentials.add(scheme, secret)
  }

  /**
   * Replaces the list of servers. So that the load stays even, some clients move to another server
   * (ZOOKEEPER-1355): this one first waits for the answers it is owed.
   */
  updateServers(servers: readonly ServerAddress[]): void {
    const moves = this.#directory.update(servers, this.server)
    const link = this.#link
    if (!moves || !link || this.#closing) return
    this.#exchange.hold(() =>
      link.fail(new ZooKeeperError('CONNECTION_LOSS', { message: 'moving to another server' })),
    )
  }

  /**
   * Ends the session: no further requests are taken, those that were made are answered first, and then the server
   * removes the session's ephemerals at once. Bounded by `closeTimeout`; never rejects. Without a connection there
   * is nobody to tell, and the server's session lives on until its timeout.
   *
   * @param options.keepSession leaves the session open at the server, for another process to take over.
   */
  close(options: { keepSession?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#shutDown(options.keepSession ?? false)
    return this.#closing
  }

  // ---- a link's frames -------------------------------------------------------------------------------------

  #onFrame(reader: Reader): boolean {
    const at = reader.take(16)
    const xid = reader.view.getInt32(at)
    if (xid > 0) this.#onReplyError(this.#exchange.onReply(reader, at))
    else if (xid === Xid.notification) return this.#onEvent(reader, at)
    else this.#onControl(xid, reader.view.getInt32(at + 12))
    return true
  }

  #onLost(error: Error | null): void {
    const link = this.#detach()
    if (link) this.#heardAt = link.heardAt
    this.#exchange.lost(error)
    this.#change('lost')
    if (this.#ended() !== null) return
    if (this.#options.whenDisconnected === 'reject') this.#exchange.failAll('NOT_CONNECTED')
    this.#awaitExpiry()
    this.#startSearch(true)
  }

  /** An event waits until the continuations of the replies before it have run. */
  #onEvent(reader: Reader, at: number): boolean {
    if (this.#exchange.settled) return false
    const { type, state, path } = readWatcherEvent(reader)
    const known = path !== null && this.watches.fire(type, path, reader.view.getBigInt64(at + 4))
    if (!known && unknownEventChannel.hasSubscribers) unknownEventChannel.publish({ type, state, path })
    return true
  }

  #onControl(xid: number, err: number): void {
    if (xid === Xid.ping) this.#onPong()
    else if (xid === Xid.auth) this.#onAuthAnswer(err)
    else if (xid === Xid.setWatches && this.#restoration) this.#restoration.onWatchesAnswered(err)
    else
      throw new ZooKeeperError('CONNECTION_LOSS', { message: `a reply to ${xid}, which was not asked for` })
  }

  #onPong(): void {
    if (this.#pingSentAt > this.#exchange.answeredAt) this.#exchange.answeredAt = this.#pingSentAt
  }

  #onAuthAnswer(err: number): void {
    this.#exchange.settled = true
    if (err !== 0) this.#failAuth(err)
    else if (this.#restoration) this.#restoration.onAuthAccepted()
    else this.#credentials.accepted()
  }

  #onReplyError(err: number): void {
    if (err === SESSION_EXPIRED) this.#expire('the server says so')
    else if (err === AUTH_REQUIRED) this.#failAuth(err)
  }

  // ---- connecting and reconnecting -------------------------------------------------------------------------

  #startSearch(patient: boolean): void {
    this.#search = new Search({
      environment: this.#environment,
      directory: this.#directory,
      backoff: this.#backoff,
      jitter: this.#options.backoff.initial,
      maxFrame: this.#options.maxResponseSize,
      prepare: () => this.#prepare(),
      timeouts: () => this.#timeouts(),
      handshake: () => this.#handshake(),
      onVerdict: (link, verdict) => this.#onVerdict(link, verdict),
      onFailure: (error, server) => this.#onFailure(error, server),
    })
    void this.#search.run(patient)
  }

  async #prepare(): Promise<ConnectionOptions | null> {
    await this.#credentials.refresh()
    const { tls } = this.#options
    return typeof tls === 'function' ? await tls() : tls
  }

  #timeouts(): Timeouts {
    return timeoutsFor(this.#timeout, this.#directory.size)
  }

  #handshake(): HandshakeRequest {
    const { id: sessionId, password } = this.#identity
    const { sessionTimeout, readOnly } = this.#options
    return { sessionId, password, sessionTimeout, readOnly, lastZxid: this.#exchange.lastZxid }
  }

  #onVerdict(link: Link, verdict: Verdict): void {
    this.#search = null
    this.#refusedSince = 0
    if (verdict.kind === 'expired') {
      link.destroy()
      this.#expire('a server does not know it any more')
      return
    }
    this.#link = link
    link.adopt(this.#owner)
    this.#expiry?.cancel()
    this.#timeout = verdict.timeout
    // A read-only server's session is local to it and cannot be resumed anywhere.
    if (!verdict.readOnly) this.#identity = { id: verdict.sessionId, password: verdict.password }
    this.#directory.connected(link.server)
    this.#exchange.answeredAt = link.sentAt
    this.#heartbeat = new Heartbeat(this.#environment, link, this.#timeouts(), {
      ping: () => this.#ping(link),
      dead: reason => link.fail(new ZooKeeperError('CONNECTION_LOSS', { message: reason })),
    })
    this.#restore(link, verdict.readOnly)
  }

  /** Credentials, then watches, then the word that the session is connected, then requests. */
  #restore(link: Link, readOnly: boolean): void {
    let finished = false
    const restoration = new Restoration(
      this.#credentials,
      this.watches,
      this.#exchange.lastZxid,
      frame => link.write(frame),
      () => {
        finished = true
        this.#restoration = null
        this.#onRestored(link, readOnly)
      },
    )
    if (!finished) this.#restoration = restoration
  }

  #onRestored(link: Link, readOnly: boolean): void {
    this.#backoff.reset()
    if (readOnly) this.#readWriteSearch = this.#searchReadWrite(link)
    this.#change(readOnly ? 'established-read-only' : 'established')
    if (this.#link === link) this.#exchange.open(link)
  }

  #searchReadWrite(link: Link): ReadWriteSearch {
    const context = {
      environment: this.#environment,
      servers: () => this.#directory.servers,
      prepare: () => this.#prepare(),
      found: (server: ServerAddress) => {
        this.#directory.prefer(server)
        link.fail(new ZooKeeperError('CONNECTION_LOSS', { message: 'moving to a server that takes writes' }))
      },
    }
    return new ReadWriteSearch(context, link.server)
  }

  #ping(link: Link): void {
    link.write(PING)
    this.#pingSentAt = link.sentAt
  }

  #onFailure(error: ZooKeeperError, server: ServerAddress | null): void {
    if (attemptChannel.hasSubscribers) attemptChannel.publish({ server, error })
    this.#countRefusal(error)
    this.emit('attemptFailed', error, server)
  }

  /**
   * A server that is behind the newest zxid seen closes the handshake. An ensemble whose data was wiped would
   * refuse us for ever, so when nothing but refusals came for long, and no session is at stake, it is forgotten.
   */
  #countRefusal(error: ZooKeeperError): void {
    if (error.code !== 'HANDSHAKE_REFUSED' || this.#identity.id !== 0n) {
      this.#refusedSince = 0
      return
    }
    const now = this.#environment.now()
    this.#refusedSince ||= now
    if (now - this.#refusedSince >= this.#options.zxidGrace) this.#exchange.forgetZxid()
  }

  #awaitExpiry(): void {
    this.#expiry?.cancel()
    if (this.#identity.id === 0n) return
    const { expiration } = this.#timeouts()
    const judge = (): void => {
      if (this.#link === null) this.#expire(`no server was heard for ${expiration} ms`)
    }
    const due = this.#heardAt + expiration - this.#environment.now()
    // An answer that waits in the kernel is read before the session is given up.
    this.#expiry = this.#environment.setTimer(() => this.#environment.defer(judge), due)
  }

  // ---- ends ------------------------------------------------------------------------------------------------

  #expire(reason: string): void {
    if (this.#ended() !== null) return
    this.#abandonConnection()
    this.#identity = NO_SESSION
    this.#timeout = this.#options.sessionTimeout
    const error = new ZooKeeperError('SESSION_EXPIRED', { message: `the session has expired: ${reason}` })
    this.#exchange.failAll('SESSION_EXPIRED', error.message)
    this.#change('expire')
    this.watches.loseAll(error)
    if (!this.#options.renew) this.#credentials.fail(error)
    else if (!this.#closing && this.#change('renew')) this.#startSearch(true)
  }

  #failAuth(err: number): void {
    const error = ZooKeeperError.fromNumber(err, { operation: 'auth' })
    this.#abandonConnection()
    this.#exchange.failAll('AUTH_FAILED', error.message)
    this.#credentials.fail(error)
    this.#change('refuse-auth')
    this.watches.loseAll(error)
  }

  async #shutDown(keepSession: boolean): Promise<void> {
    const live = isLive(this.#state) && this.#link !== null
    if (live) await this.#farewell(keepSession)
    this.#abandonConnection()
    const error = new ZooKeeperError('CLOSED', { message: 'the session was closed' })
    this.#exchange.failAll('CLOSED')
    this.#credentials.fail(error)
    this.#change('close')
    this.watches.loseAll(error)
  }

  /** Waits for the answers to what was asked, and to the goodbye, but not for ever. */
  #farewell(keepSession: boolean): Promise<void> {
    return new Promise(resolve => {
      const timer = this.#environment.setTimer(resolve, this.#options.closeTimeout)
      const done = (): void => {
        timer.cancel()
        resolve()
      }
      // Requests are answered in order: when the last one is, all are.
      const last = keepSession ? op.exists : op.closeSession
      const body = keepSession ? { path: '/', watch: false } : null
      this.#exchange
        .submit(last as unknown as AnyOperation, body, undefined, undefined, undefined)
        .then(done, done)
    })
  }

  /** Lets go of everything that a connection, or the search for one, holds. */
  #abandonConnection(): void {
    this.#detach()?.destroy()
    this.#search?.cancel()
    this.#search = null
    this.#expiry?.cancel()
  }

  #detach(): Link | null {
    const link = this.#link
    this.#link = null
    this.#heartbeat?.stop()
    this.#heartbeat = null
    this.#readWriteSearch?.stop()
    this.#readWriteSearch = null
    this.#restoration = null
    this.#credentials.withdraw()
    return link
  }

  // ---- small things ----------------------------------------------------------------------------------------

  /** The only place where the state changes. */
  #change(trigger: SessionTrigger): boolean {
    const previous = this.#state
    const state = nextState(previous, trigger)
    if (state === previous) return false
    this.#state = state
    if (stateChannel.hasSubscribers) {
      stateChannel.publish({ state, previous, sessionId: this.id, server: this.server })
    }
    this.emit('state', state, previous)
    return true
  }

  /** Why the session takes nothing any more, or null. */
  #ended(): string | null {
    if (this.#closing || this.#state === 'closed') return 'CLOSED'
    if (this.#state === 'auth-failed') return 'AUTH_FAILED'
    return this.#state === 'expired' && !this.#options.renew ? 'SESSION_EXPIRED' : null
  }

  /** Why a request cannot be taken now, or null. */
  #refusal(): string | null {
    if (this.#options.whenDisconnected === 'wait' || isLive(this.#state)) return this.#ended()
    return this.#ended() ?? 'NOT_CONNECTED'
  }

  #notify(watcher: Watcher, event: WatchEvent): void {
    try {
      watcher(event)
    } catch (error) {
      this.failed(error)
    }
  }

  /** A listener's failure goes to those who listen for it; else it is as uncaught as anywhere. */
  protected override failed(error: unknown): void {
    if (this.listenerCount('listenerError') > 0) this.emit('listenerError', error)
    else super.failed(error)
  }

  /** Whether nobody on the way can read what is sent. */
  #isPrivate(): boolean {
    const { tls, allowInsecureAuth, srv } = this.#options
    const isLocal = srv === null && this.#directory.servers.every(({ host }) => isLoopback(host))
    return tls !== null || allowInsecureAuth || isLocal
  }

  /**
   * A one-shot watch was armed at the server where a lasting one had been added meanwhile: before 3.9.0 it has
   * taken the lasting one's place (ZOOKEEPER-4466), which is put back, with the gap announced.
   */
  #reassert(path: string): void {
    for (const [name, mode] of [
      ['persistent', 0],
      ['recursive', 1],
    ] as const) {
      if (!this.watches.has([name], path)) continue
      const restore = (err: number): void => {
        if (err === 0) this.watches.resync(name, [path])
      }
      this.submit(op.addWatch as unknown as AnyOperation, { path, mode }, path, undefined, restore).catch(
        () => {},
      )
    }
  }
}
