import { Perm, type SetDataRequest } from '@zookit/jute'
import type { Change } from '../database/changes.ts'
import { isValidPath } from '../database/paths.ts'
import { Err } from '../error-codes.ts'
import { allows, checkQuota, nextVersion, type PrepareContext, versionMatches } from './prepare.ts'

/** Prepares setData. */
export function prepareSetData(context: PrepareContext, request: SetDataRequest): Change | number {
  const { path, data } = request
  if (!isValidPath(path)) return Err.BAD_ARGUMENTS
  const node = context.view.find(path)
  if (node === undefined) return Err.NO_NODE
  if (!allows(context, node, Perm.WRITE)) return Err.NO_AUTH
  const overQuota = checkQuota(context, path, 0, (data?.length ?? 0) - node.dataLength)
  if (overQuota !== Err.OK) return overQuota
  if (!versionMatches(request.version, node.version)) return Err.BAD_VERSION
  return { type: 'setData', path, data, version: nextVersion(node.version) }
}
