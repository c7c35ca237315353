import type { Transaction } from '@zookit/client'
import { inspectAs } from '@zookit/client'
import { atOnce, checkMethods, takes, takesOnly, transaction } from '../core/checked-methods.ts'
import type { Limits } from '../core/deadline.ts'
import { type LossReason, OwnershipError } from '../core/errors.ts'
import type { Handle } from '../core/handle.ts'
import { type HandleJson, handleJson } from '../core/json.ts'
import { tellHandle } from '../core/tell.ts'
import type { Lock } from '../mutex.ts'

/**
 * A partition that this member owns. `signal` is aborted when the partition must be released, because it is assigned
 * to another member now, or when it is lost. `held` stays true until the partition is released or lost: nobody else
 * gets it before.
 */
export class Partition implements Handle {
  readonly name: string
  readonly token: bigint
  readonly #lock: Lock
  readonly #controller = new AbortController()

  constructor(name: string, lock: Lock) {
    this.name = name
    this.token = lock.token
    this.#lock = lock
    const { signal } = lock
    if (signal.aborted) this.#onLost()
    else signal.addEventListener('abort', this.#onLost, { once: true })
  }

  /** Path of the znode. */
  get path(): string {
    return this.#lock.path
  }

  get held(): boolean {
    return this.#lock.held
  }

  get signal(): AbortSignal {
    // The lock starts to watch its clock when its signal is asked for.
    void this.#lock.signal
    return this.#controller.signal
  }

  /** Releases the partition: the member to which it is assigned gets it. If that is still this one, it comes back. */
  async release(limits?: Limits): Promise<void> {
    await this.#lock.release(limits)
  }

  guard<Results extends readonly unknown[]>(
    transaction: Transaction<Results>,
  ): Transaction<[...Results, undefined]> {
    return this.#lock.guard(transaction)
  }

  /** Returns what JSON shows: the handle without its client, and the token as decimal text. */
  toJSON(): HandleJson & { name: string; path: string } {
    const { name, path } = this
    return handleJson(this, { name, path })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }

  /** Asks the owner to release it. */
  revoke(reason: LossReason): void {
    if (!this.#controller.signal.aborted) this.#controller.abort(new OwnershipError(reason, this.path))
  }

  /** Aborted when it is not held any more. */
  get loss(): AbortSignal {
    return this.#lock.signal
  }

  readonly #onLost = (): void => {
    if (!this.#controller.signal.aborted) this.#controller.abort(this.#lock.signal.reason)
  }
}

checkMethods(Partition, { release: takes(), guard: atOnce(takesOnly(transaction)) })
inspectAs(Partition, tellHandle)
