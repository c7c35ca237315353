import { EventEmitter } from 'node:events'
import {
  nodeEnvironment,
  Session,
  type SessionIdentity,
  type SessionState,
  type WatchListener,
  ZooKeeper,
} from '@zookit/client'
import { Event } from '../values/event.ts'
import { Exception, toException } from '../values/exception.ts'
import { long } from '../values/stat.ts'
import { calling } from './calling.ts'
import type { ConnectionStringParser } from './connection-string.ts'
import type { Options } from './options.ts'
import { WatcherManager } from './watcher-manager.ts'

/** The limit of requests and replies: a signed number of 32 bits is the length of a frame. */
const LONGEST_FRAME = 2 ** 31 - 1

/** The states of a connection, by the numbers that `client.connectionManager.state` has always had. */
export const ConnectionState = {
  disconnected: 0,
  connecting: 1,
  connected: 2,
  connectedReadOnly: 3,
  closing: -1,
  closed: -2,
  expired: -3,
  authFailed: -4,
} as const

/** The codes of the exceptions of requests that are made in these states. In the others requests are sent, or wait. */
const REFUSALS: Readonly<Record<number, number>> = {
  [ConnectionState.closing]: Exception.CONNECTION_LOSS,
  [ConnectionState.closed]: Exception.CONNECTION_LOSS,
  [ConnectionState.expired]: Exception.SESSION_EXPIRED,
  [ConnectionState.authFailed]: Exception.AUTH_FAILED,
}

/** Makes the listener of watches. It has nothing to tell where a watch ends without a change. */
function watchListener(watchers: WatcherManager): WatchListener {
  const types = {
    created: Event.NODE_CREATED,
    deleted: Event.NODE_DELETED,
    changed: Event.NODE_DATA_CHANGED,
    children: Event.NODE_CHILDREN_CHANGED,
  }
  return ({ type, path }) => {
    if (type !== 'lost' && type !== 'removed') watchers.emit({ type: types[type], path })
  }
}

/** A request of a connection. */
export interface Request<Result> {
  /** Sends it. */
  send(zk: ZooKeeper): Promise<Result>
  /** Takes the result. */
  done(result: Result): void
  failed(error: Exception): void
}

/**
 * The session behind a client. It emits `state` with the number of its new state.
 *
 * Requests that are made before `connect` wait for it; requests that are made after the end fail at once. A new `connect`
 * after the end begins a new session.
 */
export class ConnectionManager extends EventEmitter {
  /** A number of `ConnectionState`. */
  state: number = ConnectionState.disconnected
  readonly watcherManager: WatcherManager = new WatcherManager()
  /** The listener of every watch: always the same one, so that a path has one watch of a kind. */
  readonly onWatch: WatchListener = watchListener(this.watcherManager)
  readonly #servers: ConnectionStringParser
  readonly #options: Options
  readonly #credentials: { scheme: string; auth: Buffer }[] = []
  #zookit: ZooKeeper | null = null
  #waiting: (() => void)[] = []
  /** True from the end of a connection until that is told. */
  #isLost = false
  #sessionId: Buffer = Buffer.alloc(8)
  #sessionPassword: Buffer = Buffer.alloc(16)
  #sessionTimeout: number

