import type { Changes } from './broadcast.ts'
import { atOnce, checkMethods, takes } from './checked-methods.ts'
import type { ContenderInfo } from './contender-reader.ts'
import type { Contention, Newcomer } from './contention.ts'
import type { Limits } from './deadline.ts'
import type { Handle } from './handle.ts'
import { type AcquireOptions, Lockable } from './lockable.ts'

/** A lock whose contenders stand in one line, which can be looked at without taking part. */
export abstract class ContendedLock<
  Held extends Handle,
  Options extends AcquireOptions = AcquireOptions,
> extends Lockable<Held, Options> {
  protected abstract readonly contention: Contention

  /** Lists the holders and those who wait, in this order, with their data. Takes two round trips. */
  contenders(limits?: Limits): Promise<ContenderInfo[]> {
    return this.contention.list('contenders', limits)
  }

  /**
   * Counts the holders and those who wait, without taking part: the position that the next one to come would have.
   * Takes one round trip.
   *
   * @returns the number as the connected server knows it. It may be another one by the time that it arrives.
   */
  count(limits?: Limits): Promise<number> {
    return this.contention.count('count', limits)
  }

  async isLocked(limits?: Limits): Promise<boolean> {
    return await this.contention.mustWait('isLocked', this.newcomer(), limits)
  }

  /**
   * Follows the holders and those who wait: yields all of them, as `contenders` does, now and after each change. Changes
   * that come faster than they are taken are skipped. Each observer reads the list at each change: use few observers.
   *
   * @param options.signal ends it: the iteration throws ABORTED. `return` ends it at once. The iteration is done when the
   *   client is closed.
   * @throws AUTH_FAILED; SESSION_EXPIRED if the client does not renew its session; NO_AUTH.
   */
  observe(options?: Pick<Limits, 'signal'>): Changes<readonly ContenderInfo[]> {
    return this.contention.observe('observe', options)
  }

  /** Returns what one more contender would be. */
  protected abstract newcomer(): Newcomer
}

checkMethods(ContendedLock, {
  contenders: takes(),
  count: takes(),
  isLocked: takes(),
  observe: atOnce(takes()),
})
