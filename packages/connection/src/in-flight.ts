import type { Operation } from '@zookit/jute'

/** An operation whose types do not matter. */
export type AnyOperation = Operation<never, unknown, unknown>

/** What few requests have, kept apart: a field of its own costs every request eight bytes. */
export interface Extras {
  /** Runs when the reply is decoded, before anything else is: an event right behind it finds its watch. */
  aftermath: ((err: number) => void) | undefined
  /** Ends the caller's signal and timer. */
  release: (() => void) | undefined
}

/** What is kept of a request until it is answered. */
export class Request {
  readonly operation: AnyOperation
  /** The path as the caller gave it, for errors. */
  readonly path: string | undefined
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  xid = 0
  /** Where it stands in the ring. */
  position = 0
  /** The size of the frame, in bytes. */
  size = 0
  extras: Extras | undefined = undefined
  /** The promise is settled, though the reply is still to come or the frame still to be skipped. */
  abandoned = false

  constructor(
    operation: AnyOperation,
    path: string | undefined,
    resolve: (result: unknown) => void,
    reject: (error: Error) => void,
  ) {
    this.operation = operation
    this.path = path
    this.resolve = resolve
    this.reject = reject
  }
}

/**
 * The requests in the order in which they were made, in a ring whose size is a power of two.
 *
 * ```
 *   | answered |  sent, unanswered  |  waiting to be sent  |
 *              ^ head               ^ sent                 ^ tail
 * ```
 *
 * The three positions only grow; a position modulo the ring's size is a slot.
 */
export class InFlight {
  #slots: (Request | undefined)[] = new Array<Request | undefined>(64).fill(undefined)
  #mask = 63
  head = 0
  sent = 0
  tail = 0
  /** Positions between `head` and `sent` that were skipped. */
  #gaps = 0

  /** How many requests were sent and are not answered. */
  get unanswered(): number {
    return this.sent - this.head - this.#gaps
  }

  /** The oldest request that was sent and is not answered. */
  first(): Request | undefined {
    while (this.head !== this.sent) {
      const request = this.#slots[this.head & this.#mask]
      if (request) return request
      this.head++
      this.#gaps--
    }
    return undefined
  }

  /** The request at a position; undefined for one that was skipped. */
  at(position: number): Request | undefined {
    return this.#slots[position & this.#mask]
  }

  push(request: Request): void {
    if (this.tail - this.head > this.#mask) this.#double()
    request.position = this.tail
    this.#slots[this.tail++ & this.#mask] = request
  }

  /** The next request to be sent will not be: its position stays empty. */
  skip(): void {
    this.#slots[this.sent++ & this.#mask] = undefined
    this.#gaps++
  }

  /** The oldest request has been answered. */
  shift(): void {
    this.#slots[this.head++ & this.#mask] = undefined
    if (this.#gaps > 0) this.first()
  }

  /** Takes the unanswered requests out, oldest first, and leaves those that wait. */
  takeSent(): Request[] {
    const taken: Request[] = []
    for (let request = this.first(); request; request = this.first()) {
      taken.push(request)
      this.shift()
    }
    return taken
  }

  /** Takes those that wait out, oldest first. */
  takeWaiting(): Request[] {
    const taken: Request[] = []
    while (this.tail > this.sent) {
      const request = this.at(--this.tail)
      if (request) taken.push(request)
      this.#slots[this.tail & this.#mask] = undefined
    }
    return taken.reverse()
  }

  #double(): void {
    const mask = this.#mask * 2 + 1
    const slots = new Array<Request | undefined>(mask + 1).fill(undefined)
    for (let at = this.head; at < this.tail; at++) slots[at & mask] = this.#slots[at & this.#mask]
    this.#slots = slots
    this.#mask = mask
  }
}
