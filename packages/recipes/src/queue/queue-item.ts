import type { Transaction, ZooKeeper } from '@zookit/client'
import { inspectAs } from '@zookit/client'
import { BackgroundDeleter } from '../core/background-deleter.ts'
import { atOnce, checkMethods, takes, takesOnly, transaction } from '../core/checked-methods.ts'
import { connectedOrEnded, isSession } from '../core/connected.ts'
import { awaitWork, type Limits } from '../core/deadline.ts'
import { codeOf, type LossReason, OwnershipError } from '../core/errors.ts'
import type { Handle } from '../core/handle.ts'
import { type HandleJson, handleJson } from '../core/json.ts'
import { Ownership, type WhenSuspended } from '../core/ownership.ts'
import { tellHandle } from '../core/tell.ts'
import { type Claim, giveBack, giveBackUnseen } from './claim.ts'
import type { DeadLetters } from './dead-letters.ts'

/** A claim that was made, and what was read with it. */
export interface Claimed extends Claim {
  /** The transaction that made the claim. */
  readonly czxid: bigint
  readonly data: Buffer | null
  readonly attempts: number
}

/** Settings of a queue that its items need. */
export interface ItemSettings {
  readonly whenSuspended: WhenSuspended
  readonly deadLetters: DeadLetters
  onReleased(): void
}

/** An item of a queue that is being worked on. It goes back into the queue unless it is completed. */
export class QueueItem implements Handle {
  readonly data: Buffer | null
  /** Path of the item's znode. */
  readonly path: string
  readonly token: bigint
  /**
   * Number of times that it was taken, this one included, however the earlier ones have ended: released, failed, or
   * lost with their consumer.
   */
  readonly attempts: number
  readonly #zk: ZooKeeper
  readonly #claim: Claim
  readonly #ownership: Ownership
  readonly #settings: ItemSettings
  /** True if somebody completes or releases it for certain, however its ownership ends. */
  #isAttended = false
  #completing: Promise<void> | undefined
  #releasing: Promise<void> | undefined

  constructor(zk: ZooKeeper, claimed: Claimed, settings: ItemSettings) {
    const { item, holder, session, czxid, data, attempts } = claimed
    this.data = data
    this.path = item
    this.token = czxid
    this.attempts = attempts
    this.#zk = zk
    this.#claim = claimed
    this.#settings = settings
    const own = { path: holder, session }
    this.#ownership = new Ownership(zk, own, settings.whenSuspended, reason => this.#onEnd(reason))
  }

  get held(): boolean {
    return this.#ownership.held
  }

  get signal(): AbortSignal {
    return this.#ownership.signal
  }

  /**
   * Removes the item from the queue permanently, in one transaction that checks that the item is still held: a consumer
   * that has lost it cannot complete it. Continues after lost connections as long as the session lives. Takes one round
   * trip.
   *
   * @param limits end the wait, not the completion.
   * @throws OwnershipError: it is not held any more, and somebody else may work on it; ABORTED; REQUEST_TIMEOUT;
   *   NO_AUTH; CONNECTION_LOSS with `outcome: 'unknown'`: the session has ended before the answer arrived.
   */
  async complete(limits: Limits = {}): Promise<void> {
    const subject = { operation: 'complete', path: this.path }
    await awaitWork(this.#zk, limits, subject, async () => {
      if (this.#releasing) throw this.signal.reason
      this.#completing ??= this.#complete()
      await this.#completing
    })
  }

  /**
   * Gives it back, to be taken again by anybody; after the last of the queue's `maxAttempts`, puts it among the dead
   * letters. Does nothing when it has been completed.
   *
   * @param limits end the wait, not the release.
   */
  async release(limits: Limits = {}): Promise<void> {
    const subject = { operation: 'release', path: this.path }
    await awaitWork(this.#zk, limits, subject, () => this.#release())
  }

  guard<Results extends readonly unknown[]>(
    transaction: Transaction<Results>,
  ): Transaction<[...Results, undefined]> {
    return transaction.check(this.#claim.holder, -1)
  }

  /** Returns what JSON shows: the handle without its client, and the token as decimal text. */
  toJSON(): HandleJson & { path: string; attempts: number; data: Buffer | null } {
    const { path, attempts, data } = this
    return handleJson(this, { path, attempts, data })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#release()
  }

  /**
   * Keeps an item that is lost with the connection while it is worked on, until the work has ended: it can be completed then
   * if the session lives, and is released otherwise. `consume` calls it. @internal
   */
  static attend(item: QueueItem): void {
    item.#isAttended = true
  }

  /** Gives back an item that nobody has seen, which does not count as an attempt. @internal */
  static async returnUnseen(item: QueueItem): Promise<void> {
    item.#ownership.end('released')
    item.#releasing ??= item.#giveBack(() => giveBackUnseen(item.#zk, item.#claim, item.data))
    await item.#releasing
  }

  /**
   * Called when ownership has ended. An item that was lost with the connection is given back as soon as there is another
   * one, unless its completion was begun by then: its consumer may have forgotten it, and nobody else gets it while the
   * session lives. So is one of whose znodes somebody has deleted a part.
   */
  #onEnd(reason: LossReason): void {
    if (reason === 'deleted') this.#release().catch(() => {})
    if (reason === 'suspended' || reason === 'deadline') this.#giveBackLater().catch(() => {})
  }

  async #giveBackLater(): Promise<void> {
    const { session } = this.#claim
    await connectedOrEnded(this.#zk, session)
    if (!this.#isAttended && isSession(this.#zk, session)) await this.#release()
  }

  async #complete(): Promise<void> {
    const { item, claim, holder, session } = this.#claim
    let isDone = false
    let isGone = false
    let unknown: unknown
    await BackgroundDeleter.of(this.#zk).retry(session, async () => {
      try {
        await this.#zk.transaction().delete(holder).delete(claim).delete(item).commit()
        isDone = true
      } catch (error) {
        isGone = codeOf(error) === 'NO_NODE'
        if ((error as { outcome?: unknown }).outcome === 'unknown') unknown = error
        throw error
      }
    })
    // Nobody else deletes the holder's znode while the session lives: the unanswered attempt has done it.
    if (isDone || (isGone && unknown)) this.#ownership.end('released')
    else if (isGone || !unknown) throw this.#lost(isGone ? 'deleted' : 'expired')
    else throw unknown
  }

  #lost(reason: 'deleted' | 'expired'): OwnershipError {
    this.#ownership.end(reason)
    return new OwnershipError(reason, this.#claim.holder)
  }

  async #release(): Promise<void> {
    const isCompleted = await this.#completing?.then(
      () => true,
      () => false,
    )
    if (isCompleted) return
    this.#ownership.end('released')
    this.#releasing ??= this.#giveBack(() => this.#leave())
    await this.#releasing
  }

  #leave(): Promise<void> {
    const { deadLetters } = this.#settings
    if (this.attempts < deadLetters.maxAttempts) return giveBack(this.#zk, this.#claim)
    return deadLetters.receive(this.#claim, this.data)
  }

  async #giveBack(leave: () => Promise<void>): Promise<void> {
    await leave()
    this.#settings.onReleased()
  }
}

checkMethods(QueueItem, { complete: takes(), release: takes(), guard: atOnce(takesOnly(transaction)) })
inspectAs(QueueItem, item => `${tellHandle(item)}, attempt ${item.attempts}`)
