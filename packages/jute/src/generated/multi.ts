// Printed from protocol-spec by protocol-spec/generate.ts. Change the spec, not this file.

import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'
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
  writeSetDataRequest,
  writeSetDataResponse,
} from './records.ts'

/** One operation of a multi. `type` is its opcode. */
export type MultiOperation =
  | { type: 1 | 15 | 19; request: CreateRequest }
  | { type: 2; request: DeleteRequest }
  | { type: 5; request: SetDataRequest }
  | { type: 13; request: CheckVersionRequest }
  | { type: 21; request: CreateTTLRequest }

/** One operation of a multiRead. */
export type MultiReadOperation =
  | { type: 4; request: GetDataRequest }
  | { type: 8; request: GetChildrenRequest }

/**
 * One result. Type 1 answers create and create2 alike, because a server chooses by the flags; 15 answers
 * createContainer and createTTL. -1 is a failure: of that operation in a multiRead, and of the whole in a multi,
 * where 0 marks operations before the one that failed and -2 (RuntimeInconsistency) those after it.
 */
export type MultiResult =
  | { type: 1; response: CreateResponse }
  | { type: 2 | 13; response: null }
  | { type: 4; response: GetDataResponse }
  | { type: 5; response: SetDataResponse }
  | { type: 8; response: GetChildrenResponse }
  | { type: 15; response: Create2Response }
  | { type: -1; err: number }

/** Writes the body of one operation, behind its header. */
export function writeMultiOperation(writer: Writer, operation: MultiOperation | MultiReadOperation): void {
  switch (operation.type) {
    case 1:
    case 15:
    case 19:
      return writeCreateRequest(writer, operation.request)
    case 2:
      return writeDeleteRequest(writer, operation.request)
    case 5:
      return writeSetDataRequest(writer, operation.request)
    case 13:
      return writeCheckVersionRequest(writer, operation.request)
    case 21:
      return writeCreateTTLRequest(writer, operation.request)
    case 4:
      return writeGetDataRequest(writer, operation.request)
    case 8:
      return writeGetChildrenRequest(writer, operation.request)
  }
}

/** Reads the body of one operation; null for an opcode that no multi takes. */
export function readMultiOperation(reader: Reader, type: number): MultiOperation | MultiReadOperation | null {
  switch (type) {
    case 1:
    case 15:
    case 19:
      return { type, request: readCreateRequest(reader) }
    case 2:
      return { type, request: readDeleteRequest(reader) }
    case 5:
      return { type, request: readSetDataRequest(reader) }
    case 13:
      return { type, request: readCheckVersionRequest(reader) }
    case 21:
      return { type, request: readCreateTTLRequest(reader) }
    case 4:
      return { type, request: readGetDataRequest(reader) }
    case 8:
      return { type, request: readGetChildrenRequest(reader) }
    default:
      return null
  }
}

/** Writes the body of one result, behind its header. */
export function writeMultiResult(writer: Writer, result: MultiResult): void {
  switch (result.type) {
    case 1:
      return writeCreateResponse(writer, result.response)
    case 2:
    case 13:
      return
    case 4:
      return writeGetDataResponse(writer, result.response)
    case 5:
      return writeSetDataResponse(writer, result.response)
    case 8:
      return writeGetChildrenResponse(writer, result.response)
    case 15:
      return writeCreate2Response(writer, result.response)
    case -1:
      return writeErrorResponse(writer, result)
  }
}

/** Reads the body of one result; null for a type that no result has. */
export function readMultiResult(reader: Reader, type: number): MultiResult | null {
  switch (type) {
    case 1:
      return { type, response: readCreateResponse(reader) }
    case 2:
    case 13:
      return { type, response: null }
    case 4:
      return { type, response: readGetDataResponse(reader) }
    case 5:
      return { type, response: readSetDataResponse(reader) }
    case 8:
      return { type, response: readGetChildrenResponse(reader) }
    case 15:
      return { type, response: readCreate2Response(reader) }
    case -1:
      return { type, err: readErrorResponse(reader).err }
    default:
      return null
  }
}
