import { type SessionState, type ZooKeeper, ZooKeeperError } from '@zookit/client'

/**
 * Resolves when there is a connection that takes writes; at once if there is one. Send the first requests without
 * waiting for anything else, so that they go to that connection.
 *
 * @throws ZooKeeperError CLOSED, AUTH_FAILED, or SESSION_EXPIRED if no new session follows.
 */
export function connected(zk: ZooKeeper): Promise<void> {
  if (zk.state === 'connected') return Promise.resolve()
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const end = endOf(zk.state)
      if (zk.state !== 'connected' && end === null) return
      zk.off('state', onState)
      if (end === null) resolve()
      else reject(end)
    }
    // A session may be renewed right after it has expired: that is known only when all listeners have been called.
    const onState = (state: SessionState): void => (state === 'expired' ? queueMicrotask(look) : look())
    zk.on('state', onState)
    onState(zk.state)
  })
}

/** Waits as `connected` does. Resolves also, and never rejects, when the session with this id has ended. */
export function connectedOrEnded(zk: ZooKeeper, session: bigint): Promise<void> {
  if (!isSession(zk, session)) return Promise.resolve()
  return new Promise(resolve => {
    const look = (): void => {
      if (zk.state !== 'connected' && isSession(zk, session)) return
      zk.off('state', look)
      resolve()
    }
    zk.on('state', look)
    look()
  })
}

/** Returns whether servers answer reads at present. */
export function isLive({ state }: ZooKeeper): boolean {
  return state === 'connected' || state === 'read-only'
}

/** Returns whether the client's session still has this id, as far as the client knows. */
export function isSession(zk: ZooKeeper, session: bigint): boolean {
  return zk.sessionId === session && endOf(zk.state) === null
}

/** Returns whether the session with this id is certainly alive now. */
export function isCertain(zk: ZooKeeper, session: bigint): boolean {
  return zk.state === 'connected' && zk.sessionId === session && zk.certain
}

/**
 * Calls back soon if the client has ended. A session may be renewed right after it has expired: that is known only when all
 * listeners have been called.
 */
export function ifEnded(zk: ZooKeeper, onEnded: (error: ZooKeeperError) => void): void {
  if (endOf(zk.state) === null) return
  queueMicrotask(() => {
    const error = endOf(zk.state)
    if (error !== null) onEnded(error)
  })
}

function endOf(state: SessionState): ZooKeeperError | null {
  if (state === 'expired') return new ZooKeeperError('SESSION_EXPIRED', { outcome: 'not-sent' })
  if (state === 'auth-failed') return new ZooKeeperError('AUTH_FAILED', { outcome: 'not-sent' })
  return state === 'closed' ? new ZooKeeperError('CLOSED', { outcome: 'not-sent' }) : null
}
