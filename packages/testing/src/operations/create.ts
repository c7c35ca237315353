import { CreateFlag, type CreateRequest, Perm } from '@zookit/jute'
import { resolveAcl } from '../auth/acl.ts'
import type { Change } from '../database/changes.ts'
import { isValidPath, parentPath, sequenceSuffix } from '../database/paths.ts'
import { NodeKind } from '../database/tree.ts'
import { Err } from '../error-codes.ts'
import { Opcode } from '../opcodes.ts'
import { allows, checkQuota, type PrepareContext } from './prepare.ts'

const MAX_TTL = 2 ** 40 - 1
const LAST_FLAG = CreateFlag['ttl-sequential']

function isSequential(flags: number): boolean {
  return (
    flags === CreateFlag['persistent-sequential'] ||
    flags === CreateFlag['ephemeral-sequential'] ||
    flags === CreateFlag['ttl-sequential']
  )
}

/** Returns the kind of a new znode. The opcode decides; for create and create2 the flags can say ephemeral. */
function kindOf(opcode: number, flags: number): number {
  if (opcode === Opcode.createContainer) return NodeKind.container
  if (opcode === Opcode.createTTL) return NodeKind.ttl
  const ephemeral = flags === CreateFlag.ephemeral || flags === CreateFlag['ephemeral-sequential']
  return ephemeral ? NodeKind.ephemeral : NodeKind.persistent
}

function checkFlags(context: PrepareContext, opcode: number, flags: number, ttl: number): number {
  if (flags < 0 || flags > LAST_FLAG) return Err.BAD_ARGUMENTS
  const isTtl = flags >= CreateFlag.ttl
  if (isTtl && !context.settings.extendedTypes) return Err.UNIMPLEMENTED
  if (isTtl !== (opcode === Opcode.createTTL)) return Err.BAD_ARGUMENTS
  return isTtl && (ttl <= 0 || ttl > MAX_TTL) ? Err.BAD_ARGUMENTS : Err.OK
}

/** Prepares create, create2, createContainer and createTTL. Checks have Apache's order: the first that fails answers. */
export function prepareCreate(
  context: PrepareContext,
  opcode: number,
  request: CreateRequest,
  ttl: number,
): Change | number {
  const { flags, data } = request
  const badFlags = checkFlags(context, opcode, flags, ttl)
  if (badFlags !== Err.OK) return badFlags
  const parentAt = parentPath(request.path)
  if (parentAt === null) return Err.BAD_ARGUMENTS
  const entries = resolveAcl(request.acl, context.ids, context.settings.schemes)
  if (typeof entries === 'number') return entries
  const parent = context.view.find(parentAt)
  if (parent === undefined) return Err.NO_NODE
  if (!allows(context, parent, Perm.CREATE)) return Err.NO_AUTH
  const path = isSequential(flags) ? request.path + sequenceSuffix(parent.creates) : request.path
  if (!isValidPath(path)) return Err.BAD_ARGUMENTS
  if (context.view.find(path) !== undefined) return Err.NODE_EXISTS
  if (parent.kind === NodeKind.ephemeral) return Err.NO_CHILDREN_FOR_EPHEMERALS
  const overQuota = checkQuota(context, path, 1, data?.length ?? 0)
  if (overQuota !== Err.OK) return overQuota
  const kind = kindOf(opcode, flags)
  const owner = kind === NodeKind.ephemeral ? (context.session?.id ?? 0n) : 0n
  return {
    type: 'create',
    path,
    parent: parentAt,
    data,
    acl: context.view.tree.acls.intern(entries),
    kind,
    owner,
    ttl,
  }
}
