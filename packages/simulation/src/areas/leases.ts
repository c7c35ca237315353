import { ZooKeeperError } from '@zookit/client'
import { type HeldLease, Lease, type LeaseInfo } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import { Tokens } from '../checkers/tokens.ts'
import type { System } from '../system.ts'
import { drained, UnderWay } from '../under-way.ts'
import { failNow } from '../violation.ts'

const PATH = '/leases'
const LIMIT = 2

/** The longest time of a lease, in milliseconds. */
const LONGEST = 4000

/** The znode that is written under a guard only. */
const GUARDED = '/leased'

interface Holding {
  readonly actor: Actor
  readonly life: number
  readonly holder: string
  readonly lease: HeldLease
}

interface Own {
  readonly calls: UnderWay
  readonly held: Set<Holding>
  /** The lives in which the names of clients are in use as those of holders. */
  readonly returning: Map<string, number>
  /** The tokens that were given out, by the path of the lease. */
  readonly tokens: Tokens
  /** The paths of the leases and the names of the holders that guarded writes name, by their data. */
  readonly guarded: Map<string, { readonly path: string; readonly holder: string }>
}

/**
 * Makes the recipe: for a holder with a name that comes back, or for one with a name of its own. A name is used once at a time:
 * who comes back under a name takes the lease from whoever has it under that name.
 */
function recipe(own: Own, system: System, actor: Actor, random: Random): Lease {
  const { name, life } = actor
  const isFree = own.returning.get(name) !== life
  const holder = isFree && random.chance(0.3) ? name : system.token(actor)
  if (holder === name) own.returning.set(name, life)
  const duration = random.int(200, 3000)
  return new Lease(actor.zk!, PATH, { limit: LIMIT, holder, duration, jitter: random.pick([0, 100]) })
}

function hold(own: Own, system: System, random: Random): Promise<void> {
  return holdBy(own, system, random, random.pick(system.actors))
}

/** Asks for many more leases at once than there are. */
async function rush(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  await Promise.all(Array.from({ length: random.int(10, 40) }, () => holdBy(own, system, random, actor)))
}

async function holdBy(own: Own, system: System, random: Random, actor: Actor): Promise<void> {
  const { zk, life } = actor
  if (zk === null) return
  const asked = recipe(own, system, actor, random)
  await holdAs(own, system, random, actor, asked)
  if (asked.holder === actor.name && actor.life === life) own.returning.delete(actor.name)
}

async function holdAs(own: Own, system: System, random: Random, actor: Actor, asked: Lease): Promise<void> {
  const { life } = actor
  const limits = random.chance(0.3) ? { timeout: random.int(1, 1000) } : {}
  const lease = await own.calls.steadfast(actor, 'asking for a lease', asked.tryAcquire(limits))
  if (!lease || actor.life !== life) return
  const holding: Holding = { actor, life, holder: asked.holder, lease }
  own.held.add(holding)
  if (lease.held) own.tokens.give(`${actor.name} got ${lease.path}`, lease.path, lease.token)
  await use(own, system, random, holding)
  own.held.delete(holding)
  if (actor.life !== life) return
  // Some holders forget it: it is over when its time is.
  if (random.chance(0.8)) await own.calls.follow(actor, 'releasing a lease', lease.release())
}

/** Renews a lease a few times, for longer and for shorter, with writes under its guard between. */
async function use(own: Own, system: System, random: Random, holding: Holding): Promise<void> {
  const { actor, life } = holding
  for (let times = random.int(0, 3); times > 0; times--) {
    await system.world.sleep(random.delay(1500))
    if (actor.life !== life) return
    // Several at once have one order: that of the calls.
    const count = random.pick([1, 1, 2])
    const all = Array.from({ length: count }, () => {
      const renewing = renew(system, random, holding)
      return own.calls.follow(actor, 'renewing a lease', renewing)
    })
    if (random.chance(0.5)) all.push(writeGuarded(own, system, holding))
    await Promise.all(all)
  }
  await system.world.sleep(random.delay(2000))
}

