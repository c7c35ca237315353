import type { AnyOperation, Reader } from '@zookit/jute'
import {
  mayHaveStores,
  type RequestTrace,
  requestChannel,
  submits,
  submitted,
  tellFulfilled,
} from '../diagnostics.ts'
import type { Environment } from '../environment.ts'
import { ZooKeeperError } from '../errors.ts'
import type { Link } from '../link/link.ts'
import { type Aftermath, Extras, Request } from './in-flight.ts'
import { guard, type RequestLimits } from './limits.ts'
import type { Sink } from './outbox.ts'
import { errorFor, Pipeline, type PipelineLimits, rejectAndTell, settle } from './pipeline.ts'
import { fulfil, lastResolve, pending, type Resolve, soon } from './settling.ts'

/** Requests out, replies in: what happens between a session's methods and its link while one is there. */
export class Exchange {
  readonly #environment: Environment
  readonly #pipeline: Pipeline
  readonly #sink: Sink
  readonly #flushSoon: () => void
  /** Where requests go; null while there is no connection, or it is not ready, or it is being left. */
  #link: Link | null = null
  #scheduled = false
  #emptied: (() => void) | null = null
  /** A position in the order of requests, and when it was sent; the position is -1 when none is awaited. */
  #probe = -1
  #probeSentAt = 0
  /** When the newest request that has been answered was sent, at the latest. */
  answeredAt = 0
  /** A promise was settled in this turn: its continuation is still to run. */
  settled = false
  // The newest zxid seen, in two halves: a bigint for every reply would be garbage.
  #zxidHigh = 0
  #zxidLow = 0

