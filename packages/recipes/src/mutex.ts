import { checks, type ZooKeeper } from '@zookit/client'
import { checkRecipe, type OptionTable, SHARED } from './core/arguments.ts'
import { checkMethods } from './core/checked-methods.ts'
import { ContendedLock } from './core/contended-lock.ts'
import { Contention, type Newcomer } from './core/contention.ts'
import type { Rule } from './core/contention-rule.ts'
import type { Limits } from './core/deadline.ts'
import type { AcquireOptions } from './core/lockable.ts'
import { type ResolvedOptions, resolveOptions } from './core/options.ts'
import {
  REVOKE_ARGUMENTS,
  type Revocable,
  RevocableHandle,
  type RevocableOptions,
  revoke,
} from './core/revocation.ts'

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

export const MUTEX_OPTIONS: OptionTable = checks.optionTable('{ revocable: true }', {
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
export class Mutex extends ContendedLock<Lock> {
  readonly path: string
  readonly paths: readonly string[]
  readonly #zk: ZooKeeper
  readonly #options: ResolvedOptions
  readonly #revocable: boolean
  protected readonly contention: Contention

  /**
   * @param path parent of the contenders' znodes.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: RevocableOptions = {}) {
    super()
    checkRecipe('Mutex', { zk, path, options, count: arguments.length }, MUTEX_OPTIONS)
    this.path = path
    this.paths = [path]
    this.#zk = zk
    this.#options = resolveOptions(options)
    this.#revocable = options.revocable ?? false
    this.contention = new Contention(zk, path, { ...this.#options, counts: MARKERS })
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
    return revoke(this.#zk, this.path, this.contention, who ?? (contenders => contenders.slice(0, 1)), limits)
  }

  protected newcomer(): Newcomer {
    return { marker: MARKER, rule: queueRule }
  }

  protected async enter(
    operation: string,
    mayWait: boolean,
    options: AcquireOptions = {},
  ): Promise<Lock | null> {
    const { acl, data, whenSuspended } = this.#options
    const node = await this.contention.enter({
      signal: options.signal,
      timeout: options.timeout,
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

checkMethods(Mutex, { revoke: REVOKE_ARGUMENTS })