/** Changes the end of a lease: often to an earlier one, which may be over before the answer comes. */
async function renew(system: System, random: Random, { actor, lease }: Holding): Promise<void> {
  if (!lease.held) return
  const duration = random.pick([
    undefined,
    random.int(1, 50),
    random.int(50, 1000),
    random.int(1000, LONGEST),
  ])
  const limits = random.chance(0.3) ? { timeout: random.int(1, 500) } : {}
  system.world.note(`${actor.name}: renews ${lease.path} for ${duration ?? 'as long as it was'}`)
  await lease.renew({ ...limits, duration })
}

/** Writes under the guard of a lease: the write is not applied once another one holds it. */
async function writeGuarded(own: Own, system: System, { actor, holder, lease }: Holding): Promise<void> {
  const { zk } = actor
  if (zk === null || !lease.held) return
  const token = system.token(actor)
  own.guarded.set(token, { path: lease.path, holder })
  const writing = lease.guard(zk.transaction().setData(GUARDED, token)).commit()
  await own.calls.follow(actor, 'writing under a lease', writing)
}

/** Throws when more leases are held than there are, or two hold one. The clock of a suspended machine stands still. */
function checkLimit({ held }: Own): void {
  const now = [...held].filter(
    ({ actor, life, lease }) => actor.life === life && !actor.wasSuspended && lease.held,
  )
  for (const { actor, holder, lease } of now) {
    const other = now.find(each => each.lease.path === lease.path && each.holder !== holder)
    if (other)
      failNow(
        `${lease.path} is held by ${actor.name} (${holder}) and by ${other.actor.name} (${other.holder})`,
      )
  }
  const taken = new Set(now.map(({ lease }) => lease.path))
  if (taken.size > LIMIT) failNow(`${taken.size} of ${LIMIT} leases are held: ${[...taken].join(', ')}`)
}

/** Throws for a write under a guard that was applied while another one held the lease. */
function checkGuarded(own: Own, system: System): void {
  for (const [token, { path, holder }] of own.guarded) {
    const [write] = system.history.withData(token)
    if (write === undefined) continue
    const grant = system.history.of(system.serverPath(path)).findLast(({ zxid }) => zxid < write.zxid)
    const present = grant?.data
      ? (JSON.parse(grant.data.split('\n')[0]!) as { holder?: unknown }).holder
      : null
    if (present !== holder)
      failNow(
        `${token} was written at ${write.zxid} under the lease ${path} of ${holder}, which ${present} held`,
      )
  }
}

/** Leases: no more at a time than there are, with tokens that grow, guards that hold, and free again at the end. */
export const leases = area<Own>({
  name: 'leases',
  begin(system) {
    system.seed({ [GUARDED.slice(1)]: '' })
    return {
      calls: new UnderWay(),
      held: new Set(),
      returning: new Map(),
      tokens: new Tokens(),
      guarded: new Map(),
    }
  },
  steps: {
    'hold a lease': { weight: 4, run: hold },
    'ask for many leases at once': { weight: 0.5, run: rush },
    'look who has a lease': { weight: 1, run: look },
  },
  check: checkLimit,
  async quiet(own, system) {
    await own.calls.ended(system)
    await system.quietFor(10_000)
    const living = (): number => [...own.held].filter(({ actor, life }) => actor.life === life).length
    await drained(system, living, () => failNow('somebody uses a lease after a minute of quiet'))
    await own.calls.ended(system)
    // What its holder has forgotten is over when its time is, however long the calls went on.
    await system.world.sleep(LONGEST + 1000)
    checkGuarded(own, system)
    const holders = await holdersOf(system)
    if (holders.length > 0) failNow(`nobody has a lease, and ${holders[0]!.path} is held`)
  },
})

async function look({ calls }: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  if (actor.zk === null) return
  const lease = new Lease(actor.zk, PATH, { limit: LIMIT, duration: 1000 })
  const looking = random.chance(0.5) ? lease.isLocked() : lease.holders()
  await calls.follow(actor, 'looking who has a lease', looking as Promise<unknown>)
}

async function holdersOf(system: System): Promise<readonly LeaseInfo[]> {
  const lease = new Lease(system.actors[0]!.zk!, PATH, { limit: LIMIT, duration: 1000 })
  for (;;) {
    try {
      return await lease.holders()
    } catch (error) {
      // A write that is too large for the server costs the connection, also when all faults are over.
      if (!ZooKeeperError.is(error) || !error.retryable) throw error
      await system.world.sleep(1000)
    }
  }
}
