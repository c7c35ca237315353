import { JuteError, type Reader } from '@zookit/jute'
import type { Environment, Timer } from '../environment.ts'
import { ZooKeeperError } from '../errors.ts'
import { Link, type LinkOwner } from '../link/link.ts'
import type { Backoff, Timeouts } from '../link/timeouts.ts'
import type { TlsOptions } from '../link/transport.ts'
import { formatServer, type ServerAddress } from '../server-address.ts'
import { Cancellation, withDeadline } from './deadline.ts'
import {
  encodeHandshake,
  type HandshakeRequest,
  type HandshakeResult,
  MAX_HANDSHAKE_FRAME,
  readHandshakeResult,
} from './handshake.ts'
import type { ServerList } from './server-list.ts'

/** The shortest pause, in milliseconds. */
const SHORTEST_PAUSE = 1

/** Node's TLS options, or null for plain TCP. */
export type TransportSecurity = TlsOptions | null

/** The parts of a session that a search needs. */
export interface SearchContext {
  readonly environment: Environment
  readonly servers: ServerList
  readonly backoff: Backoff
  /** The spread of the pauses between servers of one round, in milliseconds. */
  readonly jitter: number
  /** The longest frame accepted, in bytes. */
  readonly maxFrame: number
  /** Called before each attempt: certificates and secrets may change. */
  prepare(): TransportSecurity | Promise<TransportSecurity>
  timeouts(): Timeouts
  /** Called right before the handshake is sent. */
  handshake(): HandshakeRequest
  /** A server answered the handshake. The link must be adopted or destroyed at once. */
  onHandshake(link: Link, result: HandshakeResult): void
  /** An attempt failed. The search goes on. */
  onFailure(error: ZooKeeperError, server: ServerAddress | null): void
}

const READ_ONLY = 'the server is read-only, and the session does not allow that (readOnly: false)'
const RESUMES_NOTHING = 'the server is read-only and cannot resume a session'

