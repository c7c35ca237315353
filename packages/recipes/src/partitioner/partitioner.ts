import {
  AnySignal,
  checks,
  inspectAs,
  joinPath,
  nameOf,
  PulledEvents,
  type ZooKeeper,
  ZooKeeperError,
} from '@zookit/client'
import { checkCall, checkRecipe, checkWork, refuse, SHARED, SIGNAL } from '../core/arguments.ts'
import { BackgroundDeleter } from '../core/background-deleter.ts'
import { Broadcast, type Changes } from '../core/broadcast.ts'
import { atOnce, checkMethods, takes, takesOnly, work } from '../core/checked-methods.ts'
import { connected, isCertain, isSession } from '../core/connected.ts'
import { Contention } from '../core/contention.ts'
import { awaitWork, Deadline, type Limits } from '../core/deadline.ts'
import { codeOf } from '../core/errors.ts'
import { untilRetry } from '../core/look.ts'
import { uuid } from '../core/names.ts'
import { type RecipeOptions, type ResolvedOptions, resolveOptions } from '../core/options.ts'
import type { OwnNode } from '../core/ownership.ts'
import { sleep } from '../core/pause.ts'
import { tellPath } from '../core/tell.ts'
import { WatchWaiter } from '../core/watch-waiter.ts'
import { releaseUntil } from '../core/while-held.ts'
import { type Assign, assignEvenly } from './assignment.ts'
import { encode, Holdings } from './holdings.ts'
import { checkMember, checkNames, isSame, MARKER, membersOf } from './members.ts'
import type { Partition } from './partition.ts'
import { type PartitionWork, Workers } from './workers.ts'

/** Options of a Partitioner. */
export interface PartitionerOptions extends Omit<RecipeOptions, 'parent'> {
  /** The set that is divided: the same on all members. */
  partitions: readonly string[]
  /**
   * Milliseconds for which the members must stay the same before the set is divided again. Default 1000. If they keep
   * changing, it is divided after five times as long.
   */
  settle?: number | undefined
  /**
   * Name of this member. A member that comes back under the same name gets the same partitions. Default: a name of
   * its own.
   */
  member?: string | undefined
  /**
   * Function that divides the set. It must give the same result for the same arguments, which are sorted. Default:
   * evenly.
   */
  assign?: Assign | undefined
}

/** State of a member. */
export interface PartitionerView {
  /**
   * - `allocating`: the members have changed, or others have not yet released all that is assigned to this one.
   * - `acquired`: all assigned partitions are held.
   * - `released`: not started, or closed.
   * - `failed`: ended with `error`.
   */
  readonly state: 'allocating' | 'acquired' | 'released' | 'failed'
  /** Partitions that are held and still assigned. */
  readonly partitions: readonly Partition[]
  /** All members, sorted, as this one sees them. */
  readonly members: readonly string[]
  readonly error?: unknown
}

/** Times `settle` after which a member goes on with the list that it has, also while the list still changes. */
const MOST_SETTLES = 5

const OPTIONS = checks.optionTable("{ partitions: ['a', 'b'] }", {
  partitions: checks.checkedLater,
  settle: SHARED.jitter,
  member: checks.text,
  assign: checks.func,
  data: SHARED.data,
  acl: SHARED.acl,
  whenSuspended: SHARED.whenSuspended,
  jitter: SHARED.jitter,
})

/**
 * Divides a set among the members of a group: each partition has one owner at a time. When members come or go, the
 * set is divided again, and only the partitions that move are released.
 *
 * A lock decides who owns a partition, not the division, which members may see differently for a moment. So a
 * partition moves when its owner releases it or has lost its session; in the second case the `token` keeps the old
 * owner out.
 */
export class Partitioner implements AsyncDisposable {
  readonly path: string
  /** Name of this member. */
  readonly member: string
  readonly #zk: ZooKeeper
  readonly #options: ResolvedOptions
  readonly #partitions: readonly string[]
  readonly #settle: number
  readonly #assign: Assign
  readonly #contention: Contention
  readonly #holdings: Holdings
  readonly #broadcast: Broadcast<PartitionerView>
  readonly #stop = new AbortController()
  #workers: Workers | undefined
  #running: Promise<void> | undefined
  #closing: Promise<void> | undefined
  /** The watch of the newest list of members. */
  #listed: WatchWaiter | null = null
  #isSettled = false
  #members: readonly string[] = []
  #view: PartitionerView = { state: 'released', partitions: [], members: [] }

