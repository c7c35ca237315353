import type { SessionState, ZooKeeper, ZooKeeperError } from '@zookit/client'
import type { Context } from './context.ts'

/** Changes of the state that a waiting command prints. A shell prints them itself. */
const TOLD: Partial<Readonly<Record<SessionState, string>>> = {
  suspended: 'connection lost, connecting again',
  expired: 'the session expired: another one begins when a server is reached',
  connected: 'connected again',
}

/**
 * Tells of a lost connection on standard error, while a command waits for something else than an answer, and why a server that
 * is reached does not take it back: one that has lost its data is not taken as it is at once.
 */
export function tellState({ shell, note }: Pick<Context, 'shell' | 'note'>, zk: ZooKeeper): Disposable {
  if (shell !== null) return { [Symbol.dispose]() {} }
  let isReasonTold = false
  const onState = (state: SessionState): void => {
    const text = TOLD[state]
    if (text !== undefined) note(text)
    if (state === 'connected') isReasonTold = false
  }
  const onAttemptFailed = ({ code, explanation }: ZooKeeperError): void => {
    if (isReasonTold || code !== 'HANDSHAKE_REFUSED' || !explanation.includes('its data was lost')) return
    isReasonTold = true
    note(`not connected: ${explanation}`)
  }
  zk.on('state', onState).on('attemptFailed', onAttemptFailed)
  return { [Symbol.dispose]: () => void zk.off('state', onState).off('attemptFailed', onAttemptFailed) }
}
