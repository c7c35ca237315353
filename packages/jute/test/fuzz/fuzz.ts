import { AllocationMeter } from '../support/allocations.ts'
import { mutant, Random } from './mutate.ts'
import { CORPUS, TARGETS, type Target } from './targets.ts'

/** The results of a run of the fuzzer. */
export interface FuzzReport {
  readonly frames: number
  /** The number of times that each target came to each outcome: `readers TRUNCATED`. */
  readonly outcomes: ReadonlyMap<string, number>
  /** The milliseconds of the slowest frame that was slow twice. */
  readonly slowest: number
}

/** A fault that was found, and how to see it again. */
class FuzzFailure extends Error {
  constructor(seed: number, index: number, target: Target, bytes: Buffer, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(
      `seed ${seed}, frame ${index}, ${target.name}: ${reason}\n` +
        `again: pnpm fuzz --seed ${seed} --from ${index} --frames 1\nbytes: ${bytes.toString('hex')}`,
      { cause },
    )
  }
}

const CHOICES = TARGETS.flatMap(target => Array<Target>(target.weight).fill(target))

/** The milliseconds from which on a frame's time is looked at again. */
const LONG = 5

/**
 * Gives frames to everything that decodes: recorded ones with mutations, and noise. Each frame depends on the
 * seed and its own index alone, so that any can be made again by itself.
 *
 * @param counting a meter that counts already, for a caller of many short runs; without it, one of this run's own.
 * @throws FuzzFailure for anything thrown but a JuteError, for allocations beyond the frame's size, and where the
 *   two readings of a record disagree.
 */
export function fuzz(
  seed: number,
  from: number,
  frames: number,
  counting: AllocationMeter | null = null,
): FuzzReport {
  const outcomes = new Map<string, number>()
  const meter = counting ?? new AllocationMeter().start()
  let slowest = 0
  try {
    for (let index = from; index < from + frames; index++) {
      const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index, 0x85ebca6b))
      const target = random.pick(CHOICES)
      const bytes = mutant(CORPUS, random)
      const again = random.below(2 ** 31)
      const run = (): string => target.run(bytes, new Random(again), meter)
      const begun = performance.now()
      const key = `${target.name} ${attempt(run, seed, index, target, bytes)}`
      outcomes.set(key, (outcomes.get(key) ?? 0) + 1)
      const took = performance.now() - begun
      // A frame that takes long once may have met the garbage collector: the fastest of a few runs counts.
      if (took > slowest) slowest = took < LONG ? took : Math.max(slowest, fastestOf(run))
    }
  } finally {
    if (counting === null) meter.stop()
  }
  return { frames, outcomes, slowest }
}

function attempt(run: () => string, seed: number, index: number, target: Target, bytes: Buffer): string {
  try {
    return run()
  } catch (error) {
    throw new FuzzFailure(seed, index, target, bytes, error)
  }
}

/** Returns the milliseconds that it takes when nothing else comes between. */
function fastestOf(run: () => string): number {
  let fastest = Number.POSITIVE_INFINITY
  for (let i = 0; i < 3; i++) {
    const begun = performance.now()
    run()
    fastest = Math.min(fastest, performance.now() - begun)
  }
  return fastest
}
