import type { Environment } from '../environment.ts'

/** The age at which the leads of the clocks are read again, in milliseconds: not for each request. */
const AGE = 100
/** A change of the wall clock's lead by which nothing is judged, in milliseconds: what rounding and small corrections make. */
const NOISE = 50
/** The resolution of the coarsest boot clock, in milliseconds. */
const GRAIN = 1000

/**
 * The newest leads of each environment whose boot clock was read. Connections share them: to read that clock opens a
 * file of /proc, which was the costliest part of connecting again and again.
 */
const READ = new WeakMap<Environment, Leads>()

/** The leads of two clocks over the monotonic one at one moment, in milliseconds; NaN where that is not known. */
export interface Leads {
  readonly wall: number
  readonly boot: number
}

/**
 * Tells for how long the machine was suspended: the monotonic clock stands still meanwhile.
 *
 * The wall clock goes on, but is set as well, by NTP or a person. The boot clock is not, and takes as long to read as ten
 * requests. So it is read only where the wall clock has moved against the monotonic one.
 */
export class Suspension {
  readonly #environment: Environment
  #leads: Leads
  #readAt = Number.NEGATIVE_INFINITY

  constructor(environment: Environment) {
    this.#environment = environment
    this.#leads = { wall: environment.wallTime() - environment.now(), boot: Number.NaN }
  }

  /** Returns the leads for a request that was sent at a time. Those that were read right before err on the safe side. */
  mark(sentAt: number): Leads {
    if (sentAt - this.#readAt < AGE) return this.#leads
    const before = this.#leads
    const now = this.#environment.now()
    const wall = this.#environment.wallTime() - now
    const isMoved = Math.abs(wall - before.wall) > NOISE
    const isFirst = Number.isNaN(before.boot)
    if (isMoved) this.#leads = this.#read(wall, now)
    else if (isFirst) this.#leads = this.#first(wall, now)
    else this.#leads = { wall, boot: before.boot }
    this.#readAt = sentAt
    // What was sent first may have been sent before the clock moved.
    return isMoved && isFirst ? before : this.#leads
  }

  /** Returns the first leads: another connection may have read the boot clock before, and the wall clock not have moved since. */
  #first(wall: number, now: number): Leads {
    const read = READ.get(this.#environment)
    return read && Math.abs(wall - read.wall) <= NOISE ? { wall, boot: read.boot } : this.#read(wall, now)
  }

  #read(wall: number, now: number): Leads {
    const leads = { wall, boot: this.#environment.bootTime() - now }
    READ.set(this.#environment, leads)
    return leads
  }

  /** Returns for how many milliseconds the machine was suspended since some leads were read. */
  since({ wall, boot }: Leads): number {
    const now = this.#environment.now()
    const gained = this.#environment.wallTime() - now - wall
    if (Math.abs(gained) <= NOISE) return 0
    const suspended = gained > 0 && gained <= GRAIN ? Number.NaN : this.#environment.bootTime() - now - boot
    if (Number.isNaN(suspended)) return Math.max(gained, 0)
    return suspended > GRAIN
      ? Math.max(suspended, Math.min(gained, suspended + GRAIN))
      : Math.max(suspended, 0)
  }
}
