import { RateLimiter } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import { area } from '../area.ts'
import type { System } from '../system.ts'
import { UnderWay } from '../under-way.ts'
import { failNow } from '../violation.ts'

const RATE = { permits: 3, interval: 700 }
const PATH = '/rate'

/** Permits that were granted, some time between two times of the world. */
interface Grant {
  readonly called: number
  readonly answered: number
  readonly permits: number
}

interface Own {
  readonly calls: UnderWay
  readonly grants: Grant[]
}

async function acquire(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  if (actor.zk === null) return
  const limiter = new RateLimiter(actor.zk, PATH, RATE)
  const permits = random.int(1, RATE.permits)
  const limits = random.chance(0.7) ? { timeout: random.int(1, 4000) } : {}
  const called = system.world.now
  const acquiring = random.chance(0.5)
    ? limiter.acquire(permits, limits).then(() => true)
    : limiter.tryAcquire(permits, limits)
  const granted = await own.calls.follow(actor, `acquiring ${permits} permits`, acquiring)
  if (granted) own.grants.push({ called, answered: system.world.now, permits })
}

async function look(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  if (actor.zk === null) return
  const looking = new RateLimiter(actor.zk, PATH, RATE).available()
  const free = await own.calls.follow(actor, 'looking for permits', looking)
  if (free !== undefined && (free < 0 || free > RATE.permits))
    failNow(`${free} of ${RATE.permits} permits are free`)
}

/** Throws when more was granted within an interval than there is: counted are grants that certainly are within it. */
function checkRate({ grants }: Own): void {
  for (const { called: from } of grants) {
    const within = grants.filter(({ called, answered }) => called >= from && answered < from + RATE.interval)
    const sum = within.reduce((all, { permits }) => all + permits, 0)
    if (sum > RATE.permits) failNow(`${sum} permits were granted in ${RATE.interval} ms from ${from} on`)
  }
}

/** Limits of rates: never more in an interval than there is, and every waiter ends. */
export const rates = area<Own>({
  name: 'rates',
  begin: () => ({ calls: new UnderWay(), grants: [] }),
  steps: {
    'acquire permits of a rate': { weight: 3, run: acquire },
    'look for permits of a rate': { weight: 0.5, run: look },
  },
  async quiet(own, system) {
    await own.calls.ended(system)
    checkRate(own)
  },
})
