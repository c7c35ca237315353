import type { Data, ZooKeeper } from '@zookit/client'
import type { Limits } from '../core/deadline.ts'
import { badArgument } from '../core/errors.ts'
import { ItemQueue, type QueueOptions } from './item-queue.ts'

/** What putting into a priority queue takes. */
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

/** A queue out of which the item of the lowest priority number is taken first; first come first within one. */
export class PriorityQueue extends ItemQueue {
  /** As `Queue`. */
  constructor(zk: ZooKeeper, path: string, options: QueueOptions = {}) {
    super(zk, path, options, {})
  }

  /** As `Queue.put`. */
  async put(data: Data, options: PriorityPutOptions = {}): Promise<string> {
    const { priority, ...limits } = options
    const [path] = await this.putAll([{ data, priority }], limits)
    return path!
  }

  /** As `Queue.putAll`. */
  async putAll(entries: readonly PriorityEntry[], limits: Limits = {}): Promise<string[]> {
    using deadline = this.deadline('put', limits)
    const ranked = entries.map(({ data, priority = 0 }) => ({ data, rank: this.#check(priority) }))
    return await this.putEntries(ranked, deadline)
  }

  #check(priority: number): number {
    if (Number.isSafeInteger(priority)) return priority
    throw badArgument(`a priority is a whole number, not ${String(priority)}`, this.path)
  }
}
