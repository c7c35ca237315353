import type { WatchEvent } from '@zookit/connection'

/**
 * A change of a znode. `zxid` is that of the transaction. It is -1n from servers before 3.9.0, and for a change that
 * the server reports after a reconnect.
 */
export type NodeEvent = Extract<WatchEvent, { zxid: bigint }>

/** The event of a one-shot watch: the change, or the end of the watch without one. */
export type OneShotEvent = Exclude<WatchEvent, { type: 'resync' }>

/** A listener, called in the server's order: after the continuations of all replies that came before the event. */
export type WatchListener = (event: OneShotEvent) => void

/** An event of a `watch` iteration. */
export type StreamEvent =
  | NodeEvent
  /**
   * Changes may have been missed. Read again whatever was read before.
   *
   * - `reconnected`: the connection was lost. Servers do not record what a persistent watch has missed.
   * - `renewed`: the session expired. A new session has the watch now.
   * - `readded`: a server before 3.9.0 had lost the watch to another one of this client on the same path
   *   (ZOOKEEPER-4466). It has been added again.
   * - `overflow`: more events arrived than `buffer` holds. The waiting events were dropped.
   */
  | { type: 'resync'; path: string; reason: ResyncReason }

/** The reason why changes may have been missed: see `StreamEvent`. */
export type ResyncReason = 'reconnected' | 'renewed' | 'readded' | 'overflow'
