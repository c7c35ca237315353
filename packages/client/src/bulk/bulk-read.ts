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
}

interface Settlement<Result> {
  resolve(results: Result[]): void
  reject(error: ZooKeeperError): void
}

/**
 * Many reads of one operation with one promise. `concurrency` znodes are being read at a time. Each result sends the next
 * read, and all of these leave in one write after the read of the connection that brought the results. Where the server has
 * multiRead, one reads several of the next znodes.
 */
export class BulkRead<Result> implements Receiver {
  readonly #requests: Requests
  readonly #operation: Shaped<Result>
  readonly #paths: readonly string[]
  readonly #results: Result[]
  readonly #resolve = resolveFor(this)
  readonly #together: Together<Result> | null
  readonly #concurrency: number
  /** Two rings: the index of the first path of each request in flight, in the order of the calls, and the number of its paths. */
  readonly #asked: Uint32Array
  readonly #counts: Uint32Array
  #oldest = 0
  #newest = 0
  /** The number of paths in flight. */
  #inFlight = 0
  /** The index of the first path that was not asked for. */
  #next = 0
  #left: number
  #retries: number
  /** Requests before this position of the ring, if they are lost, are lost with a connection that was counted already. */
  #counted = 0
  /** Null before the start and after the end. */
  #settlement: Settlement<Result> | null = null
  #release: (() => void) | undefined = undefined

  /** @param paths valid paths, in a list that nobody changes. */
  constructor(
    requests: Requests,
    operation: Shaped<Result>,
    paths: readonly string[],
    { concurrency, retries, lengthOf }: BulkSettings<Result>,
  ) {
    this.#requests = requests
    this.#operation = operation
    this.#paths = paths
    this.#results = new Array<Result>(paths.length)
    this.#concurrency = Math.min(concurrency, paths.length)
    this.#asked = new Uint32Array(this.#concurrency)
    this.#counts = new Uint32Array(this.#concurrency)
    this.#left = paths.length
    this.#retries = retries
    this.#together = Together.for(requests, operation, paths, lengthOf)
  }

  /** Sends the reads. Resolves with their results in the order of the paths, or rejects with the first error. */
  run({ signal, timeout }: RequestLimits = {}): Promise<Result[]> {
    return new Promise((resolve, reject) => {
      this.#settlement = { resolve, reject }
      if (signal?.aborted) return this.#giveUp('ABORTED', 'not-sent', abortOf(signal))
      if (this.#left === 0) return this.#end()!.resolve(this.#results)
      this.#startLimits(signal, timeout)
      this.#askNext()
    })
  }

  onResult(result: unknown): void {
    const { from, count } = this.#answered()
    if (this.#settlement === null) return
    if (count === 1) {
      this.#results[from] = result as Result
      this.#together?.noteOne(from, result as Result)
    } else {
      try {
        this.#together!.take(this.#results, from, count, result as (Result | number)[])
      } catch (error) {
        return this.#end()!.reject(error as ZooKeeperError)
      }
    }
    this.#left -= count
    if (this.#left === 0) this.#end()!.resolve(this.#results)
    else this.#askNext()
  }

  onError(error: ZooKeeperError): void {
    const position = this.#oldest
    const { from, count } = this.#answered()
    if (this.#settlement === null) return
    const isRepeated =
      error.code === 'CONNECTION_LOSS'
        ? this.#mayRepeat(position)
        : count > 1 && this.#together!.isRefused(error, from, count)
    if (!isRepeated) return this.#end()!.reject(error)
    for (let index = from; index < from + count; index++) this.#ask(index, 1)
  }

  /** Takes the oldest request off the ring. */
  #answered(): { from: number; count: number } {
    const slot = this.#oldest++ % this.#asked.length
    const [from, count] = [this.#asked[slot]!, this.#counts[slot]!]
    this.#inFlight -= count
    return { from, count }
  }

  /** Counts a lost connection once, however many reads it took with it. */
  #mayRepeat(position: number): boolean {
    if (position < this.#counted) return true
    this.#counted = this.#newest
    return this.#retries-- > 0
  }

  /** Sends reads of the next paths, as many as there is room for. */
  #askNext(): void {
    while (this.#next < this.#paths.length && this.#inFlight < this.#concurrency) {
      const room = this.#concurrency - this.#inFlight
      const count = this.#together?.countAt(this.#next, room, this.#concurrency) ?? 1
      if (count === 0) return
      this.#ask(this.#next, count)
      this.#next += count
    }
  }

  #ask(index: number, count: number): void {
    const slot = this.#newest++ % this.#asked.length
    this.#asked[slot] = index
    this.#counts[slot] = count
    this.#inFlight += count
    const { session, chroot } = this.#requests
    if (count > 1) {
      const paths = this.#paths.slice(index, index + count)
      session.sendFor(this.#resolve, this.#together!.operation, chroot.addAll(paths), undefined)
    } else {
      const path = this.#paths[index]!
      session.sendFor(this.#resolve, this.#operation, { path: chroot.add(path), watch: false }, path)
    }
  }

  #startLimits(signal: AbortSignal | undefined, timeout: number | undefined): void {
    if (signal === undefined && timeout === undefined) return
    const onTimeout = (): void =>
      this.#giveUp('REQUEST_TIMEOUT', 'unknown', { message: `not all replies came within ${timeout} ms` })
    const { environment } = this.#requests.session
    const timer = timeout === undefined ? undefined : environment.setTimer(onTimeout, timeout)
    const ignore = signal && whenAborted(signal, () => this.#giveUp('ABORTED', 'unknown', abortOf(signal)))
    this.#release = () => {
      timer?.cancel()
      ignore?.()
    }
  }

  #giveUp(
    code: string,
    outcome: 'not-sent' | 'unknown',
    details: { message: string; cause?: unknown },
  ): void {
    const { name } = this.#operation
    this.#end()?.reject(new ZooKeeperError(code, { operation: name, outcome, ...details }))
  }

  /** Ends the bulk read: replies that are still to come are ignored. */
  #end(): Settlement<Result> | null {
    const settlement = this.#settlement
    this.#settlement = null
    this.#release?.()
    this.#release = undefined
    return settlement
  }
}

function abortOf(signal: AbortSignal): { message: string; cause: unknown } {
  return { message: 'the reads were aborted', cause: signal.reason }
}
