import { Perm, readGetChildren2Request, readGetChildrenRequest, type Writer } from '@zookit/jute'
import { permits } from '../auth/acl.ts'
import { writeStatOf, type ZNode } from '../database/tree.ts'
import { WatchMode } from '../database/watches.ts'
import { Err } from '../error-codes.ts'
import type { ReadContext, ReadHandler } from './read-context.ts'

function childrenOf(context: ReadContext, path: string, watch: boolean): ZNode | number {
  const { database } = context
  const node = database.tree.find(path)
  if (node === undefined) return Err.NO_NODE
  if (!permits(node.acl, Perm.READ, context.ids)) return Err.NO_AUTH
  if (watch) database.watches.children.add(path, context.watcher, WatchMode.standard)
  return node
}

function writeNames(out: Writer, node: ZNode): void {
  out.int(node.childCount)
  for (const name of node.names) out.ustring(name)
}

/** Answers getChildren. */
export const answerGetChildren: ReadHandler = (context, reader, out) => {
  const { path, watch } = readGetChildrenRequest(reader)
  const node = childrenOf(context, path, watch)
  if (typeof node === 'number') return node
  writeNames(out, node)
  return Err.OK
}

/** Answers getChildren2: the names and the Stat. */
export const answerGetChildren2: ReadHandler = (context, reader, out) => {
  const { path, watch } = readGetChildren2Request(reader)
  const node = childrenOf(context, path, watch)
  if (typeof node === 'number') return node
  writeNames(out, node)
  writeStatOf(out, node)
  return Err.OK
}
