import { type ACL, joinPath, type Leads, Suspension, type ZooKeeper } from '@zookit/client'
import { BackgroundDeleter } from './background-deleter.ts'
import { createContender } from './creation.ts'
import { codeOf } from './errors.ts'
import { contenderPrefix } from './names.ts'
import { perClient } from './per-client.ts'

/** Bounds of the present time, in milliseconds since 1970. */
export interface Moment {
  readonly earliest: number
  readonly latest: number
}

/** A moment on the environment's clock. */
export interface Mark {
  readonly at: number
  readonly leads: Leads
}

/** Result of a stamped write: the bounds of the difference between the server's clock and ours. */
interface Sample {
  readonly least: number
  readonly most: number
  readonly at: number
  /** Time of the request. */
  readonly sent: Mark
}

/** Milliseconds for which a measurement is used: clocks drift, and leaders change. */
const FRESH = 60_000

/**
 * The clock that stamps `ctime` and `mtime`: that of the ensemble's leader. All clients see the same clock, whatever
 * their own ones show. It is measured by writes, because their stamp lies between the moments of request and answer.
 * Between measurements the environment's monotonic clock is used, which stands still while the machine is suspended: a
 * measurement from before a suspension is not used any more. When another server becomes the leader, the clock jumps by the
 * difference.
 */
export class ServerClock {
  readonly #zk: ZooKeeper
  readonly #suspension: Suspension
  #sample: Sample | undefined
  /** Measurements that have begun, by parent: one that fails says nothing of another parent. */
  readonly #measuring = new Map<string, Promise<void>>()

  private constructor(zk: ZooKeeper) {
    this.#zk = zk
    this.#suspension = new Suspension(zk.environment)
  }

  /** Returns the clock of a client. */
  static readonly of: (zk: ZooKeeper) => ServerClock = perClient(zk => new ServerClock(zk))

  /** True if it was measured lately. */
  get isFresh(): boolean {
    const sample = this.#sample
    return sample !== undefined && this.#zk.environment.now() - sample.at < FRESH && !this.#isCut(sample)
  }

  /** Returns the present moment, to measure from. */
  mark(): Mark {
    const { environment } = this.#zk
    const at = environment.now()
    // One of its own reads the clocks now: a suspension that has just ended must not count.
    return { at, leads: new Suspension(environment).mark(at) }
  }

  /** Returns the milliseconds since a moment, those during which the machine was suspended included. */
  since({ at, leads }: Mark): number {
    return this.#zk.environment.now() - at + this.#suspension.since(leads)
  }

  /** Returns the bounds of the present time. @throws RangeError if it was never measured. */
  now(): Moment {
    if (!this.#sample) throw new RangeError('the clock of the server was not measured yet')
    const { least, most, sent } = this.#sample
    const now = this.#zk.environment.now()
    return { earliest: now + least, latest: now + most + this.#suspension.since(sent.leads) }
  }

  /**
   * Takes a measurement from a write that has just been answered.
   *
   * @param sent time of the request. @param stamp `ctime` or `mtime` from the answer.
   */
  learn(sent: Mark, stamp: number): void {
    const at = this.#zk.environment.now()
    // The server cuts a stamp to whole milliseconds.
    const sample = { least: stamp - at, most: stamp + 1 - sent.at, at, sent }
    if (!this.isFresh || isBetter(sample, this.#sample!)) this.#sample = sample
  }

  /**
   * Measures the clock, if it was not measured lately, by an ephemeral znode under the parent, which is deleted
   * again.
   *
   * @throws as a create.
   */
  measure(parent: string, acl: readonly ACL[] | undefined): Promise<void> {
    if (this.isFresh) return Promise.resolve()
    const present = this.#measuring.get(parent)
    if (present) return present
    const measuring = this.#measure(parent, acl).finally(() => this.#measuring.delete(parent))
    this.#measuring.set(parent, measuring)
    return measuring
  }

  /** Returns whether the machine was suspended since a measurement. */
  #isCut({ sent }: Sample): boolean {
    return this.#suspension.since(sent.leads) > 0
  }

  async #measure(parent: string, acl: readonly ACL[] | undefined): Promise<void> {
    const { environment, sessionId } = this.#zk
    const deleter = BackgroundDeleter.of(this.#zk)
    const prefix = contenderPrefix(() => environment.random(), sessionId, 'clock-')
    const sent = this.mark()
    try {
      const { path, stat } = await createContender(this.#zk, joinPath(parent, prefix), null, acl)
      this.learn(sent, stat.ctime)
      // A create that had to wait for a connection may have been sent in a later session.
      deleter.remove(path, stat.ephemeralOwner).catch(() => {})
    } catch (error) {
      // A server that is too old for the operation says so once. The next attempt does without it.
      if (codeOf(error) === 'UNIMPLEMENTED') return await this.#measure(parent, acl)
      if ((error as { outcome?: unknown }).outcome === 'unknown') {
        deleter.removeByPrefix(parent, prefix, this.#zk.sessionId).catch(() => {})
      }
      throw error
    }
  }
}

/** Returns true if the first is narrower, or contradicts the second: then the clock has jumped. */
function isBetter(a: Sample, b: Sample): boolean {
  return a.most - a.least <= b.most - b.least || a.least > b.most || a.most < b.least
}