  /**
   * @param path parent of the members' and the locks' znodes.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: PartitionerOptions) {
    checkRecipe('Partitioner', { zk, path, options, count: arguments.length }, OPTIONS)
    const { settle = 1000, assign = assignEvenly, member } = options
    this.path = path
    this.#zk = zk
    this.#options = resolveOptions(options)
    this.#partitions = refuse('Partitioner', path, () => checkNames(options.partitions, path))
    this.#settle = settle
    this.#assign = assign
    this.member = refuse('Partitioner', path, () =>
      checkMember(member ?? uuid(() => zk.environment.random()), path),
    )
    this.#contention = new Contention(zk, this.#membersPath, { ...this.#options, counts: [MARKER] })
    this.#broadcast = new Broadcast<PartitionerView>(path, () => this.#view)
    const locks = joinPath(path, 'partitions')
    const onError = (error: unknown): void => this.#fail(error)
    this.#holdings = new Holdings(zk, locks, this.#options, () => this.#show(), onError)
  }

  /** The state now. */
  get current(): PartitionerView {
    this.#holdings.handOut(this.#view.partitions)
    return this.#view
  }

  /** True if the members may differ from those in `current`: they have changed, or there is no connection. */
  get stale(): boolean {
    return this.#listed?.hasFired !== false || !isCertain(this.#zk, this.#zk.sessionId)
  }

