import type { Environment, Timer } from '../environment.ts'
import { setDeadline } from '../link/deadline.ts'
import type { ServerAddress } from '../link/server-address.ts'
import type { Transport, TransportHandler } from '../link/transport.ts'
import type { TransportSecurity } from './attempt.ts'

/** The longest answer that is read, in bytes. The longest one asked for, that to `srvr`, has about 200. */
const LONGEST_ANSWER = 1024

/** A server at one of its addresses, and the TLS options for it; null for plain TCP. */
interface WordTarget {
  readonly server: ServerAddress
  readonly address: string
  readonly tls: TransportSecurity
}

/** One four-letter word, such as `isro`, on a connection of its own. */
export class FourLetterWord implements TransportHandler {
  /** The server's answer; null if there is none in time. */
  readonly answer: Promise<string | null>
  readonly #word: string
  readonly #transport: Transport
  readonly #timer: Timer
  readonly #bytes = Buffer.alloc(LONGEST_ANSWER)
  #size = 0
  #resolve: (answer: string | null) => void = () => {}

  /** @param timeout in milliseconds. */
  constructor(environment: Environment, target: WordTarget, word: string, timeout: number) {
    const { server, address, tls } = target
    const { host, port, tlsName = host } = server
    this.#word = word
    this.answer = new Promise(resolve => {
      this.#resolve = resolve
    })
    this.#transport = environment.open({ address, port, host: tlsName, tls }, this)
    this.#timer = setDeadline(environment, timeout, () => this.finish(null))
  }

  /** Ends the connection. */
  finish(answer: string | null): void {
    this.#timer.cancel()
    this.#transport.destroy()
    this.#resolve(answer)
  }

  onOpen(): void {
    this.#transport.write(Buffer.from(this.#word))
  }

  space(): Buffer {
    return this.#bytes.subarray(this.#size)
  }

  onBytes(size: number): boolean {
    this.#size += size
    if (this.#size < LONGEST_ANSWER) return true
    this.finish(null)
    return false
  }

  onDrain(): void {}

  onClose(): void {
    this.finish(this.#size === 0 ? null : this.#bytes.toString('latin1', 0, this.#size).trim())
  }
}
