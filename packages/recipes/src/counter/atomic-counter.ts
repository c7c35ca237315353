import { type ACL, joinPath, validatePath, type ZooKeeper } from '@zookit/client'
import { checkEnd } from '../core/conditional-write.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { badArgument } from '../core/errors.ts'
import { Mutex } from '../mutex.ts'
import { Ledger } from './ledger.ts'

/** What an AtomicCounter is made with. */
export interface AtomicCounterOptions {
  /** What it counts from, where there is no node. Default 0. */
  initial?: bigint | number | undefined
  /** How often it is tried before a lock is taken, under which it is tried on. From 2. Default 10. */
  tries?: number | undefined
  /** Who may do what with nodes that are created. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
}

/** The longest pause after somebody was quicker, in milliseconds. */
const PAUSE = 20

/**
 * A number that everybody may change, each change exactly once: also when connections are lost. Optimistic, one round trip
 * where nobody else writes; where many do, under a lock after some tries.
 */
export class AtomicCounter {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #ledger: Ledger
  readonly #initial: bigint
  readonly #tries: number
  readonly #acl: readonly ACL[] | undefined
  readonly #mutex: Mutex

  /**
   * @param path the node that has the number, in decimal digits.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: AtomicCounterOptions = {}) {
    const { initial = 0n, tries = 10, acl } = options
    validatePath(path)
    if (!Number.isInteger(tries) || tries < 2) {
      throw badArgument(`tries is a whole number from 2, not ${String(tries)}`, path)
    }
    this.path = path
    this.#zk = zk
    this.#ledger = Ledger.of(zk, path)
    this.#initial = toBigInt(initial, path)
    this.#tries = tries
    this.#acl = acl
    this.#mutex = new Mutex(zk, joinPath(path, 'lock'), { acl })
  }

  /**
   * The number, no older than this call. One round trip.
   *
   * @throws INVALID_DATA: the node holds none; NO_AUTH; ABORTED; REQUEST_TIMEOUT; what ends the client.
   */
  async get(limits: Limits = {}): Promise<bigint> {
    using deadline = this.#deadline('get', limits)
    const entry = await this.#ledger.read(deadline)
    return entry?.value ?? this.#initial
  }

  /**
   * Adds to the number.
   *
   * @param delta may be negative.
   * @returns the number that this has made.
   * @throws as `update`.
   */
  add(delta: bigint | number, limits: Limits = {}): Promise<bigint> {
    return this.#change('add', limits, value => value + toBigInt(delta, this.path))
  }

  /** Adds one. See `add`. */
  increment(limits: Limits = {}): Promise<bigint> {
    return this.#change('increment', limits, value => value + 1n)
  }

  /** Takes one away. See `add`. */
  decrement(limits: Limits = {}): Promise<bigint> {
    return this.#change('decrement', limits, value => value - 1n)
  }

  /**
   * Sets the number if it is another one.
   *
   * @returns false if it was not the expected one; then it is as it was.
   * @throws as `update`.
   */
  async compareAndSet(
    expected: bigint | number,
    value: bigint | number,
    limits: Limits = {},
  ): Promise<boolean> {
    const [from, to] = [toBigInt(expected, this.path), toBigInt(value, this.path)]
    let isExpected = false
    await this.#change('compareAndSet', limits, present => {
      isExpected = present === from
      return isExpected ? to : null
    })
    return isExpected
  }

  /**
   * Changes the number by a function of it.
   *
   * @param change is called again each time that somebody was quicker.
   * @returns the number that this has made.
   * @throws what the function throws; INVALID_DATA: the node holds no number; NO_AUTH; ABORTED; REQUEST_TIMEOUT; CONNECTION_LOSS,
   *   SESSION_EXPIRED, CLOSED, AUTH_FAILED. With the outcome `unknown` it may have been changed; in every other case it was not. A lost
   *   connection alone does not come to that, only one whose session is lost as well.
   */
  update(change: (value: bigint) => bigint, limits: Limits = {}): Promise<bigint> {
    return this.#change('update', limits, value => toBigInt(change(value), this.path))
  }

  /** @param change null: nothing is to be changed. */
  async #change(
    operation: string,
    limits: Limits,
    change: (value: bigint) => bigint | null,
  ): Promise<bigint> {
    using deadline = this.#deadline(operation, limits)
    return await this.#ledger.queue.run(deadline, async () => {
      const done = await this.#try(change, deadline, this.#tries)
      if (done !== undefined) return done
      const lock = await this.#mutex.acquire({ signal: deadline.signal }).catch(error => {
        checkEnd(deadline, error)
        throw error
      })
      await using _ = lock
      return (await this.#try(change, deadline, Infinity))!
    })
  }

  /** Undefined if somebody was quicker, so many times. */
  async #try(
    change: (value: bigint) => bigint | null,
    deadline: Deadline,
    tries: number,
  ): Promise<bigint | undefined> {
    let entry = await this.#ledger.recall(deadline)
    for (let reads = 0; reads < tries; reads++) {
      if (entry === null) await this.#ledger.found(this.#initial, this.#acl, deadline)
      else {
        const value = change(entry.value)
        // What is recalled may be another's by now.
        if (value === null && reads > 0) return entry.value
        if (value !== null && (await this.#ledger.replace(entry, value, this.#acl, deadline))) return value
      }
      if (reads > 1) await deadline.jitter(PAUSE)
      entry = await this.#ledger.read(deadline)
    }
    return undefined
  }

  #deadline(operation: string, limits: Limits): Deadline {
    const deadline = new Deadline(this.#zk.environment, limits, { operation, path: this.path })
    deadline.check()
    return deadline
  }
}

function toBigInt(value: bigint | number, path: string): bigint {
  if (typeof value === 'bigint') return value
  if (Number.isSafeInteger(value)) return BigInt(value)
  throw badArgument(`a whole number is needed, not ${String(value)}`, path)
}
