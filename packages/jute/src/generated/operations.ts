// Printed from protocol-spec by protocol-spec/generate.ts. Change the spec, not this file.

import {
  type MultiRequest,
  type MultiResponse,
  readMultiRequest,
  readMultiResponse,
  writeMultiRequest,
  writeMultiResponse,
} from '../multi.ts'
import { type AnyOperation, type Operation, readNothing, writeNothing } from '../operation.ts'
import {
  type AddWatchRequest,
  type AuthPacket,
  type CheckVersionRequest,
  type CheckWatchesRequest,
  type Create2Response,
  type CreateRequest,
  type CreateResponse,
  type CreateTTLRequest,
  type DeleteRequest,
  type ErrorResponse,
  type ExistsRequest,
  type ExistsResponse,
  type GetACLRequest,
  type GetACLResponse,
  type GetAllChildrenNumberRequest,
  type GetAllChildrenNumberResponse,
  type GetChildren2Request,
  type GetChildren2Response,
  type GetChildrenRequest,
  type GetChildrenResponse,
  type GetDataRequest,
  type GetDataResponse,
  type GetEphemeralsRequest,
  type GetEphemeralsResponse,
  type GetSASLRequest,
  type ReconfigRequest,
  type RemoveWatchesRequest,
  readAddWatchRequest,
  readAuthPacket,
  readCheckVersionRequest,
  readCheckWatchesRequest,
  readCreate2Response,
  readCreateRequest,
  readCreateResponse,
  readCreateTTLRequest,
  readDeleteRequest,
  readErrorResponse,
  readExistsRequest,
  readExistsResponse,
  readGetACLRequest,
  readGetACLResponse,
  readGetAllChildrenNumberRequest,
  readGetAllChildrenNumberResponse,
  readGetChildren2Request,
  readGetChildren2Response,
  readGetChildrenRequest,
  readGetChildrenResponse,
  readGetDataRequest,
  readGetDataResponse,
  readGetEphemeralsRequest,
  readGetEphemeralsResponse,
  readGetSASLRequest,
  readReconfigRequest,
  readRemoveWatchesRequest,
  readSetACLRequest,
  readSetACLResponse,
  readSetDataRequest,
  readSetDataResponse,
  readSetSASLResponse,
  readSetWatches,
  readSetWatches2,
  readSyncRequest,
  readSyncResponse,
  readWhoAmIResponse,
  type SetACLRequest,
  type SetACLResponse,
  type SetDataRequest,
  type SetDataResponse,
  type SetSASLResponse,
  type SetWatches,
  type SetWatches2,
  type SyncRequest,
  type SyncResponse,
  type WhoAmIResponse,
  writeAddWatchRequest,
  writeAuthPacket,
  writeCheckVersionRequest,
  writeCheckWatchesRequest,
  writeCreate2Response,
  writeCreateRequest,
  writeCreateResponse,
  writeCreateTTLRequest,
  writeDeleteRequest,
  writeErrorResponse,
  writeExistsRequest,
  writeExistsResponse,
  writeGetACLRequest,
  writeGetACLResponse,
  writeGetAllChildrenNumberRequest,
  writeGetAllChildrenNumberResponse,
  writeGetChildren2Request,
  writeGetChildren2Response,
  writeGetChildrenRequest,
  writeGetChildrenResponse,
  writeGetDataRequest,
  writeGetDataResponse,
  writeGetEphemeralsRequest,
  writeGetEphemeralsResponse,
  writeGetSASLRequest,
  writeReconfigRequest,
  writeRemoveWatchesRequest,
  writeSetACLRequest,
  writeSetACLResponse,
  writeSetDataRequest,
  writeSetDataResponse,
  writeSetSASLResponse,
  writeSetWatches,
  writeSetWatches2,
  writeSyncRequest,
  writeSyncResponse,
  writeWhoAmIResponse,
} from './records.ts'

export type { AnyOperation, Operation, OperationKind, WatchKind } from '../operation.ts'

/** Creates a znode and answers with its path: persistent, ephemeral, or either with a sequence number. */
export const create: Operation<CreateRequest, CreateResponse, CreateResponse> = {
  name: 'create',
  code: 1,
  kind: 'write',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.0',
  requestPaths: ['path'],
  responsePaths: ['path'],
  writeRequest: writeCreateRequest,
  readRequest: readCreateRequest,
  writeResponse: writeCreateResponse,
  readResponse: readCreateResponse,
}

