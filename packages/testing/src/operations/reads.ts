import {
  type ClientInfo,
  type Id,
  Perm,
  readExistsRequest,
  readGetACLRequest,
  readGetAllChildrenNumberRequest,
  readGetChildren2Request,
  readGetChildrenRequest,
  readGetDataRequest,
  readGetEphemeralsRequest,
  type Writer,
  writeACL,
  writeClientInfo,
} from '@zookit/jute'
import { maskDigests, permits } from '../auth/acl.ts'
import { writeStatOf, type ZNode } from '../database/tree.ts'
import { WatchMode } from '../database/watches.ts'
import { Err } from '../error-codes.ts'
import { byOpcode } from './handlers.ts'
import { answerMultiRead } from './multi-read.ts'
import { anyNull, readWithNulls } from './null-strings.ts'
import { type HeaderOnlyHandler, type ReadContext, type ReadHandler, readable } from './read-context.ts'
import { headerOnlyWatchRequests, watchRequests } from './watch-requests.ts'

/** The handler of each operation that changes no znode, by opcode. A new one is added here under its name. */
export const readHandlers: (ReadHandler | undefined)[] = byOpcode<ReadHandler>({
  ...watchRequests,

  multiRead: answerMultiRead,

  /** Sets its watch with or without a znode, but not where the permission is missing. */
  exists(context, reader, out) {
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
  },

  getData(context, reader, out) {
    const { path, watch } = readGetDataRequest(reader)
    const node = readable(context, path)
    if (typeof node === 'number') return node
    if (watch) context.database.watches.data.add(path, context.watcher, WatchMode.standard)
    out.nullableBuffer(node.data)
    writeStatOf(out, node)
    return Err.OK
  },

  /** Shows `x` in place of the hash of a digest to a client that may only READ. */
  getACL(context, reader, out) {
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
  },

  getChildren(context, reader, out) {
    const { path, watch } = readGetChildrenRequest(reader)
    const node = parent(context, path, watch)
    if (typeof node === 'number') return node
    writeNames(out, node)
    return Err.OK
  },

  getChildren2(context, reader, out) {
    const { path, watch } = readGetChildren2Request(reader)
    const node = parent(context, path, watch)
    if (typeof node === 'number') return node
    writeNames(out, node)
    writeStatOf(out, node)
    return Err.OK
  },

  /** Counts all znodes below, not only children. */
  getAllChildrenNumber(context, reader, out) {
    const { path } = readGetAllChildrenNumberRequest(reader)
    const node = readable(context, path)
    if (typeof node === 'number') return node
    out.int(context.database.tree.countBelow(path))
    return Err.OK
  },

  /** Lists the session's own. The prefix is compared as text: `/a` matches `/ab`. */
  getEphemerals(context, reader, out) {
    const request = readWithNulls(reader, readGetEphemeralsRequest, anyNull)
    const prefix = (request.prefixPath as string | null) ?? ''
    const all = ['', '/'].includes(prefix.trim())
    const paths = context.database.tree.ephemeralsOf(context.sessionId)
    out.ustringVector(all ? paths : paths.filter(path => path.startsWith(prefix)))
    return Err.OK
  },

  /** Lists the ids of the connection, without secrets. */
  whoAmI(context, _reader, out) {
    out.vector(context.ids.map(infoOf), writeClientInfo)
    return Err.OK
  },
})

/** The handlers of the operations whose reply is a header alone, by opcode. */
export const headerOnlyHandlers: (HeaderOnlyHandler | undefined)[] = byOpcode(headerOnlyWatchRequests)

function parent(context: ReadContext, path: string, watch: boolean): ZNode | number {
  const node = readable(context, path)
  if (typeof node === 'number') return node
  if (watch) context.database.watches.children.add(path, context.watcher, WatchMode.standard)
  return node
}

function writeNames(out: Writer, node: ZNode): void {
  out.int(node.childCount)
  for (const name of node.names) out.ustring(name)
}

function infoOf({ scheme, id }: Id): ClientInfo {
  return { authScheme: scheme, user: scheme === 'digest' ? (id.split(':', 1)[0] ?? '') : id }
}
