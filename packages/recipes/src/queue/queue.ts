import type { Data, ZooKeeper } from '@zookit/client'
import type { Limits } from '../core/deadline.ts'
import { ItemQueue, type QueueOptions } from './item-queue.ts'

/**
 * A queue that several put into and several take from: first in, first out. What is taken is not lost with the consumer:
 * it comes back when its session ends. So an item can be worked on more than once; it is completed once.
 */
export class Queue extends ItemQueue {
  /**
   * @param path the node that the queue's nodes go under.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: QueueOptions = {}) {
    super(zk, path, options, { inOrderOfComing: true })
  }

  /**
   * Puts an item at the end. One round trip. An item whose answer was lost is looked up by its name: it is never put
   * twice.
   *
   * @returns the path of its node.
   * @throws CONNECTION_LOSS with `outcome: 'unknown'`: the answer was lost, and the item is not there: it was never put, or
   *   has been completed already; ABORTED or REQUEST_TIMEOUT with `outcome: 'unknown'`: it may have been put; NO_AUTH;
   *   BAD_ARGUMENTS; CLOSED; AUTH_FAILED; SESSION_EXPIRED: the client does not renew its session.
   */
  async put(data: Data, limits: Limits = {}): Promise<string> {
    using deadline = this.deadline('put', limits)
    return (await this.putEntries([{ data, rank: 0 }], deadline))[0]!
  }

  /**
   * Puts items at the end, in order, as many in one transaction as is reasonable (128, 256 KiB). A transaction is applied as a
   * whole; when one fails, those before it have been applied.
   *
   * @returns the paths of their nodes; where the answer was lost and an item completed since, without the number.
   * @throws as `put`.
   */
  async putAll(data: readonly Data[], limits: Limits = {}): Promise<string[]> {
    using deadline = this.deadline('putAll', limits)
    return this.putEntries(
      data.map(one => ({ data: one, rank: 0 })),
      deadline,
    )
  }
}
