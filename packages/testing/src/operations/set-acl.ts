import { Perm, type SetACLRequest } from '@zookit/jute'
import { resolveAcl } from '../auth/acl.ts'
import type { Change } from '../database/changes.ts'
import { isValidPath } from '../database/paths.ts'
import { Err } from '../error-codes.ts'
import { allows, nextVersion, type PrepareContext, versionMatches } from './prepare.ts'

/** Prepares setACL. Its version is the version of the ACL. */
export function prepareSetAcl(context: PrepareContext, request: SetACLRequest): Change | number {
  const { path } = request
  if (!isValidPath(path)) return Err.BAD_ARGUMENTS
  const entries = resolveAcl(request.acl, context.ids, context.settings.schemes)
  if (typeof entries === 'number') return entries
  const node = context.view.find(path)
  if (node === undefined) return Err.NO_NODE
  if (!allows(context, node, Perm.ADMIN)) return Err.NO_AUTH
  if (!versionMatches(request.version, node.aversion)) return Err.BAD_VERSION
  const acl = context.view.tree.acls.intern(entries)
  return { type: 'setAcl', path, acl, version: nextVersion(node.aversion) }
}
