import type { ACL, ZooKeeper } from '@zookit/client'
import { Deadline, type Limits } from '../core/deadline.ts'
import { badArgument, isTransient } from '../core/errors.ts'
import { SerialQueue } from '../core/serial-queue.ts'
import { AtomicCounter } from './atomic-counter.ts'

/** What an IdGenerator is made with. */
export interface IdGeneratorOptions {
  /** How many numbers are reserved at a time. Default 100. */
  block?: number | undefined
  /** The first number, where there is no node. Default 1. */
  first?: bigint | number | undefined
  /** Who may do what with nodes that are created. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
}

/**
 * Numbers that are handed out once, over all clients of the path. A block of them is reserved with one write, and handed out
 * here; what is left of it when the process ends is not used.
 */
export class IdGenerator {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #counter: AtomicCounter
  readonly #block: bigint
  readonly #queue = new SerialQueue()
  #next = 0n
  #end = 0n

  /**
   * @param path the node that has the next number that is free, in decimal digits.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: IdGeneratorOptions = {}) {
    const { block = 100, first = 1n, acl } = options
    if (!Number.isSafeInteger(block) || block < 1) {
      throw badArgument(`block is a whole number from 1, not ${String(block)}`, path)
    }
    this.path = path
    this.#zk = zk
    this.#block = BigInt(block)
    this.#counter = new AtomicCounter(zk, path, { initial: first, acl })
  }

  /** How many numbers are left that need no request. */
  get reserved(): number {
    return Number(this.#end - this.#next)
  }

  /**
   * The next number: greater than all that this generator has handed out before.
   *
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH; what ends the client.
   */
  async next(limits: Limits = {}): Promise<bigint> {
    const subject = { operation: 'next', path: this.path }
    using deadline = new Deadline(this.#zk.environment, limits, subject)
    deadline.check()
    return await this.#queue.run(deadline, async () => {
      if (this.#next === this.#end) await this.#reserve(deadline)
      return this.#next++
    })
  }

  /** Reserves a block. One that may have been reserved already is left alone. */
  async #reserve(deadline: Deadline): Promise<void> {
    for (;;) {
      try {
        const end = await this.#counter.add(this.#block, { signal: deadline.signal })
        this.#next = end - this.#block
        this.#end = end
        return
      } catch (error) {
        deadline.check()
        if (!isTransient(error) || isOver(this.#zk)) throw error
      }
    }
  }
}

/** Whether the client has ended for good. */
function isOver({ state }: ZooKeeper): boolean {
  return state === 'closed' || state === 'auth-failed' || state === 'expired'
}
