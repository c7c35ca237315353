/** The code of an error of this package. */
export type AdminErrorCode =
  /** An argument of a call is wrong. */
  | 'BAD_ARGUMENTS'
  /** The caller's `signal` was aborted. */
  | 'ABORTED'
  /** The server was not reached. */
  | 'CONNECT_FAILED'
  /** TLS failed: a certificate, a name, a port that does not speak it, or one that speaks nothing else. */
  | 'TLS_FAILED'
  /** The time was over before the whole answer had come. */
  | 'TIMEOUT'
  /** The server closed the connection without an answer, or in the middle of one. */
  | 'CLOSED'
  /** The caller's stream, which was to be sent, failed: `cause` is its error. */
  | 'SOURCE_FAILED'
  /** The answer is longer than `maxBytes`. */
  | 'ANSWER_TOO_LONG'
  /** The answer is not what a ZooKeeper server says to this command. */
  | 'MALFORMED_ANSWER'
  /** The four-letter word is not in the server's `4lw.commands.whitelist`. */
  | 'NOT_ALLOWED'
  /** The server runs and serves no clients: most often it has no quorum. */
  | 'NOT_SERVING'
  /** AdminServer does not know the command. */
  | 'UNKNOWN_COMMAND'
  /** AdminServer wants a credential, or does not take this one. */
  | 'NOT_AUTHENTICATED'
  /** The credential lacks the permission, which is all of them on `/`. */
  | 'NOT_AUTHORIZED'
  /** AdminServer runs the command only once in a while. */
  | 'RATE_LIMITED'
  /** The server's configuration turns the command off. */
  | 'DISABLED'
  /** A password would cross the network in clear text. */
  | 'INSECURE_AUTH'
  /** The server tried and failed. */
  | 'COMMAND_FAILED'

/** The details of an error. */
export interface AdminErrorDetails {
  /** The server or the URL that was asked. */
  server?: string | null
  /** The four-letter word or the command. */
  command?: string | null
  retryable?: boolean
  cause?: unknown
}

/** The codes of errors that may pass by themselves. */
const PASSING: ReadonlySet<AdminErrorCode> = new Set([
  'CONNECT_FAILED',
  'TIMEOUT',
  'CLOSED',
  'NOT_SERVING',
  'RATE_LIMITED',
])

/** Every failure of this package. `code` tells what happened, the message also what to do. */
export class AdminError extends Error {
  readonly code: AdminErrorCode
  /** The server or the URL that was asked; null if none was. */
  readonly server: string | null
  /** The four-letter word or the command; null if there was none. */
  readonly command: string | null
  /** True if the same call may succeed later though nothing else is changed. */
  readonly retryable: boolean

  constructor(code: AdminErrorCode, reason: string, details: AdminErrorDetails = {}) {
    const { server = null, command = null, cause } = details
    const subject = [command, server].filter(part => part !== null).join(' ')
    const options = cause === undefined ? undefined : { cause }
    super(`${code}${subject && ` (${subject})`}: ${reason}`, options)
    this.code = code
    this.server = server
    this.command = command
    this.retryable = details.retryable ?? PASSING.has(code)
  }

  /** `AbortError` for an aborted call, as on the web platform; else `AdminError`. */
  override get name(): string {
    return this.code === 'ABORTED' ? 'AbortError' : 'AdminError'
  }
}
