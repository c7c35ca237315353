import { ZooKeeperError } from '@zookit/client'
import { JuteError } from '@zookit/jute'

/** A thing that was done and must never be done, whatever bytes come. */
export class Finding extends Error {
  override readonly name = 'Finding'
}

/** The longest time that one frame may take, in milliseconds. */
export const SLOWEST = 50

/** The clock of the frames' times, in milliseconds: cheap and real, or for a second look the CPU time of this process. */
export const clock = {
  now: (): number => performance.now(),
}

/** Returns the CPU time of this process, in milliseconds: other processes do not count. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** The figures of an episode. */
export interface Episode {
  /** The frames that were read by the code under attack. */
  frames: number
  /** The frames among them that no correct peer would have sent. */
  mutated: number
  /** The connections that the frames have ended. */
  connections: number
  /** The requests that were answered with a result, with an error of the server, and not at all. */
  results: number
  refusals: number
  losses: number
  /** The time of the slowest frame, in milliseconds. */
  slowest: number
}

export function newEpisode(): Episode {
  return { frames: 0, mutated: 0, connections: 0, results: 0, refusals: 0, losses: 0, slowest: 0 }
}

/** Refuses an error that is no judgement of the bytes but a bug of the code that read them. */
export function expectTyped(error: unknown): void {
  for (let each: unknown = error; each != null; each = (each as Error).cause) {
    if (ZooKeeperError.is(each) || JuteError.is(each) || isSystemError(each)) continue
    throw new Finding(`an error that is neither of the protocol nor of the system: ${each}`, { cause: each })
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'
}
