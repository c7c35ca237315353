import { checks, type ZooKeeper } from '@zookit/client'
import { checkRecipe, SHARED } from './core/arguments.ts'
import { type ContenderInfo, Contention } from './core/contention.ts'
import type { Rule } from './core/contention-rule.ts'
import type { Limits } from './core/deadline.ts'
import { type AcquireOptions, Lockable } from './core/lockable.ts'
import { type ResolvedOptions, resolveOptions } from './core/options.ts'
import { type Revocable, RevocableHandle, type RevocableOptions, revoke } from './core/revocation.ts'

/** Marker of our names, which is Curator's, and marker of kazoo's. */
const MARKER = 'lock-'
const MARKERS = [MARKER, '__lock__']

/**
 * Admits contenders in the order of their arrival. Each watches only the one directly ahead, so that a release wakes
 * one.
 */
export const queueRule: Rule = ({ contenders, index }) => (index === 0 ? null : contenders[index - 1]!.name)

/** A mutex that is held. */
export class Lock extends RevocableHandle {}

const OPTIONS = checks.optionTable('{ revocable: true }', {
  ...SHARED,
  revocable: checks.flag,
})

/**
 * A lock that one contender in the whole ensemble holds at a time, in the order of arrival. It is not re-entrant: a
 * second `acquire` waits for the release of the first, whoever calls it.
 *
 * No lock service can keep a stopped process from acting on a lock that it has lost: let the resource check the
 * `token`, or make the writes to ZooKeeper with `guard`.
 */
export class Mutex extends Lockable<Lock> {
  readonly path: string
  readonly paths: readonly string[]
  readonly #zk: ZooKeeper
  readonly #options: ResolvedOptions
  readonly #revocable: boolean
  readonly #contention: Contention

  /**
   * @param path parent of the contenders' znodes.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: RevocableOptions = {}) {
    super()
    checkRecipe('Mutex', [zk, path, options], OPTIONS)
    this.path = path
    this.paths = [path]
    this.#zk = zk
    this.#options = resolveOptions(options)
    this.#revocable = options.revocable ?? false
    this.#contention = new Contention(zk, path, { ...this.#options, counts: MARKERS })
  }

  /** Lists the holder and those who wait, in this order, with their data. Takes two round trips. */
  contenders(limits?: Limits): Promise<ContenderInfo[]> {
    return this.#contention.list('contenders', limits)
  }

  /**
   * Counts the holder and those who wait, without taking part: 0 if the lock is free, and else the position that the next
   * one to come would have. Takes one round trip.
   *
   * @returns the number as the connected server knows it. It may be another one by the time that it arrives.
   */
  count(limits?: Limits): Promise<number> {
    return this.#contention.count('count', limits)
  }

  /** Returns whether somebody holds the lock or is about to. Takes one round trip. As for `count`, it may have changed since. */
  async isLocked(limits?: Limits): Promise<boolean> {
    return (await this.#contention.count('isLocked', limits)) > 0
  }

  /**
   * Asks for the lock as Curator does: sets the data of the znode to `__REVOKE__`, which aborts `revoked` of a lock
   * that was created as `revocable`. The holder decides whether to release it.
   *
   * @param who a contender, or its path. Default null: the holder, in three round trips.
   * @returns the number of contenders that were asked: 0 if none exists any more.
   * @throws BAD_ARGUMENTS: not the path of a contender; NO_AUTH; ABORTED; REQUEST_TIMEOUT; what a write throws.
   */
  revoke(who: Revocable | null = null, limits: Limits = {}): Promise<number> {
    return revoke(
      this.#zk,
      this.path,
      this.#contention,
      who ?? (contenders => contenders.slice(0, 1)),
      limits,
    )
  }

  protected async enter(
    operation: string,
    mayWait: boolean,
    options: AcquireOptions = {},
  ): Promise<Lock | null> {
    const { acl, data, whenSuspended } = this.#options
    const node = await this.#contention.enter({
      ...options,
      data: options.data === undefined ? data : options.data,
      operation,
      mayWait,
      acl,
      marker: MARKER,
      rule: queueRule,
    })
    return node && new Lock(this.#zk, node, whenSuspended, this.#revocable)
  }
}
