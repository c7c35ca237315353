import { Err } from '../error-codes.ts'
import type { PrepareContext } from './prepare.ts'

/** reconfig: refused as a server refuses it that is not allowed to change its ensemble, or that has none. */
export function refuseReconfig(context: PrepareContext): number {
  return context.settings.reconfigEnabled ? Err.UNIMPLEMENTED : Err.RECONFIG_DISABLED
}
