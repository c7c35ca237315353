import type { ZooKeeper } from '@zookit/client'

/** Somebody of the demo: it lives until the signal is aborted. */
export type Actor = (zk: ZooKeeper, life: Life) => Promise<unknown>

/** The time of an actor. */
interface Life {
  readonly signal: AbortSignal
  /** Waits some milliseconds, or until the end. */
  rest(milliseconds: number): Promise<void>
}

/** The time in milliseconds that something takes, more or less. */
export function about(milliseconds: number): number {
  return milliseconds * (0.6 + Math.random() * 0.8)
}
