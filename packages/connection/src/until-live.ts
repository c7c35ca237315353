import type { SessionEmitter } from './emitter.ts'
import { isLive, type SessionState } from './session-state.ts'

/**
 * Waits until a session is connected, or has ended.
 *
 * @param ended returns the code of the end of the session; null while it goes on.
 * @returns that code.
 */
export function untilLive(
  session: SessionEmitter & { readonly state: SessionState },
  ended: () => string | null,
): Promise<string | null> {
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
