import {
  type Receiver,
  type RequestLimits,
  resolveFor,
  whenAborted,
  ZooKeeperError,
} from '@zookit/connection'
import type { Shaped } from '../operations.ts'
import type { Requests } from '../requests.ts'
import { Together } from './together.ts'

/** The settings of one bulk read, which have passed their checks. */
export interface BulkSettings<Result> {
  /** The number of znodes that are being read. */
  concurrency: number
  /** The number of times that a read may be sent again after its connection was lost. */
  retries: number
  /** Returns the length of the data of a result; undefined if a multiRead cannot make such results. */
  lengthOf?: ((result: Result) => number) | undefined
  /** Called when reads are sent again: they take a place behind what was requested meanwhile. */
  onRepeat?: (() => void) | undefined
}

interface Settlement<Result> {
  resolve(results: Result[]): void
  reject(error: ZooKeeperError): void
}

/** The znodes of one multiRead in flight. */
interface Batch {
  /** The index of the first path. */
  readonly from: number
  readonly count: number
}

/**
 * Many reads of one operation with one promise. `concurrency` znodes are being read at a time. Each result sends the next
 * read, and all of these leave in one write after the read of the connection that brought the results. Where the server has
 * multiRead, one reads several of the next znodes.
 *
 * A result is kept if it comes in the order of the paths, so that no znode is read earlier than one before it. After a
 * request that failed, its znodes and all behind them are asked for again, and what is still to come from behind it is dropped.
 */
export class BulkRead<Result> implements Receiver {
  readonly #requests: Requests
  readonly #operation: Shaped<Result>
  readonly #paths: readonly string[]
  readonly #results: Result[]
  readonly #resolve = resolveFor(this)
  /** The functions that take the results of requests in flight: the one above, and one of each multiRead. */
  readonly #resolves = new Set([this.#resolve])
  readonly #together: Together<Result> | null
  readonly #concurrency: number
  /** A ring: the index of the path of each request in flight that reads one znode, in the order of the calls. */
  readonly #asked: Uint32Array
  #oldest = 0
  #newest = 0
  /** The number of paths in flight. */
  #inFlight = 0
  /** The index of the first path that was not asked for. */
  #next = 0
  /** The number of results: those of the paths before this index. */
  #done = 0
  /** The paths before this index are read by themselves. */
  #aloneTo = 0
  #retries: number
  readonly #onRepeat: (() => void) | undefined
  /** True while the requests are told of a lost connection, which is counted. */
  #isCounted = false
  /** True if some request was sent, where no result tells it. */
  #wasSent = false
  /** Null before the start and after the end. */
  #settlement: Settlement<Result> | null = null
  #release: (() => void) | undefined = undefined

  /** @param paths valid paths, in a list that nobody changes. */
  constructor(
    requests: Requests,
    operation: Shaped<Result>,
    paths: readonly string[],
    { concurrency, retries, lengthOf, onRepeat }: BulkSettings<Result>,
  ) {
    this.#requests = requests
    this.#operation = operation
    this.#paths = paths
    this.#results = new Array<Result>(paths.length)
    this.#concurrency = Math.min(concurrency, paths.length)
    this.#asked = new Uint32Array(this.#concurrency)
    this.#retries = retries
    this.#onRepeat = onRepeat
    this.#together = Together.for(requests, operation, paths, lengthOf)
  }

