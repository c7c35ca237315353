import type { Environment } from '../environment.ts'
import { Cancellation, withDeadline } from '../link/deadline.ts'
import type { Link } from '../link/link.ts'
import type { TransportSecurity } from './attempt.ts'
import { FourLetterWord } from './four-letter-word.ts'

/** The time that each step may take (options, answer), in milliseconds. */
const ANSWER_TIMEOUT = 1000

/** The parts of a session that this inquiry needs. */
interface InquiryContext {
  readonly environment: Environment
  /** Returns Node's TLS options, null for plain TCP. */
  prepare(): TransportSecurity | Promise<TransportSecurity>
}

/**
 * Finds out which release the connected server is, once for each connection. The protocol does not say it, and an operation
 * that the server does not know would end the connection: so `srvr` asks, on a connection of its own.
 */
export class ServerRelease {
  readonly #context: InquiryContext
  #link: Link | null = null
  #release: Promise<string | null> = Promise.resolve(null)
  #end = new Cancellation()
  #inquiry: FourLetterWord | null = null

  constructor(context: InquiryContext) {
    this.#context = context
  }

  /** Asks the server of a link, unless it was asked. Never rejects. @returns null where it does not say. */
  of(link: Link): Promise<string | null> {
    if (this.#link !== link) {
      this.stop()
      this.#link = link
      this.#end = new Cancellation()
      this.#release = this.#ask(link, this.#end)
    }
    return this.#release
  }

  /** Ends the inquiry. */
  stop(): void {
    this.#link = null
    this.#end.cancel()
    this.#inquiry?.finish(null)
  }

  async #ask({ server, address }: Link, cancellation: Cancellation): Promise<string | null> {
    const { environment } = this.#context
    const deadline = { timeout: ANSWER_TIMEOUT, cancellation, of: 'TLS options and secrets' }
    try {
      const tls = await withDeadline(environment, this.#context.prepare(), deadline)
      if (cancellation.cancelled) return null
      this.#inquiry = new FourLetterWord(environment, { server, address, tls }, 'srvr', ANSWER_TIMEOUT)
      return readRelease((await this.#inquiry.answer) ?? '')
    } catch {
      // Without TLS options nobody can be asked.
      return null
    }
  }
}

/** Reads the release in the answer to `srvr`, such as `3.8.0`. @returns null for any other text. */
function readRelease(answer: string): string | null {
  return /^Zookeeper version: (\d+\.\d+\.\d+)/.exec(answer)?.[1] ?? null
}
