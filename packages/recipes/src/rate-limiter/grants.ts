import type { NodeData } from '@zookit/client'
import { ZooKeeperError } from '@zookit/client'
import type { Moment } from '../core/server-clock.ts'

/** Permits that were granted together. */
interface Grant {
  /** Time of the grant on the server's clock, in milliseconds since 1970. */
  readonly time: number
  readonly permits: number
}

/** Number of parts of an interval whose grants are each remembered as one. */
const SLICES = 64

/** The limit of a path. */
export interface Rate {
  readonly permits: number
  readonly interval: number
}

/** The grants that a znode remembers. The newest one has the time at which the server stamped the znode. */
export class Grants {
  readonly #grants: readonly Grant[]
  /** Id of the write that has made these; null if there was none. */
  readonly writer: string | null

  private constructor(grants: readonly Grant[], writer: string | null) {
    this.#grants = grants
    this.writer = writer
  }

  static readonly none: Grants = new Grants([], null)

  /** Reads a znode. @throws ZooKeeperError INVALID_DATA. */
  static parse({ data, stat }: NodeData, path: string): Grants {
    try {
      const { grants, last, writer } = JSON.parse(data!.toString()) as Record<string, unknown>
      const list = (grants as unknown[]).map(toGrant)
      if (typeof writer !== 'string' || !isCount(last)) throw new TypeError('no such fields')
      return new Grants(last === 0 ? list : [...list, { time: stat.mtime, permits: last }], writer)
    } catch (cause) {
      const message = 'the znode does not hold the grants of a rate limiter'
      throw new ZooKeeperError('INVALID_DATA', { message, path, cause })
    }
  }

  /** Returns the data for these grants and one more, whose time will be the server's stamp. */
  format(last: number, writer: string): string {
    return JSON.stringify({ grants: this.#grants.map(({ time, permits }) => [time, permits]), last, writer })
  }

  /** Returns true if one has a time that is still to come: the server's clock was set back. */
  isAhead({ latest }: Moment): boolean {
    return this.#grants.some(({ time }) => time > latest)
  }

  /**
   * Returns the grants that count at a moment: an interval ends on the server's clock, and not before it certainly has. One with
   * a time still to come counts from now.
   */
  at({ earliest, latest }: Moment, { interval }: Rate): Grants {
    const slices = new Map<number, Grant>()
    for (const grant of this.#grants) {
      const time = Math.min(grant.time, Math.floor(latest))
      if (time + interval <= earliest) continue
      const slice = Math.floor((time * SLICES) / interval)
      const present = slices.get(slice)
      slices.set(slice, {
        time: Math.max(time, present?.time ?? 0),
        permits: grant.permits + (present?.permits ?? 0),
      })
    }
    const grants = [...slices.values()].sort((a, b) => a.time - b.time)
    return new Grants(grants, this.writer)
  }

  /** Number of permits that were granted. */
  get used(): number {
    return this.#grants.reduce((sum, { permits }) => sum + permits, 0)
  }

  /** Returns the milliseconds until so many permits are free. These grants are those of the moment. */
  delay(permits: number, { earliest }: Moment, rate: Rate): number {
    let missing = this.used + permits - rate.permits
    for (const grant of this.#grants) {
      if (missing <= 0) break
      missing -= grant.permits
      if (missing <= 0) return Math.max(grant.time + rate.interval - earliest, 1)
    }
    return 0
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function toGrant(value: unknown): Grant {
  const [time, permits] = value as unknown[]
  if (!isCount(time) || !isCount(permits)) throw new TypeError('no such grant')
  return { time, permits }
}
