import type { AnyOperation } from '@zookit/jute'
import type { RequestTrace } from '../diagnostics.ts'
import type { Resolve } from './settling.ts'

/** Runs when the reply is decoded, before anything else does: an event right behind it finds its watch. */
export type Aftermath = (err: number) => void

/** What few requests have, and by which they are known: the others have no object of their own. */
export class Extras {
  aftermath: Aftermath | undefined = undefined
  /** Ends the caller's signal and timer. */
  release: (() => void) | undefined = undefined
  /** The promise is settled, though the reply is still to come or the frame still to be skipped. */
  abandoned = false
  /** Where the request stands in the ring; -1 while it stands in none. */
  position = -1
}

const NO_OPERATION = undefined as unknown as AnyOperation
const NO_RESOLVE: Resolve = () => {}

/** What is kept of a request until it is answered. The ring uses its requests again: they are filled, never replaced. */
export class Request {
  operation: AnyOperation = NO_OPERATION
  /** The path as the caller gave it, for errors. */
  path: string | undefined = undefined
  resolve: Resolve = NO_RESOLVE
  extras: Extras | undefined = undefined
  /** What subscribers to the channel of requests are told of. */
  trace: RequestTrace | undefined = undefined
  xid = 0
  /** The size of the frame, in bytes; 0 for a place in the ring that is empty. */
  size = 0

  fill(
    operation: AnyOperation,
    path: string | undefined,
    resolve: Resolve,
    extras: Extras | undefined,
    trace: RequestTrace | undefined,
  ): this {
    this.operation = operation
    this.path = path
    this.resolve = resolve
    this.extras = extras
    this.trace = trace
    return this
  }

  get abandoned(): boolean {
    return this.extras?.abandoned === true
  }

  /** Lets go of what belongs to the caller. */
  clear(): void {
    this.path = undefined
    this.resolve = NO_RESOLVE
    this.extras = undefined
    this.trace = undefined
    this.size = 0
  }
}

const FEWEST = 8
/** A ring that is empty and has more places than this gives them up. */
const KEPT = 4096

function places(count: number): Request[] {
  const made: Request[] = []
  for (let i = 0; i < count; i++) made.push(new Request())
  return made
}

/**
 * The requests in the order in which they were made, in a ring whose size is a power of two.
 *
 * ```
 *   | answered |  sent, unanswered  |  waiting to be sent  |
 *              ^ head               ^ sent                 ^ tail
 * ```
 *
 * The three positions only grow; a position modulo the ring's size is a place. Places hold their Request for good: what
 * lives as long as a request in flight is copied by the garbage collector, twice.
 */
export class InFlight {
  #places: Request[] = places(FEWEST)
  #mask: number = FEWEST - 1
  head = 0
  sent = 0
  tail = 0
  /** Positions between `head` and `sent` that were skipped. */
  #gaps = 0

  /** How many requests were sent and are not answered. */
  get unanswered(): number {
    return this.sent - this.head - this.#gaps
  }

  /** The oldest request that was sent and is not answered: its own until `shift`. */
  first(): Request | undefined {
    while (this.head !== this.sent) {
      const request = this.at(this.head)
      if (request.size > 0) return request
      this.head++
      this.#gaps--
    }
    return undefined
  }

  /** What is at a position. */
  at(position: number): Request {
    return this.#places[position & this.#mask]!
  }

  /** The place of the next request, to be filled before `push`. */
  next(): Request {
    if (this.tail - this.head > this.#mask) this.#double()
    return this.at(this.tail)
  }

  /** The request that `next` gave a place to is in. */
  push(): void {
    const { extras } = this.at(this.tail)
    if (extras !== undefined) extras.position = this.tail
    this.tail++
  }

  /** The next request to be sent will not be: its position stays empty. */
  skip(): void {
    this.at(this.sent++).clear()
    this.#gaps++
  }

  /** The oldest request has been answered. */
  shift(): void {
    this.at(this.head++).clear()
    if (this.#gaps > 0) this.first()
    if (this.head === this.tail && this.#mask >= KEPT) this.#shrink()
  }

  /** Takes the unanswered requests out, oldest first, and leaves those that wait. */
  takeSent(): Request[] {
    const taken: Request[] = []
    while (this.first()) taken.push(this.#take(this.head++))
    return taken
  }

  /** Takes those that wait out, oldest first. */
  takeWaiting(): Request[] {
    const taken: Request[] = []
    for (let at = this.sent; at < this.tail; at++) taken.push(this.#take(at))
    this.tail = this.sent
    return taken
  }

  /** The request at a position, which belongs to the caller from now on. */
  #take(position: number): Request {
    const request = this.at(position)
    this.#places[position & this.#mask] = new Request()
    return request
  }

  #double(): void {
    const size = this.#places.length
    const cut = this.head & this.#mask
    // The places from `head` on keep their order; their positions modulo the new size may lie in either half.
    const ordered = [...this.#places.slice(cut), ...this.#places.slice(0, cut), ...places(size)]
    this.#mask = size * 2 - 1
    const shift = this.head & this.#mask
    this.#places = [...ordered.slice(size * 2 - shift), ...ordered.slice(0, size * 2 - shift)]
  }

  #shrink(): void {
    this.#places = places(FEWEST)
    this.#mask = FEWEST - 1
  }
}
