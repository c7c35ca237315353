import { type AnyOperation, ErrorNumber, type Reader } from '@zookit/jute'
import { ZooKeeperError } from '../errors.ts'
import type { Refusal } from './ancestor-lookup.ts'
import type { InFlight } from './in-flight.ts'
import type { Request } from './request.ts'
import { errorFor, fulfilPromise, rejectPromise, rejectRequest, replyError } from './settlement.ts'

const { UNIMPLEMENTED } = ErrorNumber

/** The limits of the replies. */
export interface ReplyLimits {
  /** The longest reply frame that is read, in bytes. */
  maxResponseSize: number
}

/** Asks what a refused create misses. @see AncestorLookUp.ask */
interface LookUp {
  ask(err: number, refusal: Refusal): boolean
}

/** The way back: a reply is matched to the oldest unanswered request, decoded, and settles its promise. */
export class IncomingReplies {
  readonly #ring: InFlight
  readonly #limits: ReplyLimits
  readonly #lookUp: LookUp
  /** A promise was settled since this was last set to false: its continuation may still have to run. */
  settled = false
  /** The opcodes that the server of the present connection has said not to have. */
  #lacking: Set<number> | null = null
  // The zxid of the newest reply, in two halves: a bigint for every reply would be garbage.
  #zxidHigh = 0
  #zxidLow = 0

  constructor(ring: InFlight, limits: ReplyLimits, lookUp: LookUp) {
    this.#ring = ring
    this.#limits = limits
    this.#lookUp = lookUp
  }

