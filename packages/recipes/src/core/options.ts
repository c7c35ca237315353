import type { ACL, Data } from '@zookit/client'
import type { ParentMode } from './creation.ts'
import type { WhenSuspended } from './ownership.ts'

/** Options of every recipe with contenders. */
export interface RecipeOptions {
  /** Data of this contender's znode, which others can read. Default null. */
  data?: Data | undefined
  /** ACL of the znodes that the recipe creates. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /** `lose` (default): ownership ends with the connection. `keep`: it ends a session timeout later. */
  whenSuspended?: WhenSuspended | undefined
  /**
   * Kind of znode to create if the recipe's znode is missing. Default `container`; `persistent` on servers before
   * 3.5.1.
   */
  parent?: ParentMode | undefined
  /** Milliseconds: after a lost connection, requests are spread over this time at random. Default 100. */
  jitter?: number | undefined
}

/** The options with their defaults. */
export interface ResolvedOptions {
  readonly data: Data
  readonly acl: readonly ACL[] | undefined
  readonly whenSuspended: WhenSuspended
  readonly parent: ParentMode
  readonly jitter: number
}

/** Adds the defaults to options that passed their checks. */
export function resolveOptions(options: RecipeOptions): ResolvedOptions {
  const { data = null, acl, whenSuspended = 'lose', parent = 'container', jitter = 100 } = options
  return { data, acl, whenSuspended, parent, jitter }
}
