import { joinPath, nameOf, validatePath, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { AnySignal } from '../core/any-signal.ts'
import { BackgroundDeleter } from '../core/background-deleter.ts'
import { Broadcast } from '../core/broadcast.ts'
import { connected, isSession } from '../core/connected.ts'
import { Contention } from '../core/contention.ts'
import { Deadline, type Limits, sleep } from '../core/deadline.ts'
import { badArgument, codeOf } from '../core/errors.ts'
import type { OwnNode } from '../core/handle.ts'
import { untilRetry } from '../core/look.ts'
import { contendersOf, uuid } from '../core/names.ts'
import { type RecipeOptions, type ResolvedOptions, resolveOptions } from '../core/options.ts'
import { WatchWaiter } from '../core/watch-waiter.ts'
import { type Assign, assignEvenly } from './assignment.ts'
import { encode, Holdings } from './holdings.ts'
import type { Partition } from './partition.ts'
import { type PartitionWork, Workers } from './workers.ts'

/** What a partitioner is made with. */
export interface PartitionerOptions extends Omit<RecipeOptions, 'parent'> {
  /** The set that is divided: the same for all members. */
  partitions: readonly string[]
  /**
   * For how long the members must have stayed the same before it is divided anew, in milliseconds. Default 1000. When they
   * never do, it is divided after five times as long.
   */
  settle?: number | undefined
  /** Who this member is: whoever comes again under the same name gets what he had. Default: a name of its own. */
  member?: string | undefined
  /** How it is divided. Must come to the same for the same arguments, which are sorted. Default: evenly. */
  assign?: Assign | undefined
}

/** How things are with a member. */
export interface PartitionerView {
  /**
   * - `allocating`: the members have changed, or not all that is due has been let go by the others yet.
   * - `acquired`: all that is due is held.
   * - `released`: it has not begun, or was closed.
   * - `failed`: it has ended with `error`.
   */
  readonly state: 'allocating' | 'acquired' | 'released' | 'failed'
  /** What is held, and not asked back. */
  readonly partitions: readonly Partition[]
  /** All members, sorted, as this one sees them. */
  readonly members: readonly string[]
  readonly error?: unknown
}

const MARKERS = ['member-']
const NAME = /^_c_[0-9a-f-]{36}-[0-9a-f]{16}-(.+)-member-[^a-z]*$/
const PATIENCE = 5

/**
 * Divides a set among the members of a group: each partition is one member's at a time. When members come or go it
 * is divided anew, and only what moves is asked back.
 *
 * Who owns a partition is decided by a lock, not by the division, which members may see differently for a moment. So a
 * partition moves when its owner lets it go, or has lost his session; the `token` fences him off in that case.
 */
export class Partitioner implements AsyncDisposable {
  readonly path: string
  /** Who this member is. */
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
  #isListed = false
  #isSettled = false
  #members: readonly string[] = []
  #view: PartitionerView = { state: 'released', partitions: [], members: [] }

  /**
   * @param path the node that the members' and the locks' nodes go under.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: PartitionerOptions) {
    validatePath(path)
    const { settle = 1000, assign = assignEvenly, member } = options
    if (!(settle >= 0 && settle < Infinity)) {
      throw badArgument(`settle is a number of milliseconds from 0, not ${String(settle)}`, path)
    }
    this.path = path
    this.#zk = zk
    this.#options = resolveOptions(options, path)
    this.#partitions = checkNames(options.partitions, path)
    this.#settle = settle
    this.#assign = assign
    this.member = checkMember(member ?? uuid(() => zk.environment.random()), path)
    this.#contention = new Contention(zk, this.#membersPath, { ...this.#options, counts: MARKERS })
    this.#broadcast = new Broadcast<PartitionerView>(path, () => this.#view)
    const locks = joinPath(path, 'partitions')
    const onError = (error: unknown): void => this.#fail(error)
    this.#holdings = new Holdings(zk, locks, this.#options, () => this.#show(), onError)
  }

  /** How things are now. */
  get current(): PartitionerView {
    this.#holdings.handOut(this.#view.partitions)
    return this.#view
  }

  /** Whether the members may be others than `current` says. */
  get stale(): boolean {
    return !this.#isListed || this.#zk.state !== 'connected'
  }

  /**
   * Joins the members, and waits until all that is due to this one is held. Idempotent.
   *
   * @throws ABORTED, REQUEST_TIMEOUT: it is closed then; CLOSED: it was closed before; NO_AUTH; AUTH_FAILED;
   *   SESSION_EXPIRED: the client does not renew its session.
   */
  async start(limits: Limits = {}): Promise<void> {
    using deadline = new Deadline(this.#zk.environment, limits, { operation: 'start', path: this.path })
    try {
      deadline.check()
      this.#begin()
      for await (const { state } of this.#views(deadline.signal)) {
        if (state !== 'allocating') break
      }
    } catch (error) {
      await this.close()
      deadline.check()
      throw error
    }
    if (this.#view.state === 'failed') throw this.#view.error
    if (this.#view.state === 'released') throw closed(this.path)
  }

  /**
   * How things are now, and again whenever that changes. Changes that come faster than they are taken are skipped: each
   * view has everything. Ends after `failed` or when it is closed.
   *
   * @param options.signal ends it: the iteration throws ABORTED.
   */
  async *changes(options: Pick<Limits, 'signal'> = {}): AsyncGenerator<PartitionerView, void, undefined> {
    for await (const view of this.#views(options.signal)) {
      this.#holdings.handOut(view.partitions)
      yield view
    }
  }

  /**
   * Joins the members, and works on each partition for as long as it is due to this one. A partition is given up when the
   * work on it has ended; if it is due to this one still, it comes back, and the work begins anew.
   *
   * @param options.signal ends it: all work is told by its signal, and waited for; then this member leaves.
   * @throws ABORTED, by `options.signal`; what the work throws while its partition is held and due; as `start`. All work
   *   has ended by then, and this member has left.
   */
  async run(work: PartitionWork, options: Pick<Limits, 'signal'> = {}): Promise<never> {
    const workers = new Workers(work)
    this.#workers = workers
    const stop = new AnySignal([options.signal, workers.failed])
    const end = await this.#ended(stop.signal).catch(error => error)
    stop[Symbol.dispose]()
    await workers.end()
    await this.close()
    throw workers.failure ? workers.failure.error : end
  }

  /**
   * Leaves the members and gives everything up at once: end the work first. Never rejects.
   *
   * @returns when all has been given up, or the session has ended.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** As `changes`, for those who do not touch the partitions. */
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

  // ---- being a member -----------------------------------------------------------------------------------------

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
    using deadline = new Deadline(this.#zk.environment, { signal }, { operation: 'start', path: this.path })
    for (;;) {
      const node = await this.#contention.enter({
        operation: 'start',
        signal,
        marker: MARKERS[0]!,
        detail: `${encode(this.member)}-`,
        data,
        acl,
        rule: () => null,
      })
      try {
        await this.#follow(node!, deadline)
      } finally {
        this.#isListed = false
        BackgroundDeleter.of(this.#zk)
          .remove(node!.path, node!.session)
          .catch(() => {})
      }
    }
  }

  /** Follows the members until this one is none of them any more. */
  async #follow(node: OwnNode, deadline: Deadline): Promise<void> {
    const own = nameOf(node.path)
    let since: number | undefined
    for (;;) {
      if (this.#zk.state !== 'connected') await deadline.race(connected(this.#zk))
      const waiter = new WatchWaiter(this.#zk)
      try {
        const list = waiter.watch(this.#membersPath, 'children', watch =>
          this.#zk.getChildren(this.#membersPath, { watch }),
        )
        const { children } = await deadline.race(list)
        // The node of a session that is dying is none of ours any more.
        if (!children.includes(own) || !isSession(this.#zk, node.session)) return
        const now = this.#zk.environment.now()
        if (this.#onListed(membersOf(children))) since ??= now
        const rest = since === undefined ? Infinity : since + PATIENCE * this.#settle - now
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

  /** Whether the set is to be divided anew. */
  #onListed(members: readonly string[]): boolean {
    this.#isListed = true
    if (members.join() !== this.#members.join()) {
      this.#members = members
      this.#isSettled = false
      this.#show()
    }
    return !this.#isSettled
  }

  /** Waits for the next change; divides first if none comes for as long as members are to stay the same. */
  async #await(waiter: WatchWaiter, rest: number, deadline: Deadline): Promise<void> {
    if (rest < Infinity) {
      const { promise, cancel } = sleep(this.#zk.environment, Math.min(this.#settle, rest))
      const isQuiet = Promise.race([waiter.fired.then(() => false), promise.then(() => true)])
      try {
        if (!(await deadline.race(isQuiet))) return
      } finally {
        cancel()
      }
      this.#divide()
    }
    await deadline.race(waiter.fired)
  }

  #divide(): void {
    const shares = this.#assign(this.#partitions, this.#members)
    const share = shares.get(this.member) ?? []
    this.#isSettled = true
    this.#holdings.assign(this.#partitions.filter(name => share.includes(name)))
    this.#show()
  }

  // ---- what is shown ------------------------------------------------------------------------------------------

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
    // Not by way of `changes`, which skips: what was never taken would never be released.
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

/** The members by name, each once: who has come again may be there twice for a while. */
function membersOf(children: readonly string[]): string[] {
  const names = contendersOf(children, MARKERS).map(({ name }) => NAME.exec(name)?.[1])
  const members = names.flatMap(name => (name === undefined ? [] : [decodeURIComponent(name)]))
  return [...new Set(members)].sort()
}

function checkNames(names: readonly string[], path: string): string[] {
  if (!Array.isArray(names)) throw badArgument('partitions is a list of names', path)
  return [...new Set(names.map(name => checkMember(name, path)))].sort()
}

function checkMember(name: string, path: string): string {
  if (typeof name === 'string' && name !== '' && name.isWellFormed()) return name
  throw badArgument('a name is a text that is not empty, without lone surrogates', path)
}

function closed(path: string): ZooKeeperError {
  return new ZooKeeperError('CLOSED', { message: 'the partitioner was closed', path, outcome: 'not-sent' })
}