/** Deletes a znode that has no children. */
const remove: Operation<DeleteRequest, null, null> = {
  name: 'delete',
  code: 2,
  kind: 'write',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.0',
  requestPaths: ['path'],
  responsePaths: [],
  writeRequest: writeDeleteRequest,
  readRequest: readDeleteRequest,
  writeResponse: writeNothing,
  readResponse: readNothing,
}

export { remove as delete }

/** Asks for a znode's stat. That there is none is an answer, and leaves the watch all the same. */
export const exists: Operation<ExistsRequest, ExistsResponse | null, ExistsResponse> = {
  name: 'exists',
  code: 3,
  kind: 'read',
  watch: 'exist',
  noneOn: -101,
  xid: 0,
  since: '3.0',
  requestPaths: ['path'],
  responsePaths: [],
  writeRequest: writeExistsRequest,
  readRequest: readExistsRequest,
  writeResponse: writeExistsResponse,
  readResponse: readExistsResponse,
}

/** Reads a znode's data and stat. */
export const getData: Operation<GetDataRequest, GetDataResponse, GetDataResponse> = {
  name: 'getData',
  code: 4,
  kind: 'read',
  watch: 'data',
  noneOn: 0,
  xid: 0,
  since: '3.0',
  requestPaths: ['path'],
  responsePaths: [],
  writeRequest: writeGetDataRequest,
  readRequest: readGetDataRequest,
  writeResponse: writeGetDataResponse,
  readResponse: readGetDataResponse,
}

/** Sets a znode's data. */
export const setData: Operation<SetDataRequest, SetDataResponse, SetDataResponse> = {
  name: 'setData',
  code: 5,
  kind: 'write',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.0',
  requestPaths: ['path'],
  responsePaths: [],
  writeRequest: writeSetDataRequest,
  readRequest: readSetDataRequest,
  writeResponse: writeSetDataResponse,
  readResponse: readSetDataResponse,
}

/** Reads a znode's access control list. */
export const getACL: Operation<GetACLRequest, GetACLResponse, GetACLResponse> = {
  name: 'getACL',
  code: 6,
  kind: 'read',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.0',
  requestPaths: ['path'],
  responsePaths: [],
  writeRequest: writeGetACLRequest,
  readRequest: readGetACLRequest,
  writeResponse: writeGetACLResponse,
  readResponse: readGetACLResponse,
}

/** Sets a znode's access control list. */
export const setACL: Operation<SetACLRequest, SetACLResponse, SetACLResponse> = {
  name: 'setACL',
  code: 7,
  kind: 'write',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.0',
  requestPaths: ['path'],
  responsePaths: [],
  writeRequest: writeSetACLRequest,
  readRequest: readSetACLRequest,
  writeResponse: writeSetACLResponse,
  readResponse: readSetACLResponse,
}

/** Lists the names of a znode's children. */
export const getChildren: Operation<GetChildrenRequest, GetChildrenResponse, GetChildrenResponse> = {
  name: 'getChildren',
  code: 8,
  kind: 'read',
  watch: 'child',
  noneOn: 0,
  xid: 0,
  since: '3.0',
  requestPaths: ['path'],
  responsePaths: [],
  writeRequest: writeGetChildrenRequest,
  readRequest: readGetChildrenRequest,
  writeResponse: writeGetChildrenResponse,
  readResponse: readGetChildrenResponse,
}

/** Waits until the server has caught up with the leader, for what this connection asks after it. */
export const sync: Operation<SyncRequest, SyncResponse, SyncResponse> = {
  name: 'sync',
  code: 9,
  kind: 'read',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.0',
  requestPaths: ['path'],
  responsePaths: ['path'],
  writeRequest: writeSyncRequest,
  readRequest: readSyncRequest,
  writeResponse: writeSyncResponse,
  readResponse: readSyncResponse,
}

/** Keeps the session alive. */
export const ping: Operation<null, null, null> = {
  name: 'ping',
  code: 11,
  kind: 'session',
  watch: null,
  noneOn: 0,
  xid: -2,
  since: '3.0',
  requestPaths: [],
  responsePaths: [],
  writeRequest: writeNothing,
  readRequest: readNothing,
  writeResponse: writeNothing,
  readResponse: readNothing,
}

/** Lists the names of a znode's children, with its stat. */
export const getChildren2: Operation<GetChildren2Request, GetChildren2Response, GetChildren2Response> = {
  name: 'getChildren2',
  code: 12,
  kind: 'read',
  watch: 'child',
  noneOn: 0,
  xid: 0,
  since: '3.3',
  requestPaths: ['path'],
  responsePaths: [],
  writeRequest: writeGetChildren2Request,
  readRequest: readGetChildren2Request,
  writeResponse: writeGetChildren2Response,
  readResponse: readGetChildren2Response,
}

