import type { AddWatchRequest, AnyOperation, Operation } from '@zookit/jute'
import { checkCount } from './arguments/refusals.ts'
import { Credentials, type Secret } from './auth/credentials.ts'
import { Connector } from './connector.ts'
import { isTraced, RequestTrace, tellAttempt, tellState, traced } from './diagnostics.ts'
import { SessionEmitter } from './emitter.ts'
import type { Environment } from './environment.ts'
import { ZooKeeperError } from './errors.ts'
import type { ServerAddress } from './link/server-address.ts'
import { withCallSites } from './observe/call-sites.ts'
import { startDebugLog } from './observe/debug-log.ts'
import { describeSession } from './observe/describe-session.ts'
import { inspectAs } from './observe/inspect.ts'
import { HealthRecord, type SessionHealth } from './observe/session-health.ts'
import { WatchTraces } from './observe/watch-traces.ts'
import {
  checkCredential,
  checkServers,
  checkSessionOptions,
  closeFault,
  type ResolvedOptions,
  resolveOptions,
  type SessionIdentity,
  type SessionOptions,
} from './options.ts'
import { type Enqueue, enqueued, enqueuedFor } from './requests/enqueue.ts'
import { sendLast } from './requests/last-request.ts'
import { controlFor, type SendOptions } from './requests/request.ts'
import { faultOf } from './requests/request-checks.ts'
import { RequestQueue } from './requests/request-queue.ts'
import { type Resolve, refuse } from './requests/settling.ts'
import { isLive, nextState, type SessionState, type SessionTrigger, untilLive } from './session-state.ts'
import { RestingPaths } from './watches/resting-paths.ts'
import type { RequestOptions } from './watches/watch-options.ts'
import { Watches } from './watches/watches.ts'

/**
 * A ZooKeeper session: one identity over any number of connections.
 *
 * Requests are sent in the order of the calls, and answered in that order. Watch events come between the replies where the
 * server put them. No request is ever sent twice. A request that was sent when its connection was lost is rejected with
 * CONNECTION_LOSS, `outcome: 'unknown'`. A request that waits goes to the next connection.
 */
export class Session extends SessionEmitter {
  static {
    inspectAs(Session, describeSession)
  }

  readonly #options: ResolvedOptions
  readonly #queue: RequestQueue
  readonly #credentials = new Credentials()
  /** The error that ended the session as `auth-failed`; undefined while none has. */
  #authError: ZooKeeperError | undefined = undefined
  readonly #connector: Connector
  readonly #health: HealthRecord
  /** The watches of this session. */
  readonly watches: Watches
  #state: SessionState = 'connecting'
  #closing: Promise<void> | null = null
  /** The time when close() was called. From then on nothing about the session is certain. */
  #closedAt = Number.POSITIVE_INFINITY

