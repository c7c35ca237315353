import { Perm, readGetDataRequest } from '@zookit/jute'
import { permits } from '../auth/acl.ts'
import { writeStatOf } from '../database/tree.ts'
import { WatchMode } from '../database/watches.ts'
import { Err } from '../error-codes.ts'
import type { ReadHandler } from './read-context.ts'

/** Answers getData. */
export const answerGetData: ReadHandler = (context, reader, out) => {
  const { path, watch } = readGetDataRequest(reader)
  const { database } = context
  const node = database.tree.find(path)
  if (node === undefined) return Err.NO_NODE
  if (!permits(node.acl, Perm.READ, context.ids)) return Err.NO_AUTH
  if (watch) database.watches.data.add(path, context.watcher, WatchMode.standard)
  out.nullableBuffer(node.data)
  writeStatOf(out, node)
  return Err.OK
}
