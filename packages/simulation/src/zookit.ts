import type { Random, Simulation, StepKind, World } from '@zookit/testing/simulate'
import { type AnyArea, within } from './area.ts'
import { caches } from './areas/caches.ts'
import { chains } from './areas/chains.ts'
import { configs } from './areas/configs.ts'
import { counters } from './areas/counters.ts'
import { discovery } from './areas/discovery.ts'
import { durables } from './areas/durables.ts'
import { elections } from './areas/elections.ts'
import { gates } from './areas/gates.ts'
import { leases } from './areas/leases.ts'
import { locks } from './areas/locks.ts'
import { members } from './areas/members.ts'
import { partitions } from './areas/partitions.ts'
import { queues } from './areas/queues.ts'
import { rates } from './areas/rates.ts'
import { paths } from './areas/requests/paths.ts'
import { questions } from './areas/requests/questions.ts'
import { registers } from './areas/requests/registers.ts'
import { requests } from './areas/requests/requests.ts'
import { sessions } from './areas/sessions.ts'
import { watches } from './areas/watches.ts'
import { faults } from './faults/faults.ts'
import { comeBackEmpty } from './faults/wiped.ts'
import { System } from './system.ts'
import { failNow } from './violation.ts'

/** Every area, by name. */
const areas: readonly AnyArea[] = [
  requests,
  registers,
  questions,
  sessions,
  watches,
  chains,
  paths,
  locks,
  counters,
  caches,
  queues,
  members,
  discovery,
  configs,
  gates,
  leases,
  partitions,
  elections,
  durables,
  rates,
  faults,
]

/**
 * Finds areas by their names.
 *
 * @param names separated by commas; all areas by default. Faults always take part.
 * @throws Error for an unknown name.
 */
export function chosenAreas(names: string | undefined): readonly AnyArea[] {
  if (names === undefined) return areas
  const wanted = new Set([...names.split(','), faults.name])
  for (const name of wanted) {
    if (!areas.some(each => each.name === name))
      throw new Error(`there is no area ${name}: ${areas.map(each => each.name).join(', ')}`)
  }
  return areas.filter(({ name }) => wanted.has(name))
}

interface State {
  readonly system: System
  readonly own: Map<AnyArea, unknown>
}

/**
 * Simulates zookit: clients, recipes and servers, with everything that can go wrong between them.
 *
 * @param chosen the areas to take part; all by default.
 */
export function zookit(chosen: readonly AnyArea[] = areas): Simulation<State> {
  const checked = chosen.filter(({ check }) => check !== undefined)
  return {
    // Short pauses let faults meet, long ones let what takes its time come to its end between them.
    pause: random => random.pick([50, 100, 100, 400]),
    network: random => ({ latency: random.pick([1, 10, 50]), cutting: random.next() / 2 }),
    async setUp(world: World, random: Random): Promise<State> {
      // The label is part of what every recorded seed means: another one would give other runs.
      const system = await System.start(world, random.fork('ground'))
      const own = new Map<AnyArea, unknown>()
      for (const area of chosen) own.set(area, await area.begin(system, random.fork(area.name)))
      return { system, own }
    },
    steps: Object.fromEntries(chosen.flatMap(stepsOf)),
    weights: random => drawWeights(chosen, random),
    check({ system, own }) {
      for (const area of checked) within(area, () => area.check!(own.get(area), system))
    },
    async settle({ system, own }) {
      system.world.note('all faults end')
      await system.heal()
      await system.connected(system.longestSearch)
      await system.world.sleep(5000)
      await system.connected(system.longestSearch)
      system.quietSince = system.world.now
      for (const area of chosen) await within(area, () => area.quiet?.(own.get(area), system))
      if (system.settings.wiped) await comeBackEmpty(system)
      system.world.note('all clients are closed')
      for (const { zk } of system.actors) await zk?.close()
      for (const area of chosen) within(area, () => area.end?.(own.get(area), system))
      for (const { name, zk } of system.actors)
        if (zk?.state !== 'closed') failNow(`${name} is ${zk?.state} after close()`)
    },
  }
}

/**
 * Draws the weights of a seed: in two of three only a few areas take part, so that what needs several steps of one area comes
 * up, and in the others all of them. Faults keep their share.
 */
function drawWeights(chosen: readonly AnyArea[], random: Random): Record<string, number> {
  const others = chosen.filter(area => area !== faults)
  const few = others.length === 0 ? [] : Array.from({ length: random.int(1, 3) }, () => random.pick(others))
  const taking = new Set(random.chance(2 / 3) ? few : others)
  const share = others.length === 0 ? 1 : weightOf([...taking]) / weightOf(others)
  return Object.fromEntries(
    chosen.flatMap(area =>
      Object.entries(area.steps).map(([name, { weight }]) => {
        if (area === faults) return [name, weight * share]
        return [name, taking.has(area) ? weight : 0]
      }),
    ),
  )
}

function weightOf(areas: readonly AnyArea[]): number {
  return areas.flatMap(({ steps }) => Object.values(steps)).reduce((sum, { weight }) => sum + weight, 0)
}

function stepsOf(area: AnyArea): [string, StepKind<State>][] {
  return Object.entries(area.steps).map(([name, { weight, run }]) => {
    const step: StepKind<State>['run'] = ({ system, own }, random) => {
      if (area === faults && !random.chance(system.settings.faultRate)) return
      return within(area, () => run(own.get(area), system, random))
    }
    return [name, { weight, run: step }]
  })
}
