import {
  type EnsembleMember,
  type EnsembleOptions,
  type Installation,
  javaLauncher,
  type RealEnsemble,
  startEnsembleWith,
} from '@zookit/test-fixtures'
import { type MemberProcess, memberLauncher } from './member-process.ts'
import { type Abilities, Network, type Place } from './namespaces.ts'

const NONE: Abilities = { namespaces: false, netem: false, rate: false, filter: false }

/** The unit of the servers' time, in milliseconds. */
export const TICK = 500

/** A member of the ensemble with all that a fault may reach. */
export interface Member {
  readonly id: number
  readonly server: EnsembleMember
  readonly process: MemberProcess
  /** Null where there are no namespaces. */
  readonly place: Place | null
}

/** The machine room of a run: an ensemble, and the places of clients. */
export class Cluster implements AsyncDisposable {
  readonly members: readonly Member[]
  readonly abilities: Abilities
  /** The places of the clients; empty where there are no namespaces. */
  readonly clientPlaces: readonly Place[]
  readonly #ensemble: RealEnsemble
  readonly #network: Network | null

  private constructor(ensemble: RealEnsemble, processes: readonly MemberProcess[], network: Network | null) {
    this.#ensemble = ensemble
    this.#network = network
    this.abilities = network?.abilities ?? NONE
    this.members = ensemble.members.map((server, index) => ({
      id: server.id,
      server,
      process: processes[index]!,
      place: network?.places[index] ?? null,
    }))
    this.clientPlaces = network?.places.slice(ensemble.members.length) ?? []
  }

  /** Starts three members, and makes the places of so many clients. */
  static async start(
    installation: Installation,
    clients: number,
    options: EnsembleOptions = {},
  ): Promise<Cluster> {
    const network = Network.create(3 + clients)
    const places = network?.places
    const processes: MemberProcess[] = []
    const launcher = javaLauncher(
      installation,
      index => places?.[index] ?? { address: '127.0.0.1', wrapper: [] },
    )
    try {
      const ensemble = await startEnsembleWith(memberLauncher(launcher, network !== null, processes), {
        tickTime: TICK,
        ...options,
        // Small pieces of the log, so that a full disk is noticed soon.
        properties: { 'zookeeper.preAllocSize': '64', ...options.properties },
        // Four seconds: a follower gives a frozen leader up, and a leader a frozen follower.
        config: { syncLimit: 8, initLimit: 40, ...options.config },
      })
      return new Cluster(ensemble, processes, network)
    } catch (error) {
      network?.[Symbol.dispose]()
      throw error
    }
  }

  /** The connect string of all members. */
  get hosts(): string {
    return this.#ensemble.hosts
  }

  /** The connect string of all members' ports for TLS. */
  get secureHosts(): string {
    return this.members.map(({ server }) => `${server.host}:${server.securePort}`).join(',')
  }

  /** Returns the member that leads, or null if there is none now. */
  async leader(): Promise<Member | null> {
    const modes = await Promise.all(this.members.map(({ server }) => server.mode()))
    return this.members[modes.indexOf('leader')] ?? null
  }

  /** Waits until all members that run form a quorum. */
  waitForQuorum(): Promise<void> {
    return this.#ensemble.waitForQuorum()
  }

  /** Kills all members, whose data stay. */
  async kill(): Promise<void> {
    await Promise.all(this.members.map(({ server }) => server.kill()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ensemble.stop()
    this.#network?.[Symbol.dispose]()
  }
}