  /** Makes a session and begins to connect. @see SessionOptions @throws ZooKeeperError BAD_ARGUMENTS. */
  constructor(options: SessionOptions) {
    checkSessionOptions(options, arguments.length)
    super()
    this.#options = resolveOptions(options)
    this.#health = new HealthRecord(this.#options.environment)
    if (this.#options.callSites) this.send = withCallSites(this.send.bind(this))
    this.#queue = new RequestQueue(this.#options.environment, this.#options)
    this.watches = new Watches(
      (operation, body, path, options) => this.send(operation, body, path, options),
      (watcher, event) => this.notify(watcher, event),
      () => this.#queue.lastZxid,
      new WatchTraces(this, this.#options.environment),
      new RestingPaths(this.#options.environment),
    )
    startDebugLog()
    const parts = { queue: this.#queue, credentials: this.#credentials, watches: this.watches }
    this.#connector = new Connector(this.#options, parts, {
      onConnected: readOnly => void this.#change(readOnly ? 'established-read-only' : 'established'),
      onLost: (error, wasClosing) => this.#onLost(error, wasClosing),
      onExpired: reason => this.#expire(reason),
      onAuthRefused: error => this.#failAuth(error),
      onAttemptFailed: (error, server) => {
        this.#health.failed(error)
        tellAttempt(this, server, error)
        this.emit('attemptFailed', error, server)
      },
    })
    this.#connector.start()
  }

  get state(): SessionState {
    return this.#state
  }

  /** The session's id; 0n until a server has made the session. */
  get id(): bigint {
    return this.#connector.identity.id
  }

  /** The identity with which another process can take the session over. Keep it secret. */
  get identity(): SessionIdentity {
    const { id, password } = this.#connector.identity
    return { id, password: Buffer.from(password), timeout: this.timeout }
  }

  /** The negotiated session timeout in milliseconds; the requested one before the first handshake. */
  get timeout(): number {
    return this.#connector.timeout
  }

  /** The connected server, or null. */
  get server(): ServerAddress | null {
    return this.#connector.server
  }

  /** The clock, timers, random numbers, resolver and sockets of this session, for what is built on it. */
  get environment(): Environment {
    return this.#options.environment
  }

  /** The zxid of the newest reply. */
  get lastZxid(): bigint {
    return this.#queue.lastZxid
  }

  /** The number of requests that are not answered yet. */
  get outstanding(): number {
    return this.#queue.outstanding
  }

  /** The bytes of requests that wait to be sent. */
  get queuedBytes(): number {
    return this.#queue.queuedBytes
  }

  /**
   * The time until which the server cannot have expired the session, on the environment's clock: when the newest answered
   * request was sent, plus the timeout. A process that was stopped may learn of the end only afterwards. It ends with the
   * call of `close()`, whose answer may be late.
   */
  get certainUntil(): number {
    return Math.min(this.#connector.liveness.answeredAt + this.timeout, this.#closedAt)
  }

  /** True if the session certainly lives now: it is connected, and `certainUntil` is not over. */
  get certain(): boolean {
    return isLive(this.#state) && this.#options.environment.now() < this.certainUntil
  }

  /** Returns the state, the server, the newest error, the signs of life and the queue as plain data, for health checks. */
  health(): SessionHealth {
    checkCount('health', arguments.length, 0)
    const { state, id, server, certain } = this
    const { heardAt, pingTime } = this.#connector.liveness
    return this.#health.tell({ state, id, server, certain, heardAt, pingTime, queue: this.#queue })
  }

  /** Waits until the session is connected. Rejects if it has ended. */
  async ready(): Promise<void> {
    checkCount('ready', arguments.length, 0)
    const end = await untilLive(this, () => this.#ended())
    if (end !== null) throw this.#authError ?? new ZooKeeperError(end, { outcome: 'not-sent' })
  }

  /**
   * Sends an operation.
   *
   * @param operation a row of `op`, such as `op.getData`.
   * @param body its request record, with the server's paths. It is encoded before this returns, unless the queue is full.
   * @returns the reply's record; null for an error that is an answer (`noneOn`), as NoNode is for exists.
   * @throws ZooKeeperError (as a rejection): the server's error, CONNECTION_LOSS, SESSION_EXPIRED, CLOSED, AUTH_FAILED,
   *   ABORTED, REQUEST_TIMEOUT, QUEUE_FULL, NOT_CONNECTED, BAD_ARGUMENTS; see `outcome`.
   */
  request<Request, Result, Response>(
    operation: Operation<Request, Result, Response>,
    body: Request,
    options?: RequestOptions,
  ): Promise<Result> {
    const fault = faultOf(operation, body, options, arguments.length)
    if (fault !== null) return Promise.reject(fault)
    const serverPath = (body as { path?: string } | null)?.path
    const { watcher, path = serverPath } = options ?? {}
    if (!watcher || serverPath === undefined)
      return this.send(operation, body, path, options) as Promise<Result>
    const watched = { ...options, watcher }
    const sent =
      operation.watch === 'mode'
        ? this.watches.add(serverPath, (body as unknown as AddWatchRequest).mode, watched)
        : this.watches.read(operation, serverPath, watched)
    return sent as Promise<Result>
  }

  /** Sends an operation that sets no watch, unchecked: `request` checks the record. `path` is the one that errors name. */
  send(
    operation: AnyOperation,
    body: unknown,
    path: string | undefined,
    options?: SendOptions,
  ): Promise<unknown> {
    const refusal = this.#isOpen ? null : this.#refuse(operation, path)
    if (refusal !== null) return Promise.reject(refusal)
    if (isTraced()) return this.#traced(operation, path, enqueued(body, options))
    const request = this.#queue.next(operation)
    request.path = path
    request.control = controlFor(options)
    return this.#queue.enqueue(request, body)
  }

  /**
   * Sends a read whose result goes to a receiver that it shares with others, in the order of the calls. It has no promise
   * and no limits, and sets no watch.
   */
  sendFor(resolve: Resolve, operation: AnyOperation, body: unknown, path: string | undefined): void {
    const refusal = this.#isOpen ? null : this.#refuse(operation, path)
    if (refusal !== null) return refuse(resolve, refusal)
    if (isTraced()) return this.#traced(operation, path, enqueuedFor(resolve, body))
    const request = this.#queue.next(operation)
    request.path = path
    this.#queue.enqueueFor(resolve, request, body)
  }

  /** Takes back the requests of ended receivers that were not sent, and tells these of an error. @returns their number. */
  takeBack(resolves: ReadonlySet<Resolve>): number {
    return this.#queue.takeBack(resolves)
  }

  /** True in the usual state, in which every request is taken. */
  get #isOpen(): boolean {
    return this.#state === 'connected' && this.#closing === null
  }

  /** Sends an operation and tells the subscribers of the request channel. */
  #traced<Sent>(operation: AnyOperation, path: string | undefined, enqueue: Enqueue<Sent>): Sent {
    const trace = new RequestTrace(this, operation.name, path, this.#options.environment)
    return traced(trace, () => {
      // A subscriber may have made requests: only now does this one have its place.
      const request = this.#queue.next(operation)
      request.path = path
      request.trace = trace
      const sent = enqueue(this.#queue, request)
      if (request.trace === trace) trace.xid = request.xid
      if (this.#state === 'closed') this.#queue.failAll('CLOSED') // a subscriber has closed the session
      return sent
    })
  }

  /**
   * Presents an identity to the server, now and on every later connection, in the order of the calls. It overtakes
   * requests that wait to be sent. The same scheme with the same secret counts once.
   *
   * @param scheme such as `digest`.
   * @param secret such as the bytes of `user:password`; a function is asked again for each connection.
   * @throws ZooKeeperError INSECURE_AUTH if a secret would cross a network in clear text, which is judged by the
   *   connection that it would be sent on; AUTH_FAILED if the server refuses it, which ends the session.
   */
  addAuth(scheme: string, secret: Secret): Promise<void> {
    const end = this.#ended()
    if (end !== null)
      return Promise.reject(new ZooKeeperError(end, { operation: 'auth', outcome: 'not-sent' }))
    try {
      checkCredential('addAuth', scheme, secret, arguments.length)
      return this.#credentials.add(scheme, secret)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Takes an identity off: it is not presented on later connections. The present one keeps it, for the protocol cannot take
   * it back.
   *
   * @param secret the same bytes, text or function as for `addAuth`. Without it every identity of the scheme is taken off.
   * @returns true if there was such an identity.
   */
  removeAuth(scheme: string, secret?: Secret): boolean {
    checkCredential('removeAuth', scheme, secret, arguments.length)
    return this.#credentials.remove(scheme, secret)
  }

  /**
   * Asks the connected server for its release, such as `3.8.0`: once for each connection, by `srvr` on another connection.
   *
   * @returns null where no server is connected, or it does not say within a second: it may forbid the word.
   */
  async serverRelease(): Promise<string | null> {
    checkCount('serverRelease', arguments.length, 0)
    return this.#connector.serverRelease.ask()
  }

  /** The answer to `serverRelease` on this connection: null while there is none, undefined if nobody has asked. */
  get knownRelease(): string | null | undefined {
    return this.#connector.serverRelease.known
  }

  /**
   * Replaces the list of servers. So that the load stays even, some clients move to another server (ZOOKEEPER-1355): a
   * client that moves first waits for the replies to what it has sent.
   */
  updateServers(servers: readonly ServerAddress[]): void {
    checkServers('updateServers', servers, arguments.length)
    this.#connector.updateServers(servers)
  }

  /**
   * Ends the session. It takes no more requests; those that were made are answered first; then the server removes the
   * session's ephemerals at once. It takes `closeTimeout` at most, and never rejects. Without a connection each server
   * has one more turn within that time. If none takes the session, it lives on at the server until its timeout.
   *
   * @param options.keepSession leaves the session open at the server, so that another process can take it over.
   */
  close(options: { keepSession?: boolean } = {}): Promise<void> {
    const fault = closeFault(options, arguments.length)
    if (fault !== null) return Promise.reject(fault)
    if (this.#closing === null) {
      this.#closedAt = this.#options.environment.now()
      this.#closing = Promise.resolve() // for those who hear of the end before the next line is over
      this.#closing = this.#shutDown(options.keepSession ?? false)
      if (this.#state !== 'closed') this.emit('closing')
    }
    return this.#closing
  }

  #onLost(cause: Error | null, wasClosing: boolean): void {
    this.#health.failed(cause)
    const { whenDisconnected } = this.#options
    this.#change('lost')
    // What waits cannot be sent any more, closeSession neither, unless a listener has asked for that just now.
    if (wasClosing) this.#queue.failAll('CLOSED')
    else if (!this.#closing && whenDisconnected === 'reject') this.#queue.failAll('NOT_CONNECTED')
  }

  #expire(reason: string): void {
    if (this.#ended() !== null) return
    this.#connector.forgetSession()
    const error = new ZooKeeperError('SESSION_EXPIRED', { message: `the session has expired: ${reason}` })
    this.#end('expire', 'SESSION_EXPIRED', error)
    if (!this.#options.renew) return this.#credentials.fail(() => error)
    // A listener may have closed the session, also one that hears of the renewal.
    if (this.#ended() === null && this.#change('renew') && this.#ended() === null) this.#connector.renew()
  }

  #failAuth(error: ZooKeeperError): void {
    this.#authError = error
    this.#end('refuse-auth', 'AUTH_FAILED', error)
    this.#credentials.fail(() => error)
  }

  /** Ends the connection, the requests and the watches. */
  #end(trigger: SessionTrigger, code: string, error: ZooKeeperError): void {
    this.#connector.release()
    this.#queue.failAll(code, error.explanation)
    this.#change(trigger)
    if (this.#ended() !== null) this.#queue.failAll(code, error.explanation) // what a subscriber asked for
    this.watches.loseAll(error)
  }

  async #shutDown(keepSession: boolean): Promise<void> {
    if (this.#connector.cut(keepSession)) await sendLast(this.#queue, keepSession, this.#options)
    this.#connector.release()
    const closed = (): ZooKeeperError => new ZooKeeperError('CLOSED', { message: 'the session was closed' })
    this.#queue.failAll('CLOSED')
    this.#credentials.fail(closed)
    this.#change('close')
    // An error with its stack is costly, so none is made without a listener.
    if (this.watches.size > 0) this.watches.loseAll(closed())
  }

  /** Changes the state: the only place that does. */
  #change(trigger: SessionTrigger): boolean {
    const previous = this.#state
    const state = nextState(previous, trigger)
    if (state === previous) return false
    this.#state = state
    this.#health.changed()
    this.emitState(() => tellState(this, state, previous), state, previous)
    return true
  }

  /** Returns the code of the error of a session that has ended, or null. */
  #ended(): string | null {
    if (this.#closing) return 'CLOSED'
    if (this.#state === 'auth-failed') return 'AUTH_FAILED'
    return this.#state === 'expired' && !this.#options.renew ? 'SESSION_EXPIRED' : null
  }

  /** Returns the error of a request that cannot be taken now, or null. */
  #refuse({ name: operation }: AnyOperation, path: string | undefined): ZooKeeperError | null {
    // Events come while watches are set again, and their listeners read again: these reads wait for the rest.
    const { whenDisconnected } = this.#options
    const isTaken = whenDisconnected === 'wait' || isLive(this.#state) || this.#connector.isRestoring
    const code = this.#ended() ?? (isTaken ? null : 'NOT_CONNECTED')
    if (code === null) return null
    return new ZooKeeperError(code, { operation, path, outcome: 'not-sent', cause: this.#authError })
  }
}