  constructor(servers: ConnectionStringParser, options: Options) {
    super()
    this.#servers = servers
    this.#options = options
    this.#sessionTimeout = options.sessionTimeout
    options.sessionId?.copy(this.#sessionId)
    options.sessionPassword?.copy(this.#sessionPassword)
  }

  /** The client of this connection, or null before the first `connect`. */
  get zookit(): ZooKeeper | null {
    return this.#zookit
  }

  /** Returns the session's id, a copy. It stays when the session has ended. */
  getSessionId(): Buffer {
    return Buffer.from(this.#sessionId)
  }

  /** Returns the session's password, a copy. */
  getSessionPassword(): Buffer {
    return Buffer.from(this.#sessionPassword)
  }

  /** Returns the negotiated session timeout; the requested one before the first connection. */
  getSessionTimeout(): number {
    return this.#sessionTimeout
  }

  /** Begins to connect. Does nothing if it has begun. */
  connect(): void {
    if (this.#zookit !== null && !this.#hasEnded()) return
    this.#tellLost()
    if (this.#zookit !== null) this.#setState(ConnectionState.disconnected)
    const session = this.#newSession()
    const zk = new ZooKeeper(session, {
      chroot: this.#servers.getChrootPath(),
      now: () => session.environment.now(),
    })
    this.#zookit = zk
    this.#setState(ConnectionState.connecting)
    zk.on('state', state => {
      if (this.#zookit === zk) this.#changed(zk, state)
    })
    for (const { scheme, auth } of this.#credentials) present(zk, scheme, auth)
    this.#runWaiting()
  }

  /** Ends the session after the replies to earlier requests. */
  close(): void {
    if (this.#hasEnded()) return
    this.#setState(ConnectionState.closing)
    this.#runWaiting()
    if (this.#zookit !== null) void this.#zookit.close()
    else this.#setState(ConnectionState.closed)
  }

  /** Presents an identity, now and on every later connection. */
  addAuthInfo(scheme: string, auth: Buffer): void {
    this.#credentials.push({ scheme, auth })
    if (this.#zookit !== null && !this.#hasEnded()) present(this.#zookit, scheme, auth)
  }

  /** Makes a request. */
  run<Result>(request: Request<Result>): void {
    const refusal = REFUSALS[this.state]
    if (refusal !== undefined) return request.failed(Exception.create(refusal))
    if (this.#zookit === null) return void this.#waiting.push(() => this.run(request))
    request.send(this.#zookit).then(
      result => calling(() => request.done(result)),
      error => calling(() => request.failed(toException(error))),
    )
  }

  #runWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const run of waiting) run()
  }

  #newSession(): Session {
    const { sessionTimeout, spinDelay } = this.#options
    const pause = Math.max(spinDelay, 1)
    return new Session({
      servers: this.#servers.getServers(),
      sessionTimeout,
      renew: false,
      allowInsecureAuth: true,
      whenFull: 'wait',
      backoff: { initial: pause, max: pause },
      maxRequestSize: LONGEST_FRAME,
      maxResponseSize: LONGEST_FRAME,
      ...this.#identity(),
    })
  }

  /** Returns the session to take over, for the first connection only: it ends with it. */
  #identity(): { session?: SessionIdentity } {
    const { sessionId } = this.#options
    if (sessionId === undefined || this.#zookit !== null) return {}
    return { session: { id: this.#sessionId.readBigInt64BE(), password: this.getSessionPassword() } }
  }

  #hasEnded(): boolean {
    return this.state in REFUSALS
  }

  #setState(state: number): void {
    if (this.state === state) return
    this.state = state
    this.emit('state', state)
  }

  #changed(zk: ZooKeeper, state: SessionState): void {
    // The end of the connection before comes first.
    this.#tellLost()
    switch (state) {
      case 'connected':
      case 'read-only':
        this.#remember(zk)
        return this.#setState(ConnectionState[state === 'connected' ? 'connected' : 'connectedReadOnly'])
      case 'expired':
        this.#setState(ConnectionState.expired)
        return this.#lost()
      case 'auth-failed':
        this.#setState(ConnectionState.authFailed)
        return this.#lost()
      case 'suspended':
      case 'closed':
        return this.#lost()
    }
  }

  #remember(zk: ZooKeeper): void {
    const { id, password, timeout } = zk.session
    this.#sessionId = long(id)
    this.#sessionPassword = password
    this.#sessionTimeout = timeout
  }

  /** Reports the loss of the connection, after the callbacks of the requests that were lost with it. */
  #lost(): void {
    this.#isLost = true
    nodeEnvironment.defer(() => this.#tellLost())
  }

  #tellLost(): void {
    if (!this.#isLost) return
    this.#isLost = false
    const next = this.#hasEnded() ? ConnectionState.closed : ConnectionState.connecting
    this.#setState(ConnectionState.disconnected)
    // A listener may have closed the client.
    if (this.state === ConnectionState.disconnected) this.#setState(next)
  }
}

/** Presents an identity. A refusal ends the session, and is told as a state. */
function present(zk: ZooKeeper, scheme: string, auth: Buffer): void {
  zk.addAuth(scheme, auth).catch(() => {})
}