/** Compares a znode's version, as one operation of a multi: on its own it is answered only where it fails. */
export const check: Operation<CheckVersionRequest, null, null> = {
  name: 'check',
  code: 13,
  kind: 'write',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.4',
  requestPaths: ['path'],
  responsePaths: [],
  writeRequest: writeCheckVersionRequest,
  readRequest: readCheckVersionRequest,
  writeResponse: writeNothing,
  readResponse: readNothing,
}

/** Does several write operations as one transaction: all of them or none. */
export const multi: Operation<MultiRequest, MultiResponse, MultiResponse> = {
  name: 'multi',
  code: 14,
  kind: 'write',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.4',
  requestPaths: [],
  responsePaths: [],
  writeRequest: writeMultiRequest,
  readRequest: readMultiRequest,
  writeResponse: writeMultiResponse,
  readResponse: readMultiResponse,
}

/** As create, and answers with the stat too. */
export const create2: Operation<CreateRequest, Create2Response, Create2Response> = {
  name: 'create2',
  code: 15,
  kind: 'write',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.5',
  requestPaths: ['path'],
  responsePaths: ['path'],
  writeRequest: writeCreateRequest,
  readRequest: readCreateRequest,
  writeResponse: writeCreate2Response,
  readResponse: readCreate2Response,
}

/** Changes the members of the ensemble. The answer is the new configuration. */
export const reconfig: Operation<ReconfigRequest, GetDataResponse, GetDataResponse> = {
  name: 'reconfig',
  code: 16,
  kind: 'write',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.5',
  requestPaths: [],
  responsePaths: [],
  writeRequest: writeReconfigRequest,
  readRequest: readReconfigRequest,
  writeResponse: writeGetDataResponse,
  readResponse: readGetDataResponse,
}

/** Asks whether the connection has a watch of a type on a znode. */
export const checkWatches: Operation<CheckWatchesRequest, null, null> = {
  name: 'checkWatches',
  code: 17,
  kind: 'read',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.5',
  requestPaths: ['path'],
  responsePaths: [],
  writeRequest: writeCheckWatchesRequest,
  readRequest: readCheckWatchesRequest,
  writeResponse: writeNothing,
  readResponse: readNothing,
}

/** Removes the connection's watches of a type from a znode. */
export const removeWatches: Operation<RemoveWatchesRequest, null, null> = {
  name: 'removeWatches',
  code: 18,
  kind: 'read',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.5',
  requestPaths: ['path'],
  responsePaths: [],
  writeRequest: writeRemoveWatchesRequest,
  readRequest: readRemoveWatchesRequest,
  writeResponse: writeNothing,
  readResponse: readNothing,
}

/** Creates a container: a znode that the server deletes some time after its last child is gone. */
export const createContainer: Operation<CreateRequest, Create2Response, Create2Response> = {
  name: 'createContainer',
  code: 19,
  kind: 'write',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.5.1',
  requestPaths: ['path'],
  responsePaths: ['path'],
  writeRequest: writeCreateRequest,
  readRequest: readCreateRequest,
  writeResponse: writeCreate2Response,
  readResponse: readCreate2Response,
}

/** Creates a znode that the server deletes when it was unchanged and childless for long enough. */
export const createTTL: Operation<CreateTTLRequest, Create2Response, Create2Response> = {
  name: 'createTTL',
  code: 21,
  kind: 'write',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.5.3',
  requestPaths: ['path'],
  responsePaths: ['path'],
  writeRequest: writeCreateTTLRequest,
  readRequest: readCreateTTLRequest,
  writeResponse: writeCreate2Response,
  readResponse: readCreate2Response,
}

/** Does several reads in one request. Each succeeds or fails for itself. */
export const multiRead: Operation<MultiRequest, MultiResponse, MultiResponse> = {
  name: 'multiRead',
  code: 22,
  kind: 'read',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.6',
  requestPaths: [],
  responsePaths: [],
  writeRequest: writeMultiRequest,
  readRequest: readMultiRequest,
  writeResponse: writeMultiResponse,
  readResponse: readMultiResponse,
}

/** Adds an identity to the connection. */
export const auth: Operation<AuthPacket, null, null> = {
  name: 'auth',
  code: 100,
  kind: 'session',
  watch: null,
  noneOn: 0,
  xid: -4,
  since: '3.0',
  requestPaths: [],
  responsePaths: [],
  writeRequest: writeAuthPacket,
  readRequest: readAuthPacket,
  writeResponse: writeNothing,
  readResponse: readNothing,
}

