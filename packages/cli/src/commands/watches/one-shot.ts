import type { WatchListener } from '@zookit/client'
import type { Context } from '../../program/context.ts'

/** A one-shot watch and its end. */
export interface Settled {
  readonly listener: WatchListener
  /** Resolves after the event. */
  readonly settled: Promise<void>
}

/** Makes the listener of a one-shot watch that tells the user of its event. */
export function announceOnce(context: Context): Settled {
  let end = (): void => {}
  const settled = new Promise<void>(resolve => (end = resolve))
  const listener: WatchListener = event => {
    // The user has ended the program, and the session with it.
    if (event.type === 'lost' && context.shell === null && context.signal.aborted) return
    context.announce(event, `WATCHER:: ${event.type} ${event.path}`)
    end()
  }
  return { listener, settled }
}
