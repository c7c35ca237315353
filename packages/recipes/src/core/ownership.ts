import type { SessionState, ZooKeeper } from '@zookit/client'
import { isCertain } from './connected.ts'
import { type LossReason, OwnershipError } from './errors.ts'

/** A znode of ours, which stands for an ownership. */
export interface OwnNode {
  readonly path: string
  /** Paths of the znodes that stand for the same ownership in the eyes of other clients. */
  readonly companions?: readonly string[] | undefined
  /** The session that owns the ephemeral znode. */
  readonly session: bigint
  /** The transaction that created it. */
  readonly czxid: bigint
}

/**
 * Policy for ownership when the connection is lost.
 *
 * - `lose`: ownership ends at once, though the znode may exist until it is released.
 * - `keep`: ownership lasts until the server may have expired the session: a session timeout after the last answered
 *   request was sent. A clock that stands still, as on a suspended machine, makes this wrong.
 */
export type WhenSuspended = 'lose' | 'keep'

/** Certainty that a znode of a session is still owned. Once lost, it stays lost. */
export class Ownership {
  readonly #zk: ZooKeeper
  readonly #session: bigint
  readonly #path: string
  readonly #whenSuspended: WhenSuspended
  readonly #onEnd: ((reason: LossReason) => void) | undefined
  #loss: LossReason | null = null
  /** Created when the signal is asked for: most users never do. */
  #controller: AbortController | null = null
  #timer: { cancel(): void } | null = null

  /** @param onEnd called once, when ownership ends for any reason. It may be called before this returns. */
  constructor(
    zk: ZooKeeper,
    { path, session }: Pick<OwnNode, 'path' | 'session'>,
    whenSuspended: WhenSuspended,
    onEnd?: (reason: LossReason) => void,
  ) {
    this.#zk = zk
    this.#path = path
    this.#session = session
    this.#whenSuspended = whenSuspended
    this.#onEnd = onEnd
    zk.on('state', this.#onState).on('closing', this.#onClosing)
    this.#look()
  }

  /**
   * True if ownership is certain now, by the clock: after the process was stopped this is known before any timer
   * fires.
   */
  get held(): boolean {
    return this.#look()
  }

  /** Aborted as soon as ownership can no longer be guaranteed, with an `OwnershipError`. */
  get signal(): AbortSignal {
    this.#look()
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#loss === null) this.#watchClock()
      else this.#controller.abort(new OwnershipError(this.#loss, this.#path))
    }
    return this.#controller.signal
  }

  /** @throws OwnershipError if ownership is not certain. */
  check(): void {
    if (!this.#look()) throw this.signal.reason
  }

  /** Ends ownership, if it has not ended yet. */
  end(reason: LossReason): void {
    if (this.#loss !== null) return
    this.#loss = reason
    this.#zk.off('state', this.#onState).off('closing', this.#onClosing)
    this.#timer?.cancel()
    this.#onEnd?.(reason)
    this.#controller?.abort(new OwnershipError(reason, this.#path))
  }

  readonly #onClosing = (): void => this.end('closed')

  readonly #onState = (state: SessionState): void => {
    if (state === 'expired') this.end('expired')
    else if (state === 'closed' || state === 'auth-failed') this.end('closed')
    else if (state === 'suspended') this.#onSuspended()
    else this.#look()
  }

  #onSuspended(): void {
    if (this.#whenSuspended === 'lose') this.end('suspended')
    else this.#look()
  }

  #look(): boolean {
    if (this.#loss !== null) return false
    const { state, session, environment } = this.#zk
    if (isCertain(this.#zk, this.#session)) return true
    if (session.id !== this.#session) this.end('expired')
    else if (environment.now() >= session.certainUntil) this.end('deadline')
    // A read-only server is no proof: without a quorum it does not know which sessions have expired.
    else if (state !== 'suspended' || this.#whenSuspended === 'lose') this.end('suspended')
    return this.#loss === null
  }

  /** Looks again at the known deadline. Each answer moves the deadline on. */
  #watchClock(): void {
    const { environment, session } = this.#zk
    const due = Math.max(session.certainUntil - environment.now(), 1)
    this.#timer = environment.setTimer(() => {
      if (this.#look()) this.#watchClock()
    }, due)
  }
}
