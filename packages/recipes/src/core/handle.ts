import type { Transaction, ZooKeeper } from '@zookit/client'
import { BackgroundDeleter } from './background-deleter.ts'
import { connectedOrEnded } from './connected.ts'
import { Deadline, type Limits } from './deadline.ts'
import { codeOf, isTransient, type LossReason } from './errors.ts'
import { Ownership, type WhenSuspended } from './ownership.ts'

/** Something owned: a lock, a lease, the leadership. `await using` releases it. */
export interface Handle extends AsyncDisposable {
  /** The fencing token: it grows from owner to owner. A resource that refuses lower ones than it has seen is safe. */
  readonly token: bigint
  /** Whether ownership is certain, now. Looks at the clock. Once false, it stays so. */
  readonly held: boolean
  /** Aborted the moment ownership is not certain any more, with an `OwnershipError` as its reason. */
  readonly signal: AbortSignal
  /**
   * Gives it up: `held` is false at once. Also due when ownership was lost: the node may still be there.
   *
   * @param limits end the wait, not the release, which goes on in the background until the node is gone.
   * @returns when the node is gone, or the session and the node with it.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH: the node must not be deleted.
   */
  release(limits?: Limits): Promise<void>
  /**
   * Adds a check to a transaction: it is applied only while the node that stands for the ownership is there.
   *
   * @returns the transaction, with an `undefined` more among its results for each node that is checked.
   */
  guard<Results extends readonly unknown[]>(
    transaction: Transaction<Results>,
  ): Transaction<[...Results, ...undefined[]]>
}

/** The node that stands for what is owned. */
export interface OwnNode {
  readonly path: string
  /** The session whose ephemeral it is. */
  readonly session: bigint
  /** The transaction that has created it. */
  readonly czxid: bigint
}

/** A handle that stands and falls with one node. */
export class NodeHandle implements Handle {
  /** The node that stands for the ownership. */
  readonly path: string
  readonly token: bigint
  protected readonly zk: ZooKeeper
  protected readonly session: bigint
  protected readonly whenSuspended: WhenSuspended
  readonly #ownership: Ownership
  #releasing: Promise<void> | undefined

  constructor(zk: ZooKeeper, node: OwnNode, whenSuspended: WhenSuspended) {
    this.zk = zk
    this.path = node.path
    this.session = node.session
    this.token = node.czxid
    this.whenSuspended = whenSuspended
    this.#ownership = new Ownership(zk, node.path, node.session, whenSuspended)
  }

  get held(): boolean {
    return this.#ownership.held
  }

  get signal(): AbortSignal {
    return this.#ownership.signal
  }

  async release(limits: Limits = {}): Promise<void> {
    const subject = { operation: 'release', path: this.path }
    using deadline = new Deadline(this.zk.environment, limits, subject)
    await deadline.race(this.#release())
  }

  guard<Results extends readonly unknown[]>(
    transaction: Transaction<Results>,
  ): Transaction<[...Results, undefined]> {
    return transaction.check(this.path, -1)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#release()
  }

  /** Ends ownership without deleting the node: it has gone, or others see to it. */
  protected end(reason: LossReason): void {
    this.#ownership.end(reason)
  }

  /** @throws OwnershipError if it is not held. */
  protected check(): void {
    this.#ownership.check()
  }

  /**
   * Watches the node itself: ownership ends when somebody deletes it. The read goes out at once, and nothing waits
   * for it.
   *
   * @param onData is given the node's data, now and when it has been changed.
   */
  protected watchNode(onData?: (data: Buffer | null) => void): void {
    void this.#followNode(onData)
  }

  #release(): Promise<void> {
    this.#ownership.end('released')
    this.#releasing ??= BackgroundDeleter.of(this.zk).remove(this.path, this.session)
    return this.#releasing
  }

  async #followNode(onData?: (data: Buffer | null) => void): Promise<void> {
    const onEvent = (): void => {
      if (this.#isWatching()) void this.#followNode(onData)
    }
    const data = await this.#readNode(onEvent)
    if (data !== undefined && this.#isWatching()) onData?.(data)
  }

  #isWatching(): boolean {
    return this.#releasing === undefined && this.held
  }

  /** Undefined if it could not be read: then the node or the session is gone, or ownership with the connection. */
  async #readNode(watch: () => void): Promise<Buffer | null | undefined> {
    for (;;) {
      try {
        return (await this.zk.getData(this.path, { watch })).data
      } catch (error) {
        if (codeOf(error) === 'NO_NODE') this.#ownership.end('deleted')
        if (!isTransient(error)) return undefined
      }
      await connectedOrEnded(this.zk, this.session)
      if (!this.#isWatching()) return undefined
    }
  }
}
