import { type ErrorRow, errorTable, type KnownErrorCode, type Outcome } from '@zookit/jute'

/** The codes of errors that have no number in ZooKeeper. */
export type LocalErrorCode =
  /** The caller's `signal` was aborted. */
  | 'ABORTED'
  /** The queue of unsent requests is full, and `whenFull` is `reject`. */
  | 'QUEUE_FULL'
  /** The reply to a request is longer than `maxResponseSize`. */
  | 'RESPONSE_TOO_LARGE'
  /** The session is not connected, and `whenDisconnected` is `reject`. */
  | 'NOT_CONNECTED'
  /** A password would cross the network in clear text. */
  | 'INSECURE_AUTH'
  /** A server accepted the connection and closed it instead of answering the handshake. */
  | 'HANDSHAKE_REFUSED'
  /** A server was not reached, or did not answer the handshake, in time. */
  | 'CONNECT_FAILED'
  /** The server answered with an error number that this release does not know; see `errno`. */
  | 'UNKNOWN'

/** The code of an error. The set is open: a later release, or another server, may bring more. */
export type ErrorCode = KnownErrorCode | LocalErrorCode | (string & {})

/** The details of an error. */
export interface ErrorDetails {
  message?: string | undefined
  errno?: number
  operation?: string | undefined
  path?: string | undefined
  /** The chroot of the client, which stands in front of the path on the server: for the words of `fromNumber`. */
  chroot?: string | undefined
  /** The server's path of the first znode that a create misses, where it is known: for the words of `fromNumber`. */
  firstMissing?: string | null | undefined
  outcome?: Outcome
  retryable?: boolean
  olderUnanswered?: number | undefined
  requestSize?: number | undefined
  cause?: unknown
}

const byCode: ReadonlyMap<string, ErrorRow> = new Map(errorTable.map(row => [row.code, row]))
const byNumber: ReadonlyMap<number, ErrorRow> = new Map(errorTable.map(row => [row.number, row]))

/** The errors of this client that say by themselves what to do: the request never left, and may be made again. */
const ownErrors: ReadonlyMap<string, { message: string; retryable: boolean }> = new Map([
  [
    'QUEUE_FULL',
    {
      message: 'too many bytes of requests wait to be sent (maxQueuedBytes): await some of them first',
      retryable: true,
    },
  ],
  [
    'NOT_CONNECTED',
    {
      message:
        'there is no connection, and requests do not wait for one (whenDisconnected): wait for `connected`',
      retryable: true,
    },
  ],
])

/** Marks the errors of every copy of this package. */
const BRAND: symbol = Symbol.for('@zookit/connection ZooKeeperError')

/**
 * Every failure of the protocol, the connection or a request.
 *
 * `code` tells what happened. `outcome` tells what became of the request: `rejected` (the server refused it: nothing was
 * changed), `not-sent` (it never left this process), `unknown` (it was sent, and may have been applied).
 */
