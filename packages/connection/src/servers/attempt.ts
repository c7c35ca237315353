import { JuteError, type Reader } from '@zookit/jute'
import type { Environment } from '../environment.ts'
import { ZooKeeperError } from '../errors.ts'
import { Link, type LinkOwner } from '../link/link.ts'
import type { ServerAddress } from '../link/server-address.ts'
import type { TlsOptions } from '../link/transport.ts'
import {
  encodeHandshake,
  type HandshakeRequest,
  type HandshakeResult,
  MAX_HANDSHAKE_FRAME,
  readHandshakeResult,
} from './handshake.ts'
import {
  closing,
  connectFailed,
  errorInstead,
  isNetworkError,
  isReset,
  isTlsError,
  notConnected,
  refused,
  stranger,
  tlsFailed,
} from './refusals.ts'

/** Node's TLS options, or null for plain TCP. */
export type TransportSecurity = TlsOptions | null

/**
 * Asks a function for TLS options.
 *
 * @throws ZooKeeperError (as a rejection) CONNECT_FAILED if it returns none: what was to be encrypted is never sent in clear
 *   text.
 */
export async function askForTls(ask: () => TlsOptions | Promise<TlsOptions>): Promise<TlsOptions> {
  const options: unknown = await ask()
  if (typeof options === 'object' && options !== null) return options
  throw noTls('function must return', options)
}

/**
 * Returns the TLS options of a session that has no function for them.
 *
 * @throws ZooKeeperError CONNECT_FAILED if they are neither options nor null: what was to be encrypted is never sent in clear
 *   text.
 */
export function checkedTls(options: TransportSecurity): TransportSecurity {
  if (typeof options === 'object') return options
  throw noTls('option must be', options)
}

function noTls(what: string, options: unknown): ZooKeeperError {
  const kind = options === null ? 'null' : typeof options
  const message = `the tls ${what} Node's TLS options, not ${kind}: nothing is sent in clear text in their place`
  return new ZooKeeperError('CONNECT_FAILED', { message })
}

/** The parts of a session that an attempt needs. */
export interface AttemptContext {
  readonly environment: Environment
  /** The longest frame accepted after the handshake, in bytes. */
  readonly maxFrame: number
  /** Returns the error of a connection that must not be used, before anything is sent over it; else null. */
  refusal(link: Link): ZooKeeperError | null
  /** Called right before the handshake is sent. */
  handshake(): HandshakeRequest
  /** A server answered the handshake. The link must be adopted or destroyed at once. */
  onHandshake(link: Link, result: HandshakeResult): void
}

/** The server of an attempt, one of its addresses, and its TLS options. */
export interface AttemptTarget {
  readonly server: ServerAddress
  readonly address: string
  readonly tls: TransportSecurity
}

/** The listener of an attempt. Exactly one of `answered` and `failed` ends it, unless it is destroyed. */
export interface AttemptReport {
  /** Notes that the connection is open. Its handshake begins with `shake`. */
  opened(): void
  answered(): void
  /** @param closed true if the server accepted the connection and closed it without an answer. */
  failed(error: ZooKeeperError, closed: boolean): void
}

const READ_ONLY = 'the server is read-only, and the session does not allow that (readOnly: false)'
const RESUMES_NOTHING =
  'the server is read-only and cannot resume a session: it takes this client when the session has expired'

/** One connection, and one handshake on it. */
export class Attempt implements LinkOwner {
  readonly target: AttemptTarget
  readonly link: Link
  readonly #context: AttemptContext
  readonly #report: AttemptReport
  #asked: HandshakeRequest | null = null
  #opened = false
  #answered = false

  constructor(context: AttemptContext, target: AttemptTarget, report: AttemptReport) {
    this.target = target
    this.#context = context
    this.#report = report
    const { server, address, tls } = target
    const { host, port, tlsName = host } = server
    const place = { server, address, host: tlsName, port, tls, maxFrame: MAX_HANDSHAKE_FRAME }
    this.link = new Link(context.environment, place, this)
  }

  onOpen(): void {
    this.#opened = true
    this.#report.opened()
  }

  /** Sends the handshake, and nothing behind it: that could cost the server's answer. */
  shake(): void {
    const refusal = this.#context.refusal(this.link)
    if (refusal) return this.link.fail(refusal)
    this.#asked = this.#context.handshake()
    this.link.write(encodeHandshake(this.#asked))
    this.link.liveness.shaken()
  }

  onFrame(reader: Reader): boolean {
    const { server } = this.target
    const frame = reader.bytes.subarray(reader.offset, reader.limit)
    if (this.#asked === null)
      throw refused(
        server,
        `sent bytes before the handshake, which no ZooKeeper server does: ${stranger(frame)}`,
      )
    const error = errorInstead(frame)
    if (error !== null) throw refused(server, error)
    const result = readHandshakeResult(reader, this.#asked)
    // A read-only server's sessions are local to it: it cannot resume the requested one.
    const { readOnly, sessionId } = this.#asked
    if (result.kind === 'established' && result.readOnly && (!readOnly || sessionId !== 0n)) {
      throw refused(server, readOnly ? RESUMES_NOTHING : READ_ONLY)
    }
    this.#answered = true
    this.link.maxFrame = this.#context.maxFrame
    this.#context.onHandshake(this.link, result)
    this.#report.answered()
    return true
  }

  onTurn(): void {}

  onLost(error: Error | null): void {
    if (this.#answered) return
    const { server, tls } = this.target
    const accepted = this.#opened || (tls === null && isReset(error))
    if (ZooKeeperError.is(error)) this.#report.failed(error, false)
    else if (JuteError.is(error)) {
      const reason = `answered the handshake, but not as a ZooKeeper server does: ${stranger(this.link.received)}`
      this.#report.failed(refused(server, `${reason}; ${error.message} (check host and port)`, error), false)
    } else if (!accepted || isTlsError(error)) this.#report.failed(this.#notOpened(error), false)
    else this.#report.failed(refused(server, closing(error, tls !== null), error), true)
  }

  /** Gives up: the server had its time. */
  tooLate(timeout: number): void {
    const { server } = this.target
    this.link.fail(notConnected(server, `no handshake within ${Math.round(timeout)} ms`))
  }

  #notOpened(error: Error | null): ZooKeeperError {
    const { server, tls } = this.target
    return tls === null || isNetworkError(error) ? connectFailed(server, error) : tlsFailed(server, error)
  }
}
