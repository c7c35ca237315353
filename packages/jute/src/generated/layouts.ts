// Printed from protocol-spec by protocol-spec/generate.ts. Change the spec, not this file.

import { nullableVector, record, vector } from '../layout/containers.ts'
import {
  boolean,
  int,
  long,
  longNumber,
  nullableBuffer,
  nullableUstring,
  optionalBoolean,
  ustring,
} from '../layout/fields.ts'
import type { RecordLayout } from '../layout/types.ts'
import type {
  ACL,
  AddWatchRequest,
  AuthPacket,
  CheckVersionRequest,
  CheckWatchesRequest,
  ClientInfo,
  ConnectRequest,
  ConnectResponse,
  Create2Response,
  CreateRequest,
  CreateResponse,
  CreateTTLRequest,
  DeleteRequest,
  ErrorResponse,
  ExistsRequest,
  ExistsResponse,
  GetACLRequest,
  GetACLResponse,
  GetAllChildrenNumberRequest,
  GetAllChildrenNumberResponse,
  GetChildren2Request,
  GetChildren2Response,
  GetChildrenRequest,
  GetChildrenResponse,
  GetDataRequest,
  GetDataResponse,
  GetEphemeralsRequest,
  GetEphemeralsResponse,
  GetSASLRequest,
  Id,
  MultiHeader,
  ReconfigRequest,
  RemoveWatchesRequest,
  ReplyHeader,
  RequestHeader,
  SetACLRequest,
  SetACLResponse,
  SetDataRequest,
  SetDataResponse,
  SetSASLResponse,
  SetWatches,
  SetWatches2,
  Stat,
  SyncRequest,
  SyncResponse,
  WatcherEvent,
  WhoAmIResponse,
} from './records.ts'

/** An identity within an authentication scheme. */
export const IdLayout: RecordLayout<Id> = record<Id>('Id', [ustring('scheme'), ustring('id')])

/** One entry of an access control list. */
export const ACLLayout: RecordLayout<ACL> = record<ACL>('ACL', [int('perms'), IdLayout.replicate('id')])

/** The metadata of a znode. */
export const StatLayout: RecordLayout<Stat> = record<Stat>('Stat', [
  long('czxid'),
  long('mzxid'),
  longNumber('ctime'),
  longNumber('mtime'),
  int('version'),
  int('cversion'),
  int('aversion'),
  long('ephemeralOwner'),
  int('dataLength'),
  int('numChildren'),
  long('pzxid'),
])

/** One identity of the connection that asks. */
export const ClientInfoLayout: RecordLayout<ClientInfo> = record<ClientInfo>('ClientInfo', [
  ustring('authScheme'),
  nullableUstring('user'),
])

/** The first frame of a connection, from the client. Neither handshake frame has a header. */
export const ConnectRequestLayout: RecordLayout<ConnectRequest> = record<ConnectRequest>(
  'ConnectRequest',
  [
    int('protocolVersion'),
    long('lastZxidSeen'),
    int('timeOut'),
    long('sessionId'),
    nullableBuffer('passwd'),
    optionalBoolean('readOnly'),
  ],
  ['passwd'],
)

/** The answer to a ConnectRequest. A `timeOut` of 0 says that the session has expired. */
export const ConnectResponseLayout: RecordLayout<ConnectResponse> = record<ConnectResponse>(
  'ConnectResponse',
  [
    int('protocolVersion'),
    int('timeOut'),
    long('sessionId'),
    nullableBuffer('passwd'),
    optionalBoolean('readOnly'),
  ],
  ['passwd'],
)

/** The header before the body of every request. */
export const RequestHeaderLayout: RecordLayout<RequestHeader> = record<RequestHeader>('RequestHeader', [
  int('xid'),
  int('type'),
])

/** The header before the body of every reply and notification. No body follows if `err` is not 0. */
export const ReplyHeaderLayout: RecordLayout<ReplyHeader> = record<ReplyHeader>('ReplyHeader', [
  int('xid'),
  long('zxid'),
  int('err'),
])

/** The header before each body of a multi. The one with `done` is the last. */
export const MultiHeaderLayout: RecordLayout<MultiHeader> = record<MultiHeader>('MultiHeader', [
  int('type'),
  boolean('done'),
  int('err'),
])

/** An error number in the place of a body. */
export const ErrorResponseLayout: RecordLayout<ErrorResponse> = record<ErrorResponse>('ErrorResponse', [
  int('err'),
])

