/**
 * An event of a kept znode.
 *
 * - `created`: the znode exists; `after` says what happened to it before.
 * - `lost`: the znode was deleted, expired with its session, or was replaced by another session's (`displaced`). In
 *   the last case it is created again when the other one is gone.
 * - `withdrawn`: its owner has deleted it for the time being.
 * - `error`: an attempt to create it again has failed with an error that may fail again. Another attempt follows.
 * - `resync`: events came faster than they were taken, and the waiting ones were dropped.
 */
export type KeptNodeEvent =
  | { type: 'created'; path: string; token: bigint; after: 'start' | NodeLoss | 'withdrawn' }
  | { type: 'lost'; path: string; reason: NodeLoss }
  | { type: 'withdrawn'; path: string }
  | { type: 'error'; error: Error }
  | { type: 'resync' }

/** Reason for the loss of a kept znode, until it exists again. */
export type NodeLoss = 'deleted' | 'expired' | 'displaced'
