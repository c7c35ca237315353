import { ErrorNumber, longAt, op, type Reader, readWatcherEvent, Xid } from '@zookit/jute'
import { type Credentials, encodeControl } from './auth/credentials.ts'
import { attemptChannel, unknownEventChannel } from './diagnostics.ts'
import type { Timer } from './environment.ts'
import { ZooKeeperError } from './errors.ts'
import { Heartbeat } from './link/heartbeat.ts'
import type { Link, LinkOwner } from './link/link.ts'
import { Backoff, type Timeouts, timeoutsFor } from './link/timeouts.ts'
import type { ResolvedOptions, SessionIdentity } from './options.ts'
import type { Exchange } from './requests/exchange.ts'
import type { ServerAddress } from './servers/connect-string.ts'
import type { HandshakeRequest, Verdict } from './servers/handshake.ts'
import { ReadWriteSearch } from './servers/read-write-search.ts'
import { type Prepared, Search } from './servers/search.ts'
import { Directory } from './servers/server-list.ts'
import { Restoration } from './session-restore.ts'
import type { WatchRegistry } from './watches/watch-registry.ts'

const PING = encodeControl(Xid.ping, op.ping, null)
const NO_SESSION: SessionIdentity = { id: 0n, password: Buffer.alloc(16) }

// Error numbers that end more than the request they answer.
const { SESSION_EXPIRED, SESSION_CLOSED_REQUIRE_SASL_AUTH: AUTH_REQUIRED } = ErrorNumber

/** What a lifeline tells its session. */
export interface LifelineOwner {
  /** Credentials and watches stand: requests may flow. */
  onConnected(readOnly: boolean): void
  /** The connection is gone. The lifeline looks for another one unless it is cut. */
  onLost(error: Error | null): void
  onExpired(reason: string): void
  onAuthRefused(err: number): void
  /** An attempt failed, the search goes on. */
  onAttemptFailed(error: ZooKeeperError, server: ServerAddress | null): void
}

/**
 * Holds a session to its ensemble: finds a server, shakes hands, presents credentials, arms watches, keeps the
 * connection alive, and starts over when it is lost. At most one link or one search exists at a time.
 */
