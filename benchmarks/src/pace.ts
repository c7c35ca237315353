import type { LoadCell } from './loads.ts'

/** How long and how often. */
export interface Effort {
  rounds: number
  /** Seconds of a round. */
  seconds: number
  /** Seconds for which each client runs before the first round. */
  warmUp: number
  /** A directory for CPU profiles of the clients; undefined for none. */
  profiles?: string | undefined
}

/** Microseconds of a round for each request in flight: at its beginning none are, and the heap is small. */
const PER_REQUEST = 30
const LONGEST = 0.25
/** Seconds where so many bytes are in flight: memory that was given back while the others had their turns is had again first. */
const LARGE = 1024 * 1024
const LARGE_SECONDS = 0.4
/** Seconds of requests at a fixed rate: with 10 000 a second the highest percentile of a round is the third worst of 30 000. */
const STEADY_SECONDS = 3
/** Seconds of connecting, at 1000 a second, before its code is compiled. */
const CONNECT_WARM_UP = 3
/** Rounds at the least, and at the most where each is one event with much to prepare. */
const FEWEST = 5
const MOST_EVENTS = 9

function leastSeconds({ inFlight, payload, rate }: LoadCell): number {
  if (rate > 0) return STEADY_SECONDS
  if (payload * inFlight >= LARGE) return LARGE_SECONDS
  return Math.min(LONGEST, (inFlight * PER_REQUEST) / 1e6)
}

/** How long and how often a cell is measured: some need more than the default, and are measured less often. */
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
