import type { ResyncReason } from '@zookit/client'
import type { ShapeSettings } from './tree-shape.ts'

/** Selects the part of a tree that is mirrored. */
export interface MirrorSettings extends ShapeSettings {
  readonly keepsData: boolean
  /** Number of znodes that are read at a time. */
  readonly window: number
  /** Milliseconds: after a lost connection, reading begins at a random moment within this time. */
  readonly jitter: number
}

/** Receives the events of a mirror. */
export interface MirrorOwner {
  /** Called when all znodes that existed when reading began are in the table; null: for the first time. */
  onSynced(reason: ResyncReason | null): void
  onError(error: unknown, path: string): void
  /** Called when a read has failed with an error that says nothing about the znode. The read is retried, with backoff. */
  onReadFailed(error: unknown, path: string): void
  /** Called when the mirror ends, with an error or because the client was closed. */
  onEnd(failure?: { error: unknown }): void
}

/** Orders the reasons: gaps that are closed together are reported by the highest one. */
export function rankOf(reason: ResyncReason | null): number {
  return reason === null ? -1 : REASONS.indexOf(reason)
}

const REASONS: readonly ResyncReason[] = ['overflow', 'readded', 'reconnected', 'renewed']
