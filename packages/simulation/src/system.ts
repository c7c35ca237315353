import type { OnCommit, SeedTree, TestEnsemble } from '@zookit/testing'
import type { Random, World } from '@zookit/testing/simulate'
import { Actor, type ActorOptions } from './actor.ts'
import { History } from './history.ts'
import { failNow } from './violation.ts'

/** The port of every address of a name. */
const PORT = 2181

/** The limits of requests and replies; the small ones are for runs in which some are longer. */
const DEFAULT_BUFFER = 1_048_575
const SMALL_BUFFER = 50_000
const SMALL_RESPONSES = 20_000

const VERSIONS = ['3.4', '3.5', '3.6', '3.7', '3.8', '3.9', '3.9'] as const

/** Settings of one run, all drawn from its seed. */
export interface GroundSettings {
  readonly version: (typeof VERSIONS)[number]
  readonly members: number
  readonly actors: number
  /** The addresses of the one name that clients connect to, some of which lead nowhere; 0 for a list of the servers. */
  readonly addresses: number
  /** True if a fault may hand clients other sessions than theirs, after which little can be checked about sessions. */
  readonly swaps: boolean
  /** The part of the faults that happen: few in some runs, so that what takes its time comes to its end. */
  readonly faultRate: number
  /** True if the servers lose all their data at the end. */
  readonly wiped: boolean
  /** The longest request that the servers accept, in bytes. */
  readonly maxBuffer: number
  /** True if members without a quorum serve reads. */
  readonly readOnlyMode: boolean
  readonly options: ActorOptions
  /** True if reads are lost, too, and who lost the answer to a write may be cut off before it can look for what became of it. */
  readonly losesLookUps: boolean
}

/** Draws the settings of a run. */
function drawSettings(random: Random): GroundSettings {
  const settings = drawGround(random)
  const { options } = settings
  // A source of its own leaves what is drawn elsewhere as it was, and its label the seeds that tests replay.
  const unlucky = random.fork('unlucky')
  if (!unlucky.chance(0.5)) return settings
  // Where a session is not renewed, its end is the end of a look-up.
  const renew = options.renew === true && unlucky.chance(0.7)
  const retries = unlucky.chance(0.5) ? { retryReads: 2 } : {}
  return { ...settings, losesLookUps: true, options: { ...options, ...retries, renew } }
}

/** Draws the settings of a run that loses no look-ups. */
function drawGround(random: Random): GroundSettings {
  return {
    version: random.pick(VERSIONS),
    members: random.pick([1, 3, 3]),
    actors: random.int(2, 4),
    addresses: random.pick([0, 0, 3, 6]),
    swaps: random.chance(0.3),
    wiped: random.chance(0.1),
    faultRate: random.pick([1, 1, 0.1]),
    maxBuffer: random.pick([DEFAULT_BUFFER, DEFAULT_BUFFER, SMALL_BUFFER]),
    readOnlyMode: random.chance(0.3),
    options: {
      chroot: random.pick(['', '/app']),
      sessionTimeout: random.pick([2000, 4000, 8000]),
      maxInFlight: random.pick([1, 3, 1000]),
      whenDisconnected: random.pick(['wait', 'wait', 'reject'] as const),
      retryReads: random.pick([0, 0, 2]),
      renew: random.chance(0.85),
      readOnly: random.chance(0.3),
      maxResponseSize: random.pick([undefined, undefined, SMALL_RESPONSES]),
      maxQueuedBytes: random.pick([undefined, undefined, undefined, 3000]),
      whenFull: random.pick(['wait', 'reject'] as const),
      backoff: { initial: 50, max: 1000 },
      allowInsecureAuth: true,
    },
    losesLookUps: false,
  }
}

/** Leaves each znode of a tree out with a chance, and all below it. */
function thinned(random: Random, tree: SeedTree): SeedTree {
  const kept = Object.entries(tree).filter(() => random.chance(0.7))
  const below = (node: SeedTree[string]): SeedTree[string] =>
    node instanceof Object && !(node instanceof Uint8Array) ? thinned(random, node as SeedTree) : node
  return Object.fromEntries(kept.map(([name, node]) => [name, below(node)]))
}

/** Gives the ensemble a name with so many addresses, as a headless service has it. Those beyond its members lead nowhere. */
function nameOf(world: World, ensemble: TestEnsemble, addresses: number): string {
  const members = ensemble.members.map(({ hosts }) => hosts)
  // Those that lead nowhere come first: a resolver does not know.
  const targets = [...Array<null>(Math.max(addresses - members.length, 0)).fill(null), ...members]
  const names = targets.map((target, i) => {
    world.network.route(`10.1.0.${i + 1}:${PORT}`, target)
    return `10.1.0.${i + 1}`
  })
  world.network.name('zk.world', names)
  return `zk.world:${PORT}`
}

