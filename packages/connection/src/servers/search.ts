import type { Reader } from '@zookit/jute'
import type { Environment, Timer } from '../environment.ts'
import { ZooKeeperError } from '../errors.ts'
import { Link, type LinkOwner } from '../link/link.ts'
import type { Backoff, Timeouts } from '../link/timeouts.ts'
import type { TlsOptions } from '../link/transport.ts'
import { formatServer, type ServerAddress } from './connect-string.ts'
import { Cancellation, withDeadline } from './deadline.ts'
import {
  encodeHandshake,
  type HandshakeRequest,
  MAX_HANDSHAKE_FRAME,
  readVerdict,
  type Verdict,
} from './handshake.ts'
import type { Directory } from './server-list.ts'

/** No timer waits less, in milliseconds. */
const SHORTEST_PAUSE = 1

/** Node's TLS options, or null for TCP. */
export type Prepared = TlsOptions | null

/** What a search for a server needs from its session. */
export interface SearchContext {
  readonly environment: Environment
  readonly directory: Directory
  readonly backoff: Backoff
  /** The spread of the pauses between servers of one round, in milliseconds. */
  readonly jitter: number
  /** The longest frame accepted, in bytes. */
  readonly maxFrame: number
  /** Called before each attempt, so that certificates and secrets can change. */
  prepare(): Prepared | Promise<Prepared>
  timeouts(): Timeouts
  /** Called right before it is sent. */
  handshake(): HandshakeRequest
  /** A server answered the handshake. The link's frames must be adopted at once. */
  onVerdict(link: Link, verdict: Verdict): void
  /** An attempt failed; the search goes on. */
  onFailure(error: ZooKeeperError, server: ServerAddress | null): void
}

/** One search for a server that takes the session: round after round, until one does or it is cancelled. */
export class Search {
  readonly #context: SearchContext
  readonly #end = new Cancellation()
  #link: Link | null = null
  #timer: Timer | null = null
  #wake: (() => void) | null = null
  #paused = false

  constructor(context: SearchContext) {
    this.#context = context
  }

  /** Stops at once: no socket and no timer is left, and nothing is reported any more. */
  cancel(): void {
    this.#end.cancel()
    this.#link?.destroy()
    this.#timer?.cancel()
    this.#wake?.()
  }

