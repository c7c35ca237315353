import { Err } from '../error-codes.ts'
import type { PrepareContext } from './prepare.ts'

/** Refuses reconfig, as a server on which it is disabled or that stands alone. */
export function refuseReconfig(context: PrepareContext): number {
  return context.settings.reconfigEnabled ? Err.UNIMPLEMENTED : Err.RECONFIG_DISABLED
}
