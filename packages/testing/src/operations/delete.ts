import { type DeleteRequest, Perm } from '@zookit/jute'
import type { Change } from '../database/changes.ts'
import { parentPath } from '../database/paths.ts'
import { NodeKind } from '../database/tree.ts'
import { Err } from '../error-codes.ts'
import { allows, type PrepareContext, versionMatches } from './prepare.ts'

const SPECIAL: ReadonlySet<string> = new Set(['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config'])

/** Prepares delete. The parent's ACL must allow it. */
export function prepareDelete(context: PrepareContext, request: DeleteRequest): Change | number {
  const { path } = request
  const parentAt = parentPath(path)
  if (parentAt === null || SPECIAL.has(path)) return Err.BAD_ARGUMENTS
  const parent = context.view.find(parentAt)
  if (parent === undefined) return Err.NO_NODE
  if (!allows(context, parent, Perm.DELETE)) return Err.NO_AUTH
  const node = context.view.find(path)
  if (node === undefined) return Err.NO_NODE
  if (!versionMatches(request.version, node.version)) return Err.BAD_VERSION
  return node.childCount > 0 ? Err.NOT_EMPTY : { type: 'delete', path }
}

/** Prepares deleteContainer, which a server sends to itself. It has no version and needs no permission. */
export function prepareDeleteContainer(context: PrepareContext, path: string): Change | number {
  if (parentPath(path) === null || SPECIAL.has(path)) return Err.BAD_ARGUMENTS
  const node = context.view.find(path)
  if (node === undefined) return Err.NO_NODE
  if (node.childCount > 0) return Err.NOT_EMPTY
  return node.kind === NodeKind.ephemeral ? Err.BAD_VERSION : { type: 'delete', path }
}
