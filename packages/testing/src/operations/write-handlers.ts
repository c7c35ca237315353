import { OpCode, type Reader, readMultiRequest } from '@zookit/jute'
import type { Effect } from '../database/changes.ts'
import { prepareMulti } from './multi.ts'
import { hasPaths, readWithNulls } from './null-strings.ts'
import type { PrepareContext } from './prepare.ts'
import { type Write, writes } from './writes.ts'

/**
 * Decodes a request, checks it, and returns its effect.
 *
 * @throws JuteError for a request that does not decode. Nothing has been done then.
 */
export type WriteHandler = (context: PrepareContext, opcode: number, reader: Reader) => Effect

/** The handler of each operation that changes the tree, by opcode: every row of `writes`, and multi. */
export const writeHandlers: (WriteHandler | undefined)[] = writes.map(write => write && handlerOf(write))

writeHandlers[OpCode.multi] = (context, _, reader) =>
  prepareMulti(context, readWithNulls(reader, readMultiRequest, hasPaths))

function handlerOf(write: Write): WriteHandler {
  return (context, opcode, reader) => {
    const change = write.prepare(context, write.decode(reader), opcode)
    return typeof change === 'number' ? { type: 'failure', err: change, multi: null } : change
  }
}
