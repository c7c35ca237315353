import type { Transaction, ZooKeeper } from '@zookit/client'
import { BackgroundDeleter } from '../core/background-deleter.ts'
import { awaitWork, type Limits } from '../core/deadline.ts'
import { codeOf, OwnershipError } from '../core/errors.ts'
import type { Handle } from '../core/handle.ts'
import { Ownership, type WhenSuspended } from '../core/ownership.ts'

/** The znodes of a claimed item. */
export interface Claim {
  readonly item: string
  /** Exists once, whoever creates it: it gives the item to one consumer. */
  readonly claim: string
  /** Has a unique name: it distinguishes an old claim from a new one. */
  readonly holder: string
  readonly session: bigint
  /** The transaction that made the claim. */
  readonly czxid: bigint
}

/** An item of a queue that is being worked on. It goes back into the queue unless it is completed. */
export class QueueItem implements Handle {
  readonly data: Buffer | null
  /** Path of the item's znode. */
  readonly path: string
  readonly token: bigint
  readonly #zk: ZooKeeper
  readonly #claim: Claim
  readonly #ownership: Ownership
  readonly #onReleased: () => void
  #completing: Promise<void> | undefined
  #releasing: Promise<void> | undefined

  constructor(
    zk: ZooKeeper,
    claim: Claim,
    data: Buffer | null,
    whenSuspended: WhenSuspended,
    onReleased: () => void,
  ) {
    this.data = data
    this.path = claim.item
    this.token = claim.czxid
    this.#zk = zk
    this.#claim = claim
    this.#onReleased = onReleased
    this.#ownership = new Ownership(zk, { path: claim.holder, session: claim.session }, whenSuspended)
  }

  get held(): boolean {
    return this.#ownership.held
  }

  get signal(): AbortSignal {
    return this.#ownership.signal
  }

  /**
   * Removes the item from the queue for good, in one transaction that checks that the item is still held: a consumer
   * that has lost it cannot complete it. Lost connections are sat out as long as the session lives. Takes one round
   * trip.
   *
   * @param limits end the wait, not the completion.
   * @throws OwnershipError: it is not held any more, and somebody else may work on it; ABORTED; REQUEST_TIMEOUT;
   *   NO_AUTH; CONNECTION_LOSS with `outcome: 'unknown'`: the session has ended before the answer arrived.
   */
  async complete(limits: Limits = {}): Promise<void> {
    const subject = { operation: 'complete', path: this.path }
    await awaitWork(this.#zk.environment, limits, subject, async () => {
      if (this.#releasing) throw new OwnershipError('released', this.#claim.holder)
      this.#completing ??= this.#complete()
      await this.#completing
    })
  }

  /** Gives it back, to be taken again by anybody. Does nothing when it has been completed. */
  async release(limits: Limits = {}): Promise<void> {
    const subject = { operation: 'release', path: this.path }
    await awaitWork(this.#zk.environment, limits, subject, () => this.#release())
  }

  guard<Results extends readonly unknown[]>(
    transaction: Transaction<Results>,
  ): Transaction<[...Results, undefined]> {
    return transaction.check(this.#claim.holder, -1)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#release()
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
    this.#releasing ??= this.#giveBack()
    await this.#releasing
  }

  async #giveBack(): Promise<void> {
    await giveBack(this.#zk, this.#claim)
    this.#onReleased()
  }
}

/** Withdraws a claim in one step, by its own holder's znode, so that it is never another consumer's claim. */
export function giveBack(zk: ZooKeeper, { claim, holder, session }: Omit<Claim, 'czxid'>): Promise<void> {
  const attempt = async (): Promise<void> => {
    await zk.transaction().delete(holder).delete(claim).commit()
  }
  return BackgroundDeleter.of(zk).retry(session, attempt)
}
