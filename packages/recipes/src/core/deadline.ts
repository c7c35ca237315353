import { type SessionState, whenAborted, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { checkCall, LIMITS, type Subject } from './arguments.ts'
import { isEnd, isLostWrite, withOutcome } from './errors.ts'
import { wait } from './pause.ts'

/** Limits of a call. */
export interface Limits {
  /** Ends the call with ABORTED. What was begun is undone, in the background if necessary. */
  signal?: AbortSignal | undefined
  /**
   * Milliseconds after which the call ends with REQUEST_TIMEOUT. Default Infinity. 0 tries once: the call waits for the
   * server's answers on the present connection, and for nothing else.
   */
  timeout?: number | undefined
}

const LONGEST = 0x7fff_ffff

/** The number of pauses of a call that may be as short as chance has it. */
const FREE_PAUSES = 4
/** The longest pause, in milliseconds, that a later one is at least. */
const LONGEST_FLOOR = 32
/** The time without a pause, in milliseconds, after which they are counted anew. */
const CALM = 1000

/** The states in which a call would have to wait for a connection. */
const WITHOUT_CONNECTION: ReadonlySet<SessionState> = new Set(['connecting', 'suspended'])

const NOT_YET = Symbol('not settled yet')

/** Limits of one call, for everything that the call waits for. Dispose of it: it listens to the caller's signal. */
export class Deadline implements Disposable {
  readonly #zk: ZooKeeper
  readonly #subject: Subject
  readonly #isOnce: boolean
  readonly #signal: AbortSignal | undefined
  readonly #timer: { cancel(): void } | null
  readonly #ignoreAbort: (() => void) | undefined
  readonly #waiting = new Set<(error: unknown) => void>()
  #controller: AbortController | null = null
  /** The error once the deadline has passed, and the same for work that goes on. */
  #end: { error: ZooKeeperError; readonly unknown: ZooKeeperError } | null = null
  #goesOn = false
  /** True once a write of the call was sent and not answered. */
  #hasLost = false
  /** The number of pauses in a row, and the time at which the last one ended. */
  #pauses = 0
  #resumedAt = Number.NEGATIVE_INFINITY

  /** @throws ZooKeeperError BAD_ARGUMENTS. */
  constructor(zk: ZooKeeper, limits: Limits, subject: Subject) {
    checkCall(subject, limits, LIMITS)
    const { signal, timeout = Infinity } = limits
    this.#zk = zk
    this.#subject = subject
    this.#signal = signal
    this.#isOnce = timeout === 0
    const hasTimer = timeout > 0 && timeout <= LONGEST
    this.#timer = hasTimer
      ? zk.environment.setTimer(() => this.#onTimeout(timeout), Math.max(timeout, 1))
      : null
    if (signal?.aborted) this.#onAbort()
    else if (signal) this.#ignoreAbort = whenAborted(signal, this.#onAbort)
    if (!this.#isOnce) return
    zk.on('state', this.#onState)
    this.#onState(zk.state)
  }

  /**
   * Creates a deadline that has not passed yet.
   *
   * @throws ZooKeeperError BAD_ARGUMENTS, ABORTED.
   */
  static begin(zk: ZooKeeper, limits: Limits, subject: Subject): Deadline {
    const deadline = new Deadline(zk, limits, subject)
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
    if (this.#end) this.#end.error = this.#end.unknown
  }

  /** A signal that is aborted when the deadline passes. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#end) this.#controller.abort(this.#end.error)
    }
    return this.#controller.signal
  }

  /** False if the call must not wait for anything but answers. */
  get mayWait(): boolean {
    return !this.#isOnce
  }

  /** The limits of a call that is a part of this one: it ends with this one, and waits for no more than this one may. */
  get inner(): Limits {
    return { signal: this.signal, timeout: this.#isOnce ? 0 : undefined }
  }

  /** @throws ZooKeeperError ABORTED or REQUEST_TIMEOUT if the deadline has passed. */
  check(): void {
    if (this.#end) throw this.#end.error
  }

  /** Declares that the call has to wait for something. @throws ZooKeeperError REQUEST_TIMEOUT if it may not. */
  checkMayWait(): void {
    if (this.#isOnce) this.#onRefusal()
    this.check()
  }

  /**
   * Waits, as `race` does, for what is not an answer: somebody's turn, a change, a connection.
   *
   * @throws ZooKeeperError REQUEST_TIMEOUT if the call may not wait, and the promise is not settled already.
   */
  async wait<Result>(promise: Promise<Result>): Promise<Result> {
    if (!this.#isOnce) return await this.race(promise)
    const result = await Promise.race([promise, Promise.resolve(NOT_YET)])
    if (result === NOT_YET) this.checkMayWait()
    this.check()
    return result as Result
  }

  /** Settles as the promise does, or rejects when the deadline passes. The promise itself is then left alone. */
  race<Result>(promise: Promise<Result>): Promise<Result> {
    const isLimited = this.#signal !== undefined || this.#timer !== null || this.#isOnce
    if (!isLimited) return promise.catch(error => Promise.reject(this.#judge(error)))
    return new Promise((resolve, reject) => {
      if (this.#end) {
        promise.catch(() => {})
        reject(this.#end.error)
        return
      }
      this.#waiting.add(reject)
      const settled = (): void => void this.#waiting.delete(reject)
      promise.then(resolve, error => reject(this.#judge(error))).finally(settled)
    })
  }

  /** Passes the failure of a write on, of which `race` may not hear: of several requests, it hears of the first failure. */
  readonly noted = (error: unknown): never => {
    this.note(error)
    throw error
  }

  /** Notes the failure of a request of the call that was not waited for here: see `race`. */
  note(error: unknown): void {
    this.#hasLost ||= isLostWrite(error)
  }

  /** Returns what is to be thrown: the end of the client leaves it open what became of a write that was not answered. */
  #judge(error: unknown): unknown {
    this.note(error)
    return this.#hasLost && isEnd(error) ? withOutcome(error, 'unknown') : error
  }

  /**
   * Waits for a request, as `race` does, that is applied if it is sent at all: when the deadline passes, its error has the
   * outcome `unknown`.
   */
  async raceWrite<Result>(promise: Promise<Result>): Promise<Result> {
    try {
      return await this.race(promise)
    } catch (error) {
      const end = this.#end
      throw end !== null && end.error === error ? end.unknown : error
    }
  }

  /**
   * Waits for a random time of at most `most` milliseconds, so that clients do not all come back at the same moment. A call
   * that pauses again and again waits longer, whatever `most` is: its requests may be refused at once, as behind a full
   * queue, and without a pause many such calls would leave no time for what they wait for.
   */
  async jitter(most: number): Promise<void> {
    this.checkMayWait()
    const { environment } = this.#zk
    if (environment.now() - this.#resumedAt > CALM) this.#pauses = 0
    const floor = Math.min(2 ** Math.max(this.#pauses++ - FREE_PAUSES, 0), LONGEST_FLOOR)
    const { promise, cancel } = wait(environment, Math.max(environment.random() * most, floor))
    try {
      await this.race(promise)
    } finally {
      cancel()
      this.#resumedAt = environment.now()
    }
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
    this.#ignoreAbort?.()
    if (this.#isOnce) this.#zk.off('state', this.#onState)
  }

  readonly #onAbort = (): void => {
    const message = `${this.#subject.operation} was aborted`
    this.#over('ABORTED', message, this.#signal?.reason)
  }

  readonly #onState = (state: SessionState): void => {
    if (WITHOUT_CONNECTION.has(state)) this.#onRefusal()
  }

  #onRefusal(): void {
    this.#over('REQUEST_TIMEOUT', `${this.#subject.operation} would have to wait (timeout: 0)`)
  }

  #onTimeout(timeout: number): void {
    this.#over('REQUEST_TIMEOUT', `${this.#subject.operation} did not end within ${timeout} ms`)
  }

  #over(code: string, message: string, cause?: unknown): void {
    if (this.#end) return
    const details = { ...this.#subject, cause }
    const refused = new ZooKeeperError(code, { ...details, message, outcome: 'rejected' })
    const goesOn = `${message}; what it has begun goes on, or may have been applied`
    const unknown = new ZooKeeperError(code, { ...details, message: goesOn, outcome: 'unknown' })
    const error = this.#goesOn ? unknown : refused
    this.#end = { error, unknown }
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
  zk: ZooKeeper,
  limits: Limits,
  subject: Subject,
  begin: () => Promise<Result>,
): Promise<Result> {
  using deadline = new Deadline(zk, limits, subject)
  const work = begin()
  deadline.workGoesOn()
  return await deadline.race(work)
}