export class ZooKeeperError extends Error {
  readonly code: ErrorCode
  /** ZooKeeper's number, such as -101; 0 where it has none. */
  readonly errno: number
  /** The operation that failed: the method of the client, or its name in ZooKeeper for the requests of a `Session`. */
  readonly operation: string | undefined
  /** The path of the request, as the caller gave it. */
  readonly path: string | undefined
  readonly outcome: Outcome
  /** True if the same request may succeed later though nothing else is changed. */
  readonly retryable: boolean
  /**
   * The number of older requests that were not answered either, of a CONNECTION_LOSS by a server that closed the
   * connection; undefined for every other error.
   *
   * 0 means that this request was the oldest one and may be the reason: a server closes the connection over a request that
   * is longer than its `jute.maxbuffer`. It closes connections when it stops, too, so only the same request at 0 twice in a
   * row most likely is the reason.
   */
  declare readonly olderUnanswered: number | undefined
  /** The length of the request in bytes, where `olderUnanswered` is a number; else undefined. */
  declare readonly requestSize: number | undefined
  readonly #explanation: string

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    const row = byCode.get(code)
    const own = ownErrors.get(code)
    const { operation, path, cause } = details
    const subject = [operation, path && printable(path)].filter(part => part !== undefined).join(' ')
    const reason = details.message ?? row?.message ?? own?.message ?? 'the request failed'
    super(`${code}${subject && ` (${subject})`}: ${reason}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.#explanation = reason
    this.errno = details.errno ?? row?.number ?? 0
    this.operation = operation
    this.path = path
    this.outcome = details.outcome ?? row?.outcome ?? 'not-sent'
    this.retryable = details.retryable ?? row?.retryable ?? own?.retryable ?? false
    // All other errors do not have them, so that those who print an error do not print them.
    if (details.olderUnanswered !== undefined) this.olderUnanswered = details.olderUnanswered
    if (details.requestSize !== undefined) this.requestSize = details.requestSize
  }

  /** `AbortError` for an aborted request, as on the web platform; else `ZooKeeperError`. */
  override get name(): string {
    return this.code === 'ABORTED' ? 'AbortError' : 'ZooKeeperError'
  }

  /** The message without the code, the operation and the path: for a message of one's own. */
  get explanation(): string {
    return this.#explanation
  }

  /**
   * Marks this error as that of a request of which an earlier attempt may have been applied: whatever the last attempt
   * came to, the outcome of the request as a whole is `unknown`.
   *
   * @param earlier the error of that attempt, which becomes the `cause` where there is none.
   */
  after(earlier: ZooKeeperError): this {
    const message = `${this.message}; an earlier attempt may have been applied`
    return Object.assign(this, { outcome: 'unknown', message, cause: this.cause ?? earlier })
  }

  /** Marks this error as that of a call of several steps of which earlier ones were applied, or may have been. */
  afterSteps(): this {
    if (this.outcome === 'unknown') return this
    const message = `${this.message}; earlier steps of the call were applied, or may have been`
    return Object.assign(this, { outcome: 'unknown', message })
  }

  /** Returns the same error about another path: that of the caller, where the server's has a chroot in front. */
  withPath(path: string): ZooKeeperError {
    const { code, explanation: message, errno, operation, outcome, retryable, cause } = this
    const { olderUnanswered, requestSize } = this
    const details = {
      message,
      errno,
      operation,
      path,
      outcome,
      retryable,
      olderUnanswered,
      requestSize,
      cause,
    }
    return Object.assign(new ZooKeeperError(code, details), { stack: this.stack })
  }

  static {
    Object.defineProperty(ZooKeeperError.prototype, BRAND, { value: true })
  }

  /**
   * Returns whether a value is a ZooKeeperError. Unlike `instanceof` it recognises those of another copy of this package
   * too, such as a second version or one inside a bundle, and those of another realm.
   */
  static is(value: unknown): value is ZooKeeperError {
    return typeof value === 'object' && value !== null && BRAND in value
  }

  /** Makes the error for a number that a server sent. An unknown number is kept in `errno`. */
  static fromNumber(errno: number, details: ErrorDetails = {}): ZooKeeperError {
    const row = byNumber.get(errno)
    if (row) return new ZooKeeperError(row.code, { message: missing(row.code, details), ...details })
    const message = `the server answered with the unknown error number ${errno}`
    return new ZooKeeperError('UNKNOWN', { message, errno, outcome: 'unknown', ...details })
  }
}

/**
 * Names what is missing, where NO_NODE means another znode than that of the path: the parent of the one to create, or the
 * chroot. The root of a server always exists, so one that does not is a chroot.
 */
function missing(code: ErrorCode, details: ErrorDetails): string | undefined {
  const { path, chroot = '', firstMissing } = details
  if (code !== 'NO_NODE' || !path?.startsWith('/')) return undefined
  const parent = parentToCreate(details)
  if ((parent ?? path) === '/' || (chroot !== '' && firstMissing === chroot)) {
    const root = `the chroot ${printable(chroot)}`.trimEnd()
    return `${root} does not exist: create it first, with ensurePath('/') or the option createChroot of connect`
  }
  if (parent === undefined) return undefined
  const first = firstMissing?.slice(chroot.length)
  return missingParent(printable(parent), printable(chroot), first && printable(first))
}

/** Returns the path of the znode that a create needs; undefined for another operation. */
function parentToCreate({ operation, path }: ErrorDetails): string | undefined {
  if (!operation?.startsWith('create') || path === undefined || path === '/') return undefined
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

/**
 * Lists the server's paths of the znodes above the parent of the one to create, from the chroot on. Where there are none,
 * NO_NODE itself says which znode is the first that is missing.
 */
export function ancestorsToAsk(details: Pick<ErrorDetails, 'operation' | 'path' | 'chroot'>): string[] {
  const { chroot = '' } = details
  const parent = details.path?.startsWith('/') ? parentToCreate(details) : undefined
  if (parent === undefined || parent === '/') return []
  const ancestors = chroot === '' ? [] : [chroot]
  for (let at = parent.indexOf('/', 1); at > 0; at = parent.indexOf('/', at + 1)) {
    ancestors.push(chroot + parent.slice(0, at))
  }
  return ancestors
}

/** Names the parent, and the first znode that is missing: it is asked for only where that overtakes nothing. */
function missingParent(parent: string, chroot: string, first: string | undefined): string {
  const [, name] = parent.split('/')
  const top = chroot === '' ? `/${name}` : `the chroot ${chroot}`
  if (parent === first || parent === top) {
    return `its parent ${parent} does not exist: create it first, with ensurePath('${parent}')`
  }
  if (first !== undefined) {
    return `${first} does not exist, nor what is below it: create all that is missing with ensurePath('${parent}')`
  }
  const above = `nor perhaps what is above it, from ${top} on`
  const advice = `create all that is missing with ensurePath('${parent}'); firstMissing('${parent}') tells where that begins`
  return `its parent ${parent} does not exist, ${above}: ${advice}`
}

/** Escapes control characters: a path comes from outside and must not forge lines of a log. */
export function printable(path: string): string {
  return path.replace(/\p{C}/gu, char => `\\u{${char.codePointAt(0)!.toString(16)}}`)
}
