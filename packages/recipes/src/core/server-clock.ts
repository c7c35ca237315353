import type { ACL, ZooKeeper } from '@zookit/client'
import { joinPath } from '@zookit/client'
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

/** Result of a stamped write: the bounds of the difference between the server's clock and ours. */
interface Sample {
  readonly least: number
  readonly most: number
  readonly at: number
}

/** Milliseconds for which a measurement is used: clocks drift, and leaders change. */
const FRESH = 60_000

/**
 * The clock that stamps `ctime` and `mtime`: that of the ensemble's leader. All clients see the same clock, whatever
 * their own ones show. It is measured by writes, because their stamp lies between the moments of request and answer.
 * Between measurements the environment's monotonic clock is used. When another server becomes the leader, the clock
 * jumps by the difference.
 */
export class ServerClock {
  readonly #zk: ZooKeeper
  #sample: Sample | undefined
  #measuring: Promise<void> | undefined

  private constructor(zk: ZooKeeper) {
    this.#zk = zk
  }

  /** Returns the clock of a client. */
  static readonly of: (zk: ZooKeeper) => ServerClock = perClient(zk => new ServerClock(zk))

  /** True if it was measured lately. */
  get isFresh(): boolean {
    return this.#sample !== undefined && this.#zk.environment.now() - this.#sample.at < FRESH
  }

  /** Returns the bounds of the present time. @throws RangeError if it was never measured. */
  now(): Moment {
    if (!this.#sample) throw new RangeError('the clock of the server was not measured yet')
    const now = this.#zk.environment.now()
    return { earliest: now + this.#sample.least, latest: now + this.#sample.most }
  }

  /**
   * Takes a measurement from a write that has just been answered.
   *
   * @param sentAt time of the request, on the environment's clock. @param stamp `ctime` or `mtime` from the answer.
   */
  learn(sentAt: number, stamp: number): void {
    const at = this.#zk.environment.now()
    // The server cuts a stamp to whole milliseconds.
    const sample = { least: stamp - at, most: stamp + 1 - sentAt, at }
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
    this.#measuring ??= this.#measure(parent, acl).finally(() => {
      this.#measuring = undefined
    })
    return this.#measuring
  }

  async #measure(parent: string, acl: readonly ACL[] | undefined): Promise<void> {
    const { environment, session } = this.#zk
    const deleter = BackgroundDeleter.of(this.#zk)
    const prefix = contenderPrefix(() => environment.random(), session.id, 'clock-')
    const sentAt = environment.now()
    try {
      const { path, stat } = await createContender(this.#zk, joinPath(parent, prefix), null, acl)
      this.learn(sentAt, stat.ctime)
      deleter.remove(path, session.id).catch(() => {})
    } catch (error) {
      // A server that is too old for the operation says so once. The next attempt does without it.
      if (codeOf(error) === 'UNIMPLEMENTED') return await this.#measure(parent, acl)
      if ((error as { outcome?: unknown }).outcome === 'unknown') {
        deleter.removeByPrefix(parent, prefix, session.id).catch(() => {})
      }
      throw error
    }
  }
}

/** Returns true if the first is narrower, or contradicts the second: then the clock has jumped. */
function isBetter(a: Sample, b: Sample): boolean {
  return a.most - a.least <= b.most - b.least || a.least > b.most || a.most < b.least
}
