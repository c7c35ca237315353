import { nodeEnvironment, Session, type SessionIdentity, type SessionState, ZooKeeper } from '@zookit/client'
import { Exception, toException } from '../values/exception.ts'
import { long } from '../values/stat.ts'
import { State } from '../values/state.ts'
import { calling } from './calling.ts'
import type { ConnectionStringParser } from './connection-string.ts'
import type { Options } from './options.ts'

/** The limit of requests and replies: a signed number of 32 bits is the length of a frame. */
const LONGEST_FRAME = 2 ** 31 - 1

/** A request of a connection. */
export interface Request<Result> {
  /** Sends it. */
  send(zk: ZooKeeper): Promise<Result>
  /** Takes the result. */
  done(result: Result): void
  failed(error: Exception): void
}

/**
 * The session behind a client. Requests that are made before `connect` wait for it; requests that are made after the end
 * fail at once. A new `connect` after the end begins a new session.
 */
export class Connection {
  readonly #servers: ConnectionStringParser
  readonly #options: Options
  readonly #onState: (state: State) => void
  readonly #credentials: { scheme: string; auth: Buffer }[] = []
  #zookit: ZooKeeper | null = null
  #waiting: (() => void)[] = []
  /** The code of the exception of requests that can no longer be made, or null. */
  #refusal: number | null = null
  /** True from the end of a connection until that is told. */
  #isLost = false
  #sessionId: Buffer = Buffer.alloc(8)
  #sessionPassword: Buffer = Buffer.alloc(16)
  #sessionTimeout: number

  constructor(servers: ConnectionStringParser, options: Options, onState: (state: State) => void) {
    this.#servers = servers
    this.#options = options
    this.#onState = onState
    this.#sessionTimeout = options.sessionTimeout
    options.sessionId?.copy(this.#sessionId)
    options.sessionPassword?.copy(this.#sessionPassword)
  }

  /** The client of this connection, or null before the first `connect`. */
  get zookit(): ZooKeeper | null {
    return this.#zookit
  }

  /** The session's id, a copy. It stays when the session has ended. */
  get sessionId(): Buffer {
    return Buffer.from(this.#sessionId)
  }

  /** The session's password, a copy. */
  get sessionPassword(): Buffer {
    return Buffer.from(this.#sessionPassword)
  }

  /** The negotiated session timeout; the requested one before the first connection. */
  get sessionTimeout(): number {
    return this.#sessionTimeout
  }

  /** Begins to connect. Does nothing if it has begun. */
  connect(): void {
    if (this.#zookit !== null && this.#refusal === null) return
    this.#tellLost()
    if (this.#zookit !== null) this.#onState(State.DISCONNECTED)
    const session = this.#newSession()
    const chroot = this.#servers.getChrootPath()
    const zk = new ZooKeeper(session, { chroot, now: () => session.environment.now() })
    this.#zookit = zk
    this.#refusal = null
    zk.on('state', state => {
      if (this.#zookit === zk) this.#changed(zk, state)
    })
    for (const { scheme, auth } of this.#credentials) present(zk, scheme, auth)
    const waiting = this.#waiting
    this.#waiting = []
    for (const run of waiting) run()
  }

  /** Ends the session after the replies to earlier requests. */
  close(): void {
    this.#refusal = Exception.CONNECTION_LOSS
    const waiting = this.#waiting
    this.#waiting = []
    for (const run of waiting) run()
    void this.#zookit?.close()
  }

  /** Presents an identity, now and on every later connection. */
  addAuth(scheme: string, auth: Buffer): void {
    this.#credentials.push({ scheme, auth })
    if (this.#zookit !== null && this.#refusal === null) present(this.#zookit, scheme, auth)
  }

  /** Makes a request. */
  run<Result>(request: Request<Result>): void {
    if (this.#refusal !== null) return request.failed(Exception.create(this.#refusal))
    if (this.#zookit === null) return void this.#waiting.push(() => this.run(request))
    request.send(this.#zookit).then(
      result => calling(() => request.done(result)),
      error => calling(() => request.failed(toException(error))),
    )
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
    return { session: { id: this.#sessionId.readBigInt64BE(), password: this.sessionPassword } }
  }

  #changed(zk: ZooKeeper, state: SessionState): void {
    switch (state) {
      case 'connected':
      case 'read-only':
        this.#tellLost()
        this.#remember(zk)
        return this.#onState(state === 'connected' ? State.SYNC_CONNECTED : State.CONNECTED_READ_ONLY)
      case 'expired':
        return this.#ended(Exception.SESSION_EXPIRED, State.EXPIRED)
      case 'auth-failed':
        return this.#ended(Exception.AUTH_FAILED, State.AUTH_FAILED)
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

  #ended(code: number, state: State): void {
    this.#tellLost()
    this.#refusal = code
    this.#onState(state)
    this.#lost()
  }

  /** The connection is lost. That is told after the callbacks of the requests that were lost with it. */
  #lost(): void {
    this.#isLost = true
    nodeEnvironment.defer(() => this.#tellLost())
  }

  #tellLost(): void {
    if (!this.#isLost) return
    this.#isLost = false
    if (this.#refusal !== null) this.#refusal = Exception.CONNECTION_LOSS
    this.#onState(State.DISCONNECTED)
  }
}

/** Presents an identity. A refusal ends the session, and is told as a state. */
function present(zk: ZooKeeper, scheme: string, auth: Buffer): void {
  zk.addAuth(scheme, auth).catch(() => {})
}