  get #cancelled(): boolean {
    return this.#end.cancelled
  }

  /** The list of servers was replaced: an attempt at one that is not in it any more ends. */
  reconsider(): void {
    const link = this.#link
    if (link && !this.#context.directory.has(link.server)) link.fail(dismissed(link.server))
  }

  /** @param patient whether even the first attempt waits its turn, as after a lost connection. */
  async run(patient: boolean): Promise<void> {
    for (let first = !patient; !this.#cancelled; first = false) {
      const server = await this.#next(first)
      if (server === null || this.#cancelled) continue
      if (await this.#tryServer(server)) return
    }
  }

  /** The next server, when it is time to try it; null when none is known. */
  async #next(first: boolean): Promise<ServerAddress | null> {
    const { directory, backoff, jitter, environment } = this.#context
    const random = (): number => environment.random()
    try {
      const { server, wrapped } = await directory.next(this.#context.timeouts().connect, this.#end)
      if (!first) await this.#pause(wrapped ? backoff.next(random) : random() * jitter)
      return server
    } catch (error) {
      this.#report(error, null)
      await this.#pause(backoff.next(random))
      return null
    }
  }

  /** The first pause may turn out to be none; those after a failure never do, so that nothing runs hot. */
  #pause(delay: number): Promise<void> {
    const isNone = delay < SHORTEST_PAUSE && !this.#paused
    this.#paused = true
    if (isNone || this.#cancelled) return Promise.resolve()
    return new Promise(resolve => {
      this.#wake = resolve
      this.#timer = this.#context.environment.setTimer(resolve, delay)
    })
  }

  /** Tries every address that the server's name has now. */
  async #tryServer(server: ServerAddress): Promise<boolean> {
    const { environment } = this.#context
    try {
      for (const address of await this.#inTime(
        `the resolver, for ${server.host}`,
        environment.resolve(server.host),
      )) {
        const tls = await this.#inTime('TLS options and secrets', this.#context.prepare())
        if (this.#cancelled) return true
        if (!this.#context.directory.has(server)) throw dismissed(server)
        if (await this.#tryAddress(server, address, tls)) return true
      }
    } catch (error) {
      this.#report(error, server)
    }
    return false
  }

  #inTime<T>(of: string, promise: T | Promise<T>): T | Promise<T> {
    const timeout = this.#context.timeouts().connect
    return withDeadline(this.#context.environment, promise, { timeout, cancellation: this.#end, of })
  }

  /** One connection and one handshake, under one deadline. */
  #tryAddress(server: ServerAddress, address: string, tls: TlsOptions | null): Promise<boolean> {
    const context = this.#context
    const timeout = context.timeouts().connect
    return new Promise(resolve => {
      const settle = (done: boolean): void => {
        this.#timer?.cancel()
        this.#link = null
        resolve(done)
      }
      const attempt = new Attempt(context, server, address, tls, {
        answered: () => settle(true),
        failed: error => {
          this.#report(error, server)
          settle(false)
        },
      })
      this.#wake = () => settle(true)
      this.#link = attempt.link
      this.#timer = context.environment.setTimer(() => attempt.link.fail(attempt.tooLate(timeout)), timeout)
    })
  }

  #report(error: unknown, server: ServerAddress | null): void {
    if (this.#cancelled) return
    const known = error instanceof ZooKeeperError
    this.#context.onFailure(known ? error : connectFailed(server, error), server)
  }
}

/** One connection's handshake. */
class Attempt implements LinkOwner {
  readonly link: Link
  readonly #context: SearchContext
  readonly #server: ServerAddress
  readonly #report: { answered(): void; failed(error: ZooKeeperError): void }
  readonly #tls: boolean
  #asked: HandshakeRequest | null = null
  #opened = false
  #answered = false

  constructor(
    context: SearchContext,
    server: ServerAddress,
    address: string,
    tls: TlsOptions | null,
    report: { answered(): void; failed(error: ZooKeeperError): void },
  ) {
    this.#context = context
    this.#server = server
    this.#report = report
    this.#tls = tls !== null
    const target = { address, port: server.port, host: server.host, tls }
    this.link = new Link(context.environment, target, server, context.maxFrame, this, () => this.#ask())
  }

  /** The one frame that goes out before the reply: anything behind it could cost the server's answer. */
  #ask(): void {
    this.#opened = true
    this.#asked = this.#context.handshake()
    this.link.write(encodeHandshake(this.#asked))
  }

  onFrame(reader: Reader): boolean {
    if (this.#asked === null || reader.remaining > MAX_HANDSHAKE_FRAME) {
      throw this.#refused('what the server sent is no answer to a handshake')
    }
    const verdict = readVerdict(reader, this.#asked)
    // A read-only server's sessions are its own: it cannot hold the one that was asked for.
    const { readOnly, sessionId } = this.#asked
    if (verdict.kind === 'established' && verdict.readOnly && (!readOnly || sessionId !== 0n)) {
      throw this.#refused('the server is read-only, which will not do')
    }
    this.#answered = true
    this.#context.onVerdict(this.link, verdict)
    this.#report.answered()
    return true
  }

  onTurn(): void {}

  onLost(error: Error | null): void {
    if (this.#answered) return
    const accepted = this.#opened || (!this.#tls && isReset(error))
    if (error instanceof ZooKeeperError) this.#report.failed(error)
    else if (!accepted || isTlsError(error)) this.#report.failed(this.#notOpened(error))
    else this.#report.failed(this.#refused(refusal(error), error))
  }

  tooLate(timeout: number): ZooKeeperError {
    const message = `${formatServer(this.#server)}: no handshake within ${timeout} ms`
    return new ZooKeeperError('CONNECT_FAILED', { message, retryable: true })
  }

  #notOpened(error: Error | null): ZooKeeperError {
    if (!this.#tls || isNetworkError(error)) return connectFailed(this.#server, error)
    const reason = error?.message.trim() ?? 'closed during the TLS handshake'
    const message = `${formatServer(this.#server)}: ${reason}`
    return new ZooKeeperError('SSL_CONNECTION_ERROR', { message, cause: error })
  }

  #refused(message: string, cause?: unknown): ZooKeeperError {
    const text = `${formatServer(this.#server)}: ${message}`
    return new ZooKeeperError('HANDSHAKE_REFUSED', { message: text, retryable: true, cause })
  }
}

/** ZooKeeper says no to a handshake by closing: what that can mean. */
function refusal(error: Error | null): string {
  const how = error === null ? 'closed the connection' : `failed with "${error.message}"`
  return (
    `${how} instead of answering the handshake (it may not be serving, be behind what this client has seen, ` +
    'be read-only, have too many connections, or expect TLS)'
  )
}

function isNetworkError(error: Error | null): boolean {
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'].includes(errorCode(error))
}

/** A server that takes a connection and closes it at once can be quicker than our own word that it stands. */
function isReset(error: Error | null): boolean {
  return ['EPIPE', 'ECONNRESET'].includes(errorCode(error))
}

/** In TLS 1.3 a client's handshake is over before the server has judged its certificate: the alert comes later. */
function isTlsError(error: Error | null): boolean {
  return errorCode(error).startsWith('ERR_SSL_')
}

function errorCode(error: Error | null): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? ''
}

function dismissed(server: ServerAddress): ZooKeeperError {
  const message = `${formatServer(server)}: not in the list of servers any more`
  return new ZooKeeperError('CONNECT_FAILED', { message })
}

function connectFailed(server: ServerAddress | null, cause: unknown): ZooKeeperError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = server === null ? reason : `${formatServer(server)}: ${reason}`
  return new ZooKeeperError('CONNECT_FAILED', { message, retryable: true, cause })
}

/** Whether a host can only be this machine. */
export function isLoopback(host: string): boolean {
  return host === '::1' || host.toLowerCase() === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host)
}
