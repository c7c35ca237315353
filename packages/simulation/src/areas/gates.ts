import { Barrier, DoubleBarrier } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import { area } from '../area.ts'
import type { System } from '../system.ts'
import { UnderWay } from '../under-way.ts'
import { failNow } from '../violation.ts'

const DOUBLE = '/double'

interface Own {
  readonly calls: UnderWay
  /** The paths of barriers that were set, or may have been. */
  readonly gates: string[]
}

function limits(random: Random): { timeout?: number } {
  return random.chance(0.2) ? { timeout: random.int(1, 2000) } : {}
}

/** Sets a barrier whose parents are missing. */
async function set({ calls, gates }: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const path = `/gates/${system.token(actor)}/inner/gate`
  gates.push(path)
  const barrier = new Barrier(zk, path, { jitter: random.pick([0, 100]) })
  await calls.steadfast(actor, `setting ${path}`, barrier.set(limits(random)))
}

async function wait({ calls, gates }: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null || gates.length === 0) return
  const path = random.pick(gates)
  const barrier = new Barrier(zk, path, { jitter: random.pick([0, 100]) })
  await calls.steadfast(actor, `waiting at ${path}`, barrier.wait(limits(random)))
}

async function look({ calls, gates }: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null || gates.length === 0) return
  const path = random.pick(gates)
  await calls.follow(actor, `looking at ${path}`, new Barrier(zk, path).isSet(limits(random)))
}

async function remove({ calls, gates }: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null || gates.length === 0) return
  const path = random.pick(gates)
  await calls.follow(actor, `removing ${path}`, new Barrier(zk, path).remove())
}

/** Enters a barrier of two, and leaves it. A member gives up after a time, so that none waits for a second one for ever. */
async function enter({ calls }: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const barrier = new DoubleBarrier(zk, DOUBLE, { count: 2, jitter: random.pick([0, 100]) })
  const entering = barrier.enter({ timeout: random.int(1, 3000) })
  const member = await calls.steadfast(actor, 'entering', entering)
  if (member === undefined) return
  await system.world.sleep(random.delay(500))
  if (actor.life !== life) return
  await calls.steadfast(actor, 'leaving', member.leave({ timeout: random.int(1, 3000) }))
}

/** Barriers: a waiter continues when the barrier is gone, calls survive lost connections, and nobody is left inside. */
export const gates = area<Own>({
  name: 'gates',
  begin: () => ({ calls: new UnderWay(), gates: [] }),
  steps: {
    'set a barrier': { weight: 2, run: set },
    'wait at a barrier': { weight: 3, run: wait },
    'look at a barrier': { weight: 0.5, run: look },
    'remove a barrier': { weight: 2, run: remove },
    'go through a double barrier': { weight: 3, run: enter },
  },
  async quiet(own, system) {
    const { zk } = system.actors[0]!
    // A barrier that is being set is there when its parents are.
    await system.quietFor(5000)
    for (const path of own.gates) await new Barrier(zk!, path).remove()
    await own.calls.ended(system)
    await system.quietFor(20_000)
    await system.world.sleep(3000)
    const inside = Object.keys(system.dump()).filter(path => path.startsWith(`${system.serverPath(DOUBLE)}/`))
    if (inside.length > 0) failNow(`nobody is in the double barrier, and there is ${inside.join(', ')}`)
  },
})
