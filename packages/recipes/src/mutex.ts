import { validatePath, type ZooKeeper } from '@zookit/client'
import { type ContenderInfo, Contention } from './core/contention.ts'
import type { Rule } from './core/contention-rule.ts'
import type { Limits } from './core/deadline.ts'
import { type AcquireOptions, Lockable } from './core/lockable.ts'
import { type ResolvedOptions, resolveOptions } from './core/options.ts'
import { type Revocable, RevocableHandle, type RevocableOptions, revoke } from './core/revocation.ts'

/** The marker of our names, which is Curator's, and that of kazoo's. */
const MARKER = 'lock-'
const MARKERS = [MARKER, '__lock__']

/** First come, first served: only the one directly ahead is waited for, so a release wakes one. */
export const queueRule: Rule = ({ contenders, index }) => (index === 0 ? null : contenders[index - 1]!.name)

/** A mutex that is held. */
export class Lock extends RevocableHandle {}

/**
 * A lock that one contender of the whole ensemble holds at a time; first come, first served. It is not re-entrant: a
 * second `acquire` waits for the first one's release, whoever calls it.
 *
 * No lock service can keep a process that was stopped from acting on a lock that it has lost: let the resource check the
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
   * @param path the node that the contenders' nodes go under.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: RevocableOptions = {}) {
    super()
    validatePath(path)
    this.path = path
    this.paths = [path]
    this.#zk = zk
    this.#options = resolveOptions(options, path)
    this.#revocable = options.revocable ?? false
    this.#contention = new Contention(zk, path, { ...this.#options, counts: MARKERS })
  }

  /** Who holds the lock and who waits for it, in this order, with their data. Two round trips. */
  contenders(limits?: Limits): Promise<ContenderInfo[]> {
    return this.#contention.list('contenders', limits)
  }

  /**
   * Asks for the lock, in Curator's way: the data of the node becomes `__REVOKE__`, which aborts `revoked` of a lock that is
   * `revocable`. Whether it is given up is up to its holder.
   *
   * @param who a contender, or its path. Null, the default, is the holder: three round trips.
   * @returns how many have been asked: 0 where nobody is there any more.
   * @throws BAD_ARGUMENTS: not the path of a contender; NO_AUTH; ABORTED; REQUEST_TIMEOUT; and what a write throws.
   */
  revoke(who: Revocable | null = null, limits: Limits = {}): Promise<number> {
    return revoke(this.#zk, this.path, this.#contention, who, contenders => contenders.slice(0, 1), limits)
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