  constructor(environment: Environment, limits: PipelineLimits) {
    this.#environment = environment
    this.#pipeline = new Pipeline(limits)
    this.#sink = bytes => this.#link?.write(bytes) ?? 0
    this.#flushSoon = () => {
      this.#scheduled = false
      this.#flush()
    }
  }

  /** The zxid of the newest reply. */
  get lastZxid(): bigint {
    return (BigInt(this.#zxidHigh) << 32n) | BigInt(this.#zxidLow)
  }

  /** Forgets the newest zxid: the next server may be behind. */
  forgetZxid(): void {
    this.#zxidHigh = this.#zxidLow = 0
  }

  /** Requests that are not answered yet, sent or not. */
  get outstanding(): number {
    return this.#pipeline.unanswered + this.#pipeline.waiting
  }

  get queuedBytes(): number {
    return this.#pipeline.queuedBytes
  }

  /** Lets requests through, also those that were held. */
  open(link: Link): void {
    this.#link = link
    this.#emptied = null
    this.#flush()
  }

  /** Sends nothing more; `emptied` is called when what was sent has been answered. */
  hold(emptied: () => void): void {
    this.#link = null
    this.#emptied = emptied
    this.#proceed()
  }

  /** The connection is gone: what was sent is rejected, what waits stays. */
  lost(cause: Error | null): void {
    this.#link = null
    this.#emptied = null
    this.#probe = -1
    this.#pipeline.failSent(request =>
      errorFor(request, 'CONNECTION_LOSS', 'unknown', undefined, cause ?? undefined),
    )
  }

  /** Rejects everything, sent or not, and sends nothing more until there is a link again. */
  failAll(code: string, message?: string, cause?: unknown): void {
    this.#link = null
    this.#emptied = null
    this.#probe = -1
    this.#pipeline.failAll((request, sent) =>
      errorFor(request, code, sent ? 'unknown' : 'not-sent', message, cause),
    )
  }

  /** Takes a request: its place in the order is fixed when this returns. `trace` is for `submitTraced`. */
  submit(
    operation: AnyOperation,
    body: unknown,
    path: string | undefined,
    limits: RequestLimits | undefined,
    aftermath: Aftermath | undefined,
    trace?: RequestTrace,
  ): Promise<unknown> {
    const promise = pending()
    const resolve = lastResolve()
    const extras =
      limits || aftermath ? this.#extras(operation, path, resolve, limits, aftermath, trace) : undefined
    if (extras?.abandoned) return promise
    this.#pipeline.submit(operation, body, path, resolve, extras, trace)
    this.#schedule()
    return promise
  }

  /**
   * Takes a request and tells those who subscribe, with the messages and the order of `TracingChannel.tracePromise` and
   * without its promises: of the rest they are told where the request is settled.
   */
  submitTraced(
    trace: RequestTrace,
    operation: AnyOperation,
    body: unknown,
    path: string | undefined,
    limits: RequestLimits | undefined,
    aftermath: Aftermath | undefined,
  ): Promise<unknown> {
    const { start } = requestChannel
    if (mayHaveStores(start)) {
      return start.runStores(trace, submitAndEnd, this, trace, operation, body, path, limits, aftermath)
    }
    start.publish(trace)
    return submitAndEnd.call(this, trace, operation, body, path, limits, aftermath)
  }

  /** What few requests need; one whose signal is aborted already is rejected. */
  #extras(
    operation: AnyOperation,
    path: string | undefined,
    resolve: Resolve,
    limits: RequestLimits | undefined,
    aftermath: Aftermath | undefined,
    trace: RequestTrace | undefined,
  ): Extras | undefined {
    const { signal, timeout } = limits ?? {}
    if (signal === undefined && timeout === undefined && aftermath === undefined) return undefined
    const extras = new Extras()
    extras.aftermath = aftermath
    const request = new Request().fill(operation, path, resolve, extras, trace)
    if (signal?.aborted) {
      settle(request, errorFor(request, 'ABORTED', 'not-sent', 'the request was aborted', signal.reason))
      extras.abandoned = true
    } else if (signal || timeout !== undefined) {
      guard(this.#environment, this.#pipeline, request, extras, { signal, timeout })
    }
    return extras
  }

  /** Takes the request that ends a session: it waits its turn however full the queue is. */
  submitLast(operation: AnyOperation, body: unknown): Promise<unknown> {
    const promise = pending()
    this.#pipeline.submit(operation, body, undefined, lastResolve(), undefined, undefined, 'wait')
    this.#schedule()
    return promise
  }

  /** What is submitted in one go is sent in one piece. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    soon(this.#flushSoon)
  }

  /**
   * A reply to a numbered request. `at` is where its header begins.
   *
   * @returns the error number.
   * @throws ZooKeeperError or JuteError when the stream cannot be trusted any more.
   */
  onReply(reader: Reader, at: number): number {
    const view = reader.view
    const xid = view.getInt32(at)
    const request = this.#pipeline.inFlight.first()
    if (request === undefined || request.xid !== xid) throw unexpected(xid, request)
    // Its place in the ring is another request's from here on.
    const { operation, path, resolve, extras, trace } = request
    this.#pipeline.inFlight.shift()
    this.#sawZxid(view.getInt32(at + 4), view.getUint32(at + 8))
    const err = view.getInt32(at + 12)
    if (extras !== undefined) {
      if (extras.abandoned) return err
      extras.release?.()
    }
    this.settled = true
    if (err !== 0) {
      extras?.aftermath?.(err)
      if (err === operation.noneOn) fulfilAndTell(resolve, trace, null)
      else rejectAndTell(resolve, trace, ZooKeeperError.fromNumber(err, { operation: operation.name, path }))
      return err
    }
    let result: unknown
    try {
      result = operation.readResponse(reader)
    } catch (error) {
      const message = 'the reply makes no sense'
      const details = errorFor({ operation, path }, 'MARSHALLING_ERROR', 'unknown', message, error)
      rejectAndTell(resolve, trace, details)
      throw error
    }
    extras?.aftermath?.(0)
    fulfilAndTell(resolve, trace, result)
    return err
  }

  /** All frames of one read have been handled. */
  onTurn(): void {
    this.settled = false
    const { inFlight } = this.#pipeline
    if (this.#probe >= 0 && inFlight.head >= this.#probe) {
      this.answeredAt = this.#probeSentAt
      this.#probe = -1
    }
    this.#proceed()
  }

  #proceed(): void {
    if (this.#emptied && this.#pipeline.unanswered === 0) {
      const emptied = this.#emptied
      this.#emptied = null
      emptied()
    } else if (this.#pipeline.waiting > 0) {
      this.#flush()
    }
  }

  #flush(): void {
    const link = this.#link
    if (link === null || link.stalledAt !== 0 || this.#pipeline.waiting === 0) return
    let more = true
    while (more && link.stalledAt === 0) more = this.#pipeline.flush(this.#sink)
    if (this.#probe < 0) {
      this.#probe = this.#pipeline.inFlight.sent
      this.#probeSentAt = link.sentAt
    }
  }

  /** Replies only: an event's zxid must not hide the other events of its transaction (ZOOKEEPER-1289). */
  #sawZxid(high: number, low: number): void {
    if (high < 0 || (high === 0 && low === 0)) return
    this.#zxidHigh = high
    this.#zxidLow = low
  }
}

/** What `submitTraced` runs. Its `end` is told however it ends. */
function submitAndEnd(
  this: Exchange,
  trace: RequestTrace,
  operation: AnyOperation,
  body: unknown,
  path: string | undefined,
  limits: RequestLimits | undefined,
  aftermath: Aftermath | undefined,
): Promise<unknown> {
  submits()
  try {
    return this.submit(operation, body, path, limits, aftermath, trace)
  } finally {
    submitted(trace)
  }
}

/** Fulfils a request's promise, and tells those who subscribe. */
function fulfilAndTell(resolve: Resolve, trace: RequestTrace | undefined, result: unknown): void {
  if (trace !== undefined) tellFulfilled(trace, result)
  fulfil(resolve, result)
}

function unexpected(xid: number, request: Request | undefined): ZooKeeperError {
  const wanted = request === undefined ? 'none was awaited' : `${request.xid} was awaited`
  return new ZooKeeperError('CONNECTION_LOSS', { message: `a reply to request ${xid}, where ${wanted}` })
}
