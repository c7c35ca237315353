import { ServerClock } from '../clock.ts'
import type { SeedTree } from '../database/tree-snapshot.ts'
import { type Environment, systemEnvironment } from '../environment.ts'
import { acceptConnection } from '../server/accept.ts'
import { ServerControl } from '../server/server-control.ts'
import { ServerCore } from '../server/server-core.ts'
import { type CoreOptions, resolveSettings } from '../server/settings.ts'
import { FlushQueue } from '../transport/flush-queue.ts'
import type { Listener, ServerTlsOptions } from '../transport/listener.ts'
import { listenTcp } from '../transport/tcp-listener.ts'
import { Cluster, type MemberState } from './cluster.ts'

/** The options of an ensemble. */
export interface TestEnsembleOptions extends Omit<CoreOptions, 'serverId' | 'readOnly'> {
  /** Number of members. Default 3. */
  size?: number
  /** The id of the first member; the others follow. Session ids are negative for ids from 128 on. Default 1. */
  firstId?: number
  /** True if a member without a quorum serves reads to clients that accept a read-only server. Default false. */
  readOnlyMode?: boolean
  /** The port of each member, in order of their ids; 0 for any free one. Default: free ports. */
  ports?: readonly number[]
  /** The address to listen on. Default 127.0.0.1. */
  host?: string
  /** Node's options for a TLS server. Default: the members do not speak TLS. */
  tls?: ServerTlsOptions
  /** The source of time and random numbers. Default: the machine. */
  environment?: Environment
  /** The first znodes. */
  seed?: SeedTree
}

/** One server of an ensemble, with all the faults of a standalone server. */
export class TestMember extends ServerControl {
  /** The server's id: `firstId` for the first member. */
  readonly id: number
  readonly #member: MemberState
  readonly #cluster: Cluster
  readonly #listener: Listener

  constructor(cluster: Cluster, member: MemberState, listener: Listener) {
    super(member.core)
    this.id = member.id
    this.#member = member
    this.#cluster = cluster
    this.#listener = listener
  }

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

  /** The current role; `down` when it is stopped, or has neither a quorum nor read-only mode. */
  get role(): 'leader' | 'follower' | 'read-only' | 'down' {
    const { mode, role } = this.#member.core
    if (mode === 'down' || role === 'standalone') return 'down'
    return role
  }

  /** Stops the server as a power cut does: its sockets close and new ones are refused. Its database is kept. */
  async stop(): Promise<void> {
    this.#cluster.setUp(this.#member, false)
    await this.#listener.close()
  }

