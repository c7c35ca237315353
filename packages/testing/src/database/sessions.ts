/** A session of a server or an ensemble. */
export interface Session {
  readonly id: bigint
  /** Milliseconds, as negotiated in the last handshake. */
  timeout: number
  /** The time at which it expires, if its client sends nothing. It is a multiple of the tick. */
  expiresAt: number
  /** True as soon as the end of the session has been ordered. */
  closing: boolean
  /** The server that used it last. Other servers of the ensemble refuse its writes. */
  owner: object | null
}

const SERVER_ID_SHIFT = 56n
const CONTAINER_OWNER = 1n << 63n

/** Returns the first session id of a server: the server's id in the high byte, then the time. */
export function firstSessionId(serverId: number, now: number): bigint {
  const time = BigInt.asUintN(64, BigInt(Math.floor(now)) << 24n) >> 8n
  const id = time | (BigInt(serverId) << SERVER_ID_SHIFT)
  return BigInt.asIntN(64, id === CONTAINER_OWNER ? id + 1n : id)
}

/**
 * The sessions of a server or an ensemble, with the time at which each expires.
 *
 * As in Apache's server, expiry is rounded up to the next tick after the timeout: a session whose client falls silent
 * ends between `timeout` and `timeout + tick` later.
 */
export class SessionTracker {
  readonly #tickTime: number
  readonly #sessions = new Map<bigint, Session>()
  readonly #buckets = new Map<number, Set<Session>>()

  constructor(tickTime: number) {
    this.#tickTime = tickTime
  }

  get size(): number {
    return this.#sessions.size
  }

  all(): IterableIterator<Session> {
    return this.#sessions.values()
  }

  get(id: bigint): Session | undefined {
    return this.#sessions.get(id)
  }

  add(id: bigint, timeout: number, now: number): Session {
    const session: Session = { id, timeout, expiresAt: -1, closing: false, owner: null }
    this.#sessions.set(id, session)
    this.touch(session, now)
    return session
  }

  remove(session: Session): void {
    session.closing = true
    this.#sessions.delete(session.id)
    this.#leaveBucket(session)
  }

  /** Puts off the expiry to `timeout` from now. */
  touch(session: Session, now: number): void {
    const expiresAt = this.#nextTick(now + session.timeout)
    if (expiresAt === session.expiresAt) return
    this.#leaveBucket(session)
    session.expiresAt = expiresAt
    const bucket = this.#buckets.get(expiresAt)
    if (bucket === undefined) this.#buckets.set(expiresAt, new Set([session]))
    else bucket.add(session)
  }

  /** Puts off every expiry to the session's whole timeout from now, as a server does when it starts. */
  touchAll(now: number): void {
    for (const session of this.#sessions.values()) {
      session.owner = null
      this.touch(session, now)
    }
  }

  /** Returns the sessions that are due to expire, oldest first. They stay until they are removed. */
  due(now: number): Session[] {
    const times = [...this.#buckets.keys()].filter(time => time <= now).sort((a, b) => a - b)
    return times.flatMap(time => [...(this.#buckets.get(time) ?? [])])
  }

  /** Returns the time of the next expiry; null without sessions. */
  nextExpiry(): number | null {
    let next: number | null = null
    for (const time of this.#buckets.keys()) {
      if (next === null || time < next) next = time
    }
    return next
  }

  /** Returns the sessions by the time at which they expire. */
  byExpiry(): [number, Session[]][] {
    return [...this.#buckets].sort(([a], [b]) => a - b).map(([time, sessions]) => [time, [...sessions]])
  }

  #nextTick(time: number): number {
    return (Math.floor(time / this.#tickTime) + 1) * this.#tickTime
  }

  #leaveBucket(session: Session): void {
    const bucket = this.#buckets.get(session.expiresAt)
    bucket?.delete(session)
    if (bucket?.size === 0) this.#buckets.delete(session.expiresAt)
  }
}
