import { type AnyOperation, JuteError } from '@zookit/jute'
import { type RequestTrace, tellRejected } from '../diagnostics.ts'
import { ZooKeeperError } from '../errors.ts'
import { type Extras, InFlight, Request } from './in-flight.ts'
import { Outbox, type Sink } from './outbox.ts'
import { type Resolve, reject } from './settling.ts'

/** What bounds a session's memory and its share of a server. */
export interface PipelineLimits {
  /** Requests on the wire at a time. */
  maxInFlight: number
  /** Bytes of encoded requests that wait for their turn. */
  maxQueuedBytes: number
  /** What becomes of a request that finds the queue full. */
  whenFull: 'wait' | 'reject'
  /** The longest request frame, in bytes: the server's `jute.maxbuffer`. */
  maxRequestSize: number
}

const MAX_XID = 0x7fff_ffff
/** Frames of abandoned requests are cleared out of the queue when they hold more than this, and half of it. */
const COMPACT_AT = 64 * 1024

/**
 * From a request to its place on the wire: requests are encoded when they are made, in that order, sent as the
 * window allows, and answered first in, first out.
 */
export class Pipeline {
  readonly inFlight: InFlight = new InFlight()
  readonly #limits: PipelineLimits
  #outbox: Outbox
  #xid: number
  /** Bytes in the outbox that belong to abandoned requests. */
  #dead = 0
  /** How many those are. */
  #deadCount = 0
  /** Requests that found the queue full and wait, not encoded yet, by their extras or themselves. */
  readonly #overflow = new Map<Extras | Request, { request: Request; body: unknown }>()

  /** @param lastXid the number before the first request's. */
  constructor(limits: PipelineLimits, lastXid = 0) {
    this.#limits = limits
    this.#xid = lastXid
    this.#outbox = new Outbox(limits.maxRequestSize)
  }

  /** Requests that are neither answered nor abandoned before they were sent. */
  get waiting(): number {
    return this.inFlight.tail - this.inFlight.sent - this.#deadCount + this.#overflow.size
  }

  /** Requests on the wire. */
  get unanswered(): number {
    return this.inFlight.unanswered
  }

  /** Bytes of requests that wait to be sent. */
  get queuedBytes(): number {
    return this.#outbox.pending - this.#dead
  }

  /**
   * Takes a request in. Every failure rejects it: nothing is thrown.
   *
   * @param whenFull what becomes of it when too many bytes wait already.
   */
  submit(
    operation: AnyOperation,
    body: unknown,
    path: string | undefined,
    resolve: Resolve,
    extras?: Extras,
    trace?: RequestTrace,
    whenFull: 'wait' | 'reject' = this.#limits.whenFull,
  ): void {
    if (this.#overflow.size === 0 && this.queuedBytes < this.#limits.maxQueuedBytes) {
      this.#encode(operation, body, path, resolve, extras, trace)
      return
    }
    const request = new Request().fill(operation, path, resolve, extras, trace)
    if (whenFull === 'wait') {
      this.#overflow.set(extras ?? request, { request, body })
    } else {
      const message = `${this.queuedBytes} bytes of requests wait already (maxQueuedBytes)`
      settle(request, errorFor(request, 'QUEUE_FULL', 'not-sent', message))
    }
  }

  /**
   * Hands the sink what the window allows, and lets requests in that wait for room in the queue.
   *
   * @returns whether some of those may go at once.
   */
  flush(sink: Sink): boolean {
    const { inFlight } = this
    const room = this.#limits.maxInFlight - this.unanswered
    if (this.#dead === 0 && inFlight.tail - inFlight.sent <= room) {
      this.#outbox.drain(this.#outbox.pending, sink)
      inFlight.sent = inFlight.tail
    } else {
      this.#flushSome(room, sink)
    }
    return this.#overflow.size > 0 && this.#admit() && this.unanswered < this.#limits.maxInFlight
  }

