import { fuzz } from '../../../jute/test/fuzz/fuzz.ts'
import { Random } from '../../../jute/test/fuzz/mutate.ts'
import { AllocationMeter } from '../../../jute/test/support/allocations.ts'
import { attackClient } from './client/attack.ts'
import { attackClientOverSockets } from './client/sockets.ts'
import { clock, cpuTime, type Episode, Finding, newEpisode, SLOWEST } from './finding.ts'
import { attackServer } from './server/attack.ts'
import { attackServerOverSockets } from './server/sockets.ts'

/** The frames of one episode: it is replayed as a whole. */
export const FRAMES = 256

/** The code under attack. */
export type TargetName = 'decoders' | 'client' | 'server' | 'client over sockets' | 'server over sockets'

type Attack = (random: Random, frames: number, meter: AllocationMeter) => Promise<Episode>

const ATTACKS: Readonly<Record<Exclude<TargetName, 'decoders'>, Attack>> = {
  client: attackClient,
  server: attackServer,
  'client over sockets': attackClientOverSockets,
  'server over sockets': attackServerOverSockets,
}

/** The share of each target, out of 512 episodes. Sockets cost a hundred times what a call costs. */
const SHARES: readonly (readonly [TargetName, number])[] = [
  ['client over sockets', 1],
  ['server over sockets', 1],
  ['client', 60],
  ['server', 70],
  ['decoders', 380],
]

/** Tells which code an episode attacks. */
export function targetOf(seed: number, episode: number): TargetName {
  let at = randomOf(seed, episode).below(512)
  for (const [name, share] of SHARES) {
    if (at < share) return name
    at -= share
  }
  return 'decoders'
}

function randomOf(seed: number, episode: number): Random {
  return new Random(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(episode + 1, 0x85ebca6b))
}

/** The counter of allocations, from the first episode of a process to its end: each change of `Buffer` costs more than a frame. */
let meter: AllocationMeter | null = null

async function runOnce(target: TargetName, seed: number, episode: number): Promise<Episode> {
  meter ??= new AllocationMeter().start()
  if (target === 'decoders') {
    const { frames, slowest } = fuzz(seed, episode * FRAMES, FRAMES, meter)
    return { ...newEpisode(), frames, mutated: frames, slowest }
  }
  const random = randomOf(seed, episode)
  random.below(512)
  return await ATTACKS[target](random, FRAMES, meter)
}

/** Takes note of what nobody has caught. */
class Uncaught {
  #first: unknown = null
  readonly #note = (error: unknown): void =>
    void (this.#first ??= error ?? new Error('something threw nothing'))

  start(): this {
    process.on('unhandledRejection', this.#note)
    process.on('uncaughtException', this.#note)
    return this
  }

  /** @throws Finding if something was not caught. */
  check(): void {
    if (this.#first === null) return
    throw new Finding(`nobody has caught: ${this.#first}`, { cause: this.#first })
  }

  stop(): void {
    process.off('unhandledRejection', this.#note)
    process.off('uncaughtException', this.#note)
  }
}

/**
 * Runs one episode: some 256 frames at one target.
 *
 * @returns its figures.
 * @throws Finding, or what the code under attack threw, for anything that no bytes may bring about.
 */
export async function runEpisode(target: TargetName, seed: number, episode: number): Promise<Episode> {
  const uncaught = new Uncaught().start()
  try {
    const figures = await runOnce(target, seed, episode)
    // A frame that is slow only once has met the garbage collector, or another process.
    for (let i = 0; i < 3 && figures.slowest > SLOWEST; i++) {
      const { now } = clock
      clock.now = cpuTime
      try {
        figures.slowest = Math.min(figures.slowest, (await runOnce(target, seed, episode)).slowest)
      } finally {
        clock.now = now
      }
    }
    if (figures.slowest > SLOWEST)
      throw new Finding(`a frame takes ${figures.slowest.toFixed(1)} ms, each time`)
    // Node tells of an unhandled rejection after the promise continuations.
    await new Promise(resolve => setImmediate(resolve))
    uncaught.check()
    return figures
  } finally {
    uncaught.stop()
  }
}