  /** The zxid of the newest reply. */
  get lastZxid(): bigint {
    return (BigInt(this.#zxidHigh) << 32n) | BigInt(this.#zxidLow)
  }

  /** Forgets the newest zxid, so that a server that is behind it accepts the next handshake. */
  forgetZxid(): void {
    this.#zxidHigh = this.#zxidLow = 0
  }

  /**
   * Handles a reply to a numbered request. `at` is the offset of its header.
   *
   * The common reply, a success that nothing but its caller waits for, is settled here; V8 inlines a function of this
   * size into the loop over the frames, and a larger one it does not (`pnpm bench:beside`).
   *
   * @param longLength the length in bytes of a reply over the limit, of which only the header came; else 0.
   * @returns the error number.
   * @throws ZooKeeperError or JuteError when the stream cannot be trusted any more.
   */
  onReply(reader: Reader, at: number, longLength: number): number {
    const { view } = reader
    const request = this.#ring.first()
    const err = view.getInt32(at + 12)
    if (request === undefined || request.xid !== view.getInt32(at)) {
      return this.#onOvertaking(view.getInt32(at), err, request)
    }
    this.#sawZxid(view.getInt32(at + 4), view.getUint32(at + 8))
    const { control, resolve, trace } = request
    if (err !== 0 || longLength > 0 || control !== undefined) {
      return this.#onUncommon(request, reader, err, longLength)
    }
    let result: unknown
    try {
      result = request.operation.readResponse(reader)
    } catch (cause) {
      return this.#onUnread(request, cause)
    }
    // The slot is reused from `shift` on.
    this.#ring.shift()
    this.settled = true
    fulfilPromise(resolve, trace, result)
    return 0
  }

  /** Handles the reply to the oldest request if it is an error, is over the limit, or concerns more than its caller. */
  #onUncommon(request: Request, reader: Reader, err: number, longLength: number): number {
    const { operation, path, resolve, control, trace } = request
    const isTooLong = longLength > 0
    if (err === UNIMPLEMENTED) this.#lacks(operation)
    if (control?.abandoned) {
      this.#ring.shift()
      control.options.onReply?.(err, true)
      return err
    }
    let result: unknown = null
    if (err === 0 && !isTooLong) {
      try {
        result = operation.readResponse(reader)
      } catch (cause) {
        return this.#onUnread(request, cause)
      }
    }
    this.#ring.shift()
    this.settled = true
    control?.release?.()
    control?.options.onReply?.(err, err === 0 && isTooLong)
    if (err !== 0 && err !== operation.noneOn) {
      if (this.#lookUp.ask(err, { operation, path, resolve, trace, control })) return err
      rejectPromise(resolve, trace, replyError(err, operation, path))
    } else if (err === 0 && isTooLong) {
      rejectPromise(resolve, trace, this.#tooLong({ operation, path }, longLength))
    } else {
      fulfilPromise(resolve, trace, result)
    }
    return err
  }

  /**
   * Rejects the oldest request after its operation threw while it read the reply. A ZooKeeperError is what the reply says,
   * such as the failure of a multi.
   *
   * @throws any other cause: the stream cannot be trusted any more.
   */
  #onUnread(request: Request, cause: unknown): number {
    const { operation, path, resolve, control, trace } = request
    this.#ring.shift()
    this.settled = true
    control?.release?.()
    if (ZooKeeperError.is(cause)) {
      control?.options.onReply?.(0, true)
      rejectPromise(resolve, trace, cause)
      return 0
    }
    const details = { outcome: 'unknown', message: 'the reply could not be decoded', cause } as const
    rejectPromise(resolve, trace, errorFor({ operation, path }, 'MARSHALLING_ERROR', details))
    throw cause
  }

  /**
   * Handles a reply that is not due yet. Of an operation that it does not know a server says so at once, before it answers
   * what was sent earlier.
   */
  #onOvertaking(xid: number, err: number, due: Request | undefined): number {
    const request = err === UNIMPLEMENTED ? this.#ring.takeLater(xid) : undefined
    if (request === undefined) throw unexpected(xid, due)
    this.settled = true
    const { operation, path } = request
    this.#lacks(operation)
    request.control?.options.onReply?.(err, request.abandoned)
    rejectRequest(request, replyError(err, operation, path))
    return err
  }

  /** Notes that the server does not have an operation. */
  #lacks({ code, since }: AnyOperation): void {
    // Every server has the operations of 3.4: of a multi the answer says that it does not know one of the parts.
    if (isSince35(since)) (this.#lacking ??= new Set()).add(code)
  }

  /** Returns the opcodes that the server does not have, if there are any, and forgets them: another server may have them. */
  takeLacking(): ReadonlySet<number> | null {
    const lacking = this.#lacking
    this.#lacking = null
    return lacking
  }

  /** Rejects every request that was sent and is not answered. */
  failSent(toError: (request: Request) => ZooKeeperError): void {
    for (const request of this.#ring.takeSent()) rejectRequest(request, toError(request))
  }

  /** Makes the error of a request whose reply is over the limit. The server has done what was asked, if it could. */
  #tooLong(request: Pick<Request, 'operation' | 'path'>, length: number): ZooKeeperError {
    const { maxResponseSize } = this.#limits
    const message = `the reply has ${length} bytes, and maxResponseSize is ${maxResponseSize}: ask for less, or raise maxResponseSize`
    return errorFor(request, 'RESPONSE_TOO_LARGE', { outcome: 'unknown', message })
  }

  /** Replies only: an event's zxid would hide the other events of its transaction (ZOOKEEPER-1289). */
  #sawZxid(high: number, low: number): void {
    if (high < 0 || (high === 0 && low === 0)) return
    this.#zxidHigh = high
    this.#zxidLow = low
  }
}

/** Tells whether an operation has come with release 3.5 or later. */
function isSince35(since: string): boolean {
  const [major = 0, minor = 0] = since.split('.').map(Number)
  return major > 3 || minor > 4
}

function unexpected(xid: number, request: Request | undefined): ZooKeeperError {
  const wanted = request === undefined ? 'no reply was due' : `the reply to request ${request.xid} was due`
  return new ZooKeeperError('CONNECTION_LOSS', {
    message: `the server sent a reply to request ${xid}, but ${wanted}`,
  })
}
