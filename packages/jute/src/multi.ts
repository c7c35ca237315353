import { JuteError } from './errors.ts'
import {
  type CheckVersionRequest,
  type Create2Response,
  type CreateRequest,
  type CreateResponse,
  type CreateTTLRequest,
  type DeleteRequest,
  type GetChildrenRequest,
  type GetChildrenResponse,
  type GetDataRequest,
  type GetDataResponse,
  type MultiHeader,
  readCheckVersionRequest,
  readCreate2Response,
  readCreateRequest,
  readCreateResponse,
  readCreateTTLRequest,
  readDeleteRequest,
  readErrorResponse,
  readGetChildrenRequest,
  readGetChildrenResponse,
  readGetDataRequest,
  readGetDataResponse,
  readMultiHeader,
  readSetDataRequest,
  readSetDataResponse,
  type SetDataRequest,
  type SetDataResponse,
  writeCheckVersionRequest,
  writeCreate2Response,
  writeCreateRequest,
  writeCreateResponse,
  writeCreateTTLRequest,
  writeDeleteRequest,
  writeErrorResponse,
  writeGetChildrenRequest,
  writeGetChildrenResponse,
  writeGetDataRequest,
  writeGetDataResponse,
  writeMultiHeader,
  writeSetDataRequest,
  writeSetDataResponse,
} from './generated/records.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

// The one codec that is not printed from records.jute: a multi is not a record but a run of
// { MultiHeader, body } pairs, closed by the header { type: -1, done: true, err: -1 }.

/** One operation of a multi. `type` is its opcode. */
export type MultiOperation =
  | { type: 1 | 15 | 19; request: CreateRequest }
  | { type: 21; request: CreateTTLRequest }
  | { type: 2; request: DeleteRequest }
  | { type: 5; request: SetDataRequest }
  | { type: 13; request: CheckVersionRequest }

/** One operation of a multiRead. */
export type MultiReadOperation =
  | { type: 4; request: GetDataRequest }
  | { type: 8; request: GetChildrenRequest }

/** The body of a multi or a multiRead. Apache's server refuses a mixture of the two kinds. */
export interface MultiRequest {
  /** In the order in which they are done. */
  operations: readonly (MultiOperation | MultiReadOperation)[]
}

/**
 * One result. Type 1 answers create and create2 alike, for a server makes each anew from its flags; 15 answers
 * createContainer and createTTL. -1 is a failure: of that operation in a multiRead, and of the whole in a multi,
 * where 0 marks operations that came before the culprit and -2 (RuntimeInconsistency) those after it.
 */
export type MultiResult =
  | { type: 1; response: CreateResponse }
  | { type: 15; response: Create2Response }
  | { type: 2 | 13; response: null }
  | { type: 4; response: GetDataResponse }
  | { type: 5; response: SetDataResponse }
  | { type: 8; response: GetChildrenResponse }
  | { type: -1; err: number }

/** The reply of a multi or multiRead: a result for each operation, in order. */
export interface MultiResponse {
  /** One for each operation. */
  results: MultiResult[]
}

const END: MultiHeader = { type: -1, done: true, err: -1 }
const HEADER_SIZE = 9

/** Writes the body of a multi or multiRead. */
export function writeMultiRequest(writer: Writer, body: MultiRequest): void {
  for (const operation of body.operations) {
    writeMultiHeader(writer, { type: operation.type, done: false, err: -1 })
    writeOperation(writer, operation)
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
    operations.push(readOperation(reader, header.type))
  }
  return { operations }
}

/** Writes the reply of a multi or multiRead. */
export function writeMultiResponse(writer: Writer, body: MultiResponse): void {
  for (const result of body.results) {
    writeMultiHeader(writer, { type: result.type, done: false, err: result.type === -1 ? result.err : 0 })
    writeResult(writer, result)
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
    results.push(readResult(reader, header.type))
  }
  return { results }
}

function writeOperation(writer: Writer, operation: MultiOperation | MultiReadOperation): void {
  switch (operation.type) {
    case 1:
    case 15:
    case 19:
      return writeCreateRequest(writer, operation.request)
    case 21:
      return writeCreateTTLRequest(writer, operation.request)
    case 2:
      return writeDeleteRequest(writer, operation.request)
    case 5:
      return writeSetDataRequest(writer, operation.request)
    case 13:
      return writeCheckVersionRequest(writer, operation.request)
    case 4:
      return writeGetDataRequest(writer, operation.request)
    case 8:
      return writeGetChildrenRequest(writer, operation.request)
  }
}

function readOperation(reader: Reader, type: number): MultiOperation | MultiReadOperation {
  switch (type) {
    case 1:
    case 15:
    case 19:
      return { type, request: readCreateRequest(reader) }
    case 21:
      return { type, request: readCreateTTLRequest(reader) }
    case 2:
      return { type, request: readDeleteRequest(reader) }
    case 5:
      return { type, request: readSetDataRequest(reader) }
    case 13:
      return { type, request: readCheckVersionRequest(reader) }
    case 4:
      return { type, request: readGetDataRequest(reader) }
    case 8:
      return { type, request: readGetChildrenRequest(reader) }
    default:
      return unknownType(reader, type)
  }
}

function writeResult(writer: Writer, result: MultiResult): void {
  switch (result.type) {
    case 1:
      return writeCreateResponse(writer, result.response)
    case 15:
      return writeCreate2Response(writer, result.response)
    case 2:
    case 13:
      return
    case 4:
      return writeGetDataResponse(writer, result.response)
    case 5:
      return writeSetDataResponse(writer, result.response)
    case 8:
      return writeGetChildrenResponse(writer, result.response)
    case -1:
      return writeErrorResponse(writer, result)
  }
}

function readResult(reader: Reader, type: number): MultiResult {
  switch (type) {
    case 1:
      return { type, response: readCreateResponse(reader) }
    case 15:
      return { type, response: readCreate2Response(reader) }
    case 2:
    case 13:
      return { type, response: null }
    case 4:
      return { type, response: readGetDataResponse(reader) }
    case 5:
      return { type, response: readSetDataResponse(reader) }
    case 8:
      return { type, response: readGetChildrenResponse(reader) }
    case -1:
      return { type, err: readErrorResponse(reader).err }
    default:
      return unknownType(reader, type)
  }
}

function unknownType(reader: Reader, type: number): never {
  throw new JuteError('UNKNOWN_TYPE', `a multi with type ${type}`, reader.offset - HEADER_SIZE)
}
