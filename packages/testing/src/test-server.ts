import { checkCalls, checkOptions, type OptionChecks, record, text, whole } from './arguments.ts'
import { SERVER_CALLS } from './call-checks.ts'
import { ServerClock } from './clock.ts'
import { SessionTracker } from './database/sessions.ts'
import type { SeedTree } from './database/tree-snapshot.ts'
import { type Environment, systemEnvironment } from './environment.ts'
import { acceptConnection } from './server/accept.ts'
import { CORE_OPTIONS } from './server/option-names.ts'
import { Sequencer } from './server/sequencer.ts'
import { ServerControl } from './server/server-control.ts'
import { ServerCore } from './server/server-core.ts'
import { type CoreOptions, resolveSettings } from './server/settings.ts'
import { FlushQueue } from './transport/flush-queue.ts'
import type { Listener, ServerTlsOptions } from './transport/listener.ts'
import { listenTcp } from './transport/tcp-listener.ts'

/** The options of a server. Every default suits a test. */
export interface TestServerOptions extends CoreOptions {
  /** The address to listen on. Default 127.0.0.1. */
  host?: string
  /** The port to listen on. Default 0: any free one. */
  port?: number
  /** Node's options for a TLS server (`key`, `cert`, ...). Default: the server does not speak TLS. */
  tls?: ServerTlsOptions
  /** The source of time and random numbers. Default: the machine. */
  environment?: Environment
  /** The first znodes, such as `{ app: { config: 'v1' } }`. */
  seed?: SeedTree
}

const OPTIONS: OptionChecks<TestServerOptions> = {
  ...CORE_OPTIONS,
  host: text,
  port: whole(0, 65_535),
  tls: record,
  environment: record,
  seed: record,
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
   * Starts a server and waits until it accepts connections.
   *
   * Rejects with a TypeError (`code` BAD_ARGUMENTS) for an option that does not exist, with the system's error when it
   * cannot listen (EADDRINUSE, EACCES), and with a RangeError for a version that is not 3.N or 3.N.P.
   */
  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    checkOptions('TestServer.start', options, OPTIONS)
    const settings = resolveSettings(options, options.tls !== undefined)
    const { host = '127.0.0.1', port = 0, tls, environment = systemEnvironment } = options
    const core = new ServerCore(settings, new ServerClock(environment), new FlushQueue())
    const { listen = listenTcp } = environment
    const listener = listen(transport => acceptConnection(core, transport), { host, port, tls })
    const server = new TestServer(core, listener, options.readOnly ?? false)
    await server.#start(options.seed)
    return server
  }

  /** The address that it listens on. */
  get host(): string {
    return this.#listener.host
  }

  /** The port that it listens on. It stays the same after a restart. */
  get port(): number {
    return this.#listener.port
  }

  /** `host:port`, for a connect string. */
  get hosts(): string {
    return this.#listener.hosts
  }

  /** True while it runs. */
  get running(): boolean {
    return this.#running
  }

  /**
   * Stops the server. When this resolves, new connections are refused and every socket is closed. The tree and the
   * sessions are kept for a `restart`; no session expires meanwhile. Does nothing when it is stopped already.
   */
  async stop(): Promise<void> {
    this.#running = false
    this.#halt()
    await this.#listener.close()
  }

  /**
   * Stops the server and starts it again on the same port, with its tree and its sessions. Each session has its whole
   * timeout again. Watches end with their connections. After a `stop` it only starts.
   *
   * Rejects with EADDRINUSE when another program has taken the port meanwhile.
   */
  async restart(): Promise<void> {
    await this.stop()
    await this.#start(undefined)
  }

  /**
   * Refuses new connections, as a machine on which no server listens, or accepts them again. Open connections stay.
   * Resolves when it has taken effect.
   */
  async refuseConnections(on: boolean): Promise<void> {
    if (on) await this.#listener.refuse()
    else if (!this.#listener.listening) await this.#listener.open()
  }

  /**
   * Makes the server read-only, or lets it take writes again. Every connection closes. A read-only server admits only
   * clients that accept one, with sessions of its own, and answers `ro` to `isro`.
   */
  setReadOnly(on: boolean): void {
    this.#readOnly = on
    this.#halt()
    this.#core.dropAll()
    this.#serve()
  }

  /** Calls `stop`. */
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
    this.#core.clientPort = this.#listener.port
    this.#running = true
  }

  #halt(): void {
    this.#core.sequencer?.stop()
    this.#core.sequencer = null
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
    core.sequencer = new Sequencer({
      database: core.database,
      settings: core.settings,
      ensemble: null,
      onCommit: core.settings.onCommit,
      clock: core.clock,
      tracker: this.#tracker,
      replicas: [core],
      settle: () => core.flushQueue.flush(),
      containerCheckInterval: core.settings.containerCheckInterval,
      zxid: core.database.lastZxid,
    })
  }
}

checkCalls<TestServer, keyof ServerControl>(TestServer, SERVER_CALLS)
