import {
  type ConnectResponse,
  type Reader,
  readConnectResponse,
  Writer,
  writeConnectRequest,
} from '@zookit/jute'

/** The longest answer to a handshake, in bytes. ZooKeeper's is 36 or 37 bytes long. */
export const MAX_HANDSHAKE_FRAME = 1024

const PASSWORD_SIZE = 16
const NO_PASSWORD = Buffer.alloc(PASSWORD_SIZE)

/** The client's part of a handshake. */
export interface HandshakeRequest {
  /** The session to resume; 0n asks for a new one. */
  sessionId: bigint
  /** The session's password; ignored for a new session. */
  password: Buffer
  /** The requested session timeout in milliseconds; the server clamps it to its own bounds. */
  sessionTimeout: number
  /** The newest zxid that the client has seen: a server that is behind it closes the connection. */
  lastZxid: bigint
  /** True if a server without a quorum is accepted, too. */
  readOnly: boolean
}

/** The result of a handshake. */
export type HandshakeResult =
  | { kind: 'established'; sessionId: bigint; password: Buffer; timeout: number; readOnly: boolean }
  /** The session is gone, or the server made another one in its place. */
  | { kind: 'expired' }

/** Encodes the ConnectRequest with its length: the first bytes of a connection. */
export function encodeHandshake(request: HandshakeRequest): Buffer {
  const writer = new Writer(64)
  writer.int(0)
  writeConnectRequest(writer, {
    protocolVersion: 0,
    lastZxidSeen: request.lastZxid,
    timeOut: request.sessionTimeout,
    sessionId: request.sessionId,
    // A new session sends 16 zero bytes, which the server fills in.
    passwd: request.sessionId === 0n ? NO_PASSWORD : request.password,
    readOnly: request.readOnly,
  })
  const frame = writer.written()
  frame.writeInt32BE(frame.length - 4)
  return frame
}

/**
 * Reads the ConnectResponse.
 *
 * A server that answers with another session id than the requested one has made a new session. The ephemerals of the old
 * one do not belong to it, so this counts as an expiry.
 */
export function readHandshakeResult(reader: Reader, asked: HandshakeRequest): HandshakeResult {
  const response: ConnectResponse = readConnectResponse(reader)
  const { sessionId, timeOut: timeout, readOnly = false } = response
  if (timeout <= 0) return { kind: 'expired' }
  if (asked.sessionId !== 0n && sessionId !== asked.sessionId) return { kind: 'expired' }
  const password = response.passwd ?? Buffer.alloc(PASSWORD_SIZE)
  return { kind: 'established', sessionId, password, timeout, readOnly }
}
