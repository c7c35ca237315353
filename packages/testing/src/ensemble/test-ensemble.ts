import { ServerClock } from '../clock.ts'
import type { SeedTree } from '../database/tree-snapshot.ts'
import { type Environment, systemEnvironment } from '../environment.ts'
import { acceptConnection } from '../server/accept.ts'
import { ServerControl } from '../server/server-control.ts'
import { ServerCore } from '../server/server-core.ts'
import { type CoreOptions, resolveSettings } from '../server/settings.ts'
import type { Listener, ServerTlsOptions } from '../transport/listener.ts'
import { Outgoing } from '../transport/outgoing.ts'
import { listenTcp } from '../transport/tcp-listener.ts'
import { Cluster, type Seat } from './cluster.ts'

/** How an ensemble is set up. */
export interface TestEnsembleOptions extends Omit<CoreOptions, 'serverId' | 'readOnly'> {
  /** Number of members. Default 3. */
  size?: number
  /** The id of the first member; the others count on. From 128 on, session ids are negative. Default 1. */
  firstId?: number
  /** Whether a member without a quorum serves reads to clients that accept it. Default false. */
  readOnlyMode?: boolean
  /** The address to listen on. Default 127.0.0.1. */
  host?: string
  /** Node's options for TLS servers: the members speak TLS only then. */
  tls?: ServerTlsOptions
  /** Where time and chance come from. Default: the machine. */
  environment?: Environment
  /** Znodes to begin with. */
  seed?: SeedTree
}

/** One server of an ensemble, with all the faults that a lone server has. */
export class TestMember extends ServerControl {
  /** `firstId` for the first. */
  readonly id: number
  readonly #seat: Seat
  readonly #cluster: Cluster
  readonly #listener: Listener

  constructor(cluster: Cluster, seat: Seat, listener: Listener) {
    super(seat.core)
    this.id = seat.id
    this.#seat = seat
    this.#cluster = cluster
    this.#listener = listener
  }

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

  /** What it is at the moment; `down` when it is stopped, or has no quorum and no read-only mode. */
  get role(): 'leader' | 'follower' | 'read-only' | 'down' {
    const { mode, role } = this.#seat.core
    if (mode === 'down' || role === 'standalone') return 'down'
    return role
  }

  /** Stops the server as a power cut would: sockets are closed and refused. What it has applied is kept. */
  async stop(): Promise<void> {
    this.#cluster.setUp(this.#seat, false)
    await this.#listener.close()
  }

