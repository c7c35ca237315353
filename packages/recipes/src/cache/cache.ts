import { type ResyncReason, validatePath, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { Broadcast, type Changes, type ChangesOptions } from '../core/broadcast.ts'
import { isCertain } from '../core/connected.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { badArgument } from '../core/errors.ts'
import { type NodeChange, NodeTable } from './node-table.ts'
import { type MirrorSettings, TreeMirror } from './tree-mirror.ts'

/** What every cache takes. */
export interface CacheOptions {
  /** Whether the nodes' data is kept. Default true. */
  data?: boolean | undefined
  /** How many nodes are read at a time. Default 400. */
  window?: number | undefined
  /** After a lost connection, reading begins at a random moment of so many milliseconds. Default 100. */
  jitter?: number | undefined
}

/** What a cache tells. */
export type CacheEvent =
  | NodeChange
  /** The first view is complete. */
  | { readonly type: 'initialized' }
  /**
   * What may have gone unseen has been read again; with `reason` as for `zk.watch`. Every difference was told before this,
   * but for `overflow`: then events were dropped, because they were not taken; look at `current`.
   */
  | { readonly type: 'resynced'; readonly reason: ResyncReason }
  /** What could not be done in the background: a node that must not be read, which is left out, or a watch refused. */
  | { readonly type: 'error'; readonly path: string; readonly error: unknown }

/** A time of being started, with those who wait for the first view. */
interface Round {
  readonly mirror: TreeMirror
  ready: Promise<void>
  isReady: boolean
  fail(error: unknown): void
  waiting: number
}

/** What all caches have in common: a view of a part of the tree that follows it. */
export abstract class Cache implements AsyncDisposable {
  /** The node that it is a cache of, or of what is below it. */
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
    keyOf: (path: string) => string,
  ) {
    validatePath(path)
    const { data = true, window = 400, jitter = 100 } = options
    if (!Number.isInteger(window) || window < 1) {
      throw badArgument(`window is a whole number from 1, not ${String(window)}`, path)
    }
    if (!(jitter >= 0 && jitter < Infinity)) {
      throw badArgument(`jitter is a number of milliseconds from 0, not ${String(jitter)}`, path)
    }
    this.path = path
    this.#zk = zk
    this.#settings = { ...shape, keepsData: data, window, jitter }
    this.#broadcast = new Broadcast<CacheEvent>(path, () => ({ type: 'resynced', reason: 'overflow' }))
    this.table = new NodeTable(keyOf, change => this.#broadcast.emit(change))
  }

  /**
   * Begins to follow the tree. To call it again does no harm.
   *
   * @param limits end the wait for the first view. If nobody else waits for it, nothing is left running then.
   * @returns when the first view is complete.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH; CLOSED: this or the client; AUTH_FAILED; SESSION_EXPIRED: the client
   *   does not renew its session.
   */
  async start(limits: Limits = {}): Promise<void> {
    const subject = { operation: 'start', path: this.path }
    using deadline = new Deadline(this.#zk.environment, limits, subject)
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
   * Whether what it shows may be out of date for another reason than the way that changes have to go: there is no
   * connection, no answer has come for a session timeout, or what was missed is still being read. It keeps
   * showing what it has.
   */
  get stale(): boolean {
    const session = this.#round?.mirror.syncedIn ?? null
    return session === null || !isCertain(this.#zk, session)
  }

  /**
   * What happens from this call on, in the order in which it shows in `current`. Ends with `close` and with the client;
   * leave the loop to end it before. Each call is a listener of its own.
   *
   * @param options.signal ends it: the iteration throws ABORTED.
   * @param options.buffer how many events may wait before they are dropped for one `resynced`. Default 1024.
   * @throws (by the iteration) AUTH_FAILED; SESSION_EXPIRED: the client does not renew its session.
   */
  changes(options?: ChangesOptions): Changes<CacheEvent> {
    return this.#broadcast.listen(options)
  }

  /** Ends it. What it has shown last stays. Resolves when its watch is taken off; never rejects. */
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
    // Whoever waits looks at it; nobody may be left to do so.
    ready.catch(() => {})
    const mirror = new TreeMirror(this.#zk, this.path, this.#settings, this.table, {
      onSynced: reason => {
        round.isReady = true
        onReady()
        this.#broadcast.emit(reason === null ? { type: 'initialized' } : { type: 'resynced', reason })
      },
      onError: (error, path) => {
        if (round.isReady || path !== this.path) return this.#broadcast.emit({ type: 'error', path, error })
        round.fail(error)
        this.#giveUp(round)
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

  #giveUp(round: Round): void {
    void round.mirror.stop()
    if (this.#round === round) this.#round = null
    this.table.remove(this.path)
  }

  #closedError(): ZooKeeperError {
    return new ZooKeeperError('CLOSED', { operation: 'start', path: this.path, outcome: 'not-sent' })
  }
}
