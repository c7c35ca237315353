import type { Data } from '@zookit/client'
import type { Limits } from './deadline.ts'
import type { Handle } from './handle.ts'

/** What acquiring takes. */
export interface AcquireOptions extends Limits {
  /** What others read in this contender's node. Default: the recipe's `data`. */
  data?: Data | undefined
}

/** Something that can be acquired. */
export abstract class Lockable<Held extends Handle, Options extends AcquireOptions = AcquireOptions> {
  /** The nodes whose children are the contenders. */
  abstract readonly paths: readonly string[]

  /**
   * Acquires it, and waits for its turn as long as it takes.
   *
   * @param options.timeout milliseconds. Default Infinity.
   * @param options.signal gives it up. Whatever ends the wait, no node is left behind.
   * @returns a handle that was certain when this resolved: release it, or say `await using`.
   * @throws ABORTED; REQUEST_TIMEOUT; BAD_ARGUMENTS; CLOSED; AUTH_FAILED; SESSION_EXPIRED: the client does not renew
   *   its session; NO_AUTH; NO_CHILDREN_FOR_EPHEMERALS.
   */
  async acquire(options?: Options): Promise<Held> {
    const held = await this.enter('acquire', true, options)
    return held!
  }

  /**
   * Acquires it if that is possible at once: one round trip, whatever the answer.
   *
   * @returns null if it would have to wait.
   * @throws as `acquire`.
   */
  tryAcquire(options?: Options): Promise<Held | null> {
    return this.enter('tryAcquire', false, options)
  }

  /**
   * Runs a function while it is held, and releases it whatever comes of that.
   *
   * @param work is given the handle's `signal`, which it should heed, and the handle.
   * @returns what the function returns, also when ownership was lost meanwhile.
   * @throws what the function throws; else as `acquire` and `release`.
   */
  async withLock<Result>(
    work: (signal: AbortSignal, held: Held) => Result | Promise<Result>,
    options?: Options,
  ): Promise<Result> {
    await using held = await this.acquire(options)
    return await work(held.signal, held)
  }

  /** Null only where `mayWait` is false. */
  protected abstract enter(operation: string, mayWait: boolean, options?: Options): Promise<Held | null>
}
