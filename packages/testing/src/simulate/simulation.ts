import { Random } from './random.ts'
import { shrink } from './shrink.ts'
import { strayErrors } from './stray-errors.ts'
import { World, type WorldOptions } from './world.ts'

/** A kind of step of a run. */
export interface StepKind<State> {
  /** The probability that it is chosen, relative to the other kinds. */
  readonly weight: number
  /**
   * Begins the step. The next step does not wait for the promise. The end of the run waits for it, and a rejection fails
   * the run.
   *
   * @param random a source for this step alone: what it draws changes no other step.
   */
  run(state: State, random: Random): void | Promise<void>
}

/** A service under attack: its start, the steps that may be taken, and the conditions that must hold. */
export interface Simulation<State> {
  /** Starts servers and processes. */
  setUp(world: World, random: Random): Promise<State>
  /** The kinds of step, by name. */
  readonly steps: Readonly<Record<string, StepKind<State>>>
  /** Throws if a condition does not hold that must always hold. Called after each step. */
  check?(state: State): void
  /**
   * Ends the faults, waits until nothing happens any more, and throws if a condition does not hold that must hold then. Called at the
   * end.
   */
  settle?(state: State): Promise<void>
  /** Draws the weights of the steps for a seed, by name. Default: their own. */
  weights?(random: Random): Readonly<Record<string, number>>
  /** Draws the longest pause between two steps of a seed, in milliseconds of the world. Default: that of the options. */
  pause?(random: Random): number
  /** The behaviour of the network; a function draws it for each seed. */
  readonly network?: WorldOptions['network'] | ((random: Random) => NonNullable<WorldOptions['network']>)
}

/** The options of a run. */
export interface RunOptions {
  /** Steps of a run. Default 200. */
  steps?: number
  /** The longest pause between two steps, in milliseconds of the world; short ones are more likely. Default 200. */
  pause?: number
  /** The longest time of the world for the end of a run, in milliseconds. Default 600 000. */
  limit?: number
}

/** A step of a run: its place in the whole schedule, and its kind. */
export interface PlannedStep {
  readonly index: number
  readonly kind: string
}

/** The result of a run. */
export interface RunResult {
  readonly seed: string
  /** The error that ended the run, or null. */
  readonly failure: unknown
  /** The steps that were taken. */
  readonly schedule: readonly PlannedStep[]
  /** The events, one line each. */
  readonly events: readonly string[]
  /** Equal for runs that were equal byte by byte. */
  readonly fingerprint: string
}

/**
 * Runs a simulation with one seed.
 *
 * @param only the indexes of the steps to take, for a schedule that was shrunk; all by default.
 */
export async function runSeed<State>(
  simulation: Simulation<State>,
  seed: string | number,
  options: RunOptions = {},
  only?: ReadonlySet<number>,
): Promise<RunResult> {
  const random = new Random(`run ${seed}`)
  const { network } = simulation
  const world = new World({
    seed: `world ${seed}`,
    network: (typeof network === 'function' ? network(random.fork('network')) : network) ?? {},
  })
  const schedule: PlannedStep[] = []
  const stray = strayErrors()
  let failure: unknown = null
  try {
    await world.run(
      () => play({ world, simulation, random, options, only, schedule, stray }),
      options.limit ?? 600_000,
    )
  } catch (error) {
    failure = error
  } finally {
    stray.stop()
  }
  const { events, fingerprint } = world
  return { seed: String(seed), failure: failure ?? stray.first, schedule, events, fingerprint }
}

interface Play<State> {
  readonly world: World
  readonly simulation: Simulation<State>
  readonly random: Random
  readonly options: RunOptions
  readonly only: ReadonlySet<number> | undefined
  readonly schedule: PlannedStep[]
  readonly stray: { readonly first: unknown }
}

async function play<State>(run: Play<State>): Promise<void> {
  const { world, simulation, random, options, only, schedule, stray } = run
  const state = await simulation.setUp(world, random.fork('set up'))
  const own = Object.fromEntries(Object.entries(simulation.steps).map(([name, { weight }]) => [name, weight]))
  const weights = simulation.weights?.(random.fork('weights')) ?? own
  const pause = simulation.pause?.(random.fork('pause')) ?? options.pause ?? 200
  const started: Promise<void>[] = []
  let failed: { error: unknown } | null = null
  for (let index = 0; index < (options.steps ?? 200); index++) {
    const chance = random.fork(`step ${index}`)
    await world.sleep(chance.delay(pause))
    const kind = chance.weighted(weights)
    if (only && !only.has(index)) continue
    schedule.push({ index, kind })
    world.note(`step ${index}: ${kind}`)
    const outcome = simulation.steps[kind]!.run(state, chance.fork('choices'))
    if (outcome) started.push(outcome.catch(error => void (failed ??= { error })))
    simulation.check?.(state)
    throwFirst(failed, stray)
  }
  try {
    await simulation.settle?.(state)
  } catch (error) {
    // The failure of a step may be the cause of a failure at the end.
    throwFirst(failed, stray)
    throw error
  }
  await Promise.all(started)
  simulation.check?.(state)
  throwFirst(failed, stray)
}

function throwFirst(failed: { error: unknown } | null, stray: { readonly first: unknown }): void {
  if (failed !== null) throw failed.error
  if (stray.first !== null) throw stray.first
}

/** A run that failed, and the shortest schedule that was found to fail still. */
export interface Failure extends RunResult {
  /** Steps that the whole schedule had. */
  readonly steps: number
}

/** Raised by `simulate` for a seed that failed; its message says how to replay it. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError'
  readonly result: Failure

  constructor(result: Failure) {
    super(describe(result), { cause: result.failure })
    this.result = result
  }
}

/** The seeds that `simulate` runs. */
export interface SimulateOptions extends RunOptions {
  /** The number of seeds: from 1 to this. Default 100. */
  seeds?: number
  /** One seed alone, to replay it. */
  seed?: string | number
  /** Shrinks the schedule of a failure. Default true. */
  shrink?: boolean
}

/**
 * Runs a simulation with many seeds, and stops at the first that fails.
 *
 * @returns how many seeds were run.
 * @throws SimulationError that names the seed, the shortest schedule found that still fails, and the last events.
 */
export async function simulate<State>(
  simulation: Simulation<State>,
  options: SimulateOptions = {},
): Promise<number> {
  const { seed, seeds = 100 } = options
  const all = seed === undefined ? Array.from({ length: seeds }, (_, i) => String(i + 1)) : [seed]
  for (const each of all) {
    const result = await runSeed(simulation, each, options)
    if (result.failure === null) continue
    const shortest =
      options.shrink === false
        ? result
        : await shrink(result, only => runSeed(simulation, each, options, only))
    throw new SimulationError({ ...shortest, steps: options.steps ?? 200 })
  }
  return all.length
}

/** The last events that a failure shows. */
const SHOWN = 60

/** Describes a failure for a person: the seed, the steps, what happened last, and what did not hold. */
function describe({ seed, failure, schedule, events, steps }: Failure): string {
  const reason = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)
  const shown = events.slice(-SHOWN)
  const left = events.length - shown.length
  return [
    `seed ${seed} failed; ${schedule.length} of ${steps} steps are enough:`,
    ...schedule.map(({ index, kind }) => `  step ${index}: ${kind}`),
    left > 0 ? `the last ${SHOWN} events (${left} before them):` : 'the events:',
    ...shown.map(line => `  ${line}`),
    reason,
  ].join('\n')
}
