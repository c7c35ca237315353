import type { OnCommit, SeedTree, TestEnsemble } from '@zookit/testing'
import type { Random, World } from '@zookit/testing/simulate'
import { Actor, type ActorOptions } from './actor.ts'
import { History } from './history.ts'

const VERSIONS = ['3.4', '3.5', '3.6', '3.7', '3.8', '3.9', '3.9'] as const

/** Settings of one run, all drawn from its seed. */
export interface GroundSettings {
  readonly version: (typeof VERSIONS)[number]
  readonly members: number
  readonly actors: number
  readonly options: ActorOptions
}

/** Draws the settings of a run. */
function drawSettings(random: Random): GroundSettings {
  return {
    version: random.pick(VERSIONS),
    members: random.pick([1, 3, 3]),
    actors: random.int(2, 4),
    options: {
      chroot: random.pick(['', '/app']),
      sessionTimeout: random.pick([2000, 4000, 8000]),
      maxInFlight: random.pick([1, 3, 1000]),
      whenDisconnected: random.pick(['wait', 'wait', 'reject'] as const),
      retryReads: random.pick([0, 0, 2]),
      backoff: { initial: 50, max: 1000 },
      allowInsecureAuth: true,
    },
  }
}

/** The ground that all areas of a run share: the world, its servers, its clients, and what was committed. */
export class Ground {
  readonly world: World
  readonly settings: GroundSettings
  readonly ensemble: TestEnsemble
  readonly history: History
  readonly actors: readonly Actor[]
  /** Sessions that a fault ended before their time. */
  readonly expiredByForce = new Set<bigint>()
  /** Ends of faults that are in force. */
  readonly faults = new Set<() => void>()
  /** Set by a fault after which a client cannot know that its session has ended. */
  sessionsAreSwapped = false
  #tokens = 0

  private constructor(world: World, settings: GroundSettings, ensemble: TestEnsemble, history: History) {
    this.world = world
    this.settings = settings
    this.ensemble = ensemble
    this.history = history
    const names = ['ann', 'bob', 'cid', 'dee'].slice(0, settings.actors)
    this.actors = names.map(name => new Actor(world, name, ensemble.hosts, settings.options))
  }

  /** Starts servers and clients, and waits until the clients are connected. */
  static async start(world: World, random: Random): Promise<Ground> {
    const settings = drawSettings(random)
    const { version, members, options } = settings
    const history = new History(() => world.happened)
    const onCommit: OnCommit = transaction => history.onCommit(transaction)
    const ensemble = await world.ensemble({
      size: members,
      version,
      onCommit,
      tickTime: 200,
      recordRequests: false,
    })
    const ground = new Ground(world, settings, ensemble, history)
    world.note(`version ${version}, ${members} servers, ${JSON.stringify(options)}`)
    if (options.chroot !== '') ensemble.seed({ [options.chroot.slice(1)]: null })
    for (const actor of ground.actors) actor.start()
    await ground.connected()
    return ground
  }

  /** Text that no other call returns: the data of a write, by which the history knows it. */
  token(actor: Actor): string {
    return `${actor.name}-${++this.#tokens}`
  }

  /** The server's path for a client's. */
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

  /** The znodes of the leader, by the server's paths. */
  dump(): Record<string, string | null> {
    const { leader } = this.ensemble
    if (leader === null) throw new Error('the ensemble has no leader at a quiet point')
    return leader.dump()
  }

  /** Resolves when every client is connected and has nothing in flight. */
  async connected(): Promise<void> {
    for (let waited = 0; !this.actors.every(({ zk }) => zk?.state === 'connected'); waited += 50) {
      if (waited > 120_000) throw new Error(`not connected again after 2 minutes: ${this.#states()}`)
      await this.world.sleep(50)
    }
  }

  /** Ends every fault, and resolves when every process runs again. */
  async heal(): Promise<void> {
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
