import type { Data, ZooKeeper } from '@zookit/client'
import { checks } from '@zookit/client'
import { callOptions, checkCall, checkRecipe, refuse } from '../core/arguments.ts'
import { checkMethods, data, entries, takes } from '../core/checked-methods.ts'
import type { Limits } from '../core/deadline.ts'
import { badArgument } from '../core/errors.ts'
import { ItemQueue, QUEUE_OPTIONS, type QueueOptions } from './item-queue.ts'

/** Options of `put`. */
export interface PriorityPutOptions extends Limits {
  /** Lower comes first. A whole number, negative ones included. Default 0. */
  priority?: number | undefined
}

/** An item for `putAll`. */
export interface PriorityEntry {
  data: Data
  /** Default 0. */
  priority?: number | undefined
}

const ENTRY = checks.fieldTable('{ data, priority: 3 }', {
  data: checks.dataCheck,
  priority: checks.checkedLater,
})

const PUT = callOptions('{ priority: 3 }', { priority: checks.checkedLater })

/**
 * A queue whose items are taken by priority, the lowest number first, and in the order of their arrival within one
 * priority.
 */
export class PriorityQueue extends ItemQueue {
  /** Takes the arguments of `Queue`. */
  constructor(zk: ZooKeeper, path: string, options: QueueOptions = {}) {
    checkRecipe('PriorityQueue', { zk, path, options, count: arguments.length }, QUEUE_OPTIONS)
    super(zk, path, options, {})
  }

  /** Puts an item, as `Queue.put` does. */
  async put(data: Data, options: PriorityPutOptions = {}): Promise<string> {
    checkCall({ operation: 'put', path: this.path }, options, PUT)
    const { priority, ...limits } = options
    const [path] = await this.putAll([{ data, priority }], limits)
    return path!
  }

  /** Puts items, as `Queue.putAll` does. */
  async putAll(entries: readonly PriorityEntry[], limits: Limits = {}): Promise<string[]> {
    using deadline = this.deadline('put', limits)
    const ranked = refuse('put', this.path, () =>
      entries.map(entry => {
        checks.checkOptions(entry, ENTRY)
        const { data, priority = 0 } = entry
        return { data, rank: this.#check(priority) }
      }),
    )
    return await this.putEntries(ranked, deadline)
  }

  #check(priority: number): number {
    if (Number.isSafeInteger(priority)) return priority
    throw badArgument(`the priority must be a whole number, not ${checks.describe(priority)}`, this.path)
  }
}

checkMethods(PriorityQueue, { put: takes(data), putAll: takes(entries) })
