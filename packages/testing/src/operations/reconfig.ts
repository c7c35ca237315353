import { Perm, type ReconfigRequest } from '@zookit/jute'
import type { Change } from '../database/changes.ts'
import { Err } from '../error-codes.ts'
import { changeMembership, membershipText, votersOf } from '../membership/membership.ts'
import { allows, type PrepareContext } from './prepare.ts'

/** The path of the ensemble's configuration. */
export const CONFIG_PATH = '/zookeeper/config'
/** The version of the configuration's znode in its Stat. It never changes. */
export const CONFIG_VERSION = -1
const ANY_CONFIG = -1n

/** Prepares reconfig. Its checks are Apache's, in the same order: the permission comes last. */
export function prepareReconfig(context: PrepareContext, request: ReconfigRequest): Change | number {
  const { settings, ensemble } = context
  if (!settings.reconfigEnabled) return Err.RECONFIG_DISABLED
  if (ensemble === null) return Err.UNIMPLEMENTED
  const { membership } = ensemble
  const expected = request.curConfigId
  if (expected !== ANY_CONFIG && expected !== BigInt(membership.version)) return Err.BAD_VERSION
  const next = changeMembership(membership, request, context.zxid)
  if (typeof next === 'number') return next
  if (!ensemble.isSynced(votersOf(next))) return Err.NEW_CONFIG_NO_QUORUM
  if (!allows(context, context.view.find(CONFIG_PATH)!, Perm.WRITE)) return Err.NO_AUTH
  return {
    type: 'setData',
    path: CONFIG_PATH,
    data: Buffer.from(membershipText(next)),
    version: CONFIG_VERSION,
  }
}
