import { ServerClock } from './clock.ts'
import { SessionTracker } from './database/sessions.ts'
import type { SeedTree } from './database/tree-snapshot.ts'
import { type Environment, systemEnvironment } from './environment.ts'
import { acceptConnection } from './server/accept.ts'
import { Authority } from './server/authority.ts'
import { ServerControl } from './server/server-control.ts'
import { ServerCore } from './server/server-core.ts'
import { type CoreOptions, resolveSettings } from './server/settings.ts'
import type { Listener, ServerTlsOptions } from './transport/listener.ts'
import { Outgoing } from './transport/outgoing.ts'
import { listenTcp } from './transport/tcp-listener.ts'

/** How a server is set up. Everything has a default that suits a test. */
export interface TestServerOptions extends CoreOptions {
  /** The address to listen on. Default 127.0.0.1. */
  host?: string
  /** The port to listen on. Default 0: any that is free. */
  port?: number
  /** Node's options for a TLS server (`key`, `cert`, ...): the server speaks TLS only then. */
  tls?: ServerTlsOptions
  /** Where time and chance come from. Default: the machine. */
  environment?: Environment
  /** Znodes to begin with: `{ app: { config: 'v1' } }`. */
  seed?: SeedTree
}

/**
 * A ZooKeeper server in this process: the real protocol on a real socket, everything in memory.
 *
 * ```ts
 * await using server = await TestServer.start()
 * const zk = await connect(server.hosts)
 * ```
 */
export class TestServer extends ServerControl implements AsyncDisposable {
  readonly #core: ServerCore
  readonly #listener: Listener
  readonly #tracker: SessionTracker
  #running = false
  #readOnly: boolean

  private constructor(core: ServerCore, listener: Listener, readOnly: boolean) {
    super(core)
    this.#core = core
    this.#listener = listener
    this.#tracker = new SessionTracker(core.settings.tickTime)
    this.#readOnly = readOnly
  }

  /**
   * Starts a server and waits until it takes connections.
   *
   * Rejects with the system's error when it cannot listen (EADDRINUSE, EACCES), with a RangeError for a version
   * that is none.
   */
  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const settings = resolveSettings(options, options.tls !== undefined)
    const { host = '127.0.0.1', port = 0, tls, environment = systemEnvironment } = options
    const core = new ServerCore(settings, new ServerClock(environment), new Outgoing())
    const { listen = listenTcp } = environment
    const listener = listen(transport => acceptConnection(core, transport), { host, port, tls })
    const server = new TestServer(core, listener, options.readOnly ?? false)
    await server.#start(options.seed)
    return server
  }

  /** The address it listens on. */
  get host(): string {
    return this.#listener.host
  }

  /** The port it listens on: the same one from the first start on. */
  get port(): number {
    return this.#listener.port
  }

  /** `host:port`, as a connect string wants it. */
  get hosts(): string {
    return this.#listener.hosts
  }

  /** Whether it takes connections. */
  get running(): boolean {
    return this.#running
  }

  /**
   * Stops: new connections are refused and every socket is closed before this resolves. The tree and the sessions
   * are kept for a `restart`; no session expires meanwhile. Does nothing when stopped already.
   */
  async stop(): Promise<void> {
    this.#running = false
    this.#halt()
    await this.#listener.close()
  }

  /**
   * Stops, and starts again on the same port with the tree and the sessions that there were; each session has its
   * whole timeout again. Watches are gone with their connections. After a `stop` it only starts.
   *
   * Rejects with EADDRINUSE when another program has taken the port meanwhile.
   */
  async restart(): Promise<void> {
    await this.stop()
    await this.#start(undefined)
  }

  /**
   * Refuses connections, as a machine does on which no server listens, or takes them again. Connections that there
   * are stay. Resolves when it is in force.
   */
  async refuseConnections(on: boolean): Promise<void> {
    if (on) await this.#listener.refuse()
    else if (!this.#listener.listening) await this.#listener.open()
  }

  /**
   * Becomes read-only, or takes writes again: closes every connection, and from then on admits only clients that
   * accept a read-only server, with sessions of this server's own; `isro` says so.
   */
  setReadOnly(on: boolean): void {
    this.#readOnly = on
    this.#halt()
    this.#core.dropAll()
    this.#serve()
  }

  /** The same as `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #start(seed: SeedTree | undefined): Promise<void> {
    if (seed !== undefined) {
      this.#serveWrites()
      this.seed(seed)
      this.#halt()
    }
    this.#serve()
    await this.#listener.open()
    this.#running = true
  }

  #halt(): void {
    this.#core.authority?.stop()
    this.#core.authority = null
    this.#core.mode = 'down'
  }

  #serve(): void {
    if (!this.#readOnly) return this.#serveWrites()
    this.#core.mode = 'read-only'
    this.#core.role = 'read-only'
  }

  #serveWrites(): void {
    const core = this.#core
    core.mode = 'serving'
    core.role = 'standalone'
    this.#tracker.touchAll(core.clock.now())
    core.authority = new Authority({
      database: core.database,
      settings: core.settings,
      clock: core.clock,
      tracker: this.#tracker,
      replicas: [core],
      settle: () => core.outgoing.flush(),
      containerCheckInterval: core.settings.containerCheckInterval,
      zxid: core.database.lastZxid,
    })
  }
}
