import type { Id } from '@zookit/jute'
import { permits, type SchemeSettings } from '../auth/acl.ts'
import type { Quotas } from '../database/quotas.ts'
import type { Session } from '../database/sessions.ts'
import { Err } from '../error-codes.ts'
import type { EnsembleView } from '../membership/ensemble-view.ts'
import type { ReleaseBehaviour } from '../release.ts'
import type { NodeView, TreeView } from './tree-view.ts'

/** The settings that the operations depend on. */
export interface OperationSettings {
  readonly release: ReleaseBehaviour
  readonly schemes: SchemeSettings
  /** True if TTL znodes can be created. */
  readonly extendedTypes: boolean
  readonly enforceQuota: boolean
  readonly reconfigEnabled: boolean
}

/** The context of a write request: the client and the tree. One object is reused for each request. */
export interface PrepareContext {
  readonly view: TreeView
  readonly quotas: Quotas
  readonly settings: OperationSettings
  /** The ensemble; null for a server that stands alone. */
  readonly ensemble: EnsembleView | null
  /** The zxid that the transaction will have. */
  zxid: number
  session: Session | null
  ids: readonly Id[]
}

const ANY_VERSION = -1

/** Tells if the client has one of `perms` on a znode. */
export function allows(context: PrepareContext, node: NodeView, perms: number): boolean {
  return permits(node.acl, perms, context.ids)
}

/** Tells if a znode has the version that a request expects. */
export function versionMatches(expected: number, current: number): boolean {
  return expected === ANY_VERSION || expected === current
}

/** Returns the next version. It is an int32, so it wraps. */
export function nextVersion(current: number): number {
  return (current + 1) | 0
}

/** Returns QUOTA_EXCEEDED for a change that would break a hard quota, OK otherwise. */
export function checkQuota(
  context: PrepareContext,
  path: string,
  countDiff: number,
  bytesDiff: number,
): number {
  const broken = context.settings.enforceQuota && context.quotas.exceeded(path, countDiff, bytesDiff)
  return broken ? Err.QUOTA_EXCEEDED : Err.OK
}
