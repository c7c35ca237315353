import { validatePath, type ZooKeeper } from '@zookit/client'
import { type ContenderInfo, Contention, type Rule } from './core/contention.ts'
import { Holding, type OwnNode } from './core/handle.ts'
import { type AcquireOptions, Lockable } from './core/lockable.ts'
import { type RecipeOptions, type ResolvedOptions, resolveOptions } from './core/options.ts'
import { type Limits, Patience } from './core/patience.ts'
import type { WhenSuspended } from './core/tenure.ts'

/** What a mutex is made with. */
export interface MutexOptions extends RecipeOptions {
  /** Whether locks heed `revoke`: each then watches its own node. Default false. */
  revocable?: boolean | undefined
}

/** The marker of our names, which is Curator's, and that of kazoo's. */
const MARKER = 'lock-'
const MARKERS = [MARKER, '__lock__']

/** What Curator's Revoker puts into a node. */
const REVOKE = '__REVOKE__'

/** First come, first served: only the one directly ahead is waited for, so a release wakes one. */
export const queueRule: Rule = ({ contenders, index }) => (index === 0 ? null : contenders[index - 1]!.name)

/** A mutex that is held. */
export class Lock extends Holding {
  readonly #revocation = new AbortController()

  constructor(zk: ZooKeeper, node: OwnNode, whenSuspended: WhenSuspended, revocable: boolean) {
    super(zk, node, whenSuspended)
    if (revocable) this.watchNode(data => this.#onData(data))
  }

  /** Aborted when somebody has asked for the lock back, of a mutex made with `revocable`. It stays held until released. */
  get revocation(): AbortSignal {
    return this.#revocation.signal
  }

  #onData(data: Buffer | null): void {
    if (data?.toString() === REVOKE) this.#revocation.abort()
  }
}

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
  constructor(zk: ZooKeeper, path: string, options: MutexOptions = {}) {
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
   * Asks a contender to give the lock up, in Curator's way: its node's data becomes `__REVOKE__`. Whether it does is
   * up to it.
   *
   * @throws NO_NODE: it has gone; NO_AUTH; ABORTED; REQUEST_TIMEOUT.
   */
  async revoke(contender: Pick<ContenderInfo, 'path'>, limits: Limits = {}): Promise<void> {
    const subject = { operation: 'revoke', path: contender.path }
    using patience = new Patience(this.#zk.environment, limits, subject)
    patience.check()
    await patience.race(this.#zk.setData(contender.path, REVOKE))
  }

  protected async enter(
    operation: string,
    patient: boolean,
    options: AcquireOptions = {},
  ): Promise<Lock | null> {
    const { acl, data, whenSuspended } = this.#options
    const node = await this.#contention.enter({
      ...options,
      data: options.data === undefined ? data : options.data,
      operation,
      patient,
      acl,
      marker: MARKER,
      rule: queueRule,
    })
    return node && new Lock(this.#zk, node, whenSuspended, this.#revocable)
  }
}
