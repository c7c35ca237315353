import type { SessionState, ZooKeeper } from '@zookit/client'
import type { Context } from './context.ts'

/** Changes of the state that a waiting command prints. A shell prints them itself. */
const TOLD: Partial<Readonly<Record<SessionState, string>>> = {
  suspended: 'connection lost, connecting again',
  expired: 'the session expired: another one begins when a server is reached',
  connected: 'connected again',
}

/** Tells of a lost connection on standard error, while a command waits for something else than an answer. */
export function tellState({ shell, note }: Pick<Context, 'shell' | 'note'>, zk: ZooKeeper): Disposable {
  if (shell !== null) return { [Symbol.dispose]() {} }
  const onState = (state: SessionState): void => {
    const text = TOLD[state]
    if (text !== undefined) note(text)
  }
  zk.on('state', onState)
  return { [Symbol.dispose]: () => void zk.off('state', onState) }
}
