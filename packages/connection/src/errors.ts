import { type ErrorRow, errorTable, type KnownErrorCode, type Outcome } from '@zookit/jute'

/** The codes of failures that ZooKeeper has no number for. */
export type LocalErrorCode =
  /** The caller's `signal` was aborted. */
  | 'ABORTED'
  /** The queue of unsent requests is full and the session was told to reject. */
  | 'QUEUE_FULL'
  /** The session was told to reject requests while it is not connected. */
  | 'NOT_CONNECTED'
  /** A password would cross the network in clear text. */
  | 'INSECURE_AUTH'
  /** A server took the connection and closed it instead of answering the handshake. */
  | 'HANDSHAKE_REFUSED'
  /** A server was not reached, or did not answer the handshake, in time. */
  | 'CONNECT_FAILED'
  /** The server answered with an error number that this release does not know; see `errno`. */
  | 'UNKNOWN'

/** An open set: a later release, or another server, may bring more. */
export type ErrorCode = KnownErrorCode | LocalErrorCode | (string & {})

/** What an error is made from. */
export interface ErrorDetails {
  message?: string
  errno?: number
  operation?: string | undefined
  path?: string | undefined
  outcome?: Outcome
  retryable?: boolean
  cause?: unknown
}

const byCode: ReadonlyMap<string, ErrorRow> = new Map(errorTable.map(row => [row.code, row]))
const byNumber: ReadonlyMap<number, ErrorRow> = new Map(errorTable.map(row => [row.number, row]))

/**
 * Every failure of the protocol, the connection or a request.
 *
 * `code` says what happened, `outcome` what became of the request: `rejected` (the server said no: nothing
 * changed), `not-sent` (it never left this process), `unknown` (it left, and may have been applied).
 */
export class ZooKeeperError extends Error {
  readonly code: ErrorCode
  /** ZooKeeper's number, such as -101; 0 where it has none. */
  readonly errno: number
  /** The operation that failed, as ZooKeeper spells it. */
  readonly operation: string | undefined
  /** The path of the request, as the caller gave it. */
  readonly path: string | undefined
  readonly outcome: Outcome
  /** Whether the same request may succeed later without anything else being changed. */
  readonly retryable: boolean

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    const row = byCode.get(code)
    const { operation, path, cause } = details
    const subject = [operation, path && printable(path)].filter(part => part !== undefined).join(' ')
    const message = details.message ?? row?.message ?? 'the request failed'
    super(`${code}${subject && ` (${subject})`}: ${message}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.errno = details.errno ?? row?.number ?? 0
    this.operation = operation
    this.path = path
    this.outcome = details.outcome ?? row?.outcome ?? 'not-sent'
    this.retryable = details.retryable ?? row?.retryable ?? false
  }

  /** `AbortError` for an aborted request, as the web platform's errors are called; else `ZooKeeperError`. */
  override get name(): string {
    return this.code === 'ABORTED' ? 'AbortError' : 'ZooKeeperError'
  }

  /** The error for a number that a server sent. An unknown number is kept. */
  static fromNumber(errno: number, details: ErrorDetails = {}): ZooKeeperError {
    const row = byNumber.get(errno)
    if (row) return new ZooKeeperError(row.code, details)
    const message = `the server answered with the unknown error number ${errno}`
    return new ZooKeeperError('UNKNOWN', { message, errno, outcome: 'unknown', ...details })
  }
}

/** A path comes from outside: control characters in it must not forge lines of a log. */
function printable(path: string): string {
  return path.replace(/\p{C}/gu, char => `\\u{${char.codePointAt(0)!.toString(16)}}`)
}
