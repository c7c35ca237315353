import { type ACL, checks, inspectAs, joinPath, type ZooKeeper } from '@zookit/client'
import { checkRecipe, integerCheck, SHARED } from '../core/arguments.ts'
import { change, checkMethods, takes } from '../core/checked-methods.ts'
import { checkEnd } from '../core/conditional-write.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { badArgument } from '../core/errors.ts'
import { tellPath } from '../core/tell.ts'
import { releaseWithin } from '../core/while-held.ts'
import { Mutex } from '../mutex.ts'
import { Ledger } from './ledger.ts'

/** Options of an AtomicCounter. */
export interface AtomicCounterOptions {
  /** Number with which a missing znode is created. Default 0. */
  initial?: bigint | number | undefined
  /** Number of optimistic attempts, from 2, before the counter takes a lock for further ones. Default 10. */
  tries?: number | undefined
  /** ACL of the znodes that are created. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
}

/** Longest pause in milliseconds after another writer was quicker. */
const PAUSE = 20

const OPTIONS = checks.optionTable('{ initial: 5n }', {
  initial: integerCheck,
  tries: checks.whole(2),
  acl: SHARED.acl,
})

/**
 * A number that everybody may change, each change exactly once, also when connections are lost. It is optimistic: one
 * round trip if nobody else writes. With many writers, it takes a lock after some attempts.
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
   * @param path the znode that has the number, in decimal digits.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: AtomicCounterOptions = {}) {
    checkRecipe('AtomicCounter', { zk, path, options, count: arguments.length }, OPTIONS)
    const { initial = 0n, tries = 10, acl } = options
    this.path = path
    this.#zk = zk
    this.#ledger = Ledger.of(zk, path)
    this.#initial = toBigInt(initial, path)
    this.#tries = tries
    this.#acl = acl
    this.#mutex = new Mutex(zk, joinPath(path, 'lock'), { acl })
  }

  /**
   * Reads the number, in a state no older than this call. Takes one round trip.
   *
   * @throws INVALID_DATA: the znode has no number; NO_AUTH; ABORTED; REQUEST_TIMEOUT; what ends the client.
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
   * @returns the result of this change.
   * @throws as `update`.
   */
  add(delta: bigint | number, limits: Limits = {}): Promise<bigint> {
    return this.#change('add', limits, value => value + toBigInt(delta, this.path))
  }

  /** Adds one. See `add`. */
  increment(limits: Limits = {}): Promise<bigint> {
    return this.#change('increment', limits, value => value + 1n)
  }

  /** Subtracts one. See `add`. */
  decrement(limits: Limits = {}): Promise<bigint> {
    return this.#change('decrement', limits, value => value - 1n)
  }

  /**
   * Sets the number if it equals another one.
   *
   * @returns false if it was not the expected one; then it is unchanged.
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
   * @param change called again each time that another writer was quicker.
   * @returns the result of this change.
   * @throws what the function throws; INVALID_DATA: the znode has no number; NO_AUTH; ABORTED; REQUEST_TIMEOUT;
   *   CONNECTION_LOSS, SESSION_EXPIRED, CLOSED, AUTH_FAILED. With the outcome `unknown` the number may have been
   *   changed; otherwise it was not. A lost connection alone does not lead to `unknown`, only one whose session is
   *   lost too.
   */
  update(change: (value: bigint) => bigint, limits: Limits = {}): Promise<bigint> {
    return this.#change('update', limits, value => toBigInt(change(value), this.path))
  }

  /** @param change returns null if nothing must be changed. */
  async #change(
    operation: string,
    limits: Limits,
    change: (value: bigint) => bigint | null,
  ): Promise<bigint> {
    using deadline = this.#deadline(operation, limits)
    return await this.#ledger.queue.run(deadline, async () => {
      const done = await this.#try(change, deadline, this.#tries)
      if (done !== undefined) return done
      const lock = await this.#mutex.acquire(deadline.inner).catch(error => {
        checkEnd(deadline, error)
        throw error
      })
      try {
        return (await this.#try(change, deadline, Infinity))!
      } finally {
        await releaseWithin(deadline, lock)
      }
    })
  }

  /** Returns undefined if other writers were quicker at every attempt. */
  async #try(
    change: (value: bigint) => bigint | null,
    deadline: Deadline,
    tries: number,
  ): Promise<bigint | undefined> {
    let entry = await this.#ledger.recall(this.#acl, deadline)
    for (let reads = 0; reads < tries; reads++) {
      if (entry === null) await this.#ledger.found(this.#initial, this.#acl, deadline)
      else {
        const value = change(entry.value)
        // The remembered number may be out of date by now.
        if (value === null && reads > 0) return entry.value
        if (value !== null && (await this.#ledger.replace(entry, value, deadline))) return value
      }
      if (reads > 1) await deadline.jitter(PAUSE)
      entry = await this.#ledger.readToReplace(this.#acl, deadline)
    }
    return undefined
  }

  #deadline(operation: string, limits: Limits): Deadline {
    const deadline = new Deadline(this.#zk, limits, { operation, path: this.path })
    deadline.check()
    return deadline
  }
}

function toBigInt(value: bigint | number, path: string): bigint {
  if (typeof value === 'bigint') return value
  if (Number.isSafeInteger(value)) return BigInt(value)
  throw badArgument(`the number must be a safe integer, not ${String(value)}`, path)
}

const NUMBER = ['the number', integerCheck] as const

checkMethods(AtomicCounter, {
  get: takes(),
  add: takes(NUMBER),
  increment: takes(),
  decrement: takes(),
  compareAndSet: takes(NUMBER, NUMBER),
  update: takes(change),
})
inspectAs(AtomicCounter, tellPath)
