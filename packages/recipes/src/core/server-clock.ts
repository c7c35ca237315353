import type { ACL, ZooKeeper } from '@zookit/client'
import { joinPath } from '@zookit/client'
import { BackgroundDeleter } from './background-deleter.ts'
import { createContender } from './creation.ts'
import { contenderPrefix } from './names.ts'
import { perClient } from './per-client.ts'

/** Between which two moments it is now, in milliseconds since 1970. */
export interface Moment {
  readonly earliest: number
  readonly latest: number
}

/** What a stamped write has shown: by how much the server's clock is ahead of ours, at least and at most. */
interface Sample {
  readonly least: number
  readonly most: number
  readonly at: number
}

/** For how long a measurement is trusted, in milliseconds: clocks run apart, and leaders change. */
const FRESH = 60_000

/**
 * The clock that stamps `ctime` and `mtime`: the ensemble's leader's. All clients see the same one, whatever their
 * own clocks show. It is measured by writes, whose stamp lies between their sending and their answer; in between, time
 * passes on the environment's monotonic clock. When another server becomes the leader, it jumps by the difference.
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

  /** Whether it was measured lately. */
  get isFresh(): boolean {
    return this.#sample !== undefined && this.#zk.environment.now() - this.#sample.at < FRESH
  }

  /** @throws RangeError if it was never measured. */
  now(): Moment {
    if (!this.#sample) throw new RangeError('the clock of the server was not measured')
    const now = this.#zk.environment.now()
    return { earliest: now + this.#sample.least, latest: now + this.#sample.most }
  }

  /**
   * Learns from a write that has just been answered.
   *
   * @param sentAt when it was sent, by the environment; @param stamp the `ctime` or `mtime` that the server gave it.
   */
  learn(sentAt: number, stamp: number): void {
    const at = this.#zk.environment.now()
    // A stamp is cut to whole milliseconds.
    const sample = { least: stamp - at, most: stamp + 1 - sentAt, at }
    if (!this.isFresh || isBetter(sample, this.#sample!)) this.#sample = sample
  }

  /**
   * Measures it, if it was not measured lately: by an ephemeral node under the parent, which is deleted again.
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
      if ((error as { outcome?: unknown }).outcome === 'unknown') {
        deleter.removeByPrefix(parent, prefix, session.id).catch(() => {})
      }
      throw error
    }
  }
}

/** Narrower; or both cannot be right: then the clock has jumped. */
function isBetter(a: Sample, b: Sample): boolean {
  return a.most - a.least <= b.most - b.least || a.least > b.most || a.most < b.least
}
