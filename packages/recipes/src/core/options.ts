import type { ACL, Data } from '@zookit/client'
import type { ParentMode } from './creation.ts'
import { badArgument } from './errors.ts'
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

/** @throws ZooKeeperError BAD_ARGUMENTS. */
export function resolveOptions(options: RecipeOptions, path: string): ResolvedOptions {
  const { data = null, acl, whenSuspended = 'lose', parent = 'container', jitter = 100 } = options
  if (whenSuspended !== 'lose' && whenSuspended !== 'keep') {
    throw badArgument(`whenSuspended must be lose or keep, not ${String(whenSuspended)}`, path)
  }
  if (parent !== 'container' && parent !== 'persistent') {
    throw badArgument(`parent must be container or persistent, not ${String(parent)}`, path)
  }
  if (!(jitter >= 0 && jitter < Infinity)) {
    throw badArgument(`jitter must be a number of milliseconds from 0, not ${String(jitter)}`, path)
  }
  return { data, acl, whenSuspended, parent, jitter }
}