/** One search for a server that takes the session, round after round until one does or the search is cancelled. */
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

  /** Stops the search at once: no socket and no timer is left, and nothing is reported any more. */
  cancel(): void {
    this.#end.cancel()
    this.#link?.destroy()
    this.#timer?.cancel()
    this.#wake?.()
  }

  get #cancelled(): boolean {
    return this.#end.cancelled
  }

  /** Ends an attempt at a server that is not in the list any more: the list was replaced. */
  reconsider(): void {
    const link = this.#link
    if (link && !this.#context.servers.has(link.server)) link.fail(dismissed(link.server))
  }

  /** Runs the search. @param patient true to wait before the first attempt, too, as after a lost connection. */
  async run(patient: boolean): Promise<void> {
    for (let first = !patient; !this.#cancelled; first = false) {
      const server = await this.#next(first)
      if (server === null || this.#cancelled) continue
      if (await this.#tryServer(server)) return
    }
  }

  /** Waits until it is time for the next server. @returns null if no server is known. */
  async #next(first: boolean): Promise<ServerAddress | null> {
    const { servers, backoff, jitter, environment } = this.#context
    const random = (): number => environment.random()
    try {
      const { server, wrapped } = await servers.next(this.#context.timeouts().connect, this.#end)
      if (!first) await this.#pause(wrapped ? backoff.next(random) : random() * jitter)
      return server
    } catch (error) {
      this.#report(error, null)
      await this.#pause(backoff.next(random))
      return null
    }
  }

  /** Pauses. Only the first pause may be none, so that failures never become a hot loop. */
  #pause(delay: number): Promise<void> {
    const isNone = delay < SHORTEST_PAUSE && !this.#paused
    this.#paused = true
    if (isNone || this.#cancelled) return Promise.resolve()
    return new Promise(resolve => {
      this.#wake = resolve
      this.#timer = this.#context.environment.setTimer(resolve, delay)
    })
  }

  /** Tries every address of a server's name. */
  async #tryServer(server: ServerAddress): Promise<boolean> {
    const { environment } = this.#context
    try {
      for (const address of await this.#inTime(
        `the resolver, for ${server.host}`,
        environment.resolve(server.host),
      )) {
        const tls = await this.#inTime('TLS options and secrets', this.#context.prepare())
        if (this.#cancelled) return true
        if (!this.#context.servers.has(server)) throw dismissed(server)
        if (await this.#tryAddress(server, address, tls)) return true
      }
    } catch (error) {
      this.#report(error, server)
    }
    return false
  }

  /** Bounds one step of an attempt. */
  #inTime<T>(of: string, promise: T | Promise<T>): T | Promise<T> {
    const timeout = this.#context.timeouts().connect
    return withDeadline(this.#context.environment, promise, { timeout, cancellation: this.#end, of })
  }

  /** Tries one connection and one handshake, under one deadline. */
  #tryAddress(server: ServerAddress, address: string, tls: TlsOptions | null): Promise<boolean> {
    const context = this.#context
    const timeout = context.timeouts().connect
    return new Promise(resolve => {
      const settle = (done: boolean): void => {
        this.#timer?.cancel()
        this.#link = null
        resolve(done)
      }
      const attempt = new Attempt(
        context,
        { server, address, tls },
        {
          answered: () => settle(true),
          failed: error => {
            this.#report(error, server)
            settle(false)
          },
        },
      )
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

/** The server of an attempt, one of its addresses, and its TLS options. */
interface AttemptTarget {
  readonly server: ServerAddress
  readonly address: string
  readonly tls: TransportSecurity
}

/** The handshake of one connection. */
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
    { server, address, tls }: AttemptTarget,
    report: { answered(): void; failed(error: ZooKeeperError): void },
  ) {
    this.#context = context
    this.#server = server
    this.#report = report
    this.#tls = tls !== null
    const { environment, maxFrame } = context
    const { host, port } = server
    this.link = new Link(environment, { server, address, host, port, tls, maxFrame }, this)
  }

  /** Sends the handshake, and nothing behind it: that could cost the server's answer. */
  onOpen(): void {
    this.#opened = true
    this.#asked = this.#context.handshake()
    this.link.write(encodeHandshake(this.#asked))
  }

  onFrame(reader: Reader): boolean {
    if (this.#asked === null || reader.remaining > MAX_HANDSHAKE_FRAME) {
      throw this.#refused('what the server sent is not an answer to a handshake')
    }
    const result = readHandshakeResult(reader, this.#asked)
    // A read-only server's sessions are local to it: it cannot resume the requested one.
    const { readOnly, sessionId } = this.#asked
    if (result.kind === 'established' && result.readOnly && (!readOnly || sessionId !== 0n)) {
      throw this.#refused(readOnly ? RESUMES_NOTHING : READ_ONLY)
    }
    this.#answered = true
    this.#context.onHandshake(this.link, result)
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

/** Tells what it can mean that a server closed the connection instead of a handshake: ZooKeeper gives no reason. */
function refusal(error: Error | null): string {
  if (error instanceof JuteError) {
    return `answered the handshake, but not as a ZooKeeper server does: ${error.message} (check host and port)`
  }
  const how = error === null ? 'closed the connection' : `failed with "${error.message}"`
  return (
    `${how} instead of answering the handshake (the server may not be serving, be behind what this client has seen, ` +
    'be read-only, have too many connections, or expect TLS)'
  )
}

function isNetworkError(error: Error | null): boolean {
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'].includes(errorCode(error))
}

/** Tells whether the server closed the connection, which it may do before this process hears that it is open. */
function isReset(error: Error | null): boolean {
  return ['EPIPE', 'ECONNRESET'].includes(errorCode(error))
}

/** Tells whether TLS failed. In TLS 1.3 the server may refuse the client's certificate after the client's handshake. */
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

/** Tells whether a host can only be this machine. */
export function isLoopback(host: string): boolean {
  return host === '::1' || host.toLowerCase() === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host)
}
