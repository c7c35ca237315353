import type { Timer } from '../environment.ts'
import type { ZooKeeperError } from '../errors.ts'
import { setDeadline } from '../link/deadline.ts'
import type { ServerAddress } from '../link/server-address.ts'
import { Attempt, type AttemptContext, type AttemptTarget, type TransportSecurity } from './attempt.ts'
import { connectFailed, tlsUnusable } from './refusals.ts'

/** The time after which the next address is tried beside a connection that is not open yet, in milliseconds (RFC 8305, section 5). */
const HEAD_START = 250

/** The server whose addresses take part in a race. */
export interface RaceTarget {
  readonly server: ServerAddress
  /** The server's addresses, in the order to try them. */
  readonly addresses: readonly string[]
  readonly tls: TransportSecurity
  /** The time for all addresses together, in milliseconds: each gets an equal part. */
  readonly timeout: number
}

/** The listener of a race. */
export interface RaceReport {
  /** An address failed. The race goes on while there are others. */
  failed(error: ZooKeeperError, target: AttemptTarget, closed: boolean): void
  /** The race is over. @param won true if an address answered the handshake. */
  over(won: boolean): void
}

/**
 * Tries the addresses of one server: each begins when the one before has failed, or is not open after a head start. The
 * first that is open shakes hands, alone: a session has one connection at a time.
 */
export class Race {
  readonly server: ServerAddress
  readonly #context: AttemptContext
  readonly #target: RaceTarget
  readonly #report: RaceReport
  readonly #part: number
  readonly #waiting: string[]
  readonly #running = new Map<Attempt, Timer>()
  #headStart: Timer | null = null
  #isOver = false

  constructor(context: AttemptContext, target: RaceTarget, report: RaceReport) {
    this.server = target.server
    this.#context = context
    this.#target = target
    this.#report = report
    this.#part = target.timeout / target.addresses.length
    this.#waiting = [...target.addresses]
  }

  /** Begins. */
  start(): void {
    this.#next()
  }

  /** Ends the race: no socket and no timer is left, and nothing is reported any more. */
  cancel(): void {
    this.#isOver = true
    this.#headStart?.cancel()
    for (const attempt of [...this.#running.keys()]) this.#drop(attempt)
  }

  /** Ends every attempt with an error. */
  fail(error: ZooKeeperError): void {
    this.#waiting.length = 0
    for (const attempt of [...this.#running.keys()]) attempt.link.fail(error)
  }

  #next(): void {
    this.#headStart?.cancel()
    this.#headStart = null
    const address = this.#waiting.shift()
    if (address !== undefined) this.#begin(address)
    else if (this.#running.size === 0) this.#end(false)
  }

  #begin(address: string): void {
    const { environment } = this.#context
    const { server, tls } = this.#target
    const attempt = this.#attempt({ server, address, tls })
    if (attempt === null) return
    const timer = setDeadline(environment, this.#part, () => attempt.tooLate(this.#part))
    this.#running.set(attempt, timer)
    if (this.#waiting.length === 0 || this.#part <= HEAD_START) return
    this.#headStart = environment.setTimer(() => this.#next(), HEAD_START)
  }

  /** Dials. @returns null if Node refuses to, as with a key that it cannot read; that is a failure like others. */
  #attempt(target: AttemptTarget): Attempt | null {
    const failed = (error: ZooKeeperError, closed: boolean): void => {
      if (this.#isOver) return
      this.#report.failed(error, target, closed)
      if (!this.#isOver) this.#next()
    }
    try {
      const attempt: Attempt = new Attempt(this.#context, target, {
        opened: () => this.#shake(attempt),
        answered: () => {
          this.#drop(attempt, false)
          this.#end(true)
        },
        failed: (error, closed) => {
          this.#drop(attempt)
          failed(error, closed)
        },
      })
      return attempt
    } catch (error) {
      const { server, tls } = target
      failed(tls ? tlsUnusable(server, error) : connectFailed(server, error), false)
      return null
    }
  }

  /** Lets the first open connection shake hands; the others are tried again only if it fails. */
  #shake(attempt: Attempt): void {
    this.#headStart?.cancel()
    this.#headStart = null
    const rivals = [...this.#running.keys()].filter(rival => rival !== attempt)
    for (const rival of rivals) this.#drop(rival)
    this.#waiting.unshift(...rivals.map(({ target }) => target.address))
    attempt.shake()
  }

  #drop(attempt: Attempt, destroy = true): void {
    this.#running.get(attempt)?.cancel()
    this.#running.delete(attempt)
    if (destroy) attempt.link.destroy()
  }

  #end(won: boolean): void {
    this.cancel()
    this.#report.over(won)
  }
}
