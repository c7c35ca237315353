import type { ACL, Data } from '@zookit/client'
import type { ParentMode } from './creation.ts'
import { badArgument } from './errors.ts'
import type { WhenSuspended } from './ownership.ts'

/** What every recipe of contenders takes. */
export interface RecipeOptions {
  /** What others read in this contender's node. Default null. */
  data?: Data | undefined
  /** Who may do what with the nodes that are made. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /** `lose` (the default): ownership is given up with the connection. `keep`: a session timeout later. */
  whenSuspended?: WhenSuspended | undefined
  /** What is made where the recipe's node is missing. Default `container`; `persistent` on servers before 3.5.1. */
  parent?: ParentMode | undefined
  /** After a lost connection, requests are spread over so many milliseconds. Default 100. */
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
    throw badArgument(`whenSuspended is lose or keep, not ${String(whenSuspended)}`, path)
  }
  if (parent !== 'container' && parent !== 'persistent') {
    throw badArgument(`parent is container or persistent, not ${String(parent)}`, path)
  }
  if (!(jitter >= 0 && jitter < Infinity)) {
    throw badArgument(`jitter is a number of milliseconds from 0, not ${String(jitter)}`, path)
  }
  return { data, acl, whenSuspended, parent, jitter }
}
