import { AddWatchMode, type AddWatchRequest, type AnyOperation, type Operation, op } from '@zookit/jute'
import { Credentials, type Secret } from './auth/credentials.ts'
import { Lifeline } from './connector.ts'
import { type RequestTrace, requestChannel, stateChannel } from './diagnostics.ts'
import { Emitter } from './emitter.ts'
import type { Environment } from './environment.ts'
import { ZooKeeperError } from './errors.ts'
import { type ResolvedOptions, resolveOptions, type SessionIdentity, type SessionOptions } from './options.ts'
import { Exchange } from './requests/exchange.ts'
import type { RequestLimits } from './requests/limits.ts'
import type { ServerAddress } from './servers/connect-string.ts'
import { isLoopback } from './servers/search.ts'
import { isLive, nextState, type SessionState, type SessionTrigger } from './session-state.ts'
import { reassert } from './watches/reassert.ts'
import { type WatchEvent, type Watcher, type WatchName, WatchRegistry } from './watches/watch-registry.ts'

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
  readonly #exchange: Exchange
  readonly #credentials = new Credentials()
  readonly #lifeline: Lifeline
  /** The watches that the server holds for this session. */
  readonly watches: WatchRegistry
  #state: SessionState = 'connecting'
  #closing: Promise<void> | null = null
  /** A listener of `listenerError` is being told: if it throws too, nobody is left to tell. */
  #reporting = false

  /** Begins to connect at once. @see SessionOptions */
  constructor(options: SessionOptions) {
    super()
    this.#options = resolveOptions(options)
    this.#exchange = new Exchange(this.#options.environment, this.#options)
    this.watches = new WatchRegistry((watcher, event) => this.#notify(watcher, event))
    this.#lifeline = new Lifeline(this.#options, this.#exchange, this.#credentials, this.watches, {
      onConnected: readOnly => void this.#change(readOnly ? 'established-read-only' : 'established'),
      onLost: () => this.#onLost(),
      onExpired: reason => this.#expire(reason),
      onAuthRefused: err => this.#failAuth(err),
      onAttemptFailed: (error, server) => this.emit('attemptFailed', error, server),
    })
    this.#lifeline.start()
  }

  get state(): SessionState {
    return this.#state
  }

  /** The session's id; 0n until a server has made one. */
  get id(): bigint {
    return this.#lifeline.identity.id
  }

  /** What another process needs to take the session over. Keep it secret. */
  get identity(): SessionIdentity {
    const { id, password } = this.#lifeline.identity
    return { id, password: Buffer.from(password) }
  }

  /** The negotiated session timeout in milliseconds; the requested one until there is one. */
  get timeout(): number {
    return this.#lifeline.timeout
  }

  /** The server that is connected, or null. */
  get server(): ServerAddress | null {
    return this.#lifeline.server
  }

  /** Where this session takes time, timers and chance from, for what is built on it. */
  get environment(): Environment {
    return this.#options.environment
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
    return this.#exchange.answeredAt + this.timeout
  }

  /** Whether the session certainly lives, now: connected, and within `certainUntil`. */
  get certain(): boolean {
    return isLive(this.#state) && this.#options.environment.now() < this.certainUntil
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
    if (!watcher || path === undefined) return this.submit(operation, body, path, options) as Promise<Result>
    const sent =
      operation.watch === 'mode'
        ? this.addWatch(path, (body as unknown as AddWatchRequest).mode, watcher, path, options)
        : this.watchingRead(operation, path, watcher, path, options)
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
    const { id: sessionId, server } = this
    const { name } = operation
    const trace: RequestTrace = {
      operation: name,
      path,
      sessionId,
      server,
      result: undefined,
      error: undefined,
    }
    return this.#exchange.submitTraced(trace, operation, body, path, limits, aftermath)
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
    return this.#arm(kind === 'child' ? 'child' : 'data', serverPath, settled => {
      return this.submit(operation, { path: serverPath, watch }, path, limits, err => {
        settled()
        const armed = this.watches.arm(operation, err, serverPath, watcher)
        // A lasting watch was added meanwhile, whose place at the server this one may have taken.
        if (armed && watch && this.watches.covers(kind, serverPath)) reassert(this, serverPath)
      })
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
    const name = mode === AddWatchMode.persistent ? 'persistent' : 'recursive'
    return this.#arm(name, serverPath, settled => {
      return this.submit(op.addWatch, body, path, limits, err => {
        settled()
        if (err !== 0) return
        this.watches.add(name, serverPath, watcher)
        if (name === 'persistent') reassert(this, serverPath, 'recursive')
      })
    })
  }

  /** Submits a request that may arm a watch; `settled` is for its aftermath, and runs without a reply as well. */
  #arm(
    name: WatchName,
    serverPath: string,
    submit: (settled: () => void) => Promise<unknown>,
  ): Promise<unknown> {
    const settled = this.watches.expect(name, serverPath)
    const sent = submit(settled)
    sent.catch(settled)
    return sent
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
    this.#lifeline.updateServers(servers)
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

  #onLost(): void {
    this.#change('lost')
    // What waits to be sent before a goodbye, and the goodbye itself, can go nowhere any more.
    if (this.#closing) this.#exchange.failAll('CLOSED')
    else if (this.#options.whenDisconnected === 'reject') this.#exchange.failAll('NOT_CONNECTED')
  }

  #expire(reason: string): void {
    if (this.#ended() !== null) return
    this.#lifeline.release()
    this.#lifeline.forgetSession()
    const error = new ZooKeeperError('SESSION_EXPIRED', { message: `the session has expired: ${reason}` })
    this.#exchange.failAll('SESSION_EXPIRED', error.message)
    this.#change('expire')
    this.watches.loseAll(error)
    // A listener may have closed the session.
    if (!this.#options.renew) this.#credentials.fail(() => error)
    else if (this.#ended() === null && this.#change('renew')) this.#lifeline.renew()
  }

  #failAuth(err: number): void {
    const error = ZooKeeperError.fromNumber(err, { operation: 'auth' })
    this.#lifeline.release()
    this.#exchange.failAll('AUTH_FAILED', error.message)
    this.#credentials.fail(() => error)
    this.#change('refuse-auth')
    this.watches.loseAll(error)
  }

  async #shutDown(keepSession: boolean): Promise<void> {
    this.#lifeline.cut()
    if (isLive(this.#state)) await this.#farewell(keepSession)
    this.#lifeline.release()
    const closed = (): ZooKeeperError => new ZooKeeperError('CLOSED', { message: 'the session was closed' })
    this.#exchange.failAll('CLOSED')
    this.#credentials.fail(closed)
    this.#change('close')
    // An error has a stack: none is made where nobody hears of it.
    if (this.watches.size > 0) this.watches.loseAll(closed())
  }

  /** Waits for the answers to what was asked, and to the goodbye, but not for ever. */
  #farewell(keepSession: boolean): Promise<void> {
    return new Promise(resolve => {
      const timer = this.#options.environment.setTimer(resolve, this.#options.closeTimeout)
      const done = (): void => {
        timer.cancel()
        resolve()
      }
      // Requests are answered in order: when the last one is, all are.
      const last = keepSession ? op.exists : op.closeSession
      const body = keepSession ? { path: '/', watch: false } : null
      this.#exchange.submitLast(last, body).then(done, done)
    })
  }

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
    if (this.#reporting || this.listenerCount('listenerError') === 0) return super.failed(error)
    this.#reporting = true
    this.emit('listenerError', error)
    this.#reporting = false
  }

  /** Whether nobody on the way can read what is sent. */
  #isPrivate(): boolean {
    const { tls, allowInsecureAuth, srv } = this.#options
    const isLocal = srv === null && this.#lifeline.servers.every(({ host }) => isLoopback(host))
    return tls !== null || allowInsecureAuth || isLocal
  }
}
