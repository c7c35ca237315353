import type { Membership } from './membership.ts'

/** The part of an ensemble that a request or a four-letter word depends on. */
export interface EnsembleView {
  readonly membership: Membership
  /** Tells if more than half of these voters follow the leader now. Observers do not count, even if they become voters. */
  isSynced(voters: ReadonlySet<number>): boolean
}
