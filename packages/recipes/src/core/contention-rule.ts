import type { Contender } from './names.ts'

/** The contenders at one moment, one of which is ours. */
export interface ContentionView {
  /** The contenders, in the order of their arrival. Other children are left out. */
  readonly contenders: readonly Contender[]
  /** Index of our contender. */
  readonly index: number
  readonly mine: Contender
  /** The data of the znode that `probe` names. */
  readonly probe: Buffer | null
  /**
   * Names of contenders that are known to have been admitted, where `announce` is set: the list alone may be out of
   * date.
   */
  readonly admitted: ReadonlySet<string>
}

/**
 * Decides whose turn it is. It must not take a turn back: a contender that those before it have let in stays
 * admitted when one of them leaves.
 *
 * @returns null if it is our turn; else what to wait for: the name of the contender that is in the way, or `children`
 *   for any change of the children or of the probe. Only one contender at a time may wait for `children`.
 */
export type Rule = (view: ContentionView) => string | 'children' | null
