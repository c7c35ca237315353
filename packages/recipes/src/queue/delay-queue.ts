import { types } from 'node:util'
import type { Data, ZooKeeper } from '@zookit/client'
import { checks } from '@zookit/client'
import { callOptions, checkCall, checkRecipe, refuse } from '../core/arguments.ts'
import { checkMethods, data, entries, takes } from '../core/checked-methods.ts'
import { retryRead } from '../core/conditional-write.ts'
import { connected } from '../core/connected.ts'
import type { Deadline, Limits } from '../core/deadline.ts'
import { badArgument, codeOf, isTransient } from '../core/errors.ts'
import { ServerClock } from '../core/server-clock.ts'
import type { Sifted } from './claimer.ts'
import { ItemQueue, QUEUE_OPTIONS, type QueueOptions } from './item-queue.ts'
import { type Candidate, ensureLayout } from './layout.ts'

/** Time from which an item is due: one of the two. Default: at once. */
export interface DelayOptions {
  /** Milliseconds from now. */
  delay?: number | undefined
  /** Time on the server's clock, in milliseconds since 1970. */
  due?: Date | number | undefined
}

/** Options of `put`. */
export interface DelayPutOptions extends DelayOptions, Limits {}

/** An item for `putAll`. */
export interface DelayEntry extends DelayOptions {
  data: Data
}

const LATEST = 8.64e15

const ENTRY = checks.fieldTable('{ data, delay: 5000 }', {
  data: checks.dataCheck,
  delay: checks.checkedLater,
  due: checks.checkedLater,
})

const PUT = callOptions('{ delay: 5000 }', { delay: checks.checkedLater, due: checks.checkedLater })

/**
 * A queue whose items are taken when they are due, and not before. The item that has been due longest comes first.
 *
 * The clock is that of the ensemble's leader, measured by producers and consumers, whose own clocks need not agree.
 * When another server becomes the leader and its clock differs, items are due earlier or later by the difference.
 */
export class DelayQueue extends ItemQueue {
  readonly #clock: ServerClock

  /** Takes the arguments of `Queue`. */
  constructor(zk: ZooKeeper, path: string, options: QueueOptions = {}) {
    checkRecipe('DelayQueue', { zk, path, options, count: arguments.length }, QUEUE_OPTIONS)
    super(zk, path, options, { sift: candidates => this.#sift(candidates) })
    this.#clock = ServerClock.of(zk)
  }

  /** Puts an item, as `Queue.put` does. */
  async put(data: Data, options: DelayPutOptions = {}): Promise<string> {
    checkCall({ operation: 'put', path: this.path }, options, PUT)
    const { delay, due, ...limits } = options
    const [path] = await this.putAll([{ data, delay, due }], limits)
    return path!
  }

  /** Puts items, as `Queue.putAll` does. */
  async putAll(entries: readonly DelayEntry[], limits: Limits = {}): Promise<string[]> {
    using deadline = this.deadline('put', limits)
    for (const entry of entries) refuse('put', this.path, () => this.#check(entry))
    if (entries.some(({ due }) => due === undefined)) await this.#measure(deadline)
    const ranked = entries.map(entry => ({ data: entry.data, rank: this.#rankOf(entry) }))
    return await this.putEntries(ranked, deadline)
  }

  /**
   * Returns the rank of an item. The clock is known within bounds: an item with a delay is not due too early, an item without one
   * not too late.
   */
  #rankOf({ delay = 0, due }: DelayOptions): number {
    if (due !== undefined) return Math.ceil(Number(due))
    const { earliest, latest } = this.#clock.now()
    return delay === 0 ? Math.floor(earliest) : Math.ceil(latest + delay)
  }

  async #sift(candidates: readonly Candidate[]): Promise<Sifted> {
    if (candidates.length === 0) return { ready: [], next: Infinity }
    await this.#clock.measure(this.path, this.options.acl)
    const { earliest } = this.#clock.now()
    const next = candidates.findIndex(({ rank }) => rank > earliest)
    if (next < 0) return { ready: candidates, next: Infinity }
    return { ready: candidates.slice(0, next), next: candidates[next]!.rank - earliest }
  }

  async #measure(deadline: Deadline): Promise<void> {
    for (;;) {
      if (this.zk.state !== 'connected') await deadline.wait(connected(this.zk))
      try {
        return await deadline.race(this.#clock.measure(this.path, this.options.acl))
      } catch (error) {
        deadline.check()
        if (codeOf(error) === 'NO_NODE')
          await retryRead(this.zk, deadline, () => ensureLayout(this.zk, this.layout, this.options.acl))
        else if (!isTransient(error)) throw error
        else await deadline.jitter(this.options.jitter)
      }
    }
  }

  #check(entry: DelayEntry): void {
    checks.checkOptions(entry, ENTRY)
    const { delay, due } = entry
    if (delay !== undefined && due !== undefined)
      throw badArgument('give either a delay or a due time, not both', this.path)
    if (delay !== undefined && !(typeof delay === 'number' && delay >= 0 && delay <= LATEST)) {
      const given = checks.describe(delay)
      throw badArgument(`the delay must be a number of milliseconds from 0, not ${given}`, this.path)
    }
    const isTime = typeof due === 'number' || types.isDate(due)
    if (due !== undefined && !(isTime && Math.abs(Number(due)) <= LATEST)) {
      throw badArgument(
        `the due time must be a Date or a number of milliseconds, not ${checks.describe(due)}`,
        this.path,
      )
    }
  }
}

checkMethods(DelayQueue, { put: takes(data), putAll: takes(entries) })
