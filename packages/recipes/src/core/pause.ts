import type { Environment, SessionState, ZooKeeper } from '@zookit/client'

/** The shortest pause, in milliseconds. */
const SHORTEST = 1

/** A wait, and the function that ends its timer. */
export interface Pause {
  readonly promise: Promise<void>
  cancel(): void
}

/**
 * Returns a promise that resolves after some milliseconds, one at least: a retry whose requests fail at once, such as those
 * behind a full queue, would otherwise stop the process, or keep it busy.
 */
export function wait(environment: Environment, milliseconds: number): Pause {
  let cancel = (): void => {}
  const promise = new Promise<void>(resolve => {
    const timer = environment.setTimer(resolve, Math.max(milliseconds, SHORTEST))
    cancel = () => timer.cancel()
  })
  return { promise, cancel }
}

/**
 * Waits as `wait` does, but no longer than the client lives: no timer of a recipe outlives the client that was closed.
 */
export function sleep(zk: ZooKeeper, milliseconds: number): Pause {
  const { promise, cancel } = wait(zk.environment, milliseconds)
  let end = (): void => {}
  const ended = new Promise<void>(resolve => {
    end = resolve
  })
  const onState = (state: SessionState): void => {
    if (state === 'closed' || state === 'auth-failed') stop()
  }
  const stop = (): void => {
    cancel()
    zk.off('state', onState)
    end()
  }
  zk.on('state', onState)
  return { promise: Promise.race([promise, ended]).finally(() => zk.off('state', onState)), cancel: stop }
}
