import { JuteError } from '@zookit/jute'
import type { ZooKeeperError } from '../errors.ts'
import type { InFlight } from './in-flight.ts'
import { Outbox, type Sink } from './outbox.ts'
import { type Request, RequestControl } from './request.ts'
import { errorFor, refuseRequest, rejectRequest } from './settlement.ts'

/** Bounds of a session's memory, and of its share of a server. */
export interface QueueLimits {
  /** The number of requests on the wire at a time. */
  maxInFlight: number
  /** The bytes of encoded requests that may wait to be sent. */
  maxQueuedBytes: number
  /** The fate of a request that finds the queue full. */
  whenFull: 'wait' | 'reject'
  /** The longest request frame in bytes: the server's `jute.maxbuffer`. */
  maxRequestSize: number
}

const MAX_XID = 0x7fff_ffff
/** The queue is rebuilt when abandoned requests hold more bytes than this, and more than half of all. */
const COMPACT_AT = 64 * 1024

/**
 * The way out: a request is encoded when it is made, in the order of the calls, and sent as soon as the window has room.
 */
export class OutgoingRequests {
  readonly #ring: InFlight
  readonly #limits: QueueLimits
  #outbox: Outbox
  #xid: number
  /** The bytes in the outbox that belong to abandoned requests, and the number of those requests. */
  #abandonedBytes = 0
  #abandonedCount = 0
  /** Requests that found the queue full and wait, not encoded yet, by their control if they have one. */
  readonly #overflow = new Map<RequestControl | Request, { request: Request; body: unknown }>()

  /** @param lastXid the number before that of the first request. */
  constructor(ring: InFlight, limits: QueueLimits, lastXid = 0) {
    this.#ring = ring
    this.#limits = limits
    this.#xid = lastXid
    this.#outbox = new Outbox(limits.maxRequestSize)
  }

  /** The number of requests that wait to be sent and are not abandoned. */
  get waiting(): number {
    return this.#ring.tail - this.#ring.sent - this.#abandonedCount + this.#overflow.size
  }

  /** The bytes of the encoded requests that wait to be sent. */
  get queuedBytes(): number {
    return this.#outbox.pending - this.#abandonedBytes
  }

  /** Accepts the request in the ring's next slot. Every failure rejects the request: nothing is thrown. */
  accept(request: Request, body: unknown): void {
    if (this.#overflow.size === 0 && this.queuedBytes < this.#limits.maxQueuedBytes) {
      this.#encode(request, body)
    } else if (this.#limits.whenFull === 'wait' || request.control?.options.mustWait) {
      const detached = this.#ring.detachNext()
      this.#overflow.set(detached.control ?? detached, { request: detached, body })
    } else {
      const message = `${this.queuedBytes} bytes of requests wait already (maxQueuedBytes): await some of them first`
      refuseRequest(request, errorFor(request, 'QUEUE_FULL', { outcome: 'not-sent', message }))
      request.clear()
    }
  }

  /**
   * Hands the sink as many requests as the window has room for, and encodes those that waited for room in the queue.
   *
   * @returns whether some of the latter can be sent at once.
   */
  flush(sink: Sink): boolean {
    const ring = this.#ring
    const room = this.#limits.maxInFlight - ring.unanswered
    if (this.#abandonedBytes === 0 && ring.tail - ring.sent <= room) {
      this.#outbox.drain(this.#outbox.pending, sink)
      ring.sent = ring.tail
    } else {
      this.#flushSome(room, sink)
    }
    return this.#overflow.size > 0 && this.#refill() && ring.unanswered < this.#limits.maxInFlight
  }

  /** Finds the request that a control belongs to, which must not be answered yet. */
  find(control: RequestControl): Request {
    return this.#overflow.get(control)?.request ?? this.#ring.at(control.position)
  }

