import { inspectAs, type Transaction, type ZooKeeper } from '@zookit/client'
import { BackgroundDeleter } from './background-deleter.ts'
import { atOnce, checkMethods, takes, takesOnly, transaction } from './checked-methods.ts'
import { connectedOrEnded } from './connected.ts'
import { awaitWork, type Limits } from './deadline.ts'
import { tracedHold } from './diagnostics.ts'
import { codeOf, isEnd, isTransient, type LossReason } from './errors.ts'
import { type HandleJson, handleJson } from './json.ts'
import { Ownership, type OwnNode, type WhenSuspended } from './ownership.ts'
import { sleep } from './pause.ts'

/** Ownership of a lock, a lease, the leadership and the like. `await using` releases it. */
export interface Handle extends AsyncDisposable {
  /**
   * The fencing token: it increases from owner to owner. A resource is safe if it refuses tokens lower than the
   * highest it has seen.
   */
  readonly token: bigint
  /** True if ownership is certain now, by the clock. Once false, it stays false. */
  readonly held: boolean
  /** Aborted as soon as ownership can no longer be guaranteed, with an `OwnershipError` as the reason. */
  readonly signal: AbortSignal
  /**
   * Releases it: `held` is false at once. Does no harm when ownership was lost. A znode that was lost with the
   * connection is deleted anyway, when there is a connection again.
   *
   * @param limits end the wait, not the release, which goes on in the background until the znode is gone.
   * @returns when the znode is gone, or the session and the znode with it.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH: the znode must not be deleted.
   */
  release(limits?: Limits): Promise<void>
  /**
   * Adds a check to a transaction: the transaction is applied only while the znode of this ownership exists.
   *
   * @returns the transaction, with one more `undefined` in its results for each znode that is checked.
   */
  guard<Results extends readonly unknown[]>(
    transaction: Transaction<Results>,
  ): Transaction<[...Results, ...undefined[]]>
}

/** Longest pause in milliseconds before the read of the own znode is repeated: the first one, and the last one. */
const PAUSE = 100
const LAST_PAUSE = 5000

/** Codes of errors that say something about the znode. */
const SAYING: ReadonlySet<string | undefined> = new Set(['NO_NODE', 'NO_AUTH'])

/** A handle whose ownership is one znode. */
export class NodeHandle implements Handle {
  static {
    inspectAs(NodeHandle, ({ path, held, token }) => `${path}, ${held ? 'held' : 'not held'}, token ${token}`)
  }

  /** Path of the znode. */
  readonly path: string
  readonly token: bigint
  protected readonly zk: ZooKeeper
  protected readonly session: bigint
  protected readonly whenSuspended: WhenSuspended
  readonly #node: OwnNode
  readonly #ownership: Ownership
  #releasing: Promise<void> | undefined

  /** @param token default: the czxid of the znode. */
  constructor(zk: ZooKeeper, node: OwnNode, whenSuspended: WhenSuspended, token: bigint = node.czxid) {
    this.zk = zk
    this.#node = node
    this.path = node.path
    this.session = node.session
    this.token = token
    this.whenSuspended = whenSuspended
    const ended = tracedHold(zk, node, token)
    this.#ownership = new Ownership(zk, node, whenSuspended, reason => {
      ended?.(reason)
      this.onEnd(reason)
    })
  }

  get held(): boolean {
    return this.#ownership.held
  }

  get signal(): AbortSignal {
    return this.#ownership.signal
  }

  async release(limits: Limits = {}): Promise<void> {
    const subject = { operation: 'release', path: this.path }
    await awaitWork(this.zk, limits, subject, () => this.#release())
  }

  guard<Results extends readonly unknown[]>(
    transaction: Transaction<Results>,
  ): Transaction<[...Results, undefined]> {
    return transaction.check(this.path, -1)
  }

  /** Returns what JSON shows: the handle without its client, and the token as decimal text. */
  toJSON(): HandleJson & { path: string } {
    const { path } = this
    return handleJson(this, { path })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#release()
  }

  /**
   * Called when ownership has ended. Deletes a znode that was lost with the connection as soon as there is another one:
   * its owner may have forgotten the handle, and while the session lives everybody else waits for the znode.
   */
  protected onEnd(reason: LossReason): void {
    const isPart = reason === 'deleted' && (this.#node.companions?.length ?? 0) > 0
    if (isPart || reason === 'suspended' || reason === 'deadline') this.#delete().catch(() => {})
  }

  /** Ends ownership without deleting the znode: it is gone, or somebody else deletes it. */
  protected end(reason: LossReason): void {
    this.#ownership.end(reason)
  }

  /** @throws OwnershipError if it is not held. */
  protected check(): void {
    this.#ownership.check()
  }

  /**
   * Watches the znode, and its companions: ownership ends when somebody deletes one of them. The reads are sent at once, and
   * nothing waits for them.
   *
   * @param onData receives the znode's data, now and after each change.
   */
  protected watchNode(onData?: (data: Buffer | null) => void): void {
    void this.#followNode(this.path, onData)
    for (const path of this.#node.companions ?? []) void this.#followNode(path)
  }

  #release(): Promise<void> {
    this.#ownership.end('released')
    return this.#delete()
  }

  #delete(): Promise<void> {
    this.#releasing ??= BackgroundDeleter.of(this.zk).removeNode(this.#node)
    return this.#releasing
  }

  async #followNode(path: string, onData?: (data: Buffer | null) => void): Promise<void> {
    const onEvent = (): void => {
      if (this.#isWatching()) void this.#followNode(path, onData)
    }
    const data = await this.#readNode(path, onEvent)
    if (data !== undefined && this.#isWatching()) onData?.(data)
  }

  #isWatching(): boolean {
    return this.#releasing === undefined && this.held
  }

  /**
   * Returns undefined if the znode cannot be read: it is gone, the session is, ownership was lost with the connection, or
   * the znode must not be read. Any other error says nothing about the znode: the read is repeated.
   */
  async #readNode(path: string, watch: () => void): Promise<Buffer | null | undefined> {
    for (let most = PAUSE; ; ) {
      try {
        return (await this.zk.getData(path, { watch })).data
      } catch (error) {
        if (codeOf(error) === 'NO_NODE') this.#ownership.end('deleted')
        if (SAYING.has(codeOf(error)) || isEnd(error)) return undefined
        most = isTransient(error) ? PAUSE : Math.min(most * 2, LAST_PAUSE)
      }
      await connectedOrEnded(this.zk, this.session)
      await sleep(this.zk, this.zk.environment.random() * most).promise
      if (!this.#isWatching()) return undefined
    }
  }
}

checkMethods(NodeHandle, { release: takes(), guard: atOnce(takesOnly(transaction)) })
