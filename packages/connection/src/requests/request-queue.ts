import { type AnyOperation, ErrorNumber, type Reader } from '@zookit/jute'
import type { Environment } from '../environment.ts'
import { ZooKeeperError } from '../errors.ts'
import type { Link } from '../link/link.ts'
import type { Liveness } from '../link/liveness.ts'
import { AncestorLookUp } from './ancestor-lookup.ts'
import { InFlight } from './in-flight.ts'
import { IncomingReplies, type ReplyLimits } from './incoming-replies.ts'
import { startLimits } from './limits.ts'
import type { Sink } from './outbox.ts'
import { OutgoingRequests, type QueueLimits } from './outgoing-requests.ts'
import type { Request } from './request.ts'
import { errorFor, rejectRequest } from './settlement.ts'
import { lastResolve, pending, type Resolve, soon } from './settling.ts'

/**
 * The requests of a session, from the call to the reply, over any number of connections. Both directions share one ring:
 * outgoing-requests.ts adds and sends, incoming-replies.ts answers and fails.
 */
export class RequestQueue {
  // First what each read needs.
  readonly #ring = new InFlight()
  readonly #incoming: IncomingReplies
  readonly #lookUp: AncestorLookUp
  /** The liveness of the newest link that was opened; null when that is lost. */
  #liveness: Liveness | null = null
  /** The position of the oldest unanswered request at the end of the newest read. */
  #turned = 0
  readonly #environment: Environment
  readonly #outgoing: OutgoingRequests
  readonly #sink: Sink
  readonly #flushSoon: () => void
  /** The link that requests go to; null while there is none, or it is being restored or left. */
  #link: Link | null = null
  #scheduled = false
  /** True while the link may be about to close. */
  #paused = false
  #emptied: (() => void) | null = null

