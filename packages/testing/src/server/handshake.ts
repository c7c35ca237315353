import { type ConnectRequest, type ConnectResponse, type Writer, writeConnectResponse } from '@zookit/jute'
import type { Session } from '../database/sessions.ts'
import type { ServerCore } from './server-core.ts'
import { isPasswordOf, passwordOf } from './session-password.ts'
import type { CoreSettings } from './settings.ts'

const NO_PASSWORD = Buffer.alloc(16)
const NO_SESSION = 0n

/** Returns the session timeout that the server grants for a requested one, both in milliseconds. */
export function grantedTimeout(settings: CoreSettings, requested: number): number {
  return Math.min(Math.max(requested, settings.minSessionTimeout), settings.maxSessionTimeout)
}

/** Tells if the server closes the connection without an answer, so that the client tries another server. */
export function refusesSilently(core: ServerCore, request: ConnectRequest): boolean {
  if (core.mode === 'down') return true
  const readOnly = core.mode === 'read-only'
  if (readOnly && request.readOnly !== true) return true
  if (request.lastZxidSeen > BigInt(core.database.lastZxid)) return true
  // A read-only server knows only the sessions that it has opened itself.
  return (
    readOnly && request.sessionId !== NO_SESSION && core.localSessions.get(request.sessionId) === undefined
  )
}

/** Returns the session that a client resumes; null when it does not exist or the password is wrong. */
export function findResumed(core: ServerCore, request: ConnectRequest): Session | null {
  if (!isPasswordOf(request.sessionId, request.passwd)) return null
  const tracker = core.mode === 'read-only' ? core.localSessions : core.sequencer?.tracker
  const session = tracker?.get(request.sessionId)
  return session === undefined || session.closing ? null : session
}

/**
 * Appends the answer to a handshake.
 *
 * @param session the session; null to say that it has expired.
 * @param echoReadOnly true when the request had the read-only byte: only then does the answer have it.
 */
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
