import { type MultiResult, readMultiRequest, writeMultiResponse } from '@zookit/jute'
import { statOf } from '../database/tree.ts'
import { Err } from '../error-codes.ts'
import { Opcode } from '../opcodes.ts'
import { type ReadHandler, readable } from './read-context.ts'

/** Answers multiRead. Each read fails on its own. It leaves no watches, even where a request asks for one. */
export const answerMultiRead: ReadHandler = (context, reader, out) => {
  const results: MultiResult[] = []
  for (const { type, request } of readMultiRequest(reader).operations) {
    if (type !== Opcode.getData && type !== Opcode.getChildren) return Err.MARSHALLING_ERROR
    const node = readable(context, request.path)
    if (typeof node === 'number') {
      results.push({ type: Opcode.error, err: node })
    } else if (type === Opcode.getData) {
      const data = node.data === null ? null : Buffer.from(node.data)
      results.push({ type, response: { data, stat: statOf(node) } })
    } else {
      results.push({ type, response: { children: [...node.names] } })
    }
  }
  writeMultiResponse(out, { results })
  return Err.OK
}
