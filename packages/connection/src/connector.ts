import { op, Xid } from '@zookit/jute'
import type { Credentials } from './auth/credentials.ts'
import { exposed } from './auth/insecure.ts'
import { Sasl } from './auth/sasl.ts'
import { MAX_SASL_FRAME, SaslLogin } from './auth/sasl-login.ts'
import { ZooKeeperError } from './errors.ts'
import { encodeControl } from './link/control-frame.ts'
import { Expiry } from './link/expiry.ts'
import { Heartbeat } from './link/heartbeat.ts'
import type { Link } from './link/link.ts'
import { Liveness } from './link/liveness.ts'
import type { ServerAddress } from './link/server-address.ts'
import { Backoff, type Timeouts, timeoutsFor } from './link/timeouts.ts'
import { NO_SESSION, type ResolvedOptions, type SessionIdentity } from './options.ts'
import { IncomingFrames } from './requests/incoming-frames.ts'
import type { RequestQueue } from './requests/request-queue.ts'
import { askForTls, checkedTls, type TransportSecurity } from './servers/attempt.ts'
import type { HandshakeRequest, HandshakeResult } from './servers/handshake.ts'
import { ReadWriteSearch } from './servers/read-write-search.ts'
import { isReset, lostInRestore } from './servers/refusals.ts'
import { Search } from './servers/search.ts'
import { NewestSeen, SeenHistory } from './servers/seen-history.ts'
import { ServerList } from './servers/server-list.ts'
import { ServerRelease } from './servers/server-release.ts'
import type { Watches } from './watches/watches.ts'

const PING = encodeControl(Xid.ping, op.ping, null)

/** The parts of a session that a connection serves. */
type SessionParts = { queue: RequestQueue; credentials: Credentials; watches: Watches }

/** The listener of a connector. */
export interface ConnectorOwner {
  /** Called when credentials are accepted and watches are set: requests may flow. */
  onConnected(readOnly: boolean): void
  /** Called when the connection is lost. The connector looks for another one unless `cut` was called before: `wasCut`. */
  onLost(error: Error | null, wasCut: boolean): void
  onExpired(reason: string): void
  onAuthRefused(error: ZooKeeperError): void
  /** Called when an attempt failed. The search continues. */
  onAttemptFailed(error: ZooKeeperError, server: ServerAddress | null): void
}

/**
 * Keeps a session connected to its ensemble: it finds a server, shakes hands, restores the session (credentials, then
 * watches), keeps the connection alive, and starts over when it is lost. At most one link or one search exists at a time.
 */
export class Connector {
  readonly #options: ResolvedOptions
  readonly #queue: RequestQueue
  readonly #credentials: Credentials
  readonly #watches: Watches
  readonly #owner: ConnectorOwner
  readonly #servers: ServerList
  readonly #backoff: Backoff
  readonly #frames: IncomingFrames
  readonly #sasl: Sasl | null
  readonly #seen: NewestSeen
  readonly #history: SeenHistory
  /** The inquiry about the release of the connected server. */
  readonly serverRelease: ServerRelease

  #identity: SessionIdentity
  #timeout: number
  /** Expiry is counted from these. @see liveness */
  #liveness: Liveness
  #link: Link | null = null
  #search: Search | null = null
  #login: SaslLogin | null = null
  /** Called when the present connection is restored; null when it is, or there is none. */
  #restored: (() => void) | null = null
  #heartbeat: Heartbeat | null = null
  #readWriteSearch: ReadWriteSearch | null = null
  readonly #expiry: Expiry
  #cut = false

