import { type Environment, whenAborted, ZooKeeperError } from '@zookit/client'
import { badArgument } from './errors.ts'

/** What ends a wait. */
export interface Limits {
  /** Ends it with ABORTED. What was begun is undone, in the background if need be. */
  signal?: AbortSignal | undefined
  /** Ends it with REQUEST_TIMEOUT, after so many milliseconds. Default Infinity. */
  timeout?: number | undefined
}

/** What an error is to say of the wait that it ends. */
export interface Subject {
  readonly operation: string
  readonly path: string
}

const LONGEST = 0x7fff_ffff

/** The limits of one call, over all that it waits for. To be disposed of: it listens to the caller's signal. */
export class Deadline implements Disposable {
  readonly #environment: Environment
  readonly #subject: Subject
  readonly #signal: AbortSignal | undefined
  readonly #timer: { cancel(): void } | null
  readonly #ignoreAbort: (() => void) | undefined
  readonly #waiting = new Set<(error: unknown) => void>()
  #controller: AbortController | null = null
  #end: { error: ZooKeeperError } | null = null

  /** @throws ZooKeeperError BAD_ARGUMENTS. */
  constructor(environment: Environment, limits: Limits, subject: Subject) {
    checkLimits(limits, subject.path)
    const { signal, timeout = Infinity } = limits
    this.#environment = environment
    this.#subject = subject
    this.#signal = signal
    this.#timer =
      timeout <= LONGEST ? environment.setTimer(() => this.#onTimeout(timeout), Math.max(timeout, 1)) : null
    if (signal?.aborted) this.#onAbort()
    else if (signal) this.#ignoreAbort = whenAborted(signal, this.#onAbort)
  }

  /**
   * As the constructor, for limits that are not to be over yet.
   *
   * @throws ZooKeeperError BAD_ARGUMENTS, ABORTED.
   */
  static begin(environment: Environment, limits: Limits, subject: Subject): Deadline {
    const deadline = new Deadline(environment, limits, subject)
    if (deadline.#end === null) return deadline
    deadline[Symbol.dispose]()
    throw deadline.#end.error
  }

  /** Aborted when it is over, for what takes a signal. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#end) this.#controller.abort(this.#end.error)
    }
    return this.#controller.signal
  }

  /** @throws ZooKeeperError ABORTED or REQUEST_TIMEOUT, if it is over. */
  check(): void {
    if (this.#end) throw this.#end.error
  }

  /** What a promise comes to, unless it is over before; then the promise is left alone. */
  race<Result>(promise: Promise<Result>): Promise<Result> {
    if (this.#signal === undefined && this.#timer === null) return promise
    return new Promise((resolve, reject) => {
      if (this.#end) {
        promise.catch(() => {})
        reject(this.#end.error)
        return
      }
      this.#waiting.add(reject)
      const settled = (): void => void this.#waiting.delete(reject)
      promise.then(resolve, reject).finally(settled)
    })
  }

  /** Waits a random while, up to so many milliseconds: not all clients are to come back at the same moment. */
  async jitter(most: number): Promise<void> {
    const { promise, cancel } = sleep(this.#environment, this.#environment.random() * most)
    try {
      await this.race(promise)
    } finally {
      cancel()
    }
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
    this.#ignoreAbort?.()
  }

  readonly #onAbort = (): void => {
    const message = `${this.#subject.operation} was aborted`
    this.#over('ABORTED', message, this.#signal?.reason)
  }

  #onTimeout(timeout: number): void {
    this.#over('REQUEST_TIMEOUT', `${this.#subject.operation} was not done within ${timeout} ms`)
  }

  #over(code: string, message: string, cause?: unknown): void {
    if (this.#end) return
    const error = new ZooKeeperError(code, { ...this.#subject, message, cause, outcome: 'rejected' })
    this.#end = { error }
    for (const reject of this.#waiting) reject(error)
    this.#waiting.clear()
    this.#controller?.abort(error)
  }
}

/** A promise of `milliseconds` later, and how to be rid of its timer. Below one it is kept already. */
export function sleep(
  environment: Environment,
  milliseconds: number,
): { promise: Promise<void>; cancel(): void } {
  if (milliseconds < 1) return { promise: Promise.resolve(), cancel: () => {} }
  let cancel = (): void => {}
  const promise = new Promise<void>(resolve => {
    const timer = environment.setTimer(resolve, milliseconds)
    cancel = () => timer.cancel()
  })
  return { promise, cancel }
}

function checkLimits({ signal, timeout }: Limits, path: string): void {
  if (timeout !== undefined && !(timeout > 0)) {
    throw badArgument(`timeout is a number of milliseconds above 0, not ${String(timeout)}`, path)
  }
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw badArgument('signal is an AbortSignal', path)
  }
}
