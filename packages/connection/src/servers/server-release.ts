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
  /** Returns the present connection; null if there is none. */
  link(): Link | null
}

/**
 * Finds out which release the connected server is, once for each connection. The protocol does not say it, and an operation
 * that the server does not know would end the connection: so `srvr` asks, on a connection of its own.
 */
export class ServerRelease {
  readonly #context: InquiryContext
  /** The connection whose server was asked. */
  #asked: Link | null = null
  #known: string | null = null
  #release: Promise<string | null> = Promise.resolve(null)
  #end = new Cancellation()
  #inquiry: FourLetterWord | null = null

  constructor(context: InquiryContext) {
    this.#context = context
  }

  /** Asks the connected server, unless it was asked. Never rejects. @returns null where none is connected, or it does not say. */
  ask(): Promise<string | null> {
    const link = this.#context.link()
    if (link === null) return Promise.resolve(null)
    if (this.#asked !== link) {
      this.stop()
      this.#asked = link
      this.#end = new Cancellation()
      this.#release = this.#ask(link, this.#end).then(release => {
        if (this.#asked === link) this.#known = release
        return release
      })
    }
    return this.#release
  }

  /** The answer of the connected server: null while there is none, undefined if it was not asked. */
  get known(): string | null | undefined {
    const link = this.#context.link()
    if (link === null) return null
    return this.#asked === link ? this.#known : undefined
  }

  /** Ends the inquiry. */
  stop(): void {
    this.#asked = null
    this.#known = null
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
