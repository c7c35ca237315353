import type { Data, ZooKeeper } from '@zookit/client'
import { connected } from '../core/connected.ts'
import type { Deadline, Limits } from '../core/deadline.ts'
import { badArgument, codeOf, isTransient } from '../core/errors.ts'
import { ServerClock } from '../core/server-clock.ts'
import type { Sifted } from './claimer.ts'
import { ItemQueue, type QueueOptions } from './item-queue.ts'
import { type Candidate, ensureLayout } from './layout.ts'

/** When an item is due. One of the two; at once without. */
export interface DelayOptions {
  /** In how many milliseconds. */
  delay?: number | undefined
  /** At what time of the server's clock, in milliseconds since 1970. */
  due?: Date | number | undefined
}

/** What putting into a delay queue takes. */
export interface DelayPutOptions extends DelayOptions, Limits {}

/** An item for `putAll`. */
export interface DelayEntry extends DelayOptions {
  data: Data
}

const LATEST = 8.64e15

/**
 * A queue out of which an item is taken when it is due, and not before; the one that has been due the longest first.
 *
 * Its clock is that of the ensemble's leader, measured by both sides: the clocks of producers and consumers need not
 * agree. When another server becomes the leader whose clock differs, items are due earlier or later by that.
 */
export class DelayQueue extends ItemQueue {
  readonly #clock: ServerClock

  /** As `Queue`. */
  constructor(zk: ZooKeeper, path: string, options: QueueOptions = {}) {
    super(zk, path, options, { sift: candidates => this.#sift(candidates) })
    this.#clock = ServerClock.of(zk)
  }

  /** As `Queue.put`. */
  async put(data: Data, options: DelayPutOptions = {}): Promise<string> {
    const { delay, due, ...limits } = options
    const [path] = await this.putAll([{ data, delay, due }], limits)
    return path!
  }

  /** As `Queue.putAll`. */
  async putAll(entries: readonly DelayEntry[], limits: Limits = {}): Promise<string[]> {
    using deadline = this.deadline('put', limits)
    for (const entry of entries) this.#check(entry)
    if (entries.some(({ due }) => due === undefined)) await this.#measure(deadline)
    const ranked = entries.map(entry => ({ data: entry.data, rank: this.#rankOf(entry) }))
    return await this.putEntries(ranked, deadline)
  }

  /** What has a delay is not due too early, and what has none not too late, for all that is known of the clock. */
  #rankOf({ delay = 0, due }: DelayOptions): number {
    if (due !== undefined) return Math.ceil(Number(due))
    const { earliest, latest } = this.#clock.now()
    return delay === 0 ? Math.floor(earliest) : Math.ceil(latest + delay)
  }

  async #sift(candidates: readonly Candidate[]): Promise<Sifted> {
    if (candidates.length === 0) return { ready: [], next: Infinity }
    const { holders } = this.layout
    await this.#clock.measure(holders, this.options.acl)
    const { earliest } = this.#clock.now()
    const next = candidates.findIndex(({ rank }) => rank > earliest)
    if (next < 0) return { ready: candidates, next: Infinity }
    return { ready: candidates.slice(0, next), next: candidates[next]!.rank - earliest }
  }

  async #measure(deadline: Deadline): Promise<void> {
    for (;;) {
      try {
        if (this.zk.state !== 'connected') await deadline.race(connected(this.zk))
        return await deadline.race(this.#clock.measure(this.layout.holders, this.options.acl))
      } catch (error) {
        deadline.check()
        if (codeOf(error) === 'NO_NODE')
          await deadline.race(ensureLayout(this.zk, this.layout, this.options.acl))
        else if (!isTransient(error)) throw error
        else await deadline.jitter(this.options.jitter)
      }
    }
  }

  #check({ delay, due }: DelayOptions): void {
    if (delay !== undefined && due !== undefined) throw badArgument('either a delay or a due time', this.path)
    if (delay !== undefined && !(delay >= 0 && delay <= LATEST)) {
      throw badArgument(`a delay is a number of milliseconds from 0, not ${String(delay)}`, this.path)
    }
    if (due !== undefined && !(Math.abs(Number(due)) <= LATEST)) {
      throw badArgument(`a due time is a Date or a number of milliseconds, not ${String(due)}`, this.path)
    }
  }
}