  /** Starts the server again, on the same port. It catches up with the ensemble before it takes clients. */
  async start(): Promise<void> {
    this.#cluster.setUp(this.#seat, true)
    if (!this.#listener.listening) await this.#listener.open()
  }

  /** Stops and starts. */
  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Refuses connections while the server runs on, or takes them again. */
  async refuseConnections(on: boolean): Promise<void> {
    if (on) await this.#listener.refuse()
    else if (!this.#listener.listening) await this.#listener.open()
  }

  /**
   * Makes a follower lag: it shows an old tree, its writes are committed and not answered, until `catchUp` or an
   * election.
   *
   * @throws Error for the leader.
   */
  stall(): void {
    this.#cluster.setStalled(this.#seat, true)
  }

  /** Ends a `stall`: applies all that has been committed meanwhile. */
  catchUp(): void {
    this.#cluster.setStalled(this.#seat, false)
  }

  /** Cuts the member off from all others; clients reach it still. */
  cut(): void {
    const alone = -this.id
    this.#cluster.setSides(seat => (seat === this.#seat ? alone : seat.side))
  }

  /** Ends a `cut`: the member is with the first part of the network again. */
  heal(): void {
    this.#cluster.setSides(seat => (seat === this.#seat ? 0 : seat.side))
  }

  /**
   * Makes this member the leader by an election, in which every connection of the ensemble is closed.
   *
   * @throws Error when it has no quorum.
   */
  becomeLeader(): void {
    this.#cluster.elect(this.#seat)
  }
}

/** An ensemble in this process: members that listen each on its own port, over one replicated log. */
export class TestEnsemble implements AsyncDisposable {
  readonly members: readonly TestMember[]
  readonly #cluster: Cluster
  readonly #clock: ServerClock
  readonly #outgoing: Outgoing

  private constructor(
    cluster: Cluster,
    members: readonly TestMember[],
    clock: ServerClock,
    outgoing: Outgoing,
  ) {
    this.#cluster = cluster
    this.members = members
    this.#clock = clock
    this.#outgoing = outgoing
  }

  /**
   * Starts all members and waits until they take connections. The one with the highest id leads.
   *
   * Rejects as `TestServer.start` does, and with a RangeError for a size below 1 or an id that is not 1 to 255.
   */
  static async start(options: TestEnsembleOptions = {}): Promise<TestEnsemble> {
    const { size = 3, firstId = 1, host = '127.0.0.1', tls, readOnlyMode = false } = options
    const { environment = systemEnvironment } = options
    const { listen = listenTcp } = environment
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`no ensemble of ${size}`)
    if (!Number.isInteger(firstId) || firstId < 1 || firstId + size > 256) {
      throw new RangeError(`no members with the ids from ${firstId} on: they are 1 to 255`)
    }
    const clock = new ServerClock(environment)
    const outgoing = new Outgoing()
    const cores = Array.from({ length: size }, (_, i) => {
      const settings = resolveSettings({ ...options, serverId: firstId + i }, tls !== undefined)
      return new ServerCore(settings, clock, outgoing)
    })
    const cluster = new Cluster({ cores, clock, outgoing, readOnlyMode })
    const listeners = cores.map(core =>
      listen(transport => acceptConnection(core, transport), { host, port: 0, tls }),
    )
    const members = cluster.seats.map((seat, i) => new TestMember(cluster, seat, listeners[i]!))
    const ensemble = new TestEnsemble(cluster, members, clock, outgoing)
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

  /** The member with this id. Throws a RangeError when there is none. */
  member(id: number): TestMember {
    const member = this.members.find(each => each.id === id)
    if (member === undefined) throw new RangeError(`no member ${id}`)
    return member
  }

  /**
   * Cuts the network into parts, each a list of member ids; members that are named nowhere are alone. The part
   * that has a majority goes on, with a new leader if it needs one.
   */
  partition(...parts: readonly (readonly number[])[]): void {
    this.#cluster.setSides(({ id }) => {
      const part = parts.findIndex(ids => ids.includes(id))
      return part === -1 ? -id : part
    })
  }

  /** Makes the network whole again. */
  heal(): void {
    this.#cluster.setSides(() => 0)
  }

  /** Makes znodes from a plain object, as `ServerControl.seed` does. */
  seed(tree: SeedTree): void {
    if (this.leader === null) throw new Error('an ensemble without a leader cannot be seeded')
    this.leader.seed(tree)
  }

  /** Stops the clock of all members, as `ServerControl.freezeTime` does. */
  freezeTime(): void {
    this.#clock.freeze()
  }

  /** Lets the clock go on. */
  resumeTime(): void {
    this.#clock.resume()
  }

  /** Moves the clock of all members forward. */
  advance(milliseconds: number): void {
    this.#clock.advance(milliseconds)
    this.#outgoing.flush()
  }

  /** Stops all members: no port is open and no socket left when this resolves. */
  async stop(): Promise<void> {
    await Promise.all(this.members.map(member => member.stop()))
  }

  /** The same as `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #open(listeners: readonly Listener[], seed: SeedTree | undefined): Promise<void> {
    try {
      for (const listener of listeners) await listener.open()
    } catch (error) {
      await this.stop()
      throw error
    }
    const lines = this.members.map(
      ({ id, host, hosts }) => `server.${id}=${host}:2888:3888:participant;${hosts}`,
    )
    const config = Buffer.from([...lines, 'version=0'].join('\n'))
    for (const { core } of this.#cluster.seats) {
      const node = core.database.tree.find('/zookeeper/config')
      if (node !== undefined) node.data = config
    }
    this.#cluster.startAll()
    if (seed !== undefined) this.seed(seed)
  }
}
