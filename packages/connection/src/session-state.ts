import type { ZooKeeperError } from './errors.ts'
import type { ServerAddress } from './link/server-address.ts'

/**
 * The state of a session.
 *
 * - `connecting`: there is no session yet, and a server is looked for.
 * - `connected`: a server answers requests.
 * - `suspended`: the connection is lost; the session may live on, and its ephemerals with it.
 * - `read-only`: the server has no quorum, and refuses writes.
 * - `expired`: the session has ended, and with it its ephemerals and watches.
 * - `auth-failed`: a server refused the credentials.
 * - `closed`: the user closed the session.
 */
export type SessionState =
  | 'connecting'
  | 'connected'
  | 'suspended'
  | 'read-only'
  | 'expired'
  | 'auth-failed'
  | 'closed'

/** An event that may change the state of a session. */
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

/** All transitions. An event that is not listed changes nothing: final states stay. */
export const transitions: Record<SessionState, Row> = {
  connecting: { ...arrives, ...ends },
  connected: { lost: 'suspended', ...ends },
  suspended: { ...arrives, ...ends },
  'read-only': { lost: 'suspended', ...ends },
  // A new session replaces an expired one, unless that is switched off.
  expired: { renew: 'connecting', close: 'closed' },
  'auth-failed': { close: 'closed' },
  closed: {},
}

/** Returns the state after a trigger: the same one where the table has no entry. */
export function nextState(state: SessionState, trigger: SessionTrigger): SessionState {
  return transitions[state][trigger] ?? state
}

/** Tells whether a server takes requests in this state. */
export function isLive(state: SessionState): boolean {
  return state === 'connected' || state === 'read-only'
}

/** The parts of a session that are needed to wait for it. */
interface Changing {
  readonly state: SessionState
  on(name: 'state', listener: () => void): unknown
  off(name: 'state', listener: () => void): unknown
}

/**
 * Waits until a session is connected, or has ended.
 *
 * @param ended returns the code of the end of the session; null while it goes on.
 * @returns that code.
 */
export function untilLive(session: Changing, ended: () => string | null): Promise<string | null> {
  return new Promise(resolve => {
    const check = (): void => {
      const isConnected = isLive(session.state)
      const end = isConnected ? null : ended()
      if (!isConnected && end === null) return
      session.off('state', check)
      resolve(end)
    }
    session.on('state', check)
    check()
  })
}

/** The events of a session. */
export interface SessionEvents {
  /** The state changed. */
  state: (state: SessionState, previous: SessionState) => void
  /** An attempt to connect failed. The session goes on trying. */
  attemptFailed: (error: ZooKeeperError, server: ServerAddress | null) => void
  /** `close()` was called: from now on nothing about the session is certain. `closed` follows when the server has answered. */
  closing: () => void
  /** A listener or watcher threw. Without a listener here, that is an uncaught exception. */
  listenerError: (error: unknown) => void
}
