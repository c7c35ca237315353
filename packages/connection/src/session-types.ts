import type { ZooKeeperError } from './errors.ts'
import type { RequestLimits } from './requests/request.ts'
import type { ServerAddress } from './server-address.ts'
import type { SessionState } from './session-state.ts'
import type { Watcher } from './watches/watch-registry.ts'

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

/** Options of a request. */
export interface RequestOptions extends RequestLimits {
  /** The listener of the watch that the request sets; required for addWatch. It implies `watch` for the reads. */
  watcher?: Watcher | undefined
  /** The path that errors name; by default that of the body. */
  path?: string | undefined
}
