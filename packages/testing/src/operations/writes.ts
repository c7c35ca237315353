import {
  type CheckVersionRequest,
  type CreateRequest,
  type CreateTTLRequest,
  type DeleteRequest,
  Perm,
  type Reader,
  type ReconfigRequest,
  readCheckVersionRequest,
  readCreateRequest,
  readCreateTTLRequest,
  readDeleteRequest,
  readReconfigRequest,
  readSetACLRequest,
  readSetDataRequest,
  type SetACLRequest,
  type SetDataRequest,
} from '@zookit/jute'
import { resolveAcl } from '../auth/acl.ts'
import type { Change } from '../database/changes.ts'
import { isValidPath, parentPath } from '../database/paths.ts'
import { NodeKind } from '../database/tree.ts'
import { Err } from '../error-codes.ts'
import { prepareCreate } from './create.ts'
import { byOpcode } from './handlers.ts'
import { anyNull, hasPath, readWithNulls } from './null-strings.ts'
import { allows, checkQuota, nextVersion, type PrepareContext, versionMatches } from './prepare.ts'
import { prepareReconfig } from './reconfig.ts'

/** An operation that makes one change, alone or in a multi. */
export interface Write<Request = unknown> {
  /** Decodes the request. @throws JuteError. */
  decode(reader: Reader): Request
  /** Checks the request in Apache's order, and returns its change, or the number of the first error. */
  prepare(context: PrepareContext, request: Request, opcode: number): Change | number
}

const NO_TTL = -1
const SPECIAL: ReadonlySet<string> = new Set(['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config'])

const create: Write<CreateRequest> = {
  decode: reader => readWithNulls(reader, readCreateRequest, hasPath),
  prepare: (context, request, opcode) => prepareCreate(context, opcode, request, NO_TTL),
}

const createTTL: Write<CreateTTLRequest> = {
  decode: reader => readWithNulls(reader, readCreateTTLRequest, hasPath),
  prepare: (context, request, opcode) => prepareCreate(context, opcode, request, request.ttl),
}

/** The parent's ACL must allow it. */
const remove: Write<DeleteRequest> = {
  decode: readDeleteRequest,
  prepare(context, { path, version }) {
    const parentAt = parentPath(path)
    if (parentAt === null || SPECIAL.has(path)) return Err.BAD_ARGUMENTS
    const parent = context.view.find(parentAt)
    if (parent === undefined) return Err.NO_NODE
    if (!allows(context, parent, Perm.DELETE)) return Err.NO_AUTH
    const node = context.view.find(path)
    if (node === undefined) return Err.NO_NODE
    if (!versionMatches(version, node.version)) return Err.BAD_VERSION
    return node.childCount > 0 ? Err.NOT_EMPTY : { type: 'delete', path }
  },
}

const setData: Write<SetDataRequest> = {
  decode: reader => readWithNulls(reader, readSetDataRequest, anyNull),
  prepare(context, { path, data, version }) {
    if (!isValidPath(path)) return Err.BAD_ARGUMENTS
    const node = context.view.find(path)
    if (node === undefined) return Err.NO_NODE
    if (!allows(context, node, Perm.WRITE)) return Err.NO_AUTH
    const overQuota = checkQuota(context, path, 0, (data?.length ?? 0) - node.dataLength)
    if (overQuota !== Err.OK) return overQuota
    if (!versionMatches(version, node.version)) return Err.BAD_VERSION
    return { type: 'setData', path, data, version: nextVersion(node.version) }
  },
}

/** The handler of setACL. The version of the request is that of the ACL. */
const setACL: Write<SetACLRequest> = {
  decode: reader => readWithNulls(reader, readSetACLRequest, anyNull),
  prepare(context, { path, acl, version }) {
    if (!isValidPath(path)) return Err.BAD_ARGUMENTS
    const entries = resolveAcl(acl, context.ids, context.settings.schemes)
    if (typeof entries === 'number') return entries
    const node = context.view.find(path)
    if (node === undefined) return Err.NO_NODE
    if (!allows(context, node, Perm.ADMIN)) return Err.NO_AUTH
    if (!versionMatches(version, node.aversion)) return Err.BAD_VERSION
    const interned = context.view.tree.acls.intern(entries)
    return { type: 'setAcl', path, acl: interned, version: nextVersion(node.aversion) }
  },
}

/** Newer releases accept it inside a multi only. */
const check: Write<CheckVersionRequest> = {
  decode: readCheckVersionRequest,
  prepare(context, { path, version }) {
    if (!isValidPath(path)) return Err.BAD_ARGUMENTS
    const node = context.view.find(path)
    if (node === undefined) return Err.NO_NODE
    if (!allows(context, node, Perm.READ)) return Err.NO_AUTH
    return versionMatches(version, node.version) ? { type: 'check', path } : Err.BAD_VERSION
  },
}

const reconfig: Write<ReconfigRequest> = { decode: readReconfigRequest, prepare: prepareReconfig }

/** The operations that make one change, by opcode. A new one is written in this file. */
export const writes: (Write | undefined)[] = byOpcode<Write>({
  create,
  create2: create,
  createContainer: create,
  createTTL,
  delete: remove,
  setData,
  setACL,
  check,
  reconfig,
})

/** Prepares deleteContainer, which a server sends to itself. It has no version and needs no permission. */
export function prepareDeleteContainer(context: PrepareContext, path: string): Change | number {
  if (parentPath(path) === null || SPECIAL.has(path)) return Err.BAD_ARGUMENTS
  const node = context.view.find(path)
  if (node === undefined) return Err.NO_NODE
  if (node.childCount > 0) return Err.NOT_EMPTY
  return node.kind === NodeKind.ephemeral ? Err.BAD_VERSION : { type: 'delete', path }
}