  constructor(options: ResolvedOptions, parts: SessionParts, owner: ConnectorOwner) {
    const { environment, servers, srv, shuffle, backoff, sessionTimeout, session, maxResponseSize } = options
    const { queue, credentials, watches } = parts
    this.#options = options
    this.#queue = queue
    this.#credentials = credentials
    this.#watches = watches
    this.#owner = owner
    this.#servers = new ServerList(environment, servers, srv, shuffle)
    this.#backoff = new Backoff(backoff)
    this.#seen = new NewestSeen(queue)
    this.#history = new SeenHistory(environment, this.#seen, options.zxidGrace)
    this.serverRelease = new ServerRelease({
      environment,
      prepare: () => this.#security(),
      link: () => this.#link,
    })
    this.#sasl = options.sasl === null ? null : new Sasl(options.sasl)
    this.#identity = session ?? NO_SESSION
    this.#timeout = session?.timeout ?? sessionTimeout
    this.#liveness = new Liveness(environment)
    this.#expiry = new Expiry(environment, reason => this.#owner.onExpired(reason))
    this.#frames = new IncomingFrames({ queue, credentials, watches, seen: this.#seen }, maxResponseSize, {
      onExpired: reason => this.#owner.onExpired(reason),
      onAuthRefused: error => this.#owner.onAuthRefused(error),
      onMoved: () => this.#leave('the session has moved to another server'),
      onUnimplemented: () => this.#doubt(),
      onPong: () => this.#onPong(),
      onRestoring: () => this.#checkRestored(),
      onLost: error => this.#onLost(error),
    })
  }

  get identity(): SessionIdentity {
    return this.#identity
  }

  /** The negotiated session timeout in milliseconds; the requested one before the first handshake. */
  get timeout(): number {
    return this.#timeout
  }

  /** The connected server, or null. */
  get server(): ServerAddress | null {
    return this.#link?.server ?? null
  }

  /** True from a handshake until the session is restored: credentials and watches are being answered. */
  get isRestoring(): boolean {
    return this.#restored !== null
  }

  /** The signs of life of the present connection, else of the last one. */
  get liveness(): Liveness {
    return this.#liveness
  }

  /** Begins to look for a server, for the first time. */
  start(): void {
    this.#awaitExpiry()
    this.#startSearch(false)
  }

  /** Looks for a server that makes a new session in place of the expired one. */
  renew(): void {
    this.#startSearch(true)
  }

  /** Replaces the servers. A session that has to move first waits for the replies to what it has sent; one that ends stays. */
  updateServers(servers: readonly ServerAddress[]): void {
    const moves = this.#servers.update(servers, this.server)
    this.#search?.reconsider()
    if (moves && !this.#cut) this.#leave('the session moves to another server')
  }

  /** Leaves the server, after the replies to what was sent. */
  #leave(message: string): void {
    const link = this.#link
    if (link) this.#queue.hold(() => link.fail(new ZooKeeperError('CONNECTION_LOSS', { message })))
  }

  /**
   * Sends no requests until a ping is answered: the server may be about to close the connection. Requests that it has not
   * seen go to the next connection then.
   */
  #doubt(): void {
    this.#queue.pause()
    this.#heartbeat?.ping()
  }

  #onPong(): void {
    this.#liveness.ponged()
    if (this.#liveness.isPonged) this.#queue.resume()
  }

  /** Forgets the session: the next handshake asks for a new one. */
  forgetSession(): void {
    this.#identity = NO_SESSION
    this.#timeout = this.#options.sessionTimeout
  }

  /** Drops the connection, or the search for one, and every timer. */
  release(): void {
    this.#detach()?.destroy()
    this.#search?.cancel()
    this.#search = null
    this.#sasl?.forget()
    this.#expiry.stop()
  }

  /**
   * Ends reconnecting: a connection that is lost from now on stays lost, and is not left for another server. One that is
   * being restored is used as soon as the server has accepted the credentials, and is not announced any more.
   *
   * Without a connection each server has one more turn at most, so that one can be told of the end of the session. If none
   * takes the session, `onLost` is called.
   *
   * @param keepsSession true if no server has to be told.
   * @returns true if there is a connection, or there may be one.
   */
  cut(keepsSession: boolean): boolean {
    this.#cut = true
    this.#readWriteSearch?.stop()
    const link = this.#link
    if (link === null) {
      if (keepsSession || this.#search === null || this.#identity.id === 0n) return false
      this.#search.finish(() => this.#owner.onLost(null, true))
      return true
    }
    if (this.#restored) this.#restored = () => this.#queue.open(link)
    else this.#queue.open(link)
    return true
  }

  // ---- from one connection to the next ---------------------------------------------------------------------

  #onLost(error: Error | null): void {
    const { server, address } = this.#link!
    const wasCut = this.#cut
    const isRestoring = this.#restored !== null
    const isClosed = error === null || isReset(error)
    this.#link = null
    this.#servers.addresses.failed(server, address)
    if (!wasCut) {
      // Whoever hears of the loss may close the session: then this search is the one that ends it at a server.
      this.#awaitExpiry()
      this.#startSearch(true)
    }
    if (isClosed && this.#credentials.unanswered === 0) this.#watches.onClosed(server)
    this.#detach()
    this.#queue.lost(error)
    this.#watches.onLost()
    this.#owner.onLost(error, wasCut)
    if (isRestoring && !this.#cut) this.#onFailure(lostInRestore(server, error), server)
  }

  #startSearch(waitsFirst: boolean): void {
    this.#search = new Search({
      environment: this.#options.environment,
      servers: this.#servers,
      backoff: this.#backoff,
      history: this.#history,
      jitter: this.#options.backoff.initial,
      maxFrame: this.#options.maxResponseSize,
      prepare: () => this.#prepare(),
      timeouts: () => this.#timeouts(),
      refusal: link =>
        this.#isPrivate(link) ? null : exposed(link.server, this.#sasl, this.#credentials.privateScheme),
      handshake: () => this.#handshake(),
      onHandshake: (link, result) => this.#onHandshake(link, result),
      onFailure: (error, server) => this.#onFailure(error, server),
    })
    void this.#search.run(waitsFirst)
  }

  /** Returns the TLS options: synchronously unless they come from a callback, or a secret does. */
  #prepare(): TransportSecurity | Promise<TransportSecurity> {
    return this.#sasl || this.#credentials.changing ? this.#ask() : this.#security()
  }

  async #ask(): Promise<TransportSecurity> {
    await this.#sasl?.prepare()
    await this.#credentials.refresh()
    return this.#security()
  }

  #security(): TransportSecurity | Promise<TransportSecurity> {
    const { tls } = this.#options
    return typeof tls === 'function' ? askForTls(tls) : checkedTls(tls)
  }

  #timeouts(): Timeouts {
    return timeoutsFor(this.#timeout, this.#servers.size, this.#options.sessionTimeout)
  }

  #handshake(): HandshakeRequest {
    const { id: sessionId, password } = this.#identity
    const { sessionTimeout, readOnly } = this.#options
    return { sessionId, password, sessionTimeout, readOnly, lastZxid: this.#seen.lastZxid }
  }

  #onHandshake(link: Link, result: HandshakeResult): void {
    this.#search = null
    this.#history.accepted()
    if (result.kind === 'expired') {
      link.destroy()
      if (this.#cut) this.#owner.onLost(null, true)
      else this.#owner.onExpired('the server does not know it any more')
      return
    }
    this.#link = link
    link.adopt(this.#frames)
    this.#expiry.stop()
    this.#timeout = result.timeout
    // A read-only server's session is local to it: no other server can resume it.
    if (!result.readOnly) this.#identity = { id: result.sessionId, password: result.password }
    this.#liveness = link.liveness
    this.#liveness.answered()
    this.#restored = () => {
      if (this.#cut) return this.#queue.open(link)
      this.#backoff.reset()
      this.#servers.connected(link.server)
      if (result.readOnly) this.#searchReadWrite(link)
      this.#owner.onConnected(result.readOnly)
      // A listener may have ended the session.
      if (this.#link === link) this.#queue.open(link)
    }
    if (this.#sasl) this.#logIn(link, this.#sasl)
    else this.#restore(link)
  }

  /** Presents the SASL identity. Not even a ping goes before it: a server that demands SASL refuses that. */
  #logIn(link: Link, sasl: Sasl): void {
    const { environment, maxResponseSize } = this.#options
    const login = new SaslLogin(environment, link, sasl.mechanism, this.#timeouts().connect, {
      accepted: () => {
        this.#login = null
        link.maxFrame = maxResponseSize
        link.adopt(this.#frames)
        this.#restore(link)
      },
      refused: error => this.#owner.onAuthRefused(error),
      lost: error => {
        link.destroy()
        this.#onLost(error)
      },
    })
    this.#login = login
    sasl.forget()
    link.maxFrame = MAX_SASL_FRAME
    link.adopt(login)
    login.start()
  }

  /** Restores the session: credentials, then watches; then it is announced as connected; then requests flow. */
  #restore(link: Link): void {
    this.#heartbeat = new Heartbeat(this.#options.environment, link.liveness, this.#timeouts(), {
      ping: () => link.write(PING),
      dead: reason => link.fail(new ZooKeeperError('CONNECTION_LOSS', { message: reason })),
    })
    const write = (frame: Buffer): number => link.write(frame)
    this.#credentials.present({ write, isPrivate: this.#isPrivate(link) })
    if (!this.#cut) this.#watches.present(link.server, this.#queue.lastZxid, write)
    this.#checkRestored()
  }

  /** Tells whether a secret may be sent in clear text over a link. */
  #isPrivate(link: Link): boolean {
    return link.isPrivate || this.#options.allowInsecureAuth
  }

  /** Ends the restore when the server has answered every credential and every frame of watches. */
  #checkRestored(): void {
    const restored = this.#restored
    if (!restored || this.#credentials.unanswered > 0 || this.#watches.unanswered > 0) return
    this.#restored = null
    restored()
  }

  #searchReadWrite(link: Link): void {
    const found = (server: ServerAddress): void => {
      this.#servers.prefer(server)
      const message = 'the session moves to a server that takes writes'
      link.fail(new ZooKeeperError('CONNECTION_LOSS', { message }))
    }
    this.#readWriteSearch = new ReadWriteSearch(
      {
        environment: this.#options.environment,
        servers: () => this.#servers.servers,
        prepare: () => this.#security(),
        found,
      },
      link.server,
    )
  }

  #onFailure(error: ZooKeeperError, server: ServerAddress | null): void {
    this.#history.failed()
    this.#owner.onAttemptFailed(error, server)
  }

  #awaitExpiry(): void {
    if (this.#identity.id !== 0n) this.#expiry.await(this.#liveness.heardAt, this.#timeouts())
  }

  #detach(): Link | null {
    const link = this.#link
    this.#link = null
    this.#login?.cancel()
    this.#login = null
    this.#heartbeat?.stop()
    this.#heartbeat = null
    this.#readWriteSearch?.stop()
    this.#readWriteSearch = null
    this.serverRelease.stop()
    this.#restored = null
    this.#credentials.withdraw()
    this.#watches.withdraw()
    return link
  }
}
