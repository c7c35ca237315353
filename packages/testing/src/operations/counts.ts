import { Perm, readGetAllChildrenNumberRequest, readGetEphemeralsRequest } from '@zookit/jute'
import { permits } from '../auth/acl.ts'
import { Err } from '../error-codes.ts'
import { anyNull, readWithNulls } from './null-strings.ts'
import type { ReadHandler } from './read-context.ts'

/** Answers getAllChildrenNumber: it counts all znodes below, not only children. */
export const answerGetAllChildrenNumber: ReadHandler = (context, reader, out) => {
  const { path } = readGetAllChildrenNumberRequest(reader)
  const node = context.database.tree.find(path)
  if (node === undefined) return Err.NO_NODE
  if (!permits(node.acl, Perm.READ, context.ids)) return Err.NO_AUTH
  out.int(context.database.tree.countBelow(path))
  return Err.OK
}

/** Answers getEphemerals with the session's own. The prefix is compared as text: `/a` matches `/ab`. */
export const answerGetEphemerals: ReadHandler = (context, reader, out) => {
  const prefix = (readWithNulls(reader, readGetEphemeralsRequest, anyNull).prefixPath as string | null) ?? ''
  const all = ['', '/'].includes(prefix.trim())
  const paths = context.database.tree.ephemeralsOf(context.sessionId)
  out.ustringVector(all ? paths : paths.filter(path => path.startsWith(prefix)))
  return Err.OK
}
