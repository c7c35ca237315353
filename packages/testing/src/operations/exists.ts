import { Perm, readExistsRequest } from '@zookit/jute'
import { permits } from '../auth/acl.ts'
import { writeStatOf } from '../database/tree.ts'
import { WatchMode } from '../database/watches.ts'
import { Err } from '../error-codes.ts'
import type { ReadHandler } from './read-context.ts'

/** Answers exists. It leaves its watch with or without a znode, but not where the permission is missing. */
export const answerExists: ReadHandler = (context, reader, out) => {
  const { path, watch } = readExistsRequest(reader)
  if (path.includes('\0')) return Err.BAD_ARGUMENTS
  const { database, settings, ids } = context
  const node = database.tree.find(path)
  if (node !== undefined && settings.release.existsNeedsRead && !permits(node.acl, Perm.READ, ids)) {
    return Err.NO_AUTH
  }
  if (watch) database.watches.data.add(path, context.watcher, WatchMode.standard)
  if (node === undefined) return Err.NO_NODE
  writeStatOf(out, node)
  return Err.OK
}
