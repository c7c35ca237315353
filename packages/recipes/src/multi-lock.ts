import { AnySignal, checks, inspectAs, type Transaction, whenAborted, type ZooKeeper } from '@zookit/client'
import { checkClient, refuse } from './core/arguments.ts'
import { atOnce, checkMethods, takes, takesOnly, transaction } from './core/checked-methods.ts'
import { retryRead } from './core/conditional-write.ts'
import { Deadline, type Limits } from './core/deadline.ts'
import { badArgument, OwnershipError } from './core/errors.ts'
import type { Handle } from './core/handle.ts'
import { type HandleJson, handleJson } from './core/json.ts'
import { type AcquireOptions, Lockable } from './core/lockable.ts'
import { tellHold } from './core/tell.ts'

/** Several locks that are held together. */
export class MultiHandle implements Handle {
  /** The locks, in the order of their paths. */
  readonly handles: readonly Handle[]
  /**
   * The fencing token: higher than that of each earlier MultiHandle with a common lock that has one holder at a time. Compare it with tokens of other
   * MultiHandles only: a resource of one lock needs the token of that lock, in `handles`.
   */
  readonly token: bigint
  readonly #end: AnySignal

  /** @param zxid newest zxid that the client has seen, now that it holds all of them. */
  constructor(handles: readonly Handle[], zxid: bigint) {
    this.handles = handles
    // The next owner of a common lock has seen the transaction that ended this one's hold of it, which is newer still.
    let newest = zxid
    for (const { token } of handles) if (token > newest) newest = token
    this.token = newest
    this.#end = new AnySignal(handles.map(handle => handle.signal))
    // With one lock lost, nobody needs the others: their owner may have forgotten the handle.
    whenAborted(this.#end.signal, () => void this.release().catch(() => {}))
  }

  /** True if all of them are held. */
  get held(): boolean {
    // Each handle looks at the clock when it is asked, and has to.
    return this.handles.filter(handle => !handle.held).length === 0
  }

  /** Aborted as soon as one of them is lost. */
  get signal(): AbortSignal {
    // A handle starts to watch its clock when its signal is asked for.
    for (const handle of this.handles) void handle.signal
    return this.#end.signal
  }

  async release(limits?: Limits): Promise<void> {
    throwFirst(await Promise.allSettled(this.handles.map(handle => handle.release(limits))))
  }

  /** Adds a check for each of the locks. */
  guard<Results extends readonly unknown[]>(
    transaction: Transaction<Results>,
  ): Transaction<[...Results, ...undefined[]]> {
    const guarded = this.handles.reduce<Transaction<readonly unknown[]>>(
      (guarding, handle) => handle.guard(guarding),
      transaction,
    )
    return guarded as Transaction<[...Results, ...undefined[]]>
  }

  /** Returns what JSON shows: the handle without its client, and the token as decimal text. */
  toJSON(): HandleJson & { handles: readonly Handle[] } {
    const { handles } = this
    return handleJson(this, { handles })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }
}

const locksCheck: checks.Check = value => {
  if (!Array.isArray(value)) return `must be a list of locks, not ${checks.describe(value)}`
  if (value.length === 0) return 'must have at least one lock'
  const other = value.find(lock => !(lock instanceof Lockable))
  return other === undefined && !value.includes(undefined)
    ? null
    : `must have locks only, not ${checks.describe(other)}`
}

/**
 * Several locks as one: all of them or none. They are acquired one after the other in the order of their paths, so
 * that two MultiLocks with common locks do not wait for each other. If one lock is lost on the way, all are released
 * and acquired again.
 */
export class MultiLock extends Lockable<MultiHandle> {
  readonly paths: readonly string[]
  readonly #zk: ZooKeeper
  readonly #locks: readonly Lockable<Handle>[]

  /**
   * @param locks mutexes, semaphores, sides of read-write locks, or other MultiLocks.
   * @throws ZooKeeperError BAD_ARGUMENTS: no lock at all, or two on one path, which would wait for each other.
   */
  constructor(zk: ZooKeeper, locks: readonly Lockable<Handle>[]) {
    super()
    checkClient('MultiLock', zk, arguments.length, 2)
    refuse('MultiLock', undefined, () => {
      checks.checkArgument('the second argument', locks, locksCheck)
    })
    const members = locks.flatMap(lock => (lock instanceof MultiLock ? lock.#locks : [lock]))
    this.#locks = members.sort((a, b) => (a.paths[0]! < b.paths[0]! ? -1 : 1))
    this.paths = this.#locks.flatMap(lock => lock.paths)
    this.#zk = zk
    const twice = this.paths.find((path, index) => path === this.paths[index + 1])
    refuse('MultiLock', twice, () => {
      if (twice !== undefined)
        throw badArgument('two of the locks are on this path, and would wait for each other')
    })
  }

  async isLocked(limits: Limits = {}): Promise<boolean> {
    const locked = await Promise.all(this.#locks.map(lock => lock.isLocked(limits)))
    return locked.includes(true)
  }

  protected async enter(
    operation: string,
    mayWait: boolean,
    options: AcquireOptions = {},
  ): Promise<MultiHandle | null> {
    const subject = { operation, path: this.paths[0]! }
    const { signal, timeout } = options
    using deadline = new Deadline(this.#zk, { signal, timeout }, subject)
    for (;;) {
      deadline.check()
      const taken: Handle[] = []
      try {
        const isComplete = await this.#takeAll(taken, deadline, mayWait, options)
        // A lock may be of another client, whose server is ahead: the end of its last owner's hold may be unknown to this one.
        if (isComplete) await retryRead(this.#zk, deadline, () => this.#zk.sync(subject.path))
        const all = new MultiHandle(taken, this.#zk.session.lastZxid)
        if (isComplete && all.held) return all
        await deadline.race(all.release())
        if (!isComplete) return null
      } catch (error) {
        for (const handle of taken) handle.release().catch(() => {})
        deadline.check()
        if (!OwnershipError.is(error)) throw error
      }
    }
  }

  /**
   * Returns false if a lock was not available at once and waiting is not allowed. @throws OwnershipError if a lock
   * was lost.
   */
  async #takeAll(
    taken: Handle[],
    deadline: Deadline,
    mayWait: boolean,
    { data }: AcquireOptions,
  ): Promise<boolean> {
    for (const lock of this.#locks) {
      // Ends with the caller's deadline, or with the loss of a lock that is already acquired.
      using wait = new AnySignal([deadline.signal, ...taken.map(handle => handle.signal)])
      const own = { ...deadline.inner, data, signal: wait.signal }
      try {
        const handle = mayWait ? await lock.acquire(own) : await lock.tryAcquire(own)
        if (handle === null) return false
        taken.push(handle)
      } catch (error) {
        throw wait.signal.aborted ? wait.signal.reason : error
      }
    }
    return true
  }
}

function throwFirst(results: readonly PromiseSettledResult<unknown>[]): void {
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

checkMethods(MultiHandle, { release: takes(), guard: atOnce(takesOnly(transaction)) })
checkMethods(MultiLock, { isLocked: takes() })
inspectAs(MultiHandle, tellHold)
