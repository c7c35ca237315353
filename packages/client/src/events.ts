import type { WatchEvent } from '@zookit/connection'

/**
 * A change of a node. `zxid` is the transaction's, or -1n from servers before 3.9.0 and for a change that was
 * found out about after a lost connection.
 */
export type NodeEvent = Extract<WatchEvent, { zxid: bigint }>

/** What the listener of a one-shot watch is told, once: the change, or the end of the watch without one. */
export type OneShotEvent = Exclude<WatchEvent, { type: 'resync' }>

/** Called in the server's order: after the continuations of the replies that came before the event. */
export type WatchListener = (event: OneShotEvent) => void

/** What a `watch` yields. */
export type StreamEvent =
  | NodeEvent
  /**
   * Changes may have gone unseen: what was read before is to be read again.
   *
   * - `reconnected`: a connection was lost, and servers keep no account of what a lasting watch has missed.
   * - `renewed`: the session had expired; a new one has the watch now.
   * - `rearmed`: a server before 3.9.0 had mixed it up with another watch of this client on the same path.
   * - `overflow`: events came faster than they were taken; those that were waiting have been dropped.
   */
  | { type: 'resync'; path: string; reason: ResyncReason }

/** Why changes may have gone unseen: see `StreamEvent`. */
export type ResyncReason = 'reconnected' | 'renewed' | 'rearmed' | 'overflow'
