import {
  type ConnectResponse,
  type Reader,
  readConnectResponse,
  Writer,
  writeConnectRequest,
} from '@zookit/jute'

/** A handshake reply is 36 or 37 bytes long; a server that sends much more is none. */
export const MAX_HANDSHAKE_FRAME = 1024

const PASSWORD_SIZE = 16
const NO_PASSWORD = Buffer.alloc(PASSWORD_SIZE)

/** What the client brings to a handshake. */
export interface HandshakeRequest {
  /** 0n asks for a new session. */
  sessionId: bigint
  /** The session's password; ignored for a new session. */
  password: Buffer
  /** Milliseconds; the server clamps it to its own bounds. */
  sessionTimeout: number
  /** The newest transaction seen: a server that is behind it refuses the connection. */
  lastZxid: bigint
  /** Whether a server without a quorum will do. */
  readOnly: boolean
}

/** What a server answered. */
export type Verdict =
  | { kind: 'established'; sessionId: bigint; password: Buffer; timeout: number; readOnly: boolean }
  /** The session asked for is gone, or another one was handed out in its place. */
  | { kind: 'expired' }

/** The ConnectRequest with its length: the first bytes of a connection. */
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
 * A server that answers with another session id than the one asked for has made a new session: the old one's
 * ephemerals are not ours any more, so that is an expiry too.
 */
export function readVerdict(reader: Reader, asked: HandshakeRequest): Verdict {
  const response: ConnectResponse = readConnectResponse(reader)
  const { sessionId, timeOut: timeout, readOnly = false } = response
  if (timeout <= 0) return { kind: 'expired' }
  if (asked.sessionId !== 0n && sessionId !== asked.sessionId) return { kind: 'expired' }
  const password = response.passwd ?? Buffer.alloc(PASSWORD_SIZE)
  return { kind: 'established', sessionId, password, timeout, readOnly }
}