  /**
   * Gives the request with these extras up: one that waits is removed, one that was sent keeps its place, so that its
   * reply still finds it.
   *
   * @returns whether it had been sent.
   */
  abandon(extras: Extras): boolean {
    extras.abandoned = true
    if (this.#overflow.delete(extras)) return false
    if (extras.position < this.inFlight.sent) return true
    this.#dead += this.inFlight.at(extras.position).size
    this.#deadCount++
    if (this.#dead > COMPACT_AT && this.#dead * 2 > this.#outbox.pending) this.#compact()
    return false
  }

  /** Rejects what was sent and not answered. */
  failSent(toError: (request: Request, sent: boolean) => ZooKeeperError): void {
    for (const request of this.inFlight.takeSent()) settle(request, toError(request, true))
  }

  /** Rejects everything. */
  failAll(toError: (request: Request, sent: boolean) => ZooKeeperError): void {
    this.failSent(toError)
    const overflow = Array.from(this.#overflow.values(), ({ request }) => request)
    const waiting = [...this.inFlight.takeWaiting(), ...overflow]
    this.#overflow.clear()
    if (this.#outbox.pending > 0) this.#outbox = new Outbox(this.#limits.maxRequestSize)
    this.#dead = 0
    this.#deadCount = 0
    for (const request of waiting) settle(request, toError(request, false))
  }

  #encode(
    operation: AnyOperation,
    body: unknown,
    path: string | undefined,
    resolve: Resolve,
    extras: Extras | undefined,
    trace: RequestTrace | undefined,
  ): void {
    const outbox = this.#outbox
    const request = this.inFlight.next().fill(operation, path, resolve, extras, trace)
    try {
      request.xid = this.#xid = this.#xid === MAX_XID ? 1 : this.#xid + 1
      outbox.begin()
      const at = outbox.take(8)
      outbox.view.setInt32(at, request.xid)
      outbox.view.setInt32(at + 4, operation.code)
      operation.writeRequest(outbox, body)
      request.size = outbox.end()
    } catch (error) {
      outbox.rollback()
      const message = error instanceof JuteError ? error.message : 'the request could not be encoded'
      settle(request, errorFor(request, 'BAD_ARGUMENTS', 'not-sent', message, error))
      request.clear()
      return
    }
    this.inFlight.push()
  }

  /** Sends up to `room` requests and leaves abandoned ones out. */
  #flushSome(room: number, sink: Sink): void {
    const { inFlight } = this
    let run = 0
    while (room > 0 && inFlight.sent < inFlight.tail) {
      const request = inFlight.at(inFlight.sent)
      if (request.abandoned) {
        this.#outbox.drain(run, sink)
        run = 0
        this.#outbox.drain(request.size, ignore)
        this.#dead -= request.size
        this.#deadCount--
        inFlight.skip()
      } else {
        run += request.size
        room--
        inFlight.sent++
      }
    }
    this.#outbox.drain(run, sink)
  }

  /** @returns whether there was room for any. */
  #admit(): boolean {
    const before = this.#overflow.size
    for (const [key, { request, body }] of this.#overflow) {
      if (this.queuedBytes >= this.#limits.maxQueuedBytes) break
      this.#overflow.delete(key)
      this.#encode(request.operation, body, request.path, request.resolve, request.extras, request.trace)
    }
    return this.#overflow.size < before
  }

  /** Rebuilds the queue without the abandoned requests. */
  #compact(): void {
    const old = this.#outbox
    this.#outbox = new Outbox(this.#limits.maxRequestSize)
    this.#dead = 0
    this.#deadCount = 0
    for (const request of this.inFlight.takeWaiting()) {
      if (request.abandoned) {
        old.drain(request.size, ignore)
        continue
      }
      this.#outbox.begin()
      const at = this.#outbox.take(request.size - 4)
      let to = at - 4
      old.drain(request.size, piece => {
        this.#outbox.bytes.set(piece, to)
        to += piece.length
        return 0
      })
      this.#outbox.end()
      const { operation, path, resolve, extras, trace, xid, size } = request
      Object.assign(this.inFlight.next().fill(operation, path, resolve, extras, trace), { xid, size })
      this.inFlight.push()
    }
  }
}

/** The error that ends a request. */
export function errorFor(
  request: { operation: AnyOperation; path: string | undefined },
  code: string,
  outcome: 'rejected' | 'not-sent' | 'unknown',
  message?: string,
  cause?: unknown,
): ZooKeeperError {
  const details = { operation: request.operation.name, path: request.path, outcome, cause }
  return new ZooKeeperError(code, message === undefined ? details : { ...details, message })
}

/** Rejects a request, unless its caller has given it up. */
export function settle(request: Request, error: ZooKeeperError): void {
  request.extras?.release?.()
  if (!request.abandoned) rejectAndTell(request.resolve, request.trace, error)
}

/** Rejects a request's promise, and tells those who subscribe. */
export function rejectAndTell(
  resolve: Resolve,
  trace: RequestTrace | undefined,
  error: ZooKeeperError,
): void {
  if (trace !== undefined) tellRejected(trace, error)
  reject(resolve, error)
}

function ignore(): number {
  return 0
}
