import {
  type Reader,
  readCheckVersionRequest,
  readCreateRequest,
  readCreateTTLRequest,
  readDeleteRequest,
  readMultiRequest,
  readReconfigRequest,
  readSetACLRequest,
  readSetDataRequest,
} from '@zookit/jute'
import type { Change, Effect } from '../database/changes.ts'
import { Opcode } from '../opcodes.ts'
import { prepareCheck } from './check.ts'
import { prepareCreate } from './create.ts'
import { prepareDelete } from './delete.ts'
import { prepareMulti } from './multi.ts'
import { anyNull, hasPath, hasPaths, readWithNulls } from './null-strings.ts'
import type { PrepareContext } from './prepare.ts'
import { prepareReconfig } from './reconfig.ts'
import { prepareSetAcl } from './set-acl.ts'
import { prepareSetData } from './set-data.ts'

/**
 * Decodes a request, checks it, and returns its effect.
 *
 * @throws JuteError for a request that does not decode. Nothing has been done then.
 */
export type WriteHandler = (context: PrepareContext, opcode: number, reader: Reader) => Effect

const NO_TTL = -1

function effectOf(change: Change | number): Effect {
  return typeof change === 'number' ? { type: 'failure', err: change, multi: null } : change
}

function create(context: PrepareContext, opcode: number, reader: Reader): Effect {
  return effectOf(prepareCreate(context, opcode, readWithNulls(reader, readCreateRequest, hasPath), NO_TTL))
}

/** The handler of each operation that changes the tree, by opcode. */
export const writeHandlers: (WriteHandler | undefined)[] = []

writeHandlers[Opcode.create] = create
writeHandlers[Opcode.create2] = create
writeHandlers[Opcode.createContainer] = create
writeHandlers[Opcode.createTTL] = (context, opcode, reader) => {
  const request = readWithNulls(reader, readCreateTTLRequest, hasPath)
  return effectOf(prepareCreate(context, opcode, request, request.ttl))
}
writeHandlers[Opcode.delete] = (context, _, reader) =>
  effectOf(prepareDelete(context, readDeleteRequest(reader)))
writeHandlers[Opcode.setData] = (context, _, reader) =>
  effectOf(prepareSetData(context, readWithNulls(reader, readSetDataRequest, anyNull)))
writeHandlers[Opcode.setACL] = (context, _, reader) =>
  effectOf(prepareSetAcl(context, readWithNulls(reader, readSetACLRequest, anyNull)))
writeHandlers[Opcode.check] = (context, _, reader) =>
  effectOf(prepareCheck(context, readCheckVersionRequest(reader)))
writeHandlers[Opcode.multi] = (context, _, reader) =>
  prepareMulti(context, readWithNulls(reader, readMultiRequest, hasPaths))
writeHandlers[Opcode.reconfig] = (context, _, reader) =>
  effectOf(prepareReconfig(context, readReconfigRequest(reader)))