  /**
   * Joins the members, and waits until all partitions that are assigned to this one are held. May be called again.
   *
   * @throws ABORTED, REQUEST_TIMEOUT: it is closed then; CLOSED: it was closed before; NO_AUTH; AUTH_FAILED;
   *   SESSION_EXPIRED if the client does not renew its session.
   */
  async start(limits: Limits = {}): Promise<void> {
    using deadline = new Deadline(this.#zk, limits, { operation: 'start', path: this.path })
    try {
      deadline.check()
      this.#begin()
      for await (const { state } of this.#views(deadline.signal)) {
        if (state !== 'allocating') break
        deadline.checkMayWait()
      }
    } catch (error) {
      const closing = this.close()
      await this.#running
      // What it has acquired is released in the background where that takes longer than the call may.
      await deadline.race(closing)
      throw error
    }
    if (this.#view.state === 'failed') throw this.#view.error
    if (this.#view.state === 'released') throw closed(this.path)
  }

  /**
   * Yields the state now and after each change. Changes that come faster than they are taken are skipped: each view
   * is complete. Ends after `failed`, or when it is closed.
   *
   * @param options.signal ends it: the iteration throws ABORTED.
   */
  changes(options: Pick<Limits, 'signal'> = {}): Changes<PartitionerView> {
    checkCall({ operation: 'changes', path: this.path }, options, SIGNAL)
    return new PulledEvents(options.signal, signal => this.#changes(signal))
  }

  async *#changes(signal: AbortSignal): AsyncGenerator<PartitionerView, void, undefined> {
    for await (const view of this.#views(signal)) {
      this.#holdings.handOut(view.partitions)
      yield view
    }
  }

  /**
   * Joins the members, and works on each partition as long as it is assigned to this one. A partition is released
   * when the work on it has ended; if it is still assigned to this one, it comes back, and the work begins again.
   *
   * @param options.signal ends it: the signal of all work is aborted, and the work is awaited; then this member
   *   leaves.
   * @throws ABORTED, by `options.signal`; what the work throws while its partition is held and assigned; as `start`.
   *   All work has ended by then, and this member has left; after an abort without a connection, it leaves in the background.
   */
  async run(work: PartitionWork, options: Pick<Limits, 'signal'> = {}): Promise<never> {
    const subject = { operation: 'run', path: this.path }
    checkWork(subject, work)
    checkCall(subject, options, SIGNAL)
    const workers = new Workers(work, options.signal)
    this.#workers = workers
    const stop = new AnySignal([options.signal, workers.failed])
    const end = await this.#ended(stop.signal).catch(error => error)
    stop[Symbol.dispose]()
    await workers.end()
    const closing = this.close()
    await this.#running
    await releaseUntil(options.signal, limits => awaitWork(this.#zk, limits, subject, () => closing))
    throw workers.failure ? workers.failure.error : end
  }

  /**
   * Leaves the members and releases everything at once: end the work first. Never rejects.
   *
   * @returns when everything is released, or the session has ended.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Yields states as `changes` does, for readers that do not use the partitions. */
  async *#views(signal: AbortSignal | undefined): AsyncGenerator<PartitionerView, void, undefined> {
    const listener = this.#broadcast.listen({ signal, buffer: 1 })
    try {
      yield this.#view
      yield* listener
    } finally {
      void listener.return?.()
    }
  }

  /** Joins. Returns or throws what has ended it. */
  async #ended(signal: AbortSignal): Promise<unknown> {
    if (!signal.aborted) this.#begin()
    for await (const { state, error } of this.#views(signal)) {
      if (state === 'failed') return error
    }
    return closed(this.path)
  }

  // ---- membership -----------------------------------------------------------------------------------------------

  #begin(): void {
    if (this.#closing || this.#running) return
    this.#view = { ...this.#view, state: 'allocating' }
    this.#running = this.#live().catch(error => {
      if (!this.#stop.signal.aborted) this.#fail(error)
    })
    this.#show()
  }

  async #live(): Promise<void> {
    const { signal } = this.#stop
    const { acl, data } = this.#options
    using deadline = new Deadline(this.#zk, { signal }, { operation: 'start', path: this.path })
    for (;;) {
      const node = await this.#contention.enter({
        operation: 'start',
        signal,
        marker: MARKER,
        detail: `${encode(this.member)}-`,
        data,
        acl,
        rule: () => null,
      })
      try {
        await this.#follow(node!, deadline)
      } finally {
        this.#listed = null
        BackgroundDeleter.of(this.#zk)
          .remove(node!.path, node!.session)
          .catch(() => {})
      }
    }
  }

  /** Follows the members until this one is not among them any more. */
  async #follow(node: OwnNode, deadline: Deadline): Promise<void> {
    const own = nameOf(node.path)
    let since: number | undefined
    for (;;) {
      if (this.#zk.state !== 'connected') await deadline.wait(connected(this.#zk))
      const waiter = new WatchWaiter(this.#zk)
      try {
        const list = waiter.watch(this.#membersPath, 'children', watch =>
          this.#zk.getChildren(this.#membersPath, { watch }),
        )
        const { children } = await deadline.race(list)
        this.#listed = waiter
        // The znode of a session that has ended is not ours any more.
        if (!children.includes(own) || !isSession(this.#zk, node.session)) return
        const now = this.#zk.environment.now()
        if (this.#onListed(membersOf(children))) since ??= now
        const rest = since === undefined ? Infinity : since + MOST_SETTLES * this.#settle - now
        await this.#await(waiter, rest, deadline)
        if (this.#isSettled) since = undefined
      } catch (error) {
        deadline.check()
        if (codeOf(error) === 'NO_NODE') return
        await untilRetry(this.#zk, deadline, error, this.#options.jitter)
      } finally {
        waiter.cancel()
      }
    }
  }

  /** Returns whether the set must be divided again. */
  #onListed(members: readonly string[]): boolean {
    if (!isSame(members, this.#members)) {
      this.#members = members
      this.#isSettled = false
      this.#show()
    }
    return !this.#isSettled
  }

  /** Waits for the next change. Divides the set first, if the members stay the same for long enough. */
  async #await(waiter: WatchWaiter, rest: number, deadline: Deadline): Promise<void> {
    if (rest < Infinity) {
      const { promise, cancel } = sleep(this.#zk, Math.min(this.#settle, rest))
      const isQuiet = Promise.race([waiter.fired.then(() => false), promise.then(() => true)])
      try {
        if (!(await deadline.race(isQuiet))) return
      } finally {
        cancel()
      }
      this.#divide()
    }
    await deadline.wait(waiter.fired)
  }

  #divide(): void {
    const shares = this.#assign(this.#partitions, this.#members)
    const share = shares.get(this.member) ?? []
    this.#isSettled = true
    this.#holdings.assign(this.#partitions.filter(name => share.includes(name)))
    this.#show()
  }

  // ---- events -------------------------------------------------------------------------------------------------

  #show(): void {
    const { state, error } = this.#view
    if (state === 'failed' || state === 'released') return
    const isDone = this.#isSettled && this.#holdings.isComplete
    this.#set({ state: isDone ? 'acquired' : 'allocating', error })
  }

  #set({ state, error }: Pick<PartitionerView, 'state' | 'error'>): void {
    const partitions = this.#holdings.partitions
    const view = { state, partitions, members: this.#members }
    this.#view = Object.freeze(state === 'failed' ? { ...view, error } : view)
    // Not through `changes`, which skips views: a partition that was never taken would never be released.
    this.#holdings.handOut(this.#workers ? partitions : [])
    this.#workers?.take(partitions)
    this.#broadcast.emit(this.#view)
  }

  #fail(error: unknown): void {
    if (this.#closing || this.#view.state === 'failed') return
    this.#stop.abort()
    this.#holdings.release().catch(() => {})
    this.#set({ state: 'failed', error })
    this.#broadcast.end()
  }

  async #close(): Promise<void> {
    this.#stop.abort()
    await this.#running
    const releasing = this.#holdings.release()
    if (this.#view.state !== 'failed') this.#set({ state: 'released', error: undefined })
    this.#broadcast.end()
    await releasing
  }

  get #membersPath(): string {
    return joinPath(this.path, 'members')
  }
}

function closed(path: string): ZooKeeperError {
  return new ZooKeeperError('CLOSED', { message: 'the partitioner was closed', path, outcome: 'not-sent' })
}

checkMethods(Partitioner, { start: takes(), changes: atOnce(takes()), run: takes(work), close: takesOnly() })
inspectAs(Partitioner, tellPath)