  /** Sends the reads. Resolves with their results in the order of the paths, or rejects with the first error. */
  run({ signal, timeout }: RequestLimits = {}): Promise<Result[]> {
    return new Promise((resolve, reject) => {
      this.#settlement = { resolve, reject }
      if (signal?.aborted) return this.#giveUp('ABORTED', abortOf(signal))
      if (this.#paths.length === 0) return this.#end()!.resolve(this.#results)
      this.#startLimits(signal, timeout)
      this.#askNext()
    })
  }

  onResult(result: unknown): void {
    const from = this.#oldestAsked()
    this.#inFlight--
    if (this.#settlement === null) return
    if (from === this.#done) {
      this.#results[from] = result as Result
      this.#together?.noteOne(from, result as Result)
      this.#done++
    }
    this.#proceed()
  }

  onError(error: ZooKeeperError): void {
    this.#onError(error, { from: this.#oldestAsked(), count: 1 })
  }

  #onBatch({ from, count }: Batch, read: readonly (Result | number)[]): void {
    this.#inFlight -= count
    if (this.#settlement === null) return
    if (from <= this.#done && this.#done < from + count) {
      try {
        this.#together!.take(this.#results, from, count, read)
      } catch (error) {
        return this.#end()!.reject(error as ZooKeeperError)
      }
      this.#done = from + count
    }
    this.#proceed()
  }

  #onError(error: ZooKeeperError, { from, count }: Batch): void {
    this.#inFlight -= count
    if (this.#settlement === null) return
    if (error.outcome !== 'not-sent') this.#wasSent = true
    if (error.code === 'CONNECTION_LOSS') {
      if (error.outcome !== 'not-sent' && !this.#mayRepeat()) return this.#end()!.reject(error)
    } else {
      if (count === 1 || !this.#together!.isRefused(error, from, count)) return this.#end()!.reject(error)
      this.#aloneTo = Math.max(this.#aloneTo, from + count)
    }
    this.#next = Math.min(this.#next, from)
    this.#onRepeat?.()
    this.#proceed()
  }

  /** Takes the oldest request of one znode off the ring. @returns the index of its path. */
  #oldestAsked(): number {
    return this.#asked[this.#oldest++ % this.#asked.length]!
  }

  /** Counts a lost connection once, however many reads it took with it: they are told one right after the other. */
  #mayRepeat(): boolean {
    if (this.#isCounted) return true
    this.#isCounted = true
    queueMicrotask(() => {
      this.#isCounted = false
    })
    return this.#retries-- > 0
  }

  /** Continues after a request. */
  #proceed(): void {
    if (this.#done === this.#paths.length) return this.#end()!.resolve(this.#results)
    this.#next = Math.max(this.#next, this.#done)
    this.#askNext()
  }

  /** Sends reads of the next paths, as many as there is room for. */
  #askNext(): void {
    while (this.#next < this.#paths.length && this.#inFlight < this.#concurrency) {
      const count = this.#countOfNext()
      if (count === 0) return
      if (count === 1) this.#askOne(this.#next)
      else this.#askTogether({ from: this.#next, count })
      this.#inFlight += count
      this.#next += count
    }
  }

  /** Returns how many znodes the next request should read; 0 where it is better to wait for more room. */
  #countOfNext(): number {
    if (this.#together === null || this.#next < this.#aloneTo) return 1
    return this.#together.countAt(this.#next, this.#concurrency - this.#inFlight, this.#concurrency)
  }

  #askOne(index: number): void {
    this.#asked[this.#newest++ % this.#asked.length] = index
    const { session, chroot } = this.#requests
    const path = this.#paths[index]!
    session.sendFor(this.#resolve, this.#operation, { path: chroot.add(path), watch: false }, path)
  }

  /** Sends a multiRead. It has a receiver of its own: one that is refused at once is settled before earlier requests. */
  #askTogether(batch: Batch): void {
    const { session, chroot } = this.#requests
    const resolve = resolveFor({
      onResult: read => {
        this.#resolves.delete(resolve)
        this.#onBatch(batch, read as (Result | number)[])
      },
      onError: error => {
        this.#resolves.delete(resolve)
        this.#onError(error, batch)
      },
    })
    this.#resolves.add(resolve)
    const paths = this.#paths.slice(batch.from, batch.from + batch.count)
    session.sendFor(resolve, this.#together!.operation, chroot.addAll(paths), undefined)
  }

  #startLimits(signal: AbortSignal | undefined, timeout: number | undefined): void {
    if (signal === undefined && timeout === undefined) return
    const onTimeout = (): void =>
      this.#giveUp('REQUEST_TIMEOUT', {
        message: `not all replies came within ${Math.ceil(timeout!)} ms`,
      })
    const { environment } = this.#requests.session
    const timer = timeout === undefined ? undefined : environment.setTimer(onTimeout, timeout)
    const ignore = signal && whenAborted(signal, () => this.#giveUp('ABORTED', abortOf(signal)))
    this.#release = () => {
      timer?.cancel()
      ignore?.()
    }
  }

  #giveUp(code: string, details: { message: string; cause?: unknown }): void {
    const { name } = this.#operation
    const settlement = this.#end()
    const outcome = this.#done > 0 || this.#wasSent ? 'unknown' : 'not-sent'
    settlement?.reject(new ZooKeeperError(code, { operation: name, outcome, ...details }))
  }

  /** Ends the bulk read: replies that are still to come are ignored, and requests that were not sent are taken back. */
  #end(): Settlement<Result> | null {
    const settlement = this.#settlement
    this.#settlement = null
    if (settlement !== null && this.#inFlight > 0) {
      // What a lost connection took with it, and this was not told of, is not taken back either.
      const requests = this.#newest - this.#oldest + this.#resolves.size - 1
      if (this.#requests.session.takeBack(this.#resolves) < requests) this.#wasSent = true
    }
    this.#release?.()
    this.#release = undefined
    return settlement
  }
}

function abortOf(signal: AbortSignal): { message: string; cause: unknown } {
  return { message: 'the reads were aborted', cause: signal.reason }
}
