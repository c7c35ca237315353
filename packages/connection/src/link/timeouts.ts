/** The longest delay of Node's timers: a longer one fires after 1 ms. */
export const MAX_TIMER = 0x7fffffff

/** The shortest delay derived from a session timeout: a server that grants 1 ms must not start a hot loop. */
export const MIN_TIMER = 10

/** The shortest session timeout that delays are derived from, so that ping < read < expiration above `MIN_TIMER`. */
const MIN_SESSION = 3 * MIN_TIMER

const MAX_PING_INTERVAL = 10_000

/** The delays of one session, in whole milliseconds, each from `MIN_TIMER` to `MAX_TIMER`. */
export interface Timeouts {
  /** The longest time from the start of a connection attempt to the end of its handshake. */
  readonly connect: number
  /** The time without a whole frame from the server after which the connection counts as lost. */
  readonly read: number
  /** The time without anything sent after which a ping is due. It may leave a hundredth of that earlier: see `Heartbeat`. */
  readonly ping: number
  /** The time without a whole frame from any server after which the session counts as expired (ZOOKEEPER-4508). */
  readonly expiration: number
}

/**
 * Derives the delays of a session.
 *
 * @param session the requested session timeout until a handshake, then the negotiated one, in milliseconds.
 * @param servers the number of servers to try within one session timeout.
 * @param asked the session timeout that the user asked for. No attempt lasts longer, whatever a server once granted.
 */
export function timeoutsFor(session: number, servers: number, asked: number = session): Timeouts {
  return {
    connect: connectTimeout(Math.min(session, asked), servers),
    read: readTimeout(session),
    ping: pingInterval(session),
    expiration: expirationTimeout(session),
  }
}

/** Returns T/N: all servers can be tried before the session expires. */
export function connectTimeout(session: number, servers: number): number {
  return clamp(reckoned(session) / Math.max(servers, 1))
}

/** Returns 2T/3: time is left to move to another server. */
export function readTimeout(session: number): number {
  return clamp((reckoned(session) * 2) / 3)
}

/** Returns T/3, 10 s at most: the read timeout notices a lost ping before the server expires the session. */
export function pingInterval(session: number): number {
  return Math.min(clamp(reckoned(session) / 3), MAX_PING_INTERVAL)
}

/** Returns 4T/3: no earlier than the server, which may have begun to count later. */
export function expirationTimeout(session: number): number {
  return clamp((reckoned(session) * 4) / 3)
}

function reckoned(session: number): number {
  return Math.max(session, MIN_SESSION)
}

function clamp(delay: number): number {
  return Math.min(Math.max(Math.floor(delay), MIN_TIMER), MAX_TIMER)
}

/** The first and the highest bound of a `Backoff`, in milliseconds. */
export interface BackoffOptions {
  readonly initial: number
  readonly max: number
}

/**
 * An exponential backoff with full jitter: the n-th delay since the last reset is spread evenly over
 * [0, min(max, initial * 2^n)), so that clients that lost a server together do not come back together.
 */
export class Backoff {
  readonly #initial: number
  readonly #max: number
  #ceiling: number

  constructor({ initial, max }: BackoffOptions) {
    this.#max = Math.min(max, MAX_TIMER)
    this.#initial = Math.min(initial, this.#max)
    this.#ceiling = this.#initial
  }

  /**
   * Returns the next delay, in whole milliseconds.
   *
   * @param random a source of numbers in [0, 1).
   */
  next(random: () => number): number {
    const delay = Math.floor(random() * this.#ceiling)
    this.#ceiling = Math.min(this.#ceiling * 2, this.#max)
    return delay
  }

  /** Starts again from `initial`, after a success. */
  reset(): void {
    this.#ceiling = this.#initial
  }
}