/** The body of a notification. */
export const WatcherEventLayout: RecordLayout<WatcherEvent> = record<WatcherEvent>('WatcherEvent', [
  int('type'),
  int('state'),
  nullableUstring('path'),
])

/** The request of create, create2 and createContainer. */
export const CreateRequestLayout: RecordLayout<CreateRequest> = record<CreateRequest>('CreateRequest', [
  ustring('path'),
  nullableBuffer('data'),
  nullableVector(ACLLayout, 'acl'),
  int('flags'),
])

/** The reply of create. */
export const CreateResponseLayout: RecordLayout<CreateResponse> = record<CreateResponse>('CreateResponse', [
  ustring('path'),
])

/** The request of delete. */
export const DeleteRequestLayout: RecordLayout<DeleteRequest> = record<DeleteRequest>('DeleteRequest', [
  ustring('path'),
  int('version'),
])

/** The request of exists. */
export const ExistsRequestLayout: RecordLayout<ExistsRequest> = record<ExistsRequest>('ExistsRequest', [
  ustring('path'),
  boolean('watch'),
])

/** The reply of exists. */
export const ExistsResponseLayout: RecordLayout<ExistsResponse> = record<ExistsResponse>('ExistsResponse', [
  StatLayout.replicate('stat'),
])

/** The request of getData. */
export const GetDataRequestLayout: RecordLayout<GetDataRequest> = record<GetDataRequest>('GetDataRequest', [
  ustring('path'),
  boolean('watch'),
])

/** The reply of getData and reconfig. */
export const GetDataResponseLayout: RecordLayout<GetDataResponse> = record<GetDataResponse>(
  'GetDataResponse',
  [nullableBuffer('data'), StatLayout.replicate('stat')],
)

/** The request of setData. */
export const SetDataRequestLayout: RecordLayout<SetDataRequest> = record<SetDataRequest>('SetDataRequest', [
  ustring('path'),
  nullableBuffer('data'),
  int('version'),
])

/** The reply of setData. */
export const SetDataResponseLayout: RecordLayout<SetDataResponse> = record<SetDataResponse>(
  'SetDataResponse',
  [StatLayout.replicate('stat')],
)

/** The request of getACL. */
export const GetACLRequestLayout: RecordLayout<GetACLRequest> = record<GetACLRequest>('GetACLRequest', [
  ustring('path'),
])

/** The reply of getACL. */
export const GetACLResponseLayout: RecordLayout<GetACLResponse> = record<GetACLResponse>('GetACLResponse', [
  vector(ACLLayout, 'acl'),
  StatLayout.replicate('stat'),
])

/** The request of setACL. */
export const SetACLRequestLayout: RecordLayout<SetACLRequest> = record<SetACLRequest>('SetACLRequest', [
  ustring('path'),
  nullableVector(ACLLayout, 'acl'),
  int('version'),
])

/** The reply of setACL. */
export const SetACLResponseLayout: RecordLayout<SetACLResponse> = record<SetACLResponse>('SetACLResponse', [
  StatLayout.replicate('stat'),
])

/** The request of getChildren. */
export const GetChildrenRequestLayout: RecordLayout<GetChildrenRequest> = record<GetChildrenRequest>(
  'GetChildrenRequest',
  [ustring('path'), boolean('watch')],
)

/** The reply of getChildren. */
export const GetChildrenResponseLayout: RecordLayout<GetChildrenResponse> = record<GetChildrenResponse>(
  'GetChildrenResponse',
  [vector(ustring(), 'children')],
)

/** The request of sync. */
export const SyncRequestLayout: RecordLayout<SyncRequest> = record<SyncRequest>('SyncRequest', [
  ustring('path'),
])

/** The reply of sync. */
export const SyncResponseLayout: RecordLayout<SyncResponse> = record<SyncResponse>('SyncResponse', [
  ustring('path'),
])

/** The request of getChildren2. */
export const GetChildren2RequestLayout: RecordLayout<GetChildren2Request> = record<GetChildren2Request>(
  'GetChildren2Request',
  [ustring('path'), boolean('watch')],
)

/** The reply of getChildren2. */
export const GetChildren2ResponseLayout: RecordLayout<GetChildren2Response> = record<GetChildren2Response>(
  'GetChildren2Response',
  [vector(ustring(), 'children'), StatLayout.replicate('stat')],
)

/** The request of check. */
export const CheckVersionRequestLayout: RecordLayout<CheckVersionRequest> = record<CheckVersionRequest>(
  'CheckVersionRequest',
  [ustring('path'), int('version')],
)

