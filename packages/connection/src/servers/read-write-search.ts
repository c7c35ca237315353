import type { Environment, Timer } from '../environment.ts'
import { Cancellation, withDeadline } from '../link/deadline.ts'
import { formatServer, type ServerAddress } from '../link/server-address.ts'
import type { TransportSecurity } from './attempt.ts'
import { FourLetterWord } from './four-letter-word.ts'

const FIRST_PAUSE = 100
const LONGEST_PAUSE = 60_000
/** The time that each step may take (options, resolver, answer), in milliseconds. */
const ANSWER_TIMEOUT = 1000

/** The parts of a session that this search needs. */
export interface ReadWriteSearchContext {
  readonly environment: Environment
  /** Returns the servers to ask, the present one among them. */
  servers(): readonly ServerAddress[]
  /** Node's TLS options, null for plain TCP. */
  prepare(): TransportSecurity | Promise<TransportSecurity>
  /** Called with a server that takes writes. */
  found(server: ServerAddress): void
}

/** Asks one server after the other whether it takes writes, while a session is read-only. */
export class ReadWriteSearch {
  readonly #context: ReadWriteSearchContext
  readonly #present: ServerAddress
  #turn = 0
  #pause = FIRST_PAUSE
  #timer: Timer | null = null
  readonly #end = new Cancellation()
  #probe: FourLetterWord | null = null

  constructor(context: ReadWriteSearchContext, present: ServerAddress) {
    this.#context = context
    this.#present = present
    this.#wait()
  }

  stop(): void {
    this.#end.cancel()
    this.#timer?.cancel()
    this.#probe?.finish(null)
  }

  #wait(): void {
    this.#timer = this.#context.environment.setTimer(() => void this.#ask(), this.#pause)
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE)
  }

  async #ask(): Promise<void> {
    const server = this.#next()
    const writable = server !== null && (await this.#isReadWrite(server))
    if (this.#end.cancelled) return
    if (writable) this.#context.found(server)
    else this.#wait()
  }

  #next(): ServerAddress | null {
    const present = formatServer(this.#present)
    const others = this.#context.servers().filter(server => formatServer(server) !== present)
    return others[this.#turn++ % Math.max(others.length, 1)] ?? null
  }

  async #isReadWrite(server: ServerAddress): Promise<boolean> {
    const { environment } = this.#context
    try {
      const tls = await this.#inTime('TLS options and secrets', this.#context.prepare())
      for (const address of await this.#inTime('the resolver', environment.resolve(server.host))) {
        if (this.#end.cancelled) return false
        this.#probe = new FourLetterWord(environment, { server, address, tls }, 'isro', ANSWER_TIMEOUT)
        if ((await this.#probe.answer) === 'rw') return true
      }
    } catch {
      // This server cannot be asked: the next one is asked in its turn.
    }
    return false
  }

  #inTime<T>(of: string, promise: T | Promise<T>): T | Promise<T> {
    const deadline = { timeout: ANSWER_TIMEOUT, cancellation: this.#end, of }
    return withDeadline(this.#context.environment, promise, deadline)
  }
}
