import type { ACL } from '@zookit/client'
import type { Context } from '../../program/context.ts'

/** Hears of each znode that gets an interim ACL. */
export type InterimTold = (path: string, acl: readonly ACL[]) => void

/** A paragraph of the help of every command that copies ACLs. */
export const INTERIM_DETAILS =
  'A znode with others below it whose ACL does not let everybody create gets that ACL last. Until then, this session has cdra on it besides: its identities, or, where it has none, all programs of its address, which is told.'

/** Tells, once, that others can change a znode meanwhile: the session has no identity that would keep them out. */
export function tellInterim({ note }: Pick<Context, 'note'>): InterimTold {
  let isTold = false
  return (path, acl) => {
    const own = acl.at(-1)!.id
    if (isTold || own.scheme !== 'ip') return
    isTold = true
    note(
      `until all is there, every program at ${own.id} has cdra on ${path} and others whose ACL comes last. To keep it to yourself, give an identity: --auth-env with digest:NAME:PASSWORD`,
    )
  }
}
