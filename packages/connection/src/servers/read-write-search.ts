import type { Environment, Timer } from '../environment.ts'
import type { Transport, TransportHandler } from '../link/transport.ts'
import { formatServer, type ServerAddress } from '../server-address.ts'
import type { TransportSecurity } from './attempt.ts'
import { Cancellation, withDeadline } from './deadline.ts'

const FIRST_PAUSE = 100
const LONGEST_PAUSE = 60_000
/** The time that each step may take (options, resolver, answer), in milliseconds. */
const ANSWER_TIMEOUT = 1000
/** The longest answer to `isro` in bytes. ZooKeeper's has two letters. */
const LONGEST_ANSWER = 64

/** The parts of a session that this search needs. */
export interface ReadWriteSearchContext {
  readonly environment: Environment
  /** The servers to ask, the present one among them. */
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
  #probe: Probe | null = null

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
        this.#probe = new Probe(environment, { address, port: server.port, host: server.host, tls })
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

/** One `isro` request on a connection of its own. */
class Probe implements TransportHandler {
  readonly answer: Promise<string | null>
  readonly #transport: Transport
  readonly #timer: Timer
  readonly #bytes = Buffer.alloc(LONGEST_ANSWER)
  #size = 0
  #resolve: (answer: string | null) => void = () => {}

  constructor(environment: Environment, target: Parameters<Environment['open']>[0]) {
    this.answer = new Promise(resolve => {
      this.#resolve = resolve
    })
    this.#transport = environment.open(target, this)
    this.#timer = environment.setTimer(() => this.finish(null), ANSWER_TIMEOUT)
  }

  finish(answer: string | null): void {
    this.#timer.cancel()
    this.#transport.destroy()
    this.#resolve(answer)
  }

  onOpen(): void {
    this.#transport.write(Buffer.from('isro'))
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
    this.finish(this.#bytes.toString('latin1', 0, this.#size).trim())
  }
}
