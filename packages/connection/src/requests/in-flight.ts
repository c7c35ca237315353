import { Request } from './request.ts'

// The problem: an object that lives as long as a request in flight survives the young generation of the heap, and the
// garbage collector copies it twice. The trick: the requests stand in a ring of slots that are never replaced, only filled
// and cleared. The invariant: a slot belongs to one request from `next` to `shift` or `skip`; code that needs a
// request's fields after that copies them first, and code that must recognise a request later holds its RequestControl.
// Measure it with `pnpm bench:budget` (bytes allocated per getData) and `pnpm bench --load getData --in-flight 1000`.

const FEWEST = 8
/** An empty ring that has more slots than this gives them up. */
const KEPT = 4096

function slots(count: number): Request[] {
  const made: Request[] = []
  for (let i = 0; i < count; i++) made.push(new Request())
  return made
}

/**
 * The requests in the order of the calls, in a ring whose size is a power of two.
 *
 * ```
 *   | answered |  sent, unanswered  |  waiting to be sent  |
 *              ^ head               ^ sent                 ^ tail
 * ```
 *
 * The three positions only grow. A position modulo the ring's size is the index of a slot.
 */
export class InFlight {
  #slots: Request[] = slots(FEWEST)
  #mask: number = FEWEST - 1
  head = 0
  sent = 0
  tail = 0
  /** Positions between `head` and `sent` that were skipped. */
  #gaps = 0

  /** The number of requests that were sent and are not answered. */
  get unanswered(): number {
    return this.sent - this.head - this.#gaps
  }

  /** Finds the oldest request that was sent and is not answered. The slot is its own until `shift`. */
  first(): Request | undefined {
    while (this.head !== this.sent) {
      const request = this.at(this.head)
      if (request.size > 0) return request
      this.head++
      this.#gaps--
    }
    return undefined
  }

  /** Returns the slot of a position. */
  at(position: number): Request {
    return this.#slots[position & this.#mask]!
  }

  /** Hands out the slot of the next request, to be filled before `push`. */
  next(): Request {
    if (this.tail - this.head > this.#mask) this.#double()
    return this.at(this.tail)
  }

  /** Adds the request whose slot `next` handed out. */
  push(): void {
    const { control } = this.at(this.tail)
    if (control !== undefined) control.position = this.tail
    this.tail++
  }

  /** Takes the request whose slot `next` handed out away from the ring: it belongs to the caller. */
  detachNext(): Request {
    return this.#take(this.tail)
  }

  /** Leaves out the next request to be sent: its position stays empty. */
  skip(): void {
    this.at(this.sent++).clear()
    this.#gaps++
  }

  /** Removes the oldest request: it is answered. */
  shift(): void {
    this.at(this.head++).clear()
    if (this.#gaps > 0) this.first()
    if (this.head === this.tail && this.#mask >= KEPT) this.#shrink()
  }

  /** Takes out the request with an xid that was sent, and is not the oldest one; undefined if there is none. */
  takeLater(xid: number): Request | undefined {
    for (let at = this.head; at < this.sent; at++) {
      const { size, xid: present } = this.at(at)
      if (size === 0 || present !== xid) continue
      this.#gaps++
      return this.#take(at)
    }
    return undefined
  }

  /** Takes the unanswered requests out, oldest first, and leaves those that wait. */
  takeSent(): Request[] {
    const taken: Request[] = []
    while (this.first()) taken.push(this.#take(this.head++))
    return taken
  }

  /** Takes the waiting requests out, oldest first. */
  takeWaiting(): Request[] {
    const taken: Request[] = []
    for (let at = this.sent; at < this.tail; at++) taken.push(this.#take(at))
    this.tail = this.sent
    return taken
  }

  /** Takes out the request of a position: it belongs to the caller from now on. */
  #take(position: number): Request {
    const request = this.at(position)
    this.#slots[position & this.#mask] = new Request()
    return request
  }

  #double(): void {
    const size = this.#slots.length
    const cut = this.head & this.#mask
    // The slots keep their order from `head` on; their positions modulo the new size may lie in either half.
    const ordered = [...this.#slots.slice(cut), ...this.#slots.slice(0, cut), ...slots(size)]
    this.#mask = size * 2 - 1
    const shift = this.head & this.#mask
    this.#slots = [...ordered.slice(size * 2 - shift), ...ordered.slice(0, size * 2 - shift)]
  }

  #shrink(): void {
    this.#slots = slots(FEWEST)
    this.#mask = FEWEST - 1
  }
}
