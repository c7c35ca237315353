import type { LoadCell } from './loads.ts'

/** The length and the number of the rounds. */
export interface Effort {
  rounds: number
  /** Seconds of a round. */
  seconds: number
  /** Seconds for which each client runs before the first round. */
  warmUp: number
  /** A directory for CPU profiles of the clients; undefined for none. */
  profiles?: string | undefined
}

/** Microseconds of a round for each request in flight: a round begins with none in flight and a small heap. */
const PER_REQUEST = 30
const LONGEST = 0.25
/** Seconds of a round with that many bytes in flight: each round first allocates again the memory that was freed since the last. */
const LARGE = 1024 * 1024
const LARGE_SECONDS = 0.4
/** Seconds of requests at a fixed rate: with 10 000 a second the highest percentile of a round is the third worst of 30 000. */
const STEADY_SECONDS = 3
/** Seconds of connecting, 1000 times a second, until V8 has compiled the code. */
const CONNECT_WARM_UP = 3
/** The least number of rounds, and the highest number where a round is one event with a long preparation. */
const FEWEST = 5
const MOST_EVENTS = 9

function leastSeconds({ inFlight, payload, rate }: LoadCell): number {
  if (rate > 0) return STEADY_SECONDS
  if (payload * inFlight >= LARGE) return LARGE_SECONDS
  return Math.min(LONGEST, (inFlight * PER_REQUEST) / 1e6)
}

/** Returns the pace of a cell. Some cells need longer rounds than the default, and have fewer. */
export function paceOf(cell: LoadCell, { rounds, seconds, warmUp }: Effort): Omit<Effort, 'profiles'> {
  if (cell.load === 'storm' || cell.load === 'fanOut' || cell.load === 'reconnect') {
    return { rounds: Math.min(rounds, MOST_EVENTS), seconds, warmUp }
  }
  const longer = Math.max(seconds, leastSeconds(cell))
  return {
    rounds: Math.max(Math.min(rounds, FEWEST), Math.round((rounds * seconds) / longer)),
    seconds: longer,
    warmUp: cell.load === 'connect' ? Math.max(warmUp, CONNECT_WARM_UP) : warmUp,
  }
}
