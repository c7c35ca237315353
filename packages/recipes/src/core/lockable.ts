import type { Data } from '@zookit/client'
import { inspectAs } from '@zookit/client'
import { ACQUIRE, checkCall, checkWork, type OptionTable } from './arguments.ts'
import { checkMethods, takes, work } from './checked-methods.ts'
import type { Limits } from './deadline.ts'
import type { Handle } from './handle.ts'
import { tellPaths } from './tell.ts'
import { whileHeld } from './while-held.ts'

/** Options of an acquisition. */
export interface AcquireOptions extends Limits {
  /** Data of this contender's znode, which others can read. Default: the recipe's `data`. */
  data?: Data | undefined
}

/** A resource that can be acquired. */
export abstract class Lockable<Held extends Handle, Options extends AcquireOptions = AcquireOptions> {
  /** Paths of the znodes whose children are the contenders. */
  abstract readonly paths: readonly string[]

  /**
   * Acquires it. Waits for its turn as long as necessary.
   *
   * @param options `timeout` in milliseconds (default Infinity) and `signal` end the wait. No znode stays behind, whatever ends it.
   * @returns a handle that was certainly held when this resolved. Release it, or use `await using`.
   * @throws ABORTED; REQUEST_TIMEOUT; BAD_ARGUMENTS; CLOSED; AUTH_FAILED; SESSION_EXPIRED if the client does not
   *   renew its session; NO_AUTH; NO_CHILDREN_FOR_EPHEMERALS.
   */
  async acquire(options?: Options): Promise<Held> {
    this.#check('acquire', options)
    const held = await this.enter('acquire', true, options)
    return held!
  }

  /**
   * Acquires it if that is possible at once. Takes one round trip, whatever the answer.
   *
   * @returns null if it would have to wait.
   * @throws as `acquire`.
   */
  async tryAcquire(options?: Options): Promise<Held | null> {
    this.#check('tryAcquire', options)
    return await this.enter('tryAcquire', false, options)
  }

  /**
   * Returns whether an acquisition would have to wait now, without taking part. Takes one round trip.
   *
   * @returns what the connected server knows. It may have changed by the time that the answer arrives.
   * @throws ABORTED; REQUEST_TIMEOUT; BAD_ARGUMENTS; what a read throws.
   */
  abstract isLocked(limits?: Limits): Promise<boolean>

  /**
   * Runs a function while it is held, and releases it however the function ends.
   *
   * @param work receives the handle's `signal`, which it should obey, and the handle.
   * @returns the result of the function, also if ownership was lost meanwhile.
   * @throws what the function throws; else as `acquire` and `release`.
   */
  async withLock<Result>(
    work: (signal: AbortSignal, held: Held) => Result | Promise<Result>,
    options?: Options,
  ): Promise<Result> {
    checkWork({ operation: 'withLock', path: this.paths[0]! }, work)
    const held = await this.acquire(options)
    return await whileHeld(held, () => work(held.signal, held))
  }

  /** Returns the options that an acquisition takes. */
  protected get acquireOptions(): OptionTable {
    return ACQUIRE
  }

  #check(operation: string, options: unknown): void {
    if (options !== undefined) checkCall({ operation, path: this.paths[0]! }, options, this.acquireOptions)
  }

  /** Returns null only if `mayWait` is false. */
  protected abstract enter(operation: string, mayWait: boolean, options?: Options): Promise<Held | null>
}

checkMethods(Lockable, { acquire: takes(), tryAcquire: takes(), withLock: takes(work) })
inspectAs(Lockable, tellPaths)