/** The reply of create2, createContainer and createTTL. */
export const Create2ResponseLayout: RecordLayout<Create2Response> = record<Create2Response>(
  'Create2Response',
  [ustring('path'), StatLayout.replicate('stat')],
)

/** The request of reconfig: either joining and leaving servers, or all new members. */
export const ReconfigRequestLayout: RecordLayout<ReconfigRequest> = record<ReconfigRequest>(
  'ReconfigRequest',
  [
    nullableUstring('joiningServers'),
    nullableUstring('leavingServers'),
    nullableUstring('newMembers'),
    long('curConfigId'),
  ],
)

/** The request of checkWatches. */
export const CheckWatchesRequestLayout: RecordLayout<CheckWatchesRequest> = record<CheckWatchesRequest>(
  'CheckWatchesRequest',
  [ustring('path'), int('type')],
)

/** The request of removeWatches. */
export const RemoveWatchesRequestLayout: RecordLayout<RemoveWatchesRequest> = record<RemoveWatchesRequest>(
  'RemoveWatchesRequest',
  [ustring('path'), int('type')],
)

/** The request of createTTL. */
export const CreateTTLRequestLayout: RecordLayout<CreateTTLRequest> = record<CreateTTLRequest>(
  'CreateTTLRequest',
  [
    ustring('path'),
    nullableBuffer('data'),
    nullableVector(ACLLayout, 'acl'),
    int('flags'),
    longNumber('ttl'),
  ],
)

/** The request of auth: a credential for the connection. */
export const AuthPacketLayout: RecordLayout<AuthPacket> = record<AuthPacket>(
  'AuthPacket',
  [int('type'), ustring('scheme'), nullableBuffer('auth')],
  ['auth'],
)

/** The request of setWatches: the watches that a client had on its last connection. */
export const SetWatchesLayout: RecordLayout<SetWatches> = record<SetWatches>('SetWatches', [
  long('relativeZxid'),
  vector(ustring(), 'dataWatches'),
  vector(ustring(), 'existWatches'),
  vector(ustring(), 'childWatches'),
])

/** The request of sasl: one token of the mechanism. */
export const GetSASLRequestLayout: RecordLayout<GetSASLRequest> = record<GetSASLRequest>(
  'GetSASLRequest',
  [nullableBuffer('token')],
  ['token'],
)

/** The reply of sasl: the next token of the mechanism. */
export const SetSASLResponseLayout: RecordLayout<SetSASLResponse> = record<SetSASLResponse>(
  'SetSASLResponse',
  [nullableBuffer('token')],
  ['token'],
)

/** The request of getEphemerals. */
export const GetEphemeralsRequestLayout: RecordLayout<GetEphemeralsRequest> = record<GetEphemeralsRequest>(
  'GetEphemeralsRequest',
  [ustring('prefixPath')],
)

/** The reply of getEphemerals. */
export const GetEphemeralsResponseLayout: RecordLayout<GetEphemeralsResponse> = record<GetEphemeralsResponse>(
  'GetEphemeralsResponse',
  [vector(ustring(), 'ephemerals')],
)

/** The request of getAllChildrenNumber. */
export const GetAllChildrenNumberRequestLayout: RecordLayout<GetAllChildrenNumberRequest> =
  record<GetAllChildrenNumberRequest>('GetAllChildrenNumberRequest', [ustring('path')])

/** The reply of getAllChildrenNumber. */
export const GetAllChildrenNumberResponseLayout: RecordLayout<GetAllChildrenNumberResponse> =
  record<GetAllChildrenNumberResponse>('GetAllChildrenNumberResponse', [int('totalNumber')])

/** The request of setWatches2: the watches of SetWatches, and the persistent kinds. */
export const SetWatches2Layout: RecordLayout<SetWatches2> = record<SetWatches2>('SetWatches2', [
  long('relativeZxid'),
  vector(ustring(), 'dataWatches'),
  vector(ustring(), 'existWatches'),
  vector(ustring(), 'childWatches'),
  vector(ustring(), 'persistentWatches'),
  vector(ustring(), 'persistentRecursiveWatches'),
])

/** The request of addWatch. */
export const AddWatchRequestLayout: RecordLayout<AddWatchRequest> = record<AddWatchRequest>(
  'AddWatchRequest',
  [ustring('path'), int('mode')],
)

/** The reply of whoAmI. */
export const WhoAmIResponseLayout: RecordLayout<WhoAmIResponse> = record<WhoAmIResponse>('WhoAmIResponse', [
  vector(ClientInfoLayout, 'clientInfo'),
])
