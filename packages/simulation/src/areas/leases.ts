import { ZooKeeperError } from '@zookit/client'
import { type HeldLease, Lease, type LeaseInfo } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import type { System } from '../system.ts'
import { UnderWay } from '../under-way.ts'
import { failNow } from '../violation.ts'

const PATH = '/leases'
const LIMIT = 2

interface Holding {
  readonly actor: Actor
  readonly life: number
  readonly lease: HeldLease
}

interface Own {
  readonly calls: UnderWay
  readonly held: Set<Holding>
  /** The highest token that was given out, by the path of the lease. */
  readonly tokens: Map<string, bigint>
}

function recipe(zk: NonNullable<Actor['zk']>, random: Random): Lease {
  return new Lease(zk, PATH, { limit: LIMIT, duration: random.int(200, 3000), jitter: random.pick([0, 100]) })
}

async function hold(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const limits = random.chance(0.3) ? { timeout: random.int(1, 1000) } : {}
  const asking = recipe(zk, random).tryAcquire(limits)
  const lease = await own.calls.steadfast(actor, 'asking for a lease', asking)
  if (!lease || actor.life !== life) return
  const holding = { actor, life, lease }
  own.held.add(holding)
  checkToken(own, lease)
  await system.world.sleep(random.delay(2000))
  if (actor.life === life && random.chance(0.5)) await own.calls.follow(actor, 'renewing', renew(lease))
  await system.world.sleep(random.delay(2000))
  own.held.delete(holding)
  if (actor.life === life) await own.calls.follow(actor, 'releasing a lease', lease.release())
}

async function renew(lease: HeldLease): Promise<void> {
  if (lease.held) await lease.renew()
}

function checkToken({ tokens }: Own, { path, token, held }: HeldLease): void {
  const highest = tokens.get(path) ?? 0n
  if (held && token <= highest)
    failNow(`${path} was leased with token ${token}, after ${highest} was given out`)
  if (token > highest) tokens.set(path, token)
}

/** Throws when more leases are held than there are. The clock of a suspended machine stands still. */
function checkLimit({ held }: Own): void {
  const now = [...held].filter(
    ({ actor, life, lease }) => actor.life === life && !actor.wasSuspended && lease.held,
  )
  if (now.length <= LIMIT) return
  const names = now.map(({ actor, lease }) => `${actor.name} (${lease.path})`)
  failNow(`${now.length} of ${LIMIT} leases are held: ${names.join(', ')}`)
}

/** Leases: no more at a time than there are, with tokens that grow, and free again at the end. */
export const leases = area<Own>({
  name: 'leases',
  begin: () => ({ calls: new UnderWay(), held: new Set(), tokens: new Map() }),
  steps: { 'hold a lease': { weight: 4, run: hold } },
  check: checkLimit,
  async quiet(own, system) {
    await own.calls.ended(system)
    await system.quietFor(10_000)
    await own.calls.ended(system)
    const holders = await holdersOf(system)
    if (holders.length > 0) failNow(`nobody has a lease, and ${holders[0]!.path} is held`)
  },
})

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
