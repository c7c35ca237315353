/**
 * Where a session stands.
 *
 * - `connecting`: no session yet, looking for a server.
 * - `connected`: requests are answered.
 * - `suspended`: the connection is lost; the session may live on, and its ephemerals with it.
 * - `read-only`: connected to a server without a quorum; writes are refused.
 * - `expired`: the session is gone, and its ephemerals and watches with it.
 * - `auth-failed`: a server refused the credentials.
 * - `closed`: by the user.
 */
export type SessionState =
  | 'connecting'
  | 'connected'
  | 'suspended'
  | 'read-only'
  | 'expired'
  | 'auth-failed'
  | 'closed'

/** What can happen to a session. */
export type SessionTrigger =
  | 'established'
  | 'established-read-only'
  | 'lost'
  | 'expire'
  | 'renew'
  | 'refuse-auth'
  | 'close'

type Row = Partial<Record<SessionTrigger, SessionState>>

const ends: Row = { expire: 'expired', 'refuse-auth': 'auth-failed', close: 'closed' }
const arrives: Row = { established: 'connected', 'established-read-only': 'read-only' }

/** The only transitions there are. What is not listed changes nothing: terminal states are sticky. */
export const transitions: Record<SessionState, Row> = {
  connecting: { ...arrives, ...ends },
  connected: { lost: 'suspended', ...ends },
  suspended: { ...arrives, ...ends },
  'read-only': { lost: 'suspended', ...ends },
  // An expired session can be replaced by a new one; where that is switched off, it is the end.
  expired: { renew: 'connecting', close: 'closed' },
  'auth-failed': { close: 'closed' },
  closed: {},
}

/** The state after a trigger: the same one where the table has no row. */
export function nextState(state: SessionState, trigger: SessionTrigger): SessionState {
  return transitions[state][trigger] ?? state
}

/** Whether requests are carried to a server at present. */
export function isLive(state: SessionState): boolean {
  return state === 'connected' || state === 'read-only'
}
