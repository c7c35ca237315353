import { ZooKeeperError } from '@zookit/client'
import { type Lock, Mutex } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import type { Ground } from '../ground.ts'
import { failNow } from '../violation.ts'

const PATHS = ['/locks/a', '/locks/b']

interface Holding {
  readonly path: string
  readonly actor: Actor
  readonly life: number
  readonly lock: Lock
}

interface Own {
  readonly holdings: Set<Holding>
  /** The highest token that was certain of each lock. */
  readonly tokens: Map<string, bigint>
  /** Acquisitions under way, by what they are. */
  readonly waiting: Map<object, { readonly what: string; readonly actor: Actor; readonly life: number }>
}

/** A failure that says nothing about the lock: the caller was told, and nothing is held. */
const EXPECTED = ['ABORTED', 'REQUEST_TIMEOUT', 'CLOSED', 'NOT_CONNECTED']

async function acquire(own: Own, ground: Ground, random: Random): Promise<void> {
  const actor = random.pick(ground.actors)
  const { zk, life } = actor
  if (zk === null) return
  const path = random.pick(PATHS)
  const timeout = random.chance(0.5) ? random.int(1, 3000) : Number.POSITIVE_INFINITY
  const mutex = new Mutex(zk, path, { whenSuspended: random.pick(['lose', 'keep'] as const) })
  const key = {}
  own.waiting.set(key, { what: `acquire ${path}, timeout ${timeout}`, actor, life })
  try {
    const mayWait = random.chance(0.8)
    const lock = await actor.follow(mayWait ? mutex.acquire({ timeout }) : mutex.tryAcquire({ timeout }))
    own.waiting.delete(key)
    if (!lock) return
    const holding = { path, actor, life, lock }
    own.holdings.add(holding)
    ground.world.note(`${actor.name}: holds ${path} with token ${lock.token}`)
    checkToken(own, holding)
    await ground.world.sleep(random.delay(2000))
    if (actor.life !== life) return
    own.holdings.delete(holding)
    ground.world.note(`${actor.name}: releases ${path}`)
    await actor.follow(lock.release())
  } catch (error) {
    own.waiting.delete(key)
    if (!(error instanceof ZooKeeperError) || !EXPECTED.includes(error.code)) throw error
  }
}

function checkToken(own: Own, { path, actor, lock }: Holding): void {
  if (!lock.held) return
  const highest = own.tokens.get(path) ?? 0n
  if (lock.token <= highest) {
    failNow(`${actor.name} got ${path} with token ${lock.token}, after ${highest} was given out`)
  }
  own.tokens.set(path, lock.token)
}

function isCertain({ actor, life, lock }: Holding, ground: Ground): boolean {
  if (actor.life !== life || actor.wasSuspended || ground.expiredByForce.has(actor.zk!.session.id))
    return false
  return lock.held
}

/** Locks: one certain holder at a time, tokens that only grow, waiters that end, and no znode left. */
export const locks = area<Own>({
  name: 'locks',
  begin: () => ({ holdings: new Set(), tokens: new Map(), waiting: new Map() }),
  steps: { 'take a lock for a while': { weight: 8, run: acquire } },
  check(own, ground) {
    if (ground.sessionsAreSwapped) return
    for (const path of PATHS) {
      const holders = [...own.holdings].filter(holding => holding.path === path && isCertain(holding, ground))
      if (holders.length < 2) continue
      const names = holders.map(({ actor, lock }) => `${actor.name} with token ${lock.token}`)
      failNow(`${path} is certainly held by ${names.join(' and by ')}`)
    }
  },
  async quiet(own, ground) {
    // Every holding ends within two seconds, so that every waiter has its turn.
    for (let waited = 0; isBusy(own); waited += 100) {
      if (waited > 60_000) failNow(`still waiting after a minute of quiet: ${waiters(own).join('; ')}`)
      await ground.world.sleep(100)
    }
    await ground.world.sleep(10_000)
    for (const path of PATHS) {
      const left = Object.keys(ground.dump()).filter(each => each.startsWith(`${ground.serverPath(path)}/`))
      if (left.length > 0) failNow(`nobody holds ${path} or waits for it, and there is ${left.join(', ')}`)
    }
  },
})

function waiters(own: Own): string[] {
  return [...own.waiting.values()]
    .filter(({ actor, life }) => actor.life === life)
    .map(({ actor, what }) => `${actor.name}: ${what}`)
}

function isBusy(own: Own): boolean {
  if (waiters(own).length > 0) return true
  return [...own.holdings].some(({ actor, life }) => actor.life === life)
}
