import { JuteError } from './errors.ts'
import { ServerOpCode } from './generated/constants.ts'
import { ErrorNumber } from './generated/errors.ts'
import {
  type MultiOperation,
  type MultiReadOperation,
  type MultiResult,
  readMultiOperation,
  readMultiResult,
  writeMultiOperation,
  writeMultiResult,
} from './generated/multi.ts'
import {
  type MultiHeader,
  readErrorResponse,
  readMultiHeader,
  writeGetDataRequest,
  writeMultiHeader,
} from './generated/records.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

export type { MultiOperation, MultiReadOperation, MultiResult } from './generated/multi.ts'

// A multi is not a record but a run of { MultiHeader, body } pairs, which the header
// { type: -1, done: true, err: -1 } closes. The bodies are printed from operations.json.

/** The body of a multi or a multiRead. Apache's server refuses a mixture of the two kinds. */
export interface MultiRequest {
  /** The operations, in the order in which they are done. */
  operations: readonly (MultiOperation | MultiReadOperation)[]
}

/** The reply of a multi or multiRead: a result for each operation, in order. */
export interface MultiResponse {
  /** One for each operation. */
  results: MultiResult[]
}

const END: MultiHeader = { type: ServerOpCode.error, done: true, err: -1 }
const HEADER_SIZE = 9

/** Writes the body of a multi or multiRead. */
export function writeMultiRequest(writer: Writer, body: MultiRequest): void {
  for (const operation of body.operations) {
    writeMultiHeader(writer, { type: operation.type, done: false, err: -1 })
    writeMultiOperation(writer, operation)
  }
  writeMultiHeader(writer, END)
}

/**
 * Reads the body of a multi or multiRead.
 *
 * @throws JuteError `UNKNOWN_TYPE` for an opcode that no multi takes, at the offset of its header.
 */
export function readMultiRequest(reader: Reader): MultiRequest {
  const operations: (MultiOperation | MultiReadOperation)[] = []
  for (let header = readMultiHeader(reader); !header.done; header = readMultiHeader(reader)) {
    operations.push(readMultiOperation(reader, header.type) ?? unknownType(reader, header.type))
  }
  return { operations }
}

/**
 * Writes the body of a multiRead whose operations are of one type.
 *
 * @param type the opcode of a getData or a getChildren.
 * @param paths the server's paths.
 */
export function writeSameReads(writer: Writer, type: number, paths: readonly string[]): void {
  for (const path of paths) {
    writeMultiHeader(writer, { type, done: false, err: -1 })
    writeGetDataRequest(writer, { path, watch: false })
  }
  writeMultiHeader(writer, END)
}

/**
 * Reads the reply of a multiRead whose operations are of one type.
 *
 * @param type the opcode of a getData or a getChildren.
 * @param readResponse reads the response of one of them.
 * @returns for each operation what `readResponse` returned, or the number of its error.
 * @throws JuteError `UNKNOWN_TYPE` for a result of another type, at the offset of its header.
 */
export function readSameResults<Response>(
  reader: Reader,
  type: number,
  readResponse: (reader: Reader) => Response,
): (Response | number)[] {
  const results: (Response | number)[] = []
  for (let header = readMultiHeader(reader); !header.done; header = readMultiHeader(reader)) {
    if (header.type === type) results.push(readResponse(reader))
    else if (header.type === ServerOpCode.error) results.push(readErrorResponse(reader).err)
    else unknownType(reader, header.type)
  }
  return results
}

/** Writes the reply of a multi or multiRead. */
export function writeMultiResponse(writer: Writer, body: MultiResponse): void {
  for (const result of body.results) {
    const err = result.type === ServerOpCode.error ? result.err : ErrorNumber.OK
    writeMultiHeader(writer, { type: result.type, done: false, err })
    writeMultiResult(writer, result)
  }
  writeMultiHeader(writer, END)
}

/**
 * Reads the reply of a multi or multiRead.
 *
 * @throws JuteError `UNKNOWN_TYPE` for a kind of result that no multi has, at the offset of its header.
 */
export function readMultiResponse(reader: Reader): MultiResponse {
  const results: MultiResult[] = []
  for (let header = readMultiHeader(reader); !header.done; header = readMultiHeader(reader)) {
    results.push(readMultiResult(reader, header.type) ?? unknownType(reader, header.type))
  }
  return { results }
}

function unknownType(reader: Reader, type: number): never {
  throw new JuteError('UNKNOWN_TYPE', `a multi with type ${type}`, reader.offset - HEADER_SIZE)
}
