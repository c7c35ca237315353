/** A session, wherever its client is connected. */
export interface Session {
  readonly id: bigint
  /** Milliseconds, as negotiated at the last handshake. */
  timeout: number
  /** When it expires unless it is heard of: always at a tick. */
  expiresAt: number
  /** True from the moment on that its end has been decided. */
  closing: boolean
  /** The server whose connection used it last; an ensemble refuses the others. */
  owner: object | null
}

const SERVER_ID_SHIFT = 56n
const CONTAINER_OWNER = 1n << 63n

/** The first session id of a server: its id in the high byte, then the time. */
export function firstSessionId(serverId: number, now: number): bigint {
  const time = BigInt.asUintN(64, BigInt(Math.floor(now)) << 24n) >> 8n
  const id = time | (BigInt(serverId) << SERVER_ID_SHIFT)
  return BigInt.asIntN(64, id === CONTAINER_OWNER ? id + 1n : id)
}

/**
 * The sessions of a server or an ensemble, and when each expires.
 *
 * Expiry is rounded up to the next tick after the timeout, as Apache's is: a session that falls silent ends
 * between `timeout` and `timeout + tick` later.
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

  /** Puts the expiry off to `timeout` from now. */
  touch(session: Session, now: number): void {
    const expiresAt = this.#nextTick(now + session.timeout)
    if (expiresAt === session.expiresAt) return
    this.#leaveBucket(session)
    session.expiresAt = expiresAt
    const bucket = this.#buckets.get(expiresAt)
    if (bucket === undefined) this.#buckets.set(expiresAt, new Set([session]))
    else bucket.add(session)
  }

  /** Gives every session its whole timeout anew: what a server does when it starts. */
  touchAll(now: number): void {
    for (const session of this.#sessions.values()) {
      session.owner = null
      this.touch(session, now)
    }
  }

  /** The sessions whose time is over, oldest first. They stay until they are removed. */
  due(now: number): Session[] {
    const times = [...this.#buckets.keys()].filter(time => time <= now).sort((a, b) => a - b)
    return times.flatMap(time => [...(this.#buckets.get(time) ?? [])])
  }

  /** When the next session is due, if none is heard of; null when there is none. */
  nextExpiry(): number | null {
    let next: number | null = null
    for (const time of this.#buckets.keys()) {
      if (next === null || time < next) next = time
    }
    return next
  }

  /** The sessions by the time at which they expire. */
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