export class Lifeline {
  readonly #options: ResolvedOptions
  readonly #exchange: Exchange
  readonly #credentials: Credentials
  readonly #watches: WatchRegistry
  readonly #owner: LifelineOwner
  readonly #directory: Directory
  readonly #backoff: Backoff
  readonly #frames: LinkOwner = {
    onFrame: reader => this.#onFrame(reader),
    onTurn: () => {
      this.#watches.isBehind = false
      this.#exchange.onTurn()
    },
    onLost: error => this.#onLost(error),
  }

  #identity: SessionIdentity
  #timeout: number
  /** When the last whole frame came on any connection: what expiry is counted from. */
  #heardAt: number
  #link: Link | null = null
  #search: Search | null = null
  #restoration: Restoration | null = null
  #heartbeat: Heartbeat | null = null
  #readWriteSearch: ReadWriteSearch | null = null
  #expiry: Timer | null = null
  #cut = false
  /** Since when every server has closed the handshake of a new session; 0 when one has not. */
  #refusedSince = 0

  constructor(
    options: ResolvedOptions,
    exchange: Exchange,
    credentials: Credentials,
    watches: WatchRegistry,
    owner: LifelineOwner,
  ) {
    const { environment, servers, srv, shuffle, backoff, sessionTimeout, session } = options
    this.#options = options
    this.#exchange = exchange
    this.#credentials = credentials
    this.#watches = watches
    this.#owner = owner
    this.#directory = new Directory(environment, servers, srv, shuffle)
    this.#backoff = new Backoff(backoff)
    this.#identity = session ?? NO_SESSION
    this.#timeout = sessionTimeout
    this.#heardAt = environment.now()
  }

  get identity(): SessionIdentity {
    return this.#identity
  }

  /** The negotiated session timeout in milliseconds; the requested one until there is one. */
  get timeout(): number {
    return this.#timeout
  }

  get server(): ServerAddress | null {
    return this.#link?.server ?? null
  }

  get servers(): readonly ServerAddress[] {
    return this.#directory.servers
  }

  /** Begins to look for a server, for the first time. */
  start(): void {
    this.#awaitExpiry()
    this.#startSearch(false)
  }

  /** Looks for a server that makes a new session in the expired one's place. */
  renew(): void {
    this.#startSearch(true)
  }

  /** Replaces the servers; a session that has to move first waits for the answers it is owed. */
  updateServers(servers: readonly ServerAddress[]): void {
    const link = this.#link
    const moves = this.#directory.update(servers, this.server)
    this.#search?.reconsider()
    if (!moves || !link) return
    this.#exchange.hold(() =>
      link.fail(new ZooKeeperError('CONNECTION_LOSS', { message: 'moving to another server' })),
    )
  }

  /** The session is gone: the next handshake asks for a new one. */
  forgetSession(): void {
    this.#identity = NO_SESSION
    this.#timeout = this.#options.sessionTimeout
  }

  /** Lets go of the connection, or the search for one, and of every timer. */
  release(): void {
    this.#detach()?.destroy()
    this.#search?.cancel()
    this.#search = null
    this.#stopExpiry()
  }

  /** A connection that is lost from now on stays lost, and is not left for another one any more. */
  cut(): void {
    this.#cut = true
    if (this.#link && !this.#restoration) this.#exchange.open(this.#link)
  }

  // ---- frames ----------------------------------------------------------------------------------------------

  #onFrame(reader: Reader): boolean {
    const at = reader.take(16)
    const xid = reader.view.getInt32(at)
    if (xid > 0) {
      // A reply waits until whoever iterates over events has had the time to take those before it.
      if (this.#watches.isBehind) return false
      this.#onReplyError(this.#exchange.onReply(reader, at))
    } else if (xid === Xid.notification) return this.#onEvent(reader, at)
    else this.#onControl(xid, reader.view.getInt32(at + 12))
    return true
  }

  /** An event waits until the continuations of the replies before it have run. */
  #onEvent(reader: Reader, at: number): boolean {
    if (this.#exchange.settled) return false
    const { type, state, path } = readWatcherEvent(reader)
    const known = path !== null && this.#watches.fire(type, path, longAt(reader.view, at + 4))
    if (!known && unknownEventChannel.hasSubscribers) unknownEventChannel.publish({ type, state, path })
    return true
  }

  #onControl(xid: number, err: number): void {
    if (xid === Xid.auth) this.#onAuthAnswer(err)
    // A server that enforces credentials refuses whatever comes before them, pings too.
    else if (err === SESSION_EXPIRED || err === AUTH_REQUIRED) this.#onReplyError(err)
    else if (xid === Xid.ping) this.#onPong()
    else if (xid === Xid.setWatches && this.#restoration) this.#restoration.onWatchesAnswered(err)
    else
      throw new ZooKeeperError('CONNECTION_LOSS', { message: `a reply to ${xid}, which was not asked for` })
  }

  #onPong(): void {
    const sentAt = this.#heartbeat?.onPong() ?? 0
    if (sentAt > this.#exchange.answeredAt) this.#exchange.answeredAt = sentAt
  }

  #onAuthAnswer(err: number): void {
    this.#exchange.settled = true
    if (err !== 0) this.#owner.onAuthRefused(err)
    else if (this.#restoration) this.#restoration.onAuthAccepted()
    else this.#credentials.accepted()
  }

  #onReplyError(err: number): void {
    if (err === SESSION_EXPIRED) this.#owner.onExpired('the server says so')
    else if (err === AUTH_REQUIRED) this.#owner.onAuthRefused(err)
  }

  // ---- from one connection to the next ---------------------------------------------------------------------

  #onLost(error: Error | null): void {
    const link = this.#detach()
    if (link) this.#heardAt = link.heardAt
    this.#exchange.lost(error)
    this.#owner.onLost(error)
    if (this.#cut) return
    this.#awaitExpiry()
    this.#startSearch(true)
  }

  #startSearch(patient: boolean): void {
    this.#search = new Search({
      environment: this.#options.environment,
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

  /** At once where there is nobody to ask. */
  #prepare(): Prepared | Promise<Prepared> {
    const { tls } = this.#options
    return typeof tls === 'function' || this.#credentials.changing ? this.#ask(tls) : tls
  }

  async #ask(tls: ResolvedOptions['tls']): Promise<Prepared> {
    await this.#credentials.refresh()
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
      this.#owner.onExpired('the server does not know it any more')
      return
    }
    this.#link = link
    link.adopt(this.#frames)
    this.#stopExpiry()
    this.#timeout = verdict.timeout
    // A read-only server's session is local to it and cannot be resumed anywhere.
    if (!verdict.readOnly) this.#identity = { id: verdict.sessionId, password: verdict.password }
    this.#directory.connected(link.server)
    this.#exchange.answeredAt = link.sentAt
    this.#heartbeat = new Heartbeat(this.#options.environment, link, this.#timeouts(), {
      ping: () => link.write(PING),
      dead: reason => link.fail(new ZooKeeperError('CONNECTION_LOSS', { message: reason })),
    })
    this.#restore(link, verdict.readOnly)
  }

  /** Credentials, then watches, then the word that the session is connected, then requests. */
  #restore(link: Link, readOnly: boolean): void {
    const write = (frame: Buffer): number => link.write(frame)
    const done = (): void => {
      this.#restoration = null
      this.#backoff.reset()
      if (readOnly) this.#searchReadWrite(link)
      this.#owner.onConnected(readOnly)
      // A listener may have ended the session.
      if (this.#link === link) this.#exchange.open(link)
    }
    this.#restoration = new Restoration(this.#credentials, this.#watches, done)
    this.#restoration.begin(this.#exchange.lastZxid, write)
  }

  #searchReadWrite(link: Link): void {
    const found = (server: ServerAddress): void => {
      this.#directory.prefer(server)
      link.fail(new ZooKeeperError('CONNECTION_LOSS', { message: 'moving to a server that takes writes' }))
    }
    this.#readWriteSearch = new ReadWriteSearch(
      {
        environment: this.#options.environment,
        servers: () => this.#directory.servers,
        prepare: () => this.#prepare(),
        found,
      },
      link.server,
    )
  }

  #onFailure(error: ZooKeeperError, server: ServerAddress | null): void {
    if (attemptChannel.hasSubscribers) attemptChannel.publish({ server, error })
    this.#countRefusal(error)
    this.#owner.onAttemptFailed(error, server)
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
    const now = this.#options.environment.now()
    this.#refusedSince ||= now
    if (now - this.#refusedSince >= this.#options.zxidGrace) this.#exchange.forgetZxid()
  }

  #awaitExpiry(): void {
    this.#stopExpiry()
    if (this.#identity.id === 0n) return
    const { environment } = this.#options
    const { expiration } = this.#timeouts()
    const due = this.#heardAt + expiration - environment.now()
    const judge = (): void => {
      if (this.#expiry === timer) this.#owner.onExpired(`no server was heard for ${expiration} ms`)
    }
    // An answer that waits in the kernel is read before the session is given up: it may take the verdict back.
    const timer = environment.setTimer(() => environment.defer(judge), due)
    this.#expiry = timer
  }

  #stopExpiry(): void {
    this.#expiry?.cancel()
    this.#expiry = null
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
}
