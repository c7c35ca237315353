import { type Transaction, whenAborted, type ZooKeeper } from '@zookit/client'
import type { ContenderInfo } from './core/contention.ts'
import type { Limits } from './core/deadline.ts'
import { OwnershipError } from './core/errors.ts'
import type { Handle } from './core/handle.ts'
import { type AcquireOptions, Lockable } from './core/lockable.ts'
import type { Revocable, RevocableOptions } from './core/revocation.ts'
import { type Lock, Mutex } from './mutex.ts'

/** A lock, and how many hold it by way of each other. */
interface Hold {
  readonly lock: Lock
  entries: number
}

/** A lock that can be entered again, by whoever has this handle. */
export class ReentrantLock implements Handle {
  readonly #hold: Hold
  readonly #controller = new AbortController()
  readonly #ignoreLoss: (() => void) | undefined
  #left = false

  /** @param hold its own; others make handles with `enter`. */
  constructor(hold: Hold) {
    this.#hold = hold
    hold.entries++
    const { signal } = hold.lock
    if (signal.aborted) this.#onLost()
    else this.#ignoreLoss = whenAborted(signal, this.#onLost)
  }

  /** The node that stands for the lock. */
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
    // The lock looks at the clock when its signal is asked for.
    void this.#hold.lock.signal
    return this.#controller.signal
  }

  /** As `Lock.revoked`: the same for all who have entered. */
  get revoked(): AbortSignal {
    return this.#hold.lock.revoked
  }

  /**
   * Enters the lock again: at once, and without a request. It is released when all who have entered have released.
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

  /** Whether nobody is left inside. */
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
 * A mutex that its holder can enter again, through the handle. Who the holder is cannot be told otherwise: between two
 * `await`s everybody's code runs in the same thread.
 */
export class ReentrantMutex extends Lockable<ReentrantLock> {
  readonly path: string
  readonly paths: readonly string[]
  readonly #mutex: Mutex

  /** As `Mutex`. */
  constructor(zk: ZooKeeper, path: string, options?: RevocableOptions) {
    super()
    this.path = path
    this.paths = [path]
    this.#mutex = new Mutex(zk, path, options)
  }

  /** As `Mutex.contenders`. */
  contenders(limits?: Limits): Promise<ContenderInfo[]> {
    return this.#mutex.contenders(limits)
  }

  /** As `Mutex.revoke`. */
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