  /** Starts the server again on the same port. It catches up with the ensemble before it serves clients. */
  async start(): Promise<void> {
    this.#cluster.setUp(this.#member, true)
    if (!this.#listener.listening) await this.#listener.open()
  }

  /** Stops the server and starts it again. */
  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Refuses new connections while the server runs, or accepts them again. */
  async refuseConnections(on: boolean): Promise<void> {
    if (on) await this.#listener.refuse()
    else if (!this.#listener.listening) await this.#listener.open()
  }

  /**
   * Makes a follower lag until `catchUp` or an election: it shows an old tree, and its clients' writes are committed
   * and not answered.
   *
   * @throws Error for the leader.
   */
  stall(): void {
    this.#cluster.setStalled(this.#member, true)
  }

  /** Ends a `stall`: applies everything that has been committed meanwhile. */
  catchUp(): void {
    this.#cluster.setStalled(this.#member, false)
  }

  /** Cuts the network between this member and all others. Clients still reach it. */
  cut(): void {
    const alone = -this.id
    this.#cluster.setSides(member => (member === this.#member ? alone : member.side))
  }

  /** Ends a `cut`: the member reaches the first part of the network again. */
  heal(): void {
    this.#cluster.setSides(member => (member === this.#member ? 0 : member.side))
  }

  /**
   * Makes this member the leader by an election, in which every connection of the ensemble closes.
   *
   * @throws Error when it does not reach a majority.
   */
  becomeLeader(): void {
    this.#cluster.elect(this.#member)
  }
}

/** An ensemble in this process: each member listens on its own port, and all apply one replicated log. */
export class TestEnsemble implements AsyncDisposable {
  readonly members: readonly TestMember[]
  readonly #cluster: Cluster
  readonly #clock: ServerClock
  readonly #flushQueue: FlushQueue

  private constructor(
    cluster: Cluster,
    members: readonly TestMember[],
    clock: ServerClock,
    flushQueue: FlushQueue,
  ) {
    this.#cluster = cluster
    this.members = members
    this.#clock = clock
    this.#flushQueue = flushQueue
  }

  /**
   * Starts all members and waits until they accept connections. The one with the highest id is the leader.
   *
   * Rejects as `TestServer.start` does, and with a RangeError for a size below 1, ids outside of 1 to 255, or a number
   * of ports that is not the size.
   */
  static async start(options: TestEnsembleOptions = {}): Promise<TestEnsemble> {
    const {
      size = options.ports?.length ?? 3,
      firstId = 1,
      host = '127.0.0.1',
      tls,
      readOnlyMode = false,
    } = options
    const { environment = systemEnvironment } = options
    const { listen = listenTcp } = environment
    if (!Number.isInteger(size) || size < 1)
      throw new RangeError(`size must be a whole number from 1 on, not ${size}`)
    if (!Number.isInteger(firstId) || firstId < 1 || firstId + size > 256) {
      throw new RangeError(
        `the ids of ${size} members from firstId ${firstId} on are not all within 1 to 255`,
      )
    }
    const ports = options.ports ?? new Array<number>(size).fill(0)
    if (ports.length !== size) {
      throw new RangeError(`ports has ${ports.length} entries for ${size} members: give one for each member`)
    }
    const clock = new ServerClock(environment)
    const flushQueue = new FlushQueue()
    const cores = Array.from({ length: size }, (_, i) => {
      const settings = resolveSettings({ ...options, serverId: firstId + i }, tls !== undefined)
      return new ServerCore(settings, clock, flushQueue)
    })
    const cluster = new Cluster({ cores, clock, flushQueue, readOnlyMode })
    const listeners = cores.map((core, i) =>
      listen(transport => acceptConnection(core, transport), { host, port: ports[i]!, tls }),
    )
    const members = cluster.memberStates.map((member, i) => new TestMember(cluster, member, listeners[i]!))
    const ensemble = new TestEnsemble(cluster, members, clock, flushQueue)
    await ensemble.#open(listeners, options.seed)
    return ensemble
  }

  /** All members as one connect string. */
  get hosts(): string {
    return this.members.map(({ hosts }) => hosts).join(',')
  }

  /** The leader; null without a quorum. */
  get leader(): TestMember | null {
    const { leader } = this.#cluster
    return leader === null ? null : this.member(leader.id)
  }

  /** The members that follow the leader. */
  get followers(): TestMember[] {
    return this.members.filter(({ role }) => role === 'follower')
  }

  /**
   * Returns the member with this id.
   *
   * @throws RangeError when the ensemble has none.
   */
  member(id: number): TestMember {
    const member = this.members.find(each => each.id === id)
    if (member === undefined)
      throw new RangeError(
        `the ensemble has no member ${id}; it has ${this.members.map(each => each.id).join(', ')}`,
      )
    return member
  }

  /**
   * Cuts the network into parts, each a list of member ids. A member in no list is alone. The part that has a majority
   * continues, with a new leader if it needs one.
   */
  partition(...parts: readonly (readonly number[])[]): void {
    this.#cluster.setSides(({ id }) => {
      const part = parts.findIndex(ids => ids.includes(id))
      return part === -1 ? -id : part
    })
  }

  /** Ends every cut: all members reach each other again. */
  heal(): void {
    this.#cluster.setSides(() => 0)
  }

  /** Creates znodes from a plain object, as `ServerControl.seed` does. */
  seed(tree: SeedTree): void {
    if (this.leader === null)
      throw new Error(
        'cannot seed an ensemble without a leader: no majority of its members runs and is connected',
      )
    this.leader.seed(tree)
  }

  /** Freezes the clock of all members, as `ServerControl.freezeTime` does. */
  freezeTime(): void {
    this.#clock.freeze()
  }

  /** Resumes the clock of all members. */
  resumeTime(): void {
    this.#clock.resume()
  }

  /** Moves the clock of all members forward. */
  advance(milliseconds: number): void {
    this.#clock.advance(milliseconds)
    this.#flushQueue.flush()
  }

  /** Stops all members. When this resolves, no port and no socket is open. */
  async stop(): Promise<void> {
    await Promise.all(this.members.map(member => member.stop()))
  }

  /** Calls `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #open(listeners: readonly Listener[], seed: SeedTree | undefined): Promise<void> {
    try {
      for (const [i, listener] of listeners.entries()) {
        await listener.open()
        this.#cluster.memberStates[i]!.core.clientPort = listener.port
      }
    } catch (error) {
      await this.stop()
      throw error
    }
    const lines = this.members.map(
      ({ id, host, hosts }) => `server.${id}=${host}:2888:3888:participant;${hosts}`,
    )
    const config = Buffer.from([...lines, 'version=0'].join('\n'))
    for (const { core } of this.#cluster.memberStates) {
      const node = core.database.tree.find('/zookeeper/config')
      if (node !== undefined) node.data = config
    }
    this.#cluster.startAll()
    if (seed !== undefined) this.seed(seed)
  }
}
