import { type ConnectRequest, type ConnectResponse, type Writer, writeConnectResponse } from '@zookit/jute'
import type { Session } from '../database/sessions.ts'
import type { ServerCore } from './server-core.ts'
import { isPasswordOf, passwordOf } from './session-password.ts'
import type { CoreSettings } from './settings.ts'

const NO_PASSWORD = Buffer.alloc(16)
const NO_SESSION = 0n

/** The timeout that a client gets for the one it asks for. */
export function grantedTimeout(settings: CoreSettings, requested: number): number {
  return Math.min(Math.max(requested, settings.minSessionTimeout), settings.maxSessionTimeout)
}

/** Whether a server closes the connection without a word: the client is to try another one. */
export function refusesSilently(core: ServerCore, request: ConnectRequest): boolean {
  if (core.mode === 'down') return true
  const readOnly = core.mode === 'read-only'
  if (readOnly && request.readOnly !== true) return true
  if (request.lastZxidSeen > BigInt(core.database.lastZxid)) return true
  // A session of the whole ensemble is not to be had from a server that is cut off from it.
  return (
    readOnly && request.sessionId !== NO_SESSION && core.localSessions.get(request.sessionId) === undefined
  )
}

/** The session that a client resumes: it exists, and the password is its own. */
export function findResumed(core: ServerCore, request: ConnectRequest): Session | null {
  if (!isPasswordOf(request.sessionId, request.passwd)) return null
  const tracker = core.mode === 'read-only' ? core.localSessions : core.authority?.tracker
  const session = tracker?.get(request.sessionId)
  return session === undefined || session.closing ? null : session
}

/** Appends the answer to a handshake: with a session, or "expired" without. The byte is echoed if it was sent. */
export function writeHandshake(
  out: Writer,
  session: Session | null,
  readOnly: boolean,
  echoReadOnly: boolean,
): void {
  const response: ConnectResponse = {
    protocolVersion: 0,
    timeOut: session?.timeout ?? 0,
    sessionId: session?.id ?? NO_SESSION,
    passwd: session === null ? NO_PASSWORD : passwordOf(session.id),
    readOnly: echoReadOnly ? readOnly : undefined,
  }
  const at = out.take(4)
  writeConnectResponse(out, response)
  out.view.setInt32(at, out.offset - at - 4)
}
