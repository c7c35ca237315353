import { type CheckVersionRequest, Perm } from '@zookit/jute'
import type { Change } from '../database/changes.ts'
import { isValidPath } from '../database/paths.ts'
import { Err } from '../error-codes.ts'
import { allows, type PrepareContext, versionMatches } from './prepare.ts'

/** Prepares check, which newer releases accept inside a multi only. */
export function prepareCheck(context: PrepareContext, request: CheckVersionRequest): Change | number {
  const { path } = request
  if (!isValidPath(path)) return Err.BAD_ARGUMENTS
  const node = context.view.find(path)
  if (node === undefined) return Err.NO_NODE
  if (!allows(context, node, Perm.READ)) return Err.NO_AUTH
  return versionMatches(request.version, node.version) ? { type: 'check', path } : Err.BAD_VERSION
}
