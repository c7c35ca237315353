/** The longest delay that Node's timers take: they fire a longer one after 1 ms. */
export const MAX_TIMER = 0x7fffffff

/** No timer derived from a session timeout is shorter: a server that grants 1 ms must not start a hot loop. */
export const MIN_TIMER = 10

/** The shortest session timeout reckoned with, so that ping < read < expiration hold above `MIN_TIMER`. */
const MIN_SESSION = 3 * MIN_TIMER

const MAX_PING_INTERVAL = 10_000

/** The delays of one session, in whole milliseconds, each from `MIN_TIMER` to `MAX_TIMER`. */
export interface Timeouts {
  /** From the start of a connection attempt to the end of its handshake. */
  readonly connect: number
  /** Without a whole frame from the server, after which the connection counts as lost. */
  readonly read: number
  /** Without anything sent, after which a ping is due. */
  readonly ping: number
  /** Without a whole frame from any server, after which the session counts as expired (ZOOKEEPER-4508). */
  readonly expiration: number
}

/**
 * @param session the requested session timeout until a handshake, then the negotiated one, in milliseconds.
 * @param servers how many servers there are to try within one session timeout.
 */
export function timeoutsFor(session: number, servers: number): Timeouts {
  return {
    connect: connectTimeout(session, servers),
    read: readTimeout(session),
    ping: pingInterval(session),
    expiration: expirationTimeout(session),
  }
}

/** T/N: all servers can be tried before the session expires. */
export function connectTimeout(session: number, servers: number): number {
  return clamp(reckoned(session) / Math.max(servers, 1))
}

/** 2T/3: time is left to move to another server. */
export function readTimeout(session: number): number {
  return clamp((reckoned(session) * 2) / 3)
}

/** T/3, 10 s at most: a lost ping is noticed by the read timeout, not by the server's expiry. */
export function pingInterval(session: number): number {
  return Math.min(clamp(reckoned(session) / 3), MAX_PING_INTERVAL)
}

/** 4T/3: no earlier than the server, whose own clock may have started later. */
export function expirationTimeout(session: number): number {
  return clamp((reckoned(session) * 4) / 3)
}

function reckoned(session: number): number {
  return Math.max(session, MIN_SESSION)
}

function clamp(delay: number): number {
  return Math.min(Math.max(Math.floor(delay), MIN_TIMER), MAX_TIMER)
}

/** Where a `Backoff` starts and where it stops growing, in milliseconds. */
export interface BackoffOptions {
  readonly initial: number
  readonly max: number
}

/**
 * Exponential back-off with full jitter: the n-th delay since the last reset is spread evenly over
 * [0, min(max, initial * 2^n)), so that clients which lost one server together do not come back together.
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
   * The next delay, in whole milliseconds.
   *
   * @param random a source of numbers in [0, 1).
   */
  next(random: () => number): number {
    const delay = Math.floor(random() * this.#ceiling)
    this.#ceiling = Math.min(this.#ceiling * 2, this.#max)
    return delay
  }

  /** Starts again from `initial`: something worked. */
  reset(): void {
    this.#ceiling = this.#initial
  }
}
