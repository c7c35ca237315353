import { type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { type Handle, Mutex, type WriteLock } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import { Tokens } from '../checkers/tokens.ts'
import type { System } from '../system.ts'
import { failNow } from '../violation.ts'
import { visitor } from '../visitor.ts'
import { PERMITS, RECIPES, type Recipe, type RecipeOptions, SIZE } from './lock-recipes.ts'

/** Contenders that give up together: more than are deleted at a time. */
const CROWD = 12

/** The znode that owners write under the guard of what they hold. */
const GUARDED = '/guarded'

interface Holding {
  readonly recipe: Recipe
  readonly actor: Actor
  readonly life: number
  readonly session: bigint
  handle: Handle
}

interface Own {
  readonly holdings: Set<Holding>
  /** The tokens that were given out, of each recipe and path. */
  readonly tokens: Tokens
  /** The fencing tokens of writes under a guard, with the key that they compare by, by the data of the write. */
  readonly guarded: Map<string, { readonly key: string; readonly token: bigint }>
  /** True if some MultiLocks are of another client than their locks. */
  readonly hasOther: boolean
  /** The other client, once one of them was made: it does nothing else, so it knows of no change that it need not know of. */
  other: Promise<ZooKeeper> | null
  /** Acquisitions under way. */
  readonly waiting: Set<{ readonly what: string; readonly actor: Actor; readonly life: number }>
}

/** Codes that say that nothing is held, and that the caller asked for it or the client is gone. */
const EXPECTED = ['ABORTED', 'REQUEST_TIMEOUT', 'CLOSED', 'NOT_CONNECTED']

async function contend(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const recipe = random.pick(RECIPES)
  const options = random.chance(0.5) ? { timeout: random.int(1, 3000) } : {}
  const settings: RecipeOptions = {
    whenSuspended: random.pick(['lose', 'keep'] as const),
    jitter: random.pick([0, 100]),
  }
  const entry = { what: `${recipe.name} ${recipe.paths}`, actor, life }
  own.waiting.add(entry)
  try {
    const isAround = own.hasOther && recipe.paths.length > 1 && random.chance(0.5)
    const around = isAround ? await otherClient(own, system) : zk
    if (actor.life !== life) return
    const handle = await actor.follow(recipe.acquire({ zk, around }, settings, options, random.chance(0.8)))
    own.waiting.delete(entry)
    if (handle) await hold(own, system, random, { recipe, actor, life, session: zk.session.id, handle })
  } catch (error) {
    own.waiting.delete(entry)
    checkExpected(error, actor)
  }
}

/** Returns the client of MultiLocks whose locks are of others. */
function otherClient(own: Own, system: System): Promise<ZooKeeper> {
  own.other ??= visitor(system, 'hal', { sessionTimeout: system.settings.options.sessionTimeout })
  return own.other
}

/** Holds it for up to two seconds, and gives it back; some holders forget a handle that they have lost. */
async function hold(own: Own, system: System, random: Random, holding: Holding): Promise<void> {
  const { recipe, actor, life } = holding
  own.holdings.add(holding)
  system.world.note(`${actor.name}: has ${recipe.name} ${recipe.paths} with token ${holding.handle.token}`)
  checkToken(own, system, holding)
  await system.world.sleep(random.delay(1000))
  if (actor.life === life && random.chance(0.5)) await writeGuarded(own, system, holding)
  if (actor.life === life && recipe.name === 'write lock' && random.chance(0.3))
    await downgrade(own, system, holding)
  await system.world.sleep(random.delay(1000))
  own.holdings.delete(holding)
  if (actor.life !== life) return
  if (!holding.handle.held && random.chance(0.3)) return
  system.world.note(`${actor.name}: releases ${recipe.name} ${recipe.paths}`)
  await actor.follow(holding.handle.release())
}

/** Begins so many acquisitions that they are not all deleted at a time, and gives them up. */
async function crowd(_: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  system.world.note(`${actor.name}: a crowd of contenders`)
  const timeout = random.int(1, 300)
  const asked = Array.from({ length: CROWD }, async (_each, index) => {
    const handle = await new Mutex(zk, `/locks/crowd-${index}`)
      .acquire({ timeout })
      .catch(error => checkExpected(error, actor))
    if (handle && actor.life === life) await handle.release()
  })
  const ended = actor.follow(Promise.all(asked))
  if (random.chance(0.7)) await flap(system, random, actor)
  await ended
}

/** Loses the connections of a client after its requests were applied and before they are answered, again and again. */
async function flap(system: System, random: Random, actor: Actor): Promise<void> {
  const { world, ensemble } = system
  for (const member of ensemble.members) member.holdReplies()
  await world.sleep(random.int(50, 200))
  for (let times = random.int(1, 3); times > 0; times--) {
    world.network.reset({ process: actor.name })
    for (const member of ensemble.members) member.releaseReplies()
    for (let waited = 0; waited < 1000 && actor.zk?.state !== 'connected'; waited += 5) await world.sleep(5)
    await world.sleep(random.int(0, 20))
  }
}

function checkExpected(error: unknown, { isSpent }: Actor): null {
  if (!ZooKeeperError.is(error) || !(EXPECTED.includes(error.code) || isSpent)) throw error
  return null
}

async function resize(_: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const size = random.int(1, PERMITS)
  system.world.note(`${actor.name}: sets the size of the semaphore to ${size}`)
  await actor.follow(
    zk.setData(SIZE, String(size)).catch(error => {
      if (!ZooKeeperError.is(error)) throw error
    }),
  )
}

/** Writes under the guard of what is held: it is not applied once it is another's. */
async function writeGuarded(own: Own, system: System, { recipe, actor, handle }: Holding): Promise<void> {
  const { zk } = actor
  if (zk === null || recipe.share(handle) < PERMITS) return
  const data = system.token(actor)
  own.guarded.set(data, { key: `${recipe.name} ${recipe.paths}`, token: handle.token })
  const writing = handle.guard(zk.transaction().setData(GUARDED, data)).commit()
  await actor.follow(
    writing.catch(error => {
      if (!ZooKeeperError.is(error)) throw error
    }),
  )
}

/** Throws for a write under a guard that was applied behind one of a later owner. */
function checkGuarded(own: Own, system: System): void {
  const highest = new Map<string, bigint>()
  for (const { data, zxid } of system.history.of(system.serverPath(GUARDED))) {
    const write = data === null ? undefined : own.guarded.get(data)
    if (write === undefined) continue
    const { key, token } = write
    const before = highest.get(key) ?? 0n
    if (token < before)
      failNow(`${data} was written at ${zxid} under ${key} with token ${token}, after ${before}`)
    highest.set(key, token)
  }
}

async function downgrade(own: Own, system: System, holding: Holding): Promise<void> {
  if (!holding.handle.held) return
  try {
    const handle = await holding.actor.follow((holding.handle as WriteLock).downgrade())
    if (!handle) return
    own.holdings.delete(holding)
    system.world.note(`${holding.actor.name}: has downgraded to token ${handle.token}`)
    holding.handle = handle
    own.tokens.note('/locks/rw', handle.token)
  } catch (error) {
    if (!ZooKeeperError.is(error)) throw error
  }
}

/**
 * Throws when an owner gets a token that is not above those of all owners before. An owner whose session has ended before its
 * time cannot know that: it may be told of its turn when the next one has had its own.
 */
function checkToken(own: Own, system: System, { recipe, actor, session, handle }: Holding): void {
  if (!handle.held || recipe.name.endsWith('semaphore')) return
  const isExclusive = recipe.share(handle) === PERMITS && !system.expiredByForce.has(session)
  // Tokens of several locks as one compare with those of others of their kind that have a lock in common.
  for (const path of recipe.paths) {
    const key = recipe.paths.length > 1 ? `several ${path}` : path
    if (isExclusive) own.tokens.give(`${actor.name} got ${recipe.name} ${recipe.paths}`, key, handle.token)
    else own.tokens.note(key, handle.token)
  }
}

function isCertain({ actor, life, session, handle }: Holding, system: System): boolean {
  if (actor.life !== life || actor.wasSuspended || system.expiredByForce.has(session)) return false
  return handle.held
}

/** Throws when more is certainly held of a path than there is. */
function checkExclusion(own: Own, system: System): void {
  if (system.sessionsAreSwapped) return
  const certain = [...own.holdings].filter(holding => isCertain(holding, system))
  for (const path of new Set(certain.flatMap(({ recipe }) => recipe.paths))) {
    const holders = certain.filter(({ recipe }) => recipe.paths.includes(path))
    const taken = holders.reduce((sum, { recipe, handle }) => sum + recipe.share(handle), 0)
    const isShared = holders.some(({ recipe, handle }) => recipe.share(handle) === 0)
    if (taken <= PERMITS && !(isShared && taken > 0)) continue
    const names = holders.map(
      ({ actor, recipe, handle }) => `${actor.name} (${recipe.name}, token ${handle.token})`,
    )
    failNow(`${path} is certainly held by ${names.join(' and by ')}`)
  }
}

/** Locks, semaphores, elections: no more certain holders than there may be, tokens that grow, waiters that end, no znode left. */
export const locks = area<Own>({
  name: 'locks',
  begin(system, random) {
    const crowded = Array.from({ length: CROWD }, (_, index) => [`crowd-${index}`, {}])
    system.seed({
      [SIZE.slice(1)]: String(PERMITS),
      [GUARDED.slice(1)]: '',
      locks: Object.fromEntries(crowded),
    })
    return {
      holdings: new Set(),
      tokens: new Tokens(),
      guarded: new Map(),
      hasOther: random.chance(0.5),
      other: null,
      waiting: new Set(),
    }
  },
  steps: {
    'contend for a lock': { weight: 12, run: contend },
    'contend and give up in a crowd': { weight: 2, run: crowd },
    'change the size of a semaphore': { weight: 2, run: resize },
  },
  check: checkExclusion,
  async quiet(own, system) {
    // Every holding ends within two seconds, so that every waiter has its turn.
    for (let waited = 0; isBusy(own); waited += 100) {
      if (waited > 120_000) failNow(`still waiting after two minutes of quiet: ${waiters(own).join('; ')}`)
      await system.world.sleep(100)
    }
    checkGuarded(own, system)
    await system.world.sleep(10_000)
    // The znode of a lock is two levels below the one for all locks.
    const contender = new RegExp(`^${system.serverPath('/locks')}/[^/]+/.+`)
    const left = Object.keys(system.dump()).filter(path => contender.test(path))
    if (left.length > 0) failNow(`nobody holds or waits for a lock, and there is ${left.join(', ')}`)
    await (await own.other)?.close()
  },
})

function waiters(own: Own): string[] {
  return [...own.waiting]
    .filter(({ actor, life }) => actor.life === life)
    .map(({ actor, what }) => `${actor.name}: ${what}`)
}

function isBusy(own: Own): boolean {
  if (waiters(own).length > 0) return true
  return [...own.holdings].some(({ actor, life }) => actor.life === life)
}
