import types from 'node:util/types'
import { ErrorNumber, errorTable } from '@zookit/jute'
import { ZooKeeperError } from '../errors.ts'
import { formatServer, type ServerAddress } from '../link/server-address.ts'

/** The length of a reply's header, which some servers send instead of an answer to the handshake. */
const HEADER = 16

/** The bytes of a text that a message quotes. */
const QUOTED = 60

/** Makes the error of a server that was not reached, or not in time. */
export function connectFailed(server: ServerAddress | null, cause: unknown): ZooKeeperError {
  const reason = types.isNativeError(cause) ? cause.message : String(cause)
  return notConnected(server, reason, cause)
}

/** Makes the error of a server that was not reached, with a reason in words. */
export function notConnected(server: ServerAddress | null, reason: string, cause?: unknown): ZooKeeperError {
  const message = server === null ? reason : `${formatServer(server)}: ${reason}`
  return new ZooKeeperError('CONNECT_FAILED', { message, retryable: true, cause })
}

/** Makes the error of a server that accepted the connection and does not take the session. */
export function refused(server: ServerAddress, reason: string, cause?: unknown): ZooKeeperError {
  const message = `${formatServer(server)}: ${reason}`
  return new ZooKeeperError('HANDSHAKE_REFUSED', { message, retryable: true, cause })
}

/** Makes the error of a connection that was lost between its handshake and `connected`. */
export function lostInRestore(server: ServerAddress, cause: Error | null): ZooKeeperError {
  if (ZooKeeperError.is(cause) && cause.code === 'CONNECT_FAILED') return cause
  const reason = cause?.message ?? 'the server closed it'
  return notConnected(
    server,
    `the connection was lost while the session was being restored: ${reason}`,
    cause,
  )
}

/** Makes the error of a TLS handshake that failed; only what can heal by itself is retryable. */
export function tlsFailed(server: ServerAddress, error: Error | null): ZooKeeperError {
  const code = errorCode(error)
  const known = TLS_REASONS.find(({ codes }) => codes.test(code))
  const told = error?.message.trim() ?? 'the connection was closed'
  const guess = error === null || isReset(error) ? TLS_CLOSED : undefined
  const because = known?.reason ?? guess
  const reason = because === undefined ? told : `${because} (${told})`
  const message = `${formatServer(server)}: ${reason}`
  const retryable = known === undefined
  return new ZooKeeperError('SSL_CONNECTION_ERROR', { message, retryable, cause: error })
}

/** The reasons for which a server closes a connection in the TLS handshake without an alert. */
const TLS_CLOSED =
  "the server closed the connection during the TLS handshake: it refuses this client's certificate, or wants one (tls.cert and tls.key), or it does not speak TLS there"

/** Makes the error of TLS options that Node refuses. */
export function tlsUnusable(server: ServerAddress, error: unknown): ZooKeeperError {
  const reason = error instanceof Error ? error.message.trim() : String(error)
  const message = `${formatServer(server)}: the tls options cannot be used: check tls.key, tls.cert, tls.passphrase, tls.pfx and tls.ca (${reason})`
  return new ZooKeeperError('SSL_CONNECTION_ERROR', { message, retryable: false, cause: error })
}

/** Errors of TLS that last until somebody changes something, in words that say what. */
const TLS_REASONS: readonly { codes: RegExp; reason: string }[] = [
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    reason:
      "the server's certificate is for another name: connect by a name that it has, or set tls.servername",
  },
  {
    codes: /SELF_SIGNED_CERT|^UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)/,
    reason: "the server's certificate is signed by an authority that this client does not know: set tls.ca",
  },
  {
    codes: /^CERT_(HAS_EXPIRED|REVOKED)$/,
    reason: "the server's certificate is not valid any more: renew it",
  },
  {
    codes:
      /^ERR_SSL_(TLSV1|TLSV13|SSLV3)_ALERT_(CERTIFICATE_|BAD_CERTIFICATE|NO_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/,
    reason: "the server refuses this client's certificate, or wants one: set tls.cert and tls.key",
  },
  {
    codes: /ALERT_HANDSHAKE_FAILURE$/,
    reason:
      "the server refuses this client's certificate, or wants one (tls.cert and tls.key), or has no cipher in common with it (tls.ciphers)",
  },
  {
    codes: /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE/,
    reason:
      "client and server have no version of TLS in common: set tls.minVersion or tls.maxVersion, or the server's ssl.enabledProtocols",
  },
  {
    codes: /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)$/,
    reason: 'the port does not speak TLS: use the port for TLS, or leave the tls option out',
  },
]

/** Tells what it can mean that a server closed the connection instead of a handshake: ZooKeeper gives no reason. */
export function closing(error: Error | null, isTls: boolean): string {
  const how = error === null ? 'closed the connection' : `failed with "${error.message}"`
  // TLS 1.3 servers refuse a certificate only after the client's part of the TLS handshake is over.
  const last = isTls
    ? "refuse this client's certificate, or want one (tls.cert and tls.key)"
    : 'expect TLS (the tls option)'
  return (
    `${how} instead of answering the handshake (the server may not be serving, be behind what this client has seen, ` +
    `be read-only, have too many connections, or ${last})`
  )
}

/** Tells what the first bytes of a peer show that is no ZooKeeper server. */
export function stranger(bytes: Buffer): string {
  const text = bytes.toString('latin1', 0, QUOTED)
  const quoted = JSON.stringify(text.split(/[\r\n]/, 1)[0])
  if (text.startsWith('HTTP/')) return `it is an HTTP server, which says ${quoted}`
  if (text.startsWith('SSH-')) return `it is an SSH server, which says ${quoted}`
  if (bytes[0] === 0x15 && bytes[1] === 3) return 'it expects TLS: set the tls option, or use its plain port'
  if (/^[\x20-\x7e\r\n\t]{4,}$/.test(text)) return `it says ${quoted}`
  return `it sent ${bytes.toString('hex', 0, 16) || 'bytes that cannot be read'}`
}

/** Tells which error number a server sent instead of an answer to the handshake; null if it sent none. */
export function errorInstead(frame: Buffer): string | null {
  if (frame.length !== HEADER) return null
  const number = frame.readInt32BE(HEADER - 4)
  if (number === ErrorNumber.NOT_READ_ONLY) {
    return 'the server is read-only and makes no sessions (its local sessions are not enabled)'
  }
  const row = errorTable.find(row => row.number === number)
  return row === undefined ? null : `the server answered the handshake with ${row.code} (${number})`
}

/** Tells whether the peer was not reached. */
export function isNetworkError(error: Error | null): boolean {
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'].includes(errorCode(error))
}

/** Tells whether the server closed the connection, which it may do before this process hears that it is open. */
export function isReset(error: Error | null): boolean {
  return ['EPIPE', 'ECONNRESET'].includes(errorCode(error))
}

/** Tells whether TLS failed. In TLS 1.3 the server may refuse the client's certificate after the client's handshake. */
export function isTlsError(error: Error | null): boolean {
  return errorCode(error).startsWith('ERR_SSL_')
}

function errorCode(error: Error | null): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? ''
}