  /**
   * Abandons the request that a control belongs to. A waiting request is removed; a request that was sent keeps its
   * place for its reply.
   *
   * @returns whether it was sent.
   */
  abandon(control: RequestControl): boolean {
    control.abandoned = true
    if (this.#overflow.delete(control)) return false
    if (control.position < this.#ring.sent) return true
    this.#abandonedBytes += this.#ring.at(control.position).size
    this.#abandonedCount++
    const isMost = this.#abandonedBytes * 2 > this.#outbox.pending
    if (this.#abandonedBytes > COMPACT_AT && isMost) this.#compact()
    return false
  }

  /** Rejects some of the waiting requests, oldest first. @returns their number. */
  refuse(isRefused: (request: Request) => boolean, errorOf: (request: Request) => ZooKeeperError): number {
    const controls = this.#waitingOf(isRefused)
    for (const control of controls) {
      const request = this.find(control)
      rejectRequest(request, errorOf(request))
      this.abandon(control)
    }
    let count = controls.length
    for (const [key, { request }] of this.#overflow) {
      if (!isRefused(request)) continue
      this.#overflow.delete(key)
      rejectRequest(request, errorOf(request))
      count++
    }
    return count
  }

  /** Returns a control for each of some encoded requests that wait: abandoning one may move the others. */
  #waitingOf(isRefused: (request: Request) => boolean): RequestControl[] {
    const controls: RequestControl[] = []
    for (let position = this.#ring.sent; position < this.#ring.tail; position++) {
      const request = this.#ring.at(position)
      if (request.abandoned || !isRefused(request)) continue
      request.control ??= new RequestControl({})
      request.control.position = position
      controls.push(request.control)
    }
    return controls
  }

  /** Takes out every request that was not sent, oldest first. */
  takeWaiting(): Request[] {
    const waiting = this.#ring.takeWaiting()
    for (const { request } of this.#overflow.values()) waiting.push(request)
    this.#overflow.clear()
    if (this.#outbox.pending > 0) this.#outbox = new Outbox(this.#limits.maxRequestSize)
    this.#abandonedBytes = 0
    this.#abandonedCount = 0
    return waiting
  }

  #encode(request: Request, body: unknown): void {
    const outbox = this.#outbox
    const { operation } = request
    try {
      request.xid = this.#xid = this.#xid === MAX_XID ? 1 : this.#xid + 1
      outbox.begin()
      const at = outbox.take(8)
      outbox.view.setInt32(at, request.xid)
      outbox.view.setInt32(at + 4, operation.code)
      operation.writeRequest(outbox, body)
      request.size = outbox.end()
    } catch (cause) {
      outbox.rollback()
      const message = JuteError.is(cause) ? cause.message : 'the request could not be encoded'
      refuseRequest(request, errorFor(request, 'BAD_ARGUMENTS', { outcome: 'not-sent', message, cause }))
      request.clear()
      return
    }
    this.#ring.push()
  }

  /** Sends up to `room` requests and leaves abandoned ones out. */
  #flushSome(room: number, sink: Sink): void {
    const ring = this.#ring
    let run = 0
    while (room > 0 && ring.sent < ring.tail) {
      const request = ring.at(ring.sent)
      if (request.abandoned) {
        this.#outbox.drain(run, sink)
        run = 0
        this.#outbox.drain(request.size, ignore)
        this.#abandonedBytes -= request.size
        this.#abandonedCount--
        ring.skip()
      } else {
        run += request.size
        room--
        ring.sent++
      }
    }
    this.#outbox.drain(run, sink)
  }

  /** Encodes requests that waited for room in the queue. @returns whether there was room for any. */
  #refill(): boolean {
    const before = this.#overflow.size
    for (const [key, { request, body }] of this.#overflow) {
      if (this.queuedBytes >= this.#limits.maxQueuedBytes) break
      this.#overflow.delete(key)
      const slot = this.#ring.next().copy(request)
      this.#encode(slot, body)
      if (slot.trace !== undefined) slot.trace.xid = slot.xid
    }
    return this.#overflow.size < before
  }

  /** Rebuilds the queue without the abandoned requests. */
  #compact(): void {
    const old = this.#outbox
    this.#outbox = new Outbox(this.#limits.maxRequestSize)
    this.#abandonedBytes = 0
    this.#abandonedCount = 0
    for (const request of this.#ring.takeWaiting()) {
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
      this.#ring.next().copy(request)
      this.#ring.push()
    }
  }
}

function ignore(): number {
  return 0
}
