import { Perm, readGetACLRequest, writeACL } from '@zookit/jute'
import { maskDigests, permits } from '../auth/acl.ts'
import { writeStatOf } from '../database/tree.ts'
import { Err } from '../error-codes.ts'
import type { ReadHandler } from './read-context.ts'

/** Answers getACL. A client that may only READ sees `x` in place of the hash of a digest. */
export const answerGetAcl: ReadHandler = (context, reader, out) => {
  const { path } = readGetACLRequest(reader)
  const { ids, settings } = context
  const node = context.database.tree.find(path)
  if (node === undefined) return Err.NO_NODE
  const { masksDigests } = settings.release
  if (masksDigests && !permits(node.acl, Perm.READ | Perm.ADMIN, ids)) return Err.NO_AUTH
  const masked = masksDigests && !permits(node.acl, Perm.ADMIN, ids)
  out.vector(masked ? maskDigests(node.acl.entries) : node.acl.entries, writeACL)
  writeStatOf(out, node)
  return Err.OK
}
