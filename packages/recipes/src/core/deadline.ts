import { type Environment, whenAborted, ZooKeeperError } from '@zookit/client'
import { checkCall, LIMITS, type Subject } from './arguments.ts'
import { wait } from './pause.ts'

/** Limits of a call. */
export interface Limits {
  /** Ends the call with ABORTED. What was begun is undone, in the background if necessary. */
  signal?: AbortSignal | undefined
  /** Milliseconds after which the call ends with REQUEST_TIMEOUT. Default Infinity. */
  timeout?: number | undefined
}

const LONGEST = 0x7fff_ffff

/** Limits of one call, for everything that the call waits for. Dispose of it: it listens to the caller's signal. */
export class Deadline implements Disposable {
  readonly #environment: Environment
  readonly #subject: Subject
  readonly #signal: AbortSignal | undefined
  readonly #timer: { cancel(): void } | null
  readonly #ignoreAbort: (() => void) | undefined
  readonly #waiting = new Set<(error: unknown) => void>()
  #controller: AbortController | null = null
  #end: { error: ZooKeeperError } | null = null
  #goesOn = false

  /** @throws ZooKeeperError BAD_ARGUMENTS. */
  constructor(environment: Environment, limits: Limits, subject: Subject) {
    checkCall(subject, limits, LIMITS)
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
   * Creates a deadline that has not passed yet.
   *
   * @throws ZooKeeperError BAD_ARGUMENTS, ABORTED.
   */
  static begin(environment: Environment, limits: Limits, subject: Subject): Deadline {
    const deadline = new Deadline(environment, limits, subject)
    if (deadline.#end === null) return deadline
    deadline[Symbol.dispose]()
    throw deadline.#end.error
  }

  /**
   * Declares that what the call has begun goes on, or may have been applied, when the deadline passes: its error then has
   * the outcome `unknown`. Before that it has `rejected`, because nothing was changed.
   */
  workGoesOn(): void {
    this.#goesOn = true
    if (this.#end) this.#end = { error: goingOn(this.#end.error) }
  }

  /** A signal that is aborted when the deadline passes. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#end) this.#controller.abort(this.#end.error)
    }
    return this.#controller.signal
  }

  /** @throws ZooKeeperError ABORTED or REQUEST_TIMEOUT if the deadline has passed. */
  check(): void {
    if (this.#end) throw this.#end.error
  }

  /** Settles as the promise does, or rejects when the deadline passes. The promise itself is then left alone. */
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

  /**
   * Waits for a random time of at most `most` milliseconds, so that clients do not all come back at the same moment.
   */
  async jitter(most: number): Promise<void> {
    const { promise, cancel } = wait(this.#environment, this.#environment.random() * most)
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
    this.#over('REQUEST_TIMEOUT', `${this.#subject.operation} did not end within ${timeout} ms`)
  }

  #over(code: string, message: string, cause?: unknown): void {
    if (this.#end) return
    const refused = new ZooKeeperError(code, { ...this.#subject, message, cause, outcome: 'rejected' })
    const error = this.#goesOn ? goingOn(refused) : refused
    this.#end = { error }
    for (const reject of this.#waiting) reject(error)
    this.#waiting.clear()
    this.#controller?.abort(error)
  }
}

/**
 * Begins work and waits for it. The limits end the wait, not the work: their error has the outcome `unknown`.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS before the work has begun; ABORTED; REQUEST_TIMEOUT; what the work throws.
 */
export async function awaitWork<Result>(
  environment: Environment,
  limits: Limits,
  subject: Subject,
  begin: () => Promise<Result>,
): Promise<Result> {
  using deadline = new Deadline(environment, limits, subject)
  const work = begin()
  deadline.workGoesOn()
  return await deadline.race(work)
}

function goingOn({ code, message, operation, path, cause }: ZooKeeperError): ZooKeeperError {
  const text = `${message}; what it has begun goes on, or may have been applied`
  return new ZooKeeperError(code, { message: text, operation, path, cause, outcome: 'unknown' })
}
