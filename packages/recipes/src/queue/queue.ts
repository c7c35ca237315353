import { checks, type Data, type ZooKeeper } from '@zookit/client'
import { checkRecipe } from '../core/arguments.ts'
import { checkMethods, data, takes } from '../core/checked-methods.ts'
import type { Limits } from '../core/deadline.ts'
import { ItemQueue, QUEUE_OPTIONS, type QueueOptions } from './item-queue.ts'

/**
 * A queue with any number of producers and consumers: first in, first out. An item is not lost with its consumer: it
 * comes back when the consumer's session ends. So an item may be worked on more than once, but it is completed once.
 */
export class Queue extends ItemQueue {
  /**
   * @param path parent of the queue's znodes.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: QueueOptions = {}) {
    checkRecipe('Queue', { zk, path, options, count: arguments.length }, QUEUE_OPTIONS)
    super(zk, path, options, { inOrderOfComing: true })
  }

  /**
   * Puts an item at the end. Takes one round trip. An item whose answer was lost is looked up by its name: it is
   * never put twice.
   *
   * @returns the path of its znode.
   * @throws CONNECTION_LOSS with `outcome: 'unknown'`: the answer was lost and the item does not exist: it was never
   *   put, or has been completed already; ABORTED or REQUEST_TIMEOUT with `outcome: 'unknown'`: it may have been put;
   *   NO_AUTH; BAD_ARGUMENTS; CLOSED; AUTH_FAILED; SESSION_EXPIRED if the client does not renew its session.
   */
  async put(data: Data, limits: Limits = {}): Promise<string> {
    using deadline = this.deadline('put', limits)
    return (await this.putEntries([{ data, rank: 0 }], deadline))[0]!
  }

  /**
   * Puts items at the end, in order, as many in one transaction as is reasonable (128 items, 256 KiB). A transaction
   * is applied as a whole; when one fails, the earlier ones have been applied.
   *
   * @returns the paths of their znodes; without the number if the answer was lost and the item has been completed
   *   since.
   * @throws as `put`.
   */
  async putAll(data: readonly Data[], limits: Limits = {}): Promise<string[]> {
    using deadline = this.deadline('putAll', limits)
    return await this.putEntries(
      data.map(one => ({ data: one, rank: 0 })),
      deadline,
    )
  }
}

const LIST = [
  'the data',
  checks.mustBe('a list of data', value => {
    return Array.isArray(value) && value.every(one => checks.dataCheck(one) === null)
  }),
] as const

checkMethods(Queue, { put: takes(data), putAll: takes(LIST) })