  constructor(environment: Environment, limits: QueueLimits & ReplyLimits) {
    this.#environment = environment
    this.#outgoing = new OutgoingRequests(this.#ring, limits)
    this.#lookUp = new AncestorLookUp(environment, this)
    this.#incoming = new IncomingReplies(this.#ring, limits, this.#lookUp)
    this.#sink = bytes => this.#link?.write(bytes) ?? 0
    this.#flushSoon = () => {
      this.#scheduled = false
      this.#flush()
    }
  }

  /** The zxid of the newest reply. */
  get lastZxid(): bigint {
    return this.#incoming.lastZxid
  }

  /** Forgets the newest zxid, so that a server that is behind it accepts the next handshake. */
  forgetZxid(): void {
    this.#incoming.forgetZxid()
  }

  /** The number of requests that are not answered yet, sent or not. */
  get outstanding(): number {
    return this.#ring.unanswered + this.#outgoing.waiting
  }

  /** The number of requests that were not sent yet. */
  get waiting(): number {
    return this.#outgoing.waiting
  }

  /** The bytes of the encoded requests that were not sent yet. */
  get queuedBytes(): number {
    return this.#outgoing.queuedBytes
  }

  /** True while a request would be sent at once, as the only one. */
  get isIdle(): boolean {
    return this.outstanding === 0 && this.#link !== null && !this.#paused
  }

  /** True from the settlement of a promise to the end of the read that brought it: its continuation is still to run. */
  get settled(): boolean {
    return this.#incoming.settled
  }

  /** Notes that a promise beside the requests' own was settled in this read. */
  noteSettled(): void {
    this.#incoming.settled = true
  }

  /** Settles the request that was refused and waits for a look-up: what comes now comes behind it. */
  settleRefused(): void {
    if (this.#lookUp.settle()) this.noteSettled()
  }

  /** Sends through a link from now on, first of all what waits. */
  open(link: Link): void {
    this.#link = link
    this.#liveness = link.liveness
    this.#emptied = null
    this.#flush()
  }

  /** Sends nothing until `resume`, or until the next link. */
  pause(): void {
    this.#paused = true
  }

  /** Continues after `pause`. */
  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#incoming.takeLacking()
    this.#flush()
  }

  /** Sends nothing more. `emptied` is called when every request that was sent is answered. */
  hold(emptied: () => void): void {
    this.#link = null
    this.#emptied = emptied
    this.#proceed()
  }

  /**
   * Rejects the requests that a lost connection took with it; those that wait stay, unless the server has closed it over their
   * operation, or the next server may not have that: on the next connection each of them would cost that one.
   *
   * @param cause the reason; null if the server closed the connection in good order.
   */
  lost(cause: Error | null): void {
    this.#lookUp.settle()
    this.#shut()
    const lacking = this.#incoming.takeLacking()
    const isCounted = isClosedByServer(cause)
    let count = 0
    this.#incoming.failSent(request => {
      const counted = isCounted ? { olderUnanswered: count++, requestSize: request.size } : {}
      const details = { outcome: 'unknown', cause: cause ?? undefined, ...counted } as const
      const error = errorFor(request, 'CONNECTION_LOSS', details)
      return request.control?.options.onLost?.(error) ?? error
    })
    if (isCounted && lacking !== null)
      this.#outgoing.refuse(({ operation }) => lacking.has(operation.code), unimplemented)
    this.#outgoing.refuse(({ operation }) => operation.onlyHere === true, notSent)
  }

  /** Takes back the requests of receivers that were not sent: nobody waits for them any more. @returns their number. */
  takeBack(resolves: ReadonlySet<Resolve>): number {
    if (this.#outgoing.waiting === 0) return 0
    return this.#outgoing.refuse(({ resolve }) => resolves.has(resolve), unwanted)
  }

  /** Rejects every request, sent or not, and sends nothing more until `open`. */
  failAll(code: string, message?: string): void {
    this.#lookUp.settle()
    this.#shut()
    this.#incoming.takeLacking()
    const details = message === undefined ? {} : { message }
    this.#incoming.failSent(request => errorFor(request, code, { outcome: 'unknown', ...details }))
    for (const request of this.#outgoing.takeWaiting()) {
      rejectRequest(request, errorFor(request, code, { outcome: 'not-sent', ...details }))
    }
  }

  /** Hands out the slot of the next request. The caller fills it and calls `enqueue` before anything else can run. */
  next(operation: AnyOperation): Request {
    const request = this.#ring.next()
    request.operation = operation
    return request
  }

  /** Takes the request that `next` handed out. Its place in the order is fixed when this returns. */
  enqueue(request: Request, body: unknown): Promise<unknown> {
    const promise = pending()
    request.resolve = lastResolve()
    const { control } = request
    if (control !== undefined && !startLimits(this.#environment, this.#outgoing, request, control)) {
      request.clear()
      return promise
    }
    this.#outgoing.accept(request, body)
    this.#schedule()
    return promise
  }

  /** Takes a request that `next` handed out, and that has no promise of its own and no limits: see receiver.ts. */
  enqueueFor(resolve: Resolve, request: Request, body: unknown): void {
    request.resolve = resolve
    this.#outgoing.accept(request, body)
    this.#schedule()
  }

  /** Handles a reply. @see IncomingReplies.onReply */
  onReply(reader: Reader, at: number, longLength: number): number {
    return this.#incoming.onReply(reader, at, longLength)
  }

  /** Continues after all frames of one read have been handled. */
  onTurn(): void {
    this.#incoming.settled = false
    const { head, tail } = this.#ring
    // The read of an event: nothing was answered since the one before, and nothing waits.
    if (head === tail && head === this.#turned) return
    this.#turned = head
    this.#liveness?.answeredUpTo(head)
    this.#proceed()
  }

  #shut(): void {
    this.#link = null
    this.#paused = false
    this.#liveness = null
    this.#emptied = null
  }

  /** Schedules one write for all requests that are made in one go. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    soon(this.#flushSoon)
  }

  #proceed(): void {
    if (this.#emptied && this.#ring.unanswered === 0) {
      const emptied = this.#emptied
      this.#emptied = null
      emptied()
    } else if (this.#outgoing.waiting > 0) {
      this.#flush()
    }
  }

  #flush(): void {
    const link = this.#link
    if (link === null || this.#paused || link.liveness.isStalled || this.#outgoing.waiting === 0) return
    let more = true
    while (more && !link.liveness.isStalled) more = this.#outgoing.flush(this.#sink)
    link.liveness.sentUpTo(this.#ring.sent)
  }
}

/** Makes the error of a request that waits, and that the server would close the next connection over, too. */
function unimplemented({ operation: { name }, path }: Request): ZooKeeperError {
  const details = { operation: name, path, outcome: 'not-sent' } as const
  return ZooKeeperError.fromNumber(ErrorNumber.UNIMPLEMENTED, details)
}

/** Makes the error of a request that waits, and that was for the server of the lost connection alone. */
function notSent(request: Request): ZooKeeperError {
  const message = 'the connection was lost before the request was sent'
  return errorFor(request, 'CONNECTION_LOSS', { outcome: 'not-sent', message })
}

/** Makes the error of a request that waits, and that nobody waits for. */
function unwanted(request: Request): ZooKeeperError {
  const message = 'the reads that it was one of have ended'
  return errorFor(request, 'ABORTED', { outcome: 'not-sent', message })
}

/** The codes of a socket whose peer has closed it: with bytes unread, or before the last write. */
const CLOSED_BY_PEER: readonly unknown[] = ['ECONNRESET', 'EPIPE']

/** Tells whether the server has closed a connection, and neither this client nor the network. */
function isClosedByServer(cause: Error | null): boolean {
  return cause === null || CLOSED_BY_PEER.includes((cause as NodeJS.ErrnoException).code)
}
