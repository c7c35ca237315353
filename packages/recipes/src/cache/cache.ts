import { checks, inspectAs, type ResyncReason, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { SHARED } from '../core/arguments.ts'
import { Broadcast, type Changes, type ChangesOptions } from '../core/broadcast.ts'
import { atOnce, checkMethods, takes, takesOnly } from '../core/checked-methods.ts'
import { isCertain } from '../core/connected.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { asError } from '../core/errors.ts'
import { tellView } from '../core/tell.ts'
import type { MirrorSettings } from './mirror-owner.ts'
import type { NodeChange } from './table/cached-node.ts'
import { NodeTable } from './table/node-table.ts'
import { TreeMirror } from './tree-mirror.ts'

/** Options of every cache. */
export interface CacheOptions {
  /** True if the znodes' data is kept. Default true. */
  data?: boolean | undefined
  /** Number of znodes that are read at a time. Default 1024. */
  window?: number | undefined
  /** Milliseconds: after a lost connection, reading begins at a random moment within this time. Default 100. */
  jitter?: number | undefined
}

/** An event of a cache. */
export type CacheEvent =
  | NodeChange
  /** The first view is complete. */
  | { readonly type: 'initialized' }
  /**
   * Everything that may have been missed has been read again; `reason` is as for `zk.watch`. Every difference was
   * reported before this event. Only for `overflow` events were dropped, because they were not taken: read `current`.
   */
  | { readonly type: 'resynced'; readonly reason: ResyncReason }
  /**
   * A failure in the background: a znode that must not be read (NO_AUTH), which is left out; a read that failed for
   * another reason, which is retried while the znode stays as it was; a watch that was refused.
   */
  | { readonly type: 'error'; readonly path: string; readonly error: Error }

/** One start, with the callers that wait for the first view. */
interface Round {
  readonly mirror: TreeMirror
  ready: Promise<void>
  isReady: boolean
  fail(error: unknown): void
  waiting: number
}

/** The checks of the options of every cache. */
export const CACHE_CHECKS: Readonly<Record<keyof CacheOptions, checks.Check>> = {
  data: checks.flag,
  window: checks.whole(1),
  jitter: SHARED.jitter,
}

/** Base of all caches: a view of a part of the tree that follows the changes. */
export abstract class Cache implements AsyncDisposable {
  /** The znode that is cached, or whose descendants are. */
  readonly path: string
  protected readonly table: NodeTable
  readonly #zk: ZooKeeper
  readonly #settings: MirrorSettings
  readonly #broadcast: Broadcast<CacheEvent>
  #round: Round | null = null
  #closed = false

  protected constructor(
    zk: ZooKeeper,
    path: string,
    options: CacheOptions,
    shape: Pick<MirrorSettings, 'depth' | 'holdsRoot' | 'select'>,
  ) {
    const { data = true, window = 1024, jitter = 100 } = options
    this.path = path
    this.#zk = zk
    this.#settings = { ...shape, keepsData: data, window, jitter }
    this.#broadcast = new Broadcast<CacheEvent>(path, () => ({ type: 'resynced', reason: 'overflow' }))
    this.table = new NodeTable(this.#broadcast, saltOf(zk))
  }

  /**
   * Starts to follow the tree. May be called again.
   *
   * @param limits end the wait for the first view. If nobody else waits for it, nothing is left running then.
   * @returns when the first view is complete.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH; CLOSED: the cache or the client was closed; AUTH_FAILED;
   *   SESSION_EXPIRED if the client does not renew its session; every error of a read that is not retryable, such as
   *   SYSTEM_ERROR.
   */
  async start(limits: Limits = {}): Promise<void> {
    const subject = { operation: 'start', path: this.path }
    using deadline = new Deadline(this.#zk, limits, subject)
    deadline.check()
    if (this.#closed) throw this.#closedError()
    this.#round ??= this.#begin()
    const round = this.#round
    round.waiting++
    try {
      await deadline.race(round.ready)
    } finally {
      if (--round.waiting === 0 && !round.isReady) this.#giveUp(round)
    }
  }

  /**
   * True if the view may be out of date by more than the delay of the events: there is no connection, no answer has
   * come for a session timeout, or a change that an event has told of, that may have been missed or that could not be read
   * has not been read yet. The last view stays visible.
   */
  get stale(): boolean {
    const session = this.#round?.mirror.syncedIn ?? null
    return session === null || !isCertain(this.#zk, session)
  }

  /** Number of changes of the view so far: those who follow it are behind while theirs is lower. @internal */
  get revision(): number {
    return this.table.revision
  }

  /**
   * Events from this call on, in the order in which they show in `current`. Ends with `close` and with the client;
   * leave the loop to end it earlier. Each call is a listener of its own.
   *
   * @param options.signal ends it: the iteration throws ABORTED.
   * @param options.buffer number of events that may wait before all of them are replaced by one `resynced`. Default
   *   1024.
   * @throws (by the iteration) AUTH_FAILED; SESSION_EXPIRED if the client does not renew its session.
   */
  changes(options?: ChangesOptions): Changes<CacheEvent> {
    return this.#broadcast.listen(options)
  }

  /** Stops following. The last view stays visible. Resolves when its watch is removed; never rejects. */
  async close(): Promise<void> {
    this.#closed = true
    this.#broadcast.end()
    this.#round?.fail(this.#closedError())
    await this.#round?.mirror.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #begin(): Round {
    let onReady = (): void => {}
    let onFailed = (_: unknown): void => {}
    const ready = new Promise<void>((resolve, reject) => {
      onReady = resolve
      onFailed = reject
    })
    // The callers that wait handle the rejection. There may be none left.
    ready.catch(() => {})
    const mirror = new TreeMirror(this.#zk, this.path, this.#settings, this.table, {
      onSynced: reason => {
        round.isReady = true
        onReady()
        this.#broadcast.emit(reason === null ? { type: 'initialized' } : { type: 'resynced', reason })
      },
      onError: (error, path) => {
        if (round.isReady || path !== this.path)
          this.#broadcast.emit({ type: 'error', path, error: asError(error) })
        else this.#giveUp(round, error)
      },
      onReadFailed: (error, path) => {
        if (round.isReady) this.#broadcast.emit({ type: 'error', path, error: asError(error) })
        else this.#giveUp(round, error)
      },
      onEnd: failure => {
        round.fail(failure?.error ?? this.#closedError())
        this.#broadcast.end(failure)
        void mirror.stop()
      },
    })
    const fail = (error: unknown): void => {
      onFailed(error)
      if (!round.isReady) return
      round.ready = Promise.reject(error)
      round.ready.catch(() => {})
    }
    const round: Round = { mirror, ready, isReady: false, waiting: 0, fail }
    return round
  }

  #giveUp(round: Round, error?: unknown): void {
    if (error !== undefined) round.fail(error)
    void round.mirror.stop()
    if (this.#round === round) this.#round = null
    this.table.remove(this.path)
  }

  #closedError(): ZooKeeperError {
    return new ZooKeeperError('CLOSED', { operation: 'start', path: this.path, outcome: 'not-sent' })
  }
}

/** Returns a number that other clients do not know, without a draw that a simulation would notice: part of the session's secret. */
function saltOf(zk: ZooKeeper): number {
  const { password } = zk.session
  return password.length < 4 ? 0 : password.readInt32LE(0)
}

checkMethods(Cache, { start: takes(), changes: atOnce(takes()), close: takesOnly() })
inspectAs(Cache, tellView)
