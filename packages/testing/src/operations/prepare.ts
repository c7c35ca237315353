import type { Id } from '@zookit/jute'
import { permits, type SchemeSettings } from '../auth/acl.ts'
import type { Quotas } from '../database/quotas.ts'
import type { Session } from '../database/sessions.ts'
import { Err } from '../error-codes.ts'
import type { Profile } from '../profile.ts'
import type { NodeView, TreeView } from './tree-view.ts'

/** What of a server's settings its answers to requests depend on. */
export interface PipelineSettings {
  readonly profile: Profile
  readonly schemes: SchemeSettings
  /** Whether there are TTL nodes. */
  readonly extendedTypes: boolean
  readonly enforceQuota: boolean
  readonly reconfigEnabled: boolean
}

/** Who asks, and what is there. One object, reused for each request. */
export interface PrepareContext {
  readonly view: TreeView
  readonly quotas: Quotas
  readonly settings: PipelineSettings
  session: Session | null
  ids: readonly Id[]
}

const ANY_VERSION = -1

/** Whether the caller has one of `perms` on a znode. */
export function allows(context: PrepareContext, node: NodeView, perms: number): boolean {
  return permits(node.acl, perms, context.ids)
}

/** Whether the version that a request expects is there. */
export function versionMatches(expected: number, current: number): boolean {
  return expected === ANY_VERSION || expected === current
}

/** The version after this one: int32, so that it wraps. */
export function nextVersion(current: number): number {
  return (current + 1) | 0
}

/** The error of a change that would break a quota, OK otherwise. */
export function checkQuota(
  context: PrepareContext,
  path: string,
  countDiff: number,
  bytesDiff: number,
): number {
  const broken = context.settings.enforceQuota && context.quotas.exceeded(path, countDiff, bytesDiff)
  return broken ? Err.QUOTA_EXCEEDED : Err.OK
}