/** Leaves again, after a reconnect, the watches of the last connection. */
export const setWatches: Operation<SetWatches, null, null> = {
  name: 'setWatches',
  code: 101,
  kind: 'session',
  watch: null,
  noneOn: 0,
  xid: -8,
  since: '3.2',
  requestPaths: ['dataWatches', 'existWatches', 'childWatches'],
  responsePaths: [],
  writeRequest: writeSetWatches,
  readRequest: readSetWatches,
  writeResponse: writeNothing,
  readResponse: readNothing,
}

/** Carries one token of a SASL exchange. */
export const sasl: Operation<GetSASLRequest, SetSASLResponse, SetSASLResponse> = {
  name: 'sasl',
  code: 102,
  kind: 'session',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.4',
  requestPaths: [],
  responsePaths: [],
  writeRequest: writeGetSASLRequest,
  readRequest: readGetSASLRequest,
  writeResponse: writeSetSASLResponse,
  readResponse: readSetSASLResponse,
}

/** Lists the session's ephemeral znodes. */
export const getEphemerals: Operation<GetEphemeralsRequest, GetEphemeralsResponse, GetEphemeralsResponse> = {
  name: 'getEphemerals',
  code: 103,
  kind: 'read',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.6',
  requestPaths: ['prefixPath'],
  responsePaths: ['ephemerals'],
  writeRequest: writeGetEphemeralsRequest,
  readRequest: readGetEphemeralsRequest,
  writeResponse: writeGetEphemeralsResponse,
  readResponse: readGetEphemeralsResponse,
}

/** Counts all znodes below a znode. */
export const getAllChildrenNumber: Operation<
  GetAllChildrenNumberRequest,
  GetAllChildrenNumberResponse,
  GetAllChildrenNumberResponse
> = {
  name: 'getAllChildrenNumber',
  code: 104,
  kind: 'read',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.6',
  requestPaths: ['path'],
  responsePaths: [],
  writeRequest: writeGetAllChildrenNumberRequest,
  readRequest: readGetAllChildrenNumberRequest,
  writeResponse: writeGetAllChildrenNumberResponse,
  readResponse: readGetAllChildrenNumberResponse,
}

/** As setWatches, with the persistent kinds. */
export const setWatches2: Operation<SetWatches2, null, null> = {
  name: 'setWatches2',
  code: 105,
  kind: 'session',
  watch: null,
  noneOn: 0,
  xid: -8,
  since: '3.6',
  requestPaths: [
    'dataWatches',
    'existWatches',
    'childWatches',
    'persistentWatches',
    'persistentRecursiveWatches',
  ],
  responsePaths: [],
  writeRequest: writeSetWatches2,
  readRequest: readSetWatches2,
  writeResponse: writeNothing,
  readResponse: readNothing,
}

/** Leaves a persistent watch. */
export const addWatch: Operation<AddWatchRequest, ErrorResponse, ErrorResponse> = {
  name: 'addWatch',
  code: 106,
  kind: 'read',
  watch: 'mode',
  noneOn: 0,
  xid: 0,
  since: '3.6',
  requestPaths: ['path'],
  responsePaths: [],
  writeRequest: writeAddWatchRequest,
  readRequest: readAddWatchRequest,
  writeResponse: writeErrorResponse,
  readResponse: readErrorResponse,
}

/** Lists the identities of the connection. */
export const whoAmI: Operation<null, WhoAmIResponse, WhoAmIResponse> = {
  name: 'whoAmI',
  code: 107,
  kind: 'read',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.7',
  requestPaths: [],
  responsePaths: [],
  writeRequest: writeNothing,
  readRequest: readNothing,
  writeResponse: writeWhoAmIResponse,
  readResponse: readWhoAmIResponse,
}

/** Ends the session: its ephemeral znodes vanish, and the server closes the connection. */
export const closeSession: Operation<null, null, null> = {
  name: 'closeSession',
  code: -11,
  kind: 'session',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.0',
  requestPaths: [],
  responsePaths: [],
  writeRequest: writeNothing,
  readRequest: readNothing,
  writeResponse: writeNothing,
  readResponse: readNothing,
}

/** Every operation, in the order of operations.json. */
export const operations: readonly AnyOperation[] = [
  create,
  remove,
  exists,
  getData,
  setData,
  getACL,
  setACL,
  getChildren,
  sync,
  ping,
  getChildren2,
  check,
  multi,
  create2,
  reconfig,
  checkWatches,
  removeWatches,
  createContainer,
  createTTL,
  multiRead,
  auth,
  setWatches,
  sasl,
  getEphemerals,
  getAllChildrenNumber,
  setWatches2,
  addWatch,
  whoAmI,
  closeSession,
]
