import { type AnyOperation, ErrorNumber, op } from '@zookit/jute'
import type { RequestTrace } from '../diagnostics.ts'
import type { Environment, Timer } from '../environment.ts'
import { ancestorsToAsk } from '../errors.ts'
import { whenAborted } from './abort.ts'
import { type Request, RequestControl } from './request.ts'
import { rejectPromise, replyError } from './settlement.ts'
import type { Resolve } from './settling.ts'

// The problem: a server that refuses to create /a/b/c says that something above it is missing, and not what. A question asked
// before the rejection would let the replies of later requests overtake it. The trick: the question is asked only while no
// other request is under way, so that whatever is asked from then on is answered behind it. The invariant: nothing reaches
// user code between the refusal and the rejection. An event, the end of the connection, and the limits of the request
// settle it at once, with the words that the client has without an answer.

/** A create that was refused with NO_NODE, and is not rejected yet. */
export interface Refusal {
  readonly operation: AnyOperation
  readonly path: string | undefined
  readonly resolve: Resolve
  readonly trace: RequestTrace | undefined
  readonly control: RequestControl | undefined
}

/** The parts of the queue that a look-up needs. */
export interface LookUpQueue {
  /** True while a request would be sent at once, as the only one. */
  readonly isIdle: boolean
  /** Hands out the slot of the next request. */
  next(operation: AnyOperation): Request
  enqueueFor(resolve: Resolve, request: Request, body: unknown): void
}

const { NO_NODE } = ErrorNumber

/** The look-up of the first missing znode above one that could not be created. There is one at a time. */
export class AncestorLookUp {
  readonly #environment: Environment
  readonly #queue: LookUpQueue
  #refusal: Refusal | null = null
  #unanswered = 0
  #release: (() => void) | null = null

  constructor(environment: Environment, queue: LookUpQueue) {
    this.#environment = environment
    this.#queue = queue
  }

  /** Asks for the znodes above one that was refused. @returns false where there is nothing to ask: reject it now. */
  ask(err: number, refusal: Refusal): boolean {
    if (err !== NO_NODE || !this.#queue.isIdle) return false
    const { operation, path, control } = refusal
    const ancestors = ancestorsToAsk({ operation: operation.name, path, chroot: operation.chroot })
    if (ancestors.length === 0 || !this.#startLimits(control)) return false
    this.#refusal = refusal
    this.#unanswered = ancestors.length
    for (const ancestor of ancestors) {
      const request = this.#queue.next(op.exists)
      request.path = ancestor
      request.control = new RequestControl({
        onReply: error => this.#onAnswer(refusal, ancestor, error),
      })
      this.#queue.enqueueFor(ignore, request, { path: ancestor, watch: false })
    }
    return true
  }

  /**
   * Rejects the create whose look-up is under way. @param firstMissing the server's path of what was found missing; null
   * where it is not known. @returns whether there was one.
   */
  settle(firstMissing: string | null = null): boolean {
    const refusal = this.#refusal
    if (refusal === null) return false
    this.#refusal = null
    this.#release?.()
    this.#release = null
    const { resolve, trace, operation, path } = refusal
    rejectPromise(resolve, trace, replyError(NO_NODE, operation, path, firstMissing))
    return true
  }

  /** Handles an answer. Those above the one that is missing came before it, and they exist. */
  #onAnswer(refusal: Refusal, ancestor: string, err: number): void {
    if (this.#refusal !== refusal) return
    this.#unanswered--
    if (err === NO_NODE) this.settle(ancestor)
    else if (err !== 0) this.settle()
    else if (this.#unanswered === 0)
      this.settle(`${refusal.operation.chroot ?? ''}${parentOf(refusal.path!)}`)
  }

  /** Goes on with the limits of the request. @returns false if its time is over. */
  #startLimits(control: RequestControl | undefined): boolean {
    if (control === undefined) return true
    const { due, options } = control
    const left = due === undefined ? Infinity : due - this.#environment.now()
    if (left <= 0) return false
    const end = (): void => void this.settle()
    const timer: Timer | null = left === Infinity ? null : this.#environment.setTimer(end, left)
    const unwatch = options.signal && whenAborted(options.signal, end)
    this.#release = () => {
      timer?.cancel()
      unwatch?.()
    }
    return true
  }
}

function ignore(): void {}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))
