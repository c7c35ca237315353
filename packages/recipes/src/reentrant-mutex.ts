import { inspectAs, type Transaction, whenAborted, type ZooKeeper } from '@zookit/client'
import { checkRecipe } from './core/arguments.ts'
import type { Changes } from './core/broadcast.ts'
import { atOnce, checkMethods, takes, takesOnly, transaction } from './core/checked-methods.ts'
import type { ContenderInfo } from './core/contender-reader.ts'
import type { Limits } from './core/deadline.ts'
import { OwnershipError } from './core/errors.ts'
import type { Handle } from './core/handle.ts'
import { type AcquireOptions, Lockable } from './core/lockable.ts'
import { REVOKE_ARGUMENTS, type Revocable, type RevocableOptions } from './core/revocation.ts'
import { tellHandle } from './core/tell.ts'
import { type Lock, MUTEX_OPTIONS, Mutex } from './mutex.ts'

/** A lock and the number of handles that share it. */
interface Hold {
  readonly lock: Lock
  entries: number
}

/** A lock that its holder can enter again, through this handle. */
export class ReentrantLock implements Handle {
  readonly #hold: Hold
  readonly #controller = new AbortController()
  readonly #ignoreLoss: (() => void) | undefined
  #left = false

  /** @param hold new for the first handle; `enter` shares it. */
  constructor(hold: Hold) {
    this.#hold = hold
    hold.entries++
    const { signal } = hold.lock
    if (signal.aborted) this.#onLost()
    else this.#ignoreLoss = whenAborted(signal, this.#onLost)
  }

  /** Path of the znode. */
  get path(): string {
    return this.#hold.lock.path
  }

  get token(): bigint {
    return this.#hold.lock.token
  }

  get held(): boolean {
    return this.#hold.lock.held && !this.#controller.signal.aborted
  }

  get signal(): AbortSignal {
    // The lock starts to watch its clock when its signal is asked for.
    void this.#hold.lock.signal
    return this.#controller.signal
  }

  /** The same signal as `Lock.revoked`, for all handles. */
  get revoked(): AbortSignal {
    return this.#hold.lock.revoked
  }

  /**
   * Enters the lock again, at once and without a request. It is released when all handles are released.
   *
   * @throws OwnershipError: it is not held any more, or not through this handle.
   */
  enter(): ReentrantLock {
    if (!this.held) throw this.signal.reason
    return new ReentrantLock(this.#hold)
  }

  async release(limits?: Limits): Promise<void> {
    if (this.#leave()) await this.#hold.lock.release(limits)
  }

  guard<Results extends readonly unknown[]>(
    transaction: Transaction<Results>,
  ): Transaction<[...Results, undefined]> {
    return this.#hold.lock.guard(transaction)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }

  readonly #onLost = (): void => this.#controller.abort(this.#hold.lock.signal.reason)

  /** Returns true for the last handle. */
  #leave(): boolean {
    if (!this.#left) {
      this.#left = true
      this.#hold.entries--
      this.#ignoreLoss?.()
      this.#controller.abort(new OwnershipError('released', this.path))
    }
    return this.#hold.entries === 0
  }
}

/**
 * A mutex that its holder can enter again, through the handle. Nothing else identifies the holder: between two
 * `await`s everybody's code runs in the same thread.
 */
export class ReentrantMutex extends Lockable<ReentrantLock> {
  readonly path: string
  readonly paths: readonly string[]
  readonly #mutex: Mutex

  /** Takes the arguments of `Mutex`. */
  constructor(zk: ZooKeeper, path: string, options: RevocableOptions = {}) {
    super()
    checkRecipe('ReentrantMutex', { zk, path, options, count: arguments.length }, MUTEX_OPTIONS)
    this.path = path
    this.paths = [path]
    this.#mutex = new Mutex(zk, path, options)
  }

  /** Lists the contenders, as `Mutex.contenders` does. */
  contenders(limits?: Limits): Promise<ContenderInfo[]> {
    return this.#mutex.contenders(limits)
  }

  /** Counts the contenders, as `Mutex.count` does. */
  count(limits?: Limits): Promise<number> {
    return this.#mutex.count(limits)
  }

  /** Returns whether somebody holds the lock, as `Mutex.isLocked` does. */
  isLocked(limits?: Limits): Promise<boolean> {
    return this.#mutex.isLocked(limits)
  }

  /** Follows the contenders, as `Mutex.observe` does. */
  observe(options?: Pick<Limits, 'signal'>): Changes<readonly ContenderInfo[]> {
    return this.#mutex.observe(options)
  }

  /** Asks for the lock, as `Mutex.revoke` does. */
  revoke(who?: Revocable | null, limits?: Limits): Promise<number> {
    return this.#mutex.revoke(who, limits)
  }

  protected async enter(
    _operation: string,
    mayWait: boolean,
    options?: AcquireOptions,
  ): Promise<ReentrantLock | null> {
    const lock = mayWait ? await this.#mutex.acquire(options) : await this.#mutex.tryAcquire(options)
    return lock && new ReentrantLock({ lock, entries: 0 })
  }
}

checkMethods(ReentrantLock, {
  enter: atOnce(takesOnly()),
  release: takes(),
  guard: atOnce(takesOnly(transaction)),
})

checkMethods(ReentrantMutex, {
  contenders: takes(),
  count: takes(),
  isLocked: takes(),
  observe: atOnce(takes()),
  revoke: REVOKE_ARGUMENTS,
})
inspectAs(ReentrantLock, tellHandle)