/** The system that all areas of a run share: the world, its servers, its clients, and what was committed. */
export class System {
  readonly world: World
  readonly settings: GroundSettings
  readonly ensemble: TestEnsemble
  readonly history: History
  readonly actors: readonly Actor[]
  /** Sessions that a fault ended before their time. */
  readonly expiredByForce = new Set<bigint>()
  /** Sessions that a follower which had not heard of their end still served, and when it was last seen to do so. */
  readonly servedBehind = new Map<bigint, number>()
  /** Ends of faults that are in force. */
  readonly faults = new Set<() => void>()
  /** Set by a fault after which a client cannot know that its session has ended. */
  sessionsAreSwapped = false
  /** True after all faults were ended: no other one may begin. */
  isHealed = false
  /** The time of the world since which all faults are over and all clients connected. */
  quietSince = 0
  /** Clients that were made beside the actors. */
  visitors = 0
  #tokens = 0

  private constructor(world: World, settings: GroundSettings, ensemble: TestEnsemble, history: History) {
    this.world = world
    this.settings = settings
    this.ensemble = ensemble
    this.history = history
    const names = ['ann', 'bob', 'cid', 'dee'].slice(0, settings.actors)
    const hosts = settings.addresses > 0 ? nameOf(world, ensemble, settings.addresses) : ensemble.hosts
    this.actors = names.map(name => new Actor(world, name, hosts, settings.options))
  }

  /** Starts servers and clients, and waits until the clients are connected. */
  static async start(world: World, random: Random): Promise<System> {
    const settings = drawSettings(random)
    const { version, members, options, maxBuffer, readOnlyMode } = settings
    const history = new History(() => world.happened)
    const onCommit: OnCommit = transaction => history.onCommit(transaction)
    const ensemble = await world.ensemble({
      size: members,
      version,
      onCommit,
      tickTime: 200,
      recordRequests: false,
      maxBuffer,
      readOnlyMode,
    })
    const system = new System(world, settings, ensemble, history)
    const { addresses } = settings
    const by = addresses > 0 ? `, by a name with ${addresses} addresses` : ''
    world.note(
      `version ${version}, ${members} servers that accept ${maxBuffer} bytes${by}, ${JSON.stringify(options)}`,
    )
    if (options.chroot !== '') ensemble.seed({ [options.chroot.slice(1)]: null })
    for (const actor of system.actors) actor.start()
    await system.connected()
    return system
  }

  /** Returns the client that has, or had, a session; undefined for none of the present ones. */
  nameOfSession(id: bigint): string | undefined {
    return this.actors.find(({ zk, sessions }) => zk !== null && sessions.has(id))?.name
  }

  /** Waits until all faults have been over for a time, in milliseconds. The areas wait for it together. */
  async quietFor(milliseconds: number): Promise<void> {
    await this.world.sleep(Math.max(0, this.quietSince + milliseconds - this.world.now))
  }

  /** Text that no other call returns: the data of a write, by which the history knows it. */
  token(actor: Actor): string {
    return `${actor.name}-${++this.#tokens}`
  }

  /** Returns the server's path for a client's. */
  serverPath(path: string): string {
    const { chroot } = this.settings.options
    if (chroot === '') return path
    return path === '/' ? chroot : chroot + path
  }

  /** Makes znodes below the chroot. */
  seed(tree: SeedTree): void {
    const { chroot } = this.settings.options
    this.ensemble.seed(chroot === '' ? tree : { [chroot.slice(1)]: tree })
  }

  /** Makes znodes below the chroot, but leaves some of them out, with all below, in some runs. */
  seedSome(random: Random, tree: SeedTree): void {
    this.seed(random.chance(0.5) ? tree : thinned(random, tree))
  }

  /** Returns the znodes of the leader, by the server's paths. */
  dump(): Record<string, string | null> {
    const { leader } = this.ensemble
    if (leader === null) throw new Error('the ensemble has no leader at a quiet point')
    return leader.dump()
  }

  /**
   * Resolves when every client is connected.
   *
   * @param limit the longest time that it may take, in milliseconds of the world.
   */
  async connected(limit = 120_000): Promise<void> {
    for (let waited = 0; !this.actors.every(({ zk }) => zk?.state === 'connected'); waited += 50) {
      if (waited > limit) failNow(`not connected again after ${limit / 1000} s: ${this.#states()}`)
      await this.world.sleep(50)
    }
  }

  /** The longest time in which a client that can reach a server finds it: every address has had its turn by then. */
  get longestSearch(): number {
    return 2 * this.settings.options.sessionTimeout! + 5000
  }

  /** Ends every fault, and resolves when every process runs again. */
  async heal(): Promise<void> {
    this.isHealed = true
    for (const end of [...this.faults]) end()
    this.world.network.heal()
    this.ensemble.heal()
    for (const member of this.ensemble.members) member.clearFaults()
    const still = Math.max(...this.actors.map(({ process }) => process.stillUntil))
    await this.world.sleep(Math.max(0, still - this.world.now))
  }

  #states(): string {
    return this.actors.map(({ name, zk }) => `${name} ${zk?.state ?? 'connects'}`).join(', ')
  }
}
