import {
  checkCalls,
  checkedLater,
  checkOptions,
  flag,
  type OptionChecks,
  ports,
  record,
  text,
} from '../arguments.ts'
import { ENSEMBLE_CALLS, MEMBER_CALLS } from '../call-checks.ts'
import { ServerClock } from '../clock.ts'
import type { SeedTree } from '../database/tree-snapshot.ts'
import { type Environment, systemEnvironment } from '../environment.ts'
import { parseServer, type ServerLine } from '../membership/server-line.ts'
import { acceptConnection } from '../server/accept.ts'
import { CORE_OPTIONS } from '../server/option-names.ts'
import { ServerControl } from '../server/server-control.ts'
import { ServerCore } from '../server/server-core.ts'
import { type CoreOptions, resolveSettings } from '../server/settings.ts'
import { FlushQueue } from '../transport/flush-queue.ts'
import type { Listener, ServerTlsOptions } from '../transport/listener.ts'
import { listenTcp } from '../transport/tcp-listener.ts'
import { Cluster, type MemberState } from './cluster.ts'

/** The options of an ensemble. */
export interface TestEnsembleOptions extends Omit<CoreOptions, 'serverId' | 'readOnly'> {
  /** The number of members that vote. Default 3. */
  size?: number
  /** The number of observers, whose ids and ports come after those of the voters. Default 0. */
  observers?: number
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

const { serverId: _serverId, readOnly: _readOnly, ...memberOptions } = CORE_OPTIONS

const OPTIONS: OptionChecks<TestEnsembleOptions> = {
  ...memberOptions,
  size: checkedLater,
  observers: checkedLater,
  firstId: checkedLater,
  readOnlyMode: flag,
  ports: ports,
  host: text,
  tls: record,
  environment: record,
  seed: record,
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

  /** The server as a configuration and `reconfig` name it: `server.4=host:port:port:participant;host:port`. */
  get spec(): string {
    const text = this.#cluster.membership.servers.get(this.id)?.text ?? lineOf(this, true).text
    return `server.${this.id}=${text}`
  }

  /** The current role; `down` when it is stopped, is in no configuration, or has neither a quorum nor read-only mode. */
  get role(): 'leader' | 'follower' | 'observer' | 'read-only' | 'down' {
    const { mode, role } = this.#member.core
    if (mode === 'down' || role === 'standalone') return 'down'
    return role
  }

  /** Opens the listener before the first start. @internal */
  async listen(): Promise<void> {
    await this.#listener.open()
    this.#member.core.clientPort = this.#listener.port
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

checkCalls<TestMember, keyof ServerControl>(TestMember, MEMBER_CALLS)

/** The ports between members, which nobody listens on. */
const PEER_PORTS = '2888:3888'

/** Returns the line of a server in a configuration. */
function lineOf({ id, host, hosts }: TestMember, votes: boolean): ServerLine {
  const shown = host.includes(':') ? `[${host}]` : host
  const line = parseServer(
    String(id),
    `${shown}:${PEER_PORTS}:${votes ? 'participant' : 'observer'};${hosts}`,
  )
  if (typeof line === 'number') throw new RangeError(`host ${host} cannot be that of an ensemble's member`)
  return line
}

/** The parts of an ensemble that a new server needs. */
interface ServerFactory {
  readonly clock: ServerClock
  readonly flushQueue: FlushQueue
  core(id: number): ServerCore
  listener(core: ServerCore, port: number): Listener
}

function factoryOf(options: TestEnsembleOptions): ServerFactory {
  const { host = '127.0.0.1', tls, environment = systemEnvironment } = options
  const { listen = listenTcp } = environment
  const clock = new ServerClock(environment)
  const flushQueue = new FlushQueue()
  return {
    clock,
    flushQueue,
    core: id =>
      new ServerCore(resolveSettings({ ...options, serverId: id }, tls !== undefined), clock, flushQueue),
    listener: (core, port) => listen(transport => acceptConnection(core, transport), { host, port, tls }),
  }
}

const MAX_ID = 255

/** Returns the first id, the number of voters, and the port of each member. @throws RangeError for impossible ones. */
function layoutOf(options: TestEnsembleOptions): { firstId: number; size: number; ports: readonly number[] } {
  const { observers = 0, firstId = 1 } = options
  const { size = options.ports === undefined ? 3 : options.ports.length - observers } = options
  const count = size + observers
  if (!Number.isInteger(size) || size < 1)
    throw new RangeError(`size must be a whole number from 1 on, not ${size}`)
  if (!Number.isInteger(observers) || observers < 0)
    throw new RangeError(`observers must be a whole number from 0 on, not ${observers}`)
  if (!Number.isInteger(firstId) || firstId < 1 || firstId + count > MAX_ID + 1) {
    throw new RangeError(
      `the ids of ${count} members from firstId ${firstId} on are not all within 1 to ${MAX_ID}`,
    )
  }
  const ports = options.ports ?? new Array<number>(count).fill(0)
  if (ports.length !== count) {
    throw new RangeError(`ports has ${ports.length} entries for ${count} members: give one for each member`)
  }
  return { firstId, size, ports }
}

/** An ensemble in this process: each member listens on its own port, and all apply one replicated log. */
export class TestEnsemble implements AsyncDisposable {
  readonly #members: TestMember[]
  readonly #cluster: Cluster
  readonly #factory: ServerFactory

  private constructor(cluster: Cluster, members: TestMember[], factory: ServerFactory) {
    this.#cluster = cluster
    this.#members = members
    this.#factory = factory
  }

  /**
   * Starts all members and waits until they accept connections. The voter with the highest id is the leader.
   *
   * Rejects as `TestServer.start` does, and with a RangeError for a size below 1, ids outside of 1 to 255, or a number
   * of ports that is not that of the members.
   */
  static async start(options: TestEnsembleOptions = {}): Promise<TestEnsemble> {
    checkOptions('TestEnsemble.start', options, OPTIONS)
    const { firstId, size, ports } = layoutOf(options)
    const { readOnlyMode = false, seed } = options
    const factory = factoryOf(options)
    const cores = ports.map((_, i) => factory.core(firstId + i))
    const { clock, flushQueue } = factory
    const cluster = new Cluster({ cores, clock, flushQueue, readOnlyMode })
    const members = cluster.memberStates.map(
      (state, i) => new TestMember(cluster, state, factory.listener(state.core, ports[i]!)),
    )
    const ensemble = new TestEnsemble(cluster, members, factory)
    await ensemble.#open()
    cluster.startAll(members.map((member, i) => lineOf(member, i < size)))
    if (seed !== undefined) ensemble.seed(seed)
    return ensemble
  }

  /** The servers: the members, those that have left, and those that `addServer` has started. */
  get members(): readonly TestMember[] {
    return this.#members
  }

  /** The members of the configuration that run in this process, as one connect string. */
  get hosts(): string {
    const { servers } = this.#cluster.membership
    return this.#members
      .filter(({ id }) => servers.has(id))
      .map(({ hosts }) => hosts)
      .join(',')
  }

  /**
   * Starts one more server. It serves nobody until a reconfiguration joins it:
   * `zk.reconfig({ joining: [server.spec] })`.
   *
   * Rejects with a RangeError for an id that is taken or not within 1 to 255, and with the system's error for a port
   * that it cannot listen on.
   *
   * @param options.id the server's id. Default: one more than the highest.
   * @param options.port the port for clients. Default: any free one.
   */
  async addServer(options: { id?: number; port?: number } = {}): Promise<TestMember> {
    const { id = Math.max(...this.#members.map(member => member.id)) + 1, port = 0 } = options
    if (!Number.isInteger(id) || id < 1 || id > MAX_ID || this.#members.some(member => member.id === id)) {
      throw new RangeError(`a new server's id must be a free one from 1 to ${MAX_ID}, not ${id}`)
    }
    const core = this.#factory.core(id)
    const listener = this.#factory.listener(core, port)
    await listener.open()
    core.clientPort = listener.port
    const member = new TestMember(this.#cluster, this.#cluster.add(core), listener)
    this.#members.push(member)
    return member
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
    this.#factory.clock.freeze()
  }

  /** Resumes the clock of all members. */
  resumeTime(): void {
    this.#factory.clock.resume()
  }

  /** Moves the clock of all members forward. */
  advance(milliseconds: number): void {
    this.#factory.clock.advance(milliseconds)
    this.#factory.flushQueue.flush()
  }

  /** Stops all members. When this resolves, no port and no socket is open. */
  async stop(): Promise<void> {
    await Promise.all(this.members.map(member => member.stop()))
  }

  /** Calls `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #open(): Promise<void> {
    try {
      for (const member of this.#members) await member.listen()
    } catch (error) {
      await this.stop()
      throw error
    }
  }
}

checkCalls<TestEnsemble, 'partition'>(TestEnsemble, ENSEMBLE_CALLS)
