import type { ACL, ZooKeeper } from '@zookit/client'
import { checks, inspectAs } from '@zookit/client'
import { checkRecipe, integerCheck, SHARED } from '../core/arguments.ts'
import { checkMethods, takes } from '../core/checked-methods.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { untilRetry } from '../core/look.ts'
import { SerialQueue } from '../core/serial-queue.ts'
import { tellPath } from '../core/tell.ts'
import { AtomicCounter } from './atomic-counter.ts'

/** Longest pause in milliseconds before a reservation is repeated. */
const PAUSE = 100

/** Options of an IdGenerator. */
export interface IdGeneratorOptions {
  /** Number of ids that are reserved at a time. Default 100. */
  block?: number | undefined
  /** First id, if the znode does not exist. Default 1. */
  first?: bigint | number | undefined
  /** ACL of the znodes that are created. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
}

const OPTIONS = checks.optionTable('{ block: 100 }', {
  block: checks.mustBe('a whole number from 1', value => Number.isSafeInteger(value) && Number(value) >= 1),
  first: integerCheck,
  acl: SHARED.acl,
})

/**
 * Generates each id once, over all clients of the path. One write reserves a block of ids, which are then handed out
 * here. Ids that are left when the process ends are never used.
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
   * @param path the znode that has the next free id, in decimal digits.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: IdGeneratorOptions = {}) {
    checkRecipe('IdGenerator', { zk, path, options, count: arguments.length }, OPTIONS)
    const { block = 100, first = 1n, acl } = options
    this.path = path
    this.#zk = zk
    this.#block = BigInt(block)
    this.#counter = new AtomicCounter(zk, path, { initial: first, acl })
  }

  /** Number of ids that are left and need no request. */
  get reserved(): number {
    return Number(this.#end - this.#next)
  }

  /**
   * Returns the next id: greater than all earlier ones of this generator.
   *
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH; what ends the client.
   */
  async next(limits: Limits = {}): Promise<bigint> {
    const subject = { operation: 'next', path: this.path }
    using deadline = new Deadline(this.#zk, limits, subject)
    deadline.check()
    return await this.#queue.run(deadline, async () => {
      if (this.#next === this.#end) await this.#reserve(deadline)
      return this.#next++
    })
  }

  /** Reserves a block. A block that may have been reserved already is not used. */
  async #reserve(deadline: Deadline): Promise<void> {
    deadline.workGoesOn()
    for (;;) {
      try {
        const end = await this.#counter.add(this.#block, deadline.inner)
        this.#next = end - this.#block
        this.#end = end
        return
      } catch (error) {
        if (isOver(this.#zk)) throw error
        await untilRetry(this.#zk, deadline, error, PAUSE)
      }
    }
  }
}

/** Returns whether the client has ended permanently. */
function isOver({ state }: ZooKeeper): boolean {
  return state === 'closed' || state === 'auth-failed' || state === 'expired'
}

checkMethods(IdGenerator, { next: takes() })
inspectAs(IdGenerator, tellPath)
