import { ZooKeeperError } from '@zookit/client'
import { Config, type Schema, SchemaError } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import type { System } from '../system.ts'
import { UnderWay } from '../under-way.ts'
import { failNow } from '../violation.ts'

const PATH = '/config'
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f']
/** The keys that the schema accepts at a time. */
const MOST = 3

/**
 * The configurations that one process follows at a time. Each of them reads after each change, so with a window of 1 and a hundred of
 * them a hundred changes take longer than a run.
 */
const MOST_FOLLOWED = 8

type Values = Readonly<Record<string, string>>

/** Accepts a few keys, some of the time after a while. */
function schema(system: System, isSlow: boolean): Schema<Values> {
  return {
    '~standard': {
      version: 1,
      vendor: 'simulation',
      validate: async value => {
        if (isSlow) await system.world.sleep(20)
        if (Object.keys(value as Values).length <= MOST) return { value: value as Values }
        return { issues: [{ message: `more than ${MOST} keys` }] }
      },
    },
  }
}

interface Following {
  readonly actor: Actor
  readonly life: number
  readonly config: Config<Values>
}

/** A change, and what its caller was told. */
interface Change {
  readonly token: string
  readonly actor: Actor
  outcome: 'pending' | 'applied' | 'rejected' | 'not-sent' | 'unknown'
}

interface Own {
  readonly calls: UnderWay
  readonly following: Set<Following>
  /** Configurations that are being started. */
  readonly starting: Set<Following>
  readonly changes: Change[]
  readonly states: States
}

/** Every configuration that there has been: what a writer replaces is as of one moment. */
class States {
  readonly #system: System
  readonly #keys: Map<string, string>
  readonly #all = new Set<string>()
  /** The number of commits that are counted in. */
  #commits: number

  constructor(system: System) {
    this.#system = system
    this.#commits = system.history.commits.length
    this.#keys = new Map(rows(system))
    this.#note()
  }

  /** Throws for values that have never been the configuration together. */
  check({ name }: Actor, values: Values): void {
    this.#catchUp()
    const all = Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)])
    const text = JSON.stringify(all.sort())
    if (!this.#all.has(text))
      failNow(`${name} was given ${text} to update, which was never the configuration`)
  }

  #catchUp(): void {
    const { commits } = this.#system.history
    const top = topOf(this.#system)
    for (; this.#commits < commits.length; this.#commits++) {
      const { path, type, data, zxid } = commits[this.#commits]!
      const key = path.slice(top.length)
      if (!path.startsWith(top) || path.endsWith('-anchor') || type === 'setAcl') continue
      if (type === 'delete') this.#keys.delete(key)
      else this.#keys.set(key, data!)
      if (commits[this.#commits + 1]?.zxid !== zxid) this.#note()
    }
  }

  #note(): void {
    this.#all.add(JSON.stringify([...this.#keys].sort()))
  }
}

function topOf(system: System): string {
  return `${system.serverPath(PATH)}/`
}

/** Returns the keys of the configuration as the leader has it, with their texts. */
function rows(system: System): [key: string, data: string][] {
  const top = topOf(system)
  return Object.entries(system.dump()).flatMap(([path, data]) =>
    path.startsWith(top) && data ? [[path.slice(top.length), data]] : [],
  )
}

function configOf(system: System, random: Random, zk: NonNullable<Actor['zk']>): Config<Values> {
  const isSlow = random.chance(0.5)
  return new Config(zk, PATH, {
    schema: schema(system, isSlow),
    subtree: true,
    jitter: random.pick([0, 100]),
    default: {},
  })
}

async function follow(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const present = [...own.following, ...own.starting].filter(
    each => each.actor === actor && each.life === life,
  )
  if (present.length >= MOST_FOLLOWED) return
  const each: Following = { actor, life, config: configOf(system, random, zk) }
  own.starting.add(each)
  const limits = random.chance(0.2) ? { timeout: random.int(1, 500) } : {}
  const started = each.config.start(limits).then(() => true)
  if (await own.calls.follow(actor, 'starting a configuration', started)) own.following.add(each)
  own.starting.delete(each)
}

/** Adds a key where there is room, else takes one away. */
function changed(values: Values, key: string, token: string): Values {
  const isFull = Object.keys(values).length >= MOST
  if (!isFull || key in values) return { ...values, [key]: token }
  return Object.fromEntries(Object.entries(values).slice(1))
}

async function update(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const token = system.token(actor)
  const change: Change = { token, actor, outcome: 'pending' }
  own.changes.push(change)
  const limits = random.chance(0.3) ? { timeout: random.int(1, 1000) } : {}
  const key = random.pick(KEYS)
  const updating = configOf(system, random, zk)
    .update(values => {
      own.states.check(actor, values)
      return changed(values, key, token)
    }, limits)
    .then(
      () => void (change.outcome = 'applied'),
      error => {
        if (SchemaError.is(error))
          failNow(`an update of ${actor.name} met what the schema refuses: ${error.message}`)
        if (!ZooKeeperError.is(error)) throw error
        change.outcome = error.outcome
        throw error
      },
    )
  await own.calls.follow(actor, `updating the configuration with ${token}`, updating)
}

/** Throws for a configuration of too many keys: each writer saw room for its own. */
function checkKeys(system: System): void {
  const top = topOf(system)
  const keys = new Set<string>()
  for (const [index, { path, type, zxid }] of system.history.commits.entries()) {
    if (!path.startsWith(top) || path.endsWith('-anchor')) continue
    if (type === 'create') keys.add(path)
    if (type === 'delete') keys.delete(path)
    const isLast = system.history.commits[index + 1]?.zxid !== zxid
    if (isLast && keys.size > MOST) failNow(`the configuration has ${keys.size} keys at ${zxid}`)
  }
}

function checkOutcome(system: System, { token, actor, outcome }: Change): void {
  const isThere = system.history.withData(JSON.stringify(token)).length > 0
  if ((outcome === 'rejected' || outcome === 'not-sent') && isThere)
    failNow(`${actor.name} was told ${outcome} of the update with ${token}, and it was applied`)
}

/** Returns the configuration as the leader has it. */
function expected(system: System): string {
  return JSON.stringify(
    rows(system)
      .map(([key, data]) => [key, JSON.parse(data)])
      .sort(),
  )
}

/** Configuration: never what the schema refuses, and updated as it was at one moment, however writers meet, and the same for everybody at a quiet point. */
export const configs = area<Own>({
  name: 'configs',
  begin(system, random) {
    const keys = KEYS.slice(0, MOST).map(key => [key, JSON.stringify('first')])
    system.seedSome(random, { config: Object.fromEntries(keys) })
    return {
      calls: new UnderWay(),
      following: new Set(),
      starting: new Set(),
      changes: [],
      states: new States(system),
    }
  },
  steps: {
    'follow the configuration': { weight: 1, run: follow },
    'update the configuration': { weight: 5, run: update },
  },
  async quiet(own, system) {
    await own.calls.ended(system)
    await system.quietFor(20_000)
    await system.world.sleep(3000)
    checkKeys(system)
    for (const change of own.changes) checkOutcome(system, change)
    const should = expected(system)
    for (const { actor, life, config } of own.following) {
      if (actor.life !== life) continue
      if (config.stale) failNow(`the configuration of ${actor.name} is stale at a quiet point`)
      const is = JSON.stringify(Object.entries(config.current).sort())
      if (is !== should) failNow(`the configuration of ${actor.name} is ${is}, where it is ${should}`)
    }
  },
})
