import type { SessionState, ZooKeeper } from '@zookit/client'
import { isCertain } from './connected.ts'
import { type LossReason, OwnershipError } from './errors.ts'

/**
 * What becomes of ownership when the connection is lost.
 *
 * - `lose`: it is given up at once, though the node may live on until it is released.
 * - `keep`: it lasts until the server may have expired the session: a session timeout after the newest answered
 *   request was sent. A clock that stands still, as that of a suspended machine, makes this wrong.
 */
export type WhenSuspended = 'lose' | 'keep'

/** Whether something that stands and falls with a session's node is certainly still owned. Once lost, it stays lost. */
export class Ownership {
  readonly #zk: ZooKeeper
  readonly #session: bigint
  readonly #path: string
  readonly #whenSuspended: WhenSuspended
  #loss: LossReason | null = null
  /** Made when somebody asks for the signal: most never do. */
  #controller: AbortController | null = null
  #timer: { cancel(): void } | null = null

  /** @param path the node; @param session whose node it is. */
  constructor(zk: ZooKeeper, path: string, session: bigint, whenSuspended: WhenSuspended) {
    this.#zk = zk
    this.#path = path
    this.#session = session
    this.#whenSuspended = whenSuspended
    zk.on('state', this.#onState)
    this.#look()
  }

  /** Whether it is certain now. Looks at the clock: after the process was stopped it knows before any timer does. */
  get held(): boolean {
    return this.#look()
  }

  /** Aborted the moment it is not certain any more, with an `OwnershipError`. */
  get signal(): AbortSignal {
    this.#look()
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#loss === null) this.#watchClock()
      else this.#controller.abort(new OwnershipError(this.#loss, this.#path))
    }
    return this.#controller.signal
  }

  /** @throws OwnershipError if it is not certain. */
  check(): void {
    if (!this.#look()) throw this.signal.reason
  }

  /** Ends it, if it has not ended yet. */
  end(reason: LossReason): void {
    if (this.#loss !== null) return
    this.#loss = reason
    this.#zk.off('state', this.#onState)
    this.#timer?.cancel()
    this.#controller?.abort(new OwnershipError(reason, this.#path))
  }

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
    // A read-only server is no proof: without a quorum it does not know what the others have expired.
    else if (state !== 'suspended' || this.#whenSuspended === 'lose') this.end('suspended')
    return this.#loss === null
  }

  /** The deadline moves on with every answer: it is looked at again when the one known now has come. */
  #watchClock(): void {
    const { environment, session } = this.#zk
    const due = Math.max(session.certainUntil - environment.now(), 1)
    this.#timer = environment.setTimer(() => {
      if (this.#look()) this.#watchClock()
    }, due)
  }
}
