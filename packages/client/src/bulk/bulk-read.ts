import {
  type Receiver,
  type RequestLimits,
  resolveFor,
  whenAborted,
  ZooKeeperError,
} from '@zookit/connection'
import type { Shaped } from '../operations.ts'
import type { Requests } from '../requests.ts'

/** The settings of one bulk read, which have passed their checks. */
export interface BulkSettings {
  /** The number of reads that are in flight. */
  concurrency: number
  /** The number of times that a read may be sent again after its connection was lost. */
  retries: number
}

interface Settlement<Result> {
  resolve(results: Result[]): void
  reject(error: ZooKeeperError): void
}

/**
 * Many reads of one operation with one promise. `concurrency` reads are in flight at a time: each result sends the next
 * read, and all of these leave in one write after the read of the connection that brought the results.
 */
export class BulkRead<Result> implements Receiver {
  readonly #requests: Requests
  readonly #operation: Shaped<Result>
  readonly #paths: readonly string[]
  readonly #results: Result[]
  readonly #resolve = resolveFor(this)
  /** The indexes of the paths in flight, in the order of the calls: a ring. */
  readonly #asked: Uint32Array
  #oldest = 0
  #newest = 0
  /** The index of the first path that was not asked for. */
  #next = 0
  #left: number
  #retries: number
  /** Reads before this position of the ring, if they are lost, are lost with a connection that was counted already. */
  #counted = 0
  /** Null before the start and after the end. */
  #settlement: Settlement<Result> | null = null
  #release: (() => void) | undefined = undefined

  /** @param paths valid paths, in a list that nobody changes. */
  constructor(
    requests: Requests,
    operation: Shaped<Result>,
    paths: readonly string[],
    { concurrency, retries }: BulkSettings,
  ) {
    this.#requests = requests
    this.#operation = operation
    this.#paths = paths
    this.#results = new Array<Result>(paths.length)
    this.#asked = new Uint32Array(Math.min(concurrency, paths.length))
    this.#left = paths.length
    this.#retries = retries
  }

  /** Sends the reads. Resolves with their results in the order of the paths, or rejects with the first error. */
  run({ signal, timeout }: RequestLimits = {}): Promise<Result[]> {
    return new Promise((resolve, reject) => {
      this.#settlement = { resolve, reject }
      if (signal?.aborted) return this.#giveUp('ABORTED', 'not-sent', abortOf(signal))
      if (this.#left === 0) return this.#end()!.resolve(this.#results)
      this.#startLimits(signal, timeout)
      while (this.#next < this.#asked.length) this.#ask(this.#next++)
    })
  }

  onResult(result: unknown): void {
    const index = this.#asked[this.#oldest++ % this.#asked.length]!
    if (this.#settlement === null) return
    this.#results[index] = result as Result
    if (--this.#left === 0) this.#end()!.resolve(this.#results)
    else if (this.#next < this.#paths.length) this.#ask(this.#next++)
  }

  onError(error: ZooKeeperError): void {
    const position = this.#oldest++
    const index = this.#asked[position % this.#asked.length]!
    if (this.#settlement === null) return
    if (error.code !== 'CONNECTION_LOSS' || !this.#mayRepeat(position)) this.#end()!.reject(error)
    else this.#ask(index)
  }

  /** Counts a lost connection once, however many reads it took with it. */
  #mayRepeat(position: number): boolean {
    if (position < this.#counted) return true
    this.#counted = this.#newest
    return this.#retries-- > 0
  }

  #ask(index: number): void {
    const path = this.#paths[index]!
    this.#asked[this.#newest++ % this.#asked.length] = index
    const { session, chroot } = this.#requests
    session.sendFor(this.#resolve, this.#operation, { path: chroot.add(path), watch: false }, path)
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
