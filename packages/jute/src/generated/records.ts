// Printed from protocol-spec by protocol-spec/generate.ts. Change the spec, not this file.

import { longNumberAt, type Reader, readUstring } from '../reader.ts'
import { setLongNumberAt, type Writer, writeUstring } from '../writer.ts'

export interface Id {
  scheme: string
  id: string
}

export function readId(reader: Reader): Id {
  return {
    scheme: reader.ustring(),
    id: reader.ustring(),
  }
}

export function writeId(writer: Writer, value: Id): void {
  writer.ustring(value.scheme)
  writer.ustring(value.id)
}

export interface ACL {
  perms: number
  id: Id
}

export function readACL(reader: Reader): ACL {
  return {
    perms: reader.int(),
    id: readId(reader),
  }
}

export function writeACL(writer: Writer, value: ACL): void {
  writer.int(value.perms)
  writeId(writer, value.id)
}

export interface Stat {
  czxid: bigint
  mzxid: bigint
  ctime: number
  mtime: number
  version: number
  cversion: number
  aversion: number
  ephemeralOwner: bigint
  dataLength: number
  numChildren: number
  pzxid: bigint
}

export function readStat(reader: Reader): Stat {
  const view = reader.view
  const at = reader.take(68)
  return {
    czxid: view.getBigInt64(at),
    mzxid: view.getBigInt64(at + 8),
    ctime: longNumberAt(view, at + 16),
    mtime: longNumberAt(view, at + 24),
    version: view.getInt32(at + 32),
    cversion: view.getInt32(at + 36),
    aversion: view.getInt32(at + 40),
    ephemeralOwner: view.getBigInt64(at + 44),
    dataLength: view.getInt32(at + 52),
    numChildren: view.getInt32(at + 56),
    pzxid: view.getBigInt64(at + 60),
  }
}

export function writeStat(writer: Writer, value: Stat): void {
  const at = writer.take(68)
  writer.view.setBigInt64(at, value.czxid)
  writer.view.setBigInt64(at + 8, value.mzxid)
  setLongNumberAt(writer.view, at + 16, value.ctime)
  setLongNumberAt(writer.view, at + 24, value.mtime)
  writer.view.setInt32(at + 32, value.version)
  writer.view.setInt32(at + 36, value.cversion)
  writer.view.setInt32(at + 40, value.aversion)
  writer.view.setBigInt64(at + 44, value.ephemeralOwner)
  writer.view.setInt32(at + 52, value.dataLength)
  writer.view.setInt32(at + 56, value.numChildren)
  writer.view.setBigInt64(at + 60, value.pzxid)
}

export interface ClientInfo {
  authScheme: string
  user: string | null
}

export function readClientInfo(reader: Reader): ClientInfo {
  return {
    authScheme: reader.ustring(),
    user: reader.nullableUstring(),
  }
}

export function writeClientInfo(writer: Writer, value: ClientInfo): void {
  writer.ustring(value.authScheme)
  writer.nullableUstring(value.user)
}

export interface ConnectRequest {
  protocolVersion: number
  lastZxidSeen: bigint
  timeOut: number
  sessionId: bigint
  passwd: Uint8Array | null
  readOnly?: boolean | undefined
}

export function readConnectRequest(reader: Reader): ConnectRequest {
  return {
    protocolVersion: reader.int(),
    lastZxidSeen: reader.long(),
    timeOut: reader.int(),
    sessionId: reader.long(),
    passwd: reader.nullableBuffer(),
    readOnly: reader.optionalBoolean(),
  }
}

export function writeConnectRequest(writer: Writer, value: ConnectRequest): void {
  const at = writer.take(24)
  writer.view.setInt32(at, value.protocolVersion)
  writer.view.setBigInt64(at + 4, value.lastZxidSeen)
  writer.view.setInt32(at + 12, value.timeOut)
  writer.view.setBigInt64(at + 16, value.sessionId)
  writer.nullableBuffer(value.passwd)
  writer.optionalBoolean(value.readOnly)
}

export interface ConnectResponse {
  protocolVersion: number
  timeOut: number
  sessionId: bigint
  passwd: Buffer | null
  readOnly?: boolean | undefined
}

export function readConnectResponse(reader: Reader): ConnectResponse {
  return {
    protocolVersion: reader.int(),
    timeOut: reader.int(),
    sessionId: reader.long(),
    passwd: reader.nullableBuffer(),
    readOnly: reader.optionalBoolean(),
  }
}

export function writeConnectResponse(writer: Writer, value: ConnectResponse): void {
  const at = writer.take(16)
  writer.view.setInt32(at, value.protocolVersion)
  writer.view.setInt32(at + 4, value.timeOut)
  writer.view.setBigInt64(at + 8, value.sessionId)
  writer.nullableBuffer(value.passwd)
  writer.optionalBoolean(value.readOnly)
}

export interface RequestHeader {
  xid: number
  type: number
}

export function readRequestHeader(reader: Reader): RequestHeader {
  const view = reader.view
  const at = reader.take(8)
  return {
    xid: view.getInt32(at),
    type: view.getInt32(at + 4),
  }
}

export function writeRequestHeader(writer: Writer, value: RequestHeader): void {
  const at = writer.take(8)
  writer.view.setInt32(at, value.xid)
  writer.view.setInt32(at + 4, value.type)
}

export interface ReplyHeader {
  xid: number
  zxid: bigint
  err: number
}

export function readReplyHeader(reader: Reader): ReplyHeader {
  const view = reader.view
  const at = reader.take(16)
  return {
    xid: view.getInt32(at),
    zxid: view.getBigInt64(at + 4),
    err: view.getInt32(at + 12),
  }
}

export function writeReplyHeader(writer: Writer, value: ReplyHeader): void {
  const at = writer.take(16)
  writer.view.setInt32(at, value.xid)
  writer.view.setBigInt64(at + 4, value.zxid)
  writer.view.setInt32(at + 12, value.err)
}

export interface MultiHeader {
  type: number
  done: boolean
  err: number
}

export function readMultiHeader(reader: Reader): MultiHeader {
  const view = reader.view
  const at = reader.take(9)
  return {
    type: view.getInt32(at),
    done: reader.bytes[at + 4] !== 0,
    err: view.getInt32(at + 5),
  }
}

export function writeMultiHeader(writer: Writer, value: MultiHeader): void {
  const at = writer.take(9)
  writer.view.setInt32(at, value.type)
  writer.bytes[at + 4] = value.done ? 1 : 0
  writer.view.setInt32(at + 5, value.err)
}

export interface ErrorResponse {
  err: number
}

export function readErrorResponse(reader: Reader): ErrorResponse {
  const view = reader.view
  const at = reader.take(4)
  return {
    err: view.getInt32(at),
  }
}

export function writeErrorResponse(writer: Writer, value: ErrorResponse): void {
  writer.int(value.err)
}

export interface WatcherEvent {
  type: number
  state: number
  path: string | null
}

export function readWatcherEvent(reader: Reader): WatcherEvent {
  return {
    type: reader.int(),
    state: reader.int(),
    path: reader.nullableUstring(),
  }
}

export function writeWatcherEvent(writer: Writer, value: WatcherEvent): void {
  const at = writer.take(8)
  writer.view.setInt32(at, value.type)
  writer.view.setInt32(at + 4, value.state)
  writer.nullableUstring(value.path)
}

export interface AuthPacket {
  type: number
  scheme: string
  auth: Uint8Array | null
}

export function readAuthPacket(reader: Reader): AuthPacket {
  return {
    type: reader.int(),
    scheme: reader.ustring(),
    auth: reader.nullableBuffer(),
  }
}

export function writeAuthPacket(writer: Writer, value: AuthPacket): void {
  writer.int(value.type)
  writer.ustring(value.scheme)
  writer.nullableBuffer(value.auth)
}

export interface GetSASLRequest {
  token: Uint8Array | null
}

export function readGetSASLRequest(reader: Reader): GetSASLRequest {
  return {
    token: reader.nullableBuffer(),
  }
}

export function writeGetSASLRequest(writer: Writer, value: GetSASLRequest): void {
  writer.nullableBuffer(value.token)
}

export interface SetSASLResponse {
  token: Buffer | null
}

export function readSetSASLResponse(reader: Reader): SetSASLResponse {
  return {
    token: reader.nullableBuffer(),
  }
}

export function writeSetSASLResponse(writer: Writer, value: SetSASLResponse): void {
  writer.nullableBuffer(value.token)
}

export interface CreateRequest {
  path: string
  data: Uint8Array | null
  acl: readonly ACL[] | null
  flags: number
}

export function readCreateRequest(reader: Reader): CreateRequest {
  return {
    path: reader.ustring(),
    data: reader.nullableBuffer(),
    acl: reader.nullableVector(readACL, 12),
    flags: reader.int(),
  }
}

export function writeCreateRequest(writer: Writer, value: CreateRequest): void {
  writer.ustring(value.path)
  writer.nullableBuffer(value.data)
  writer.nullableVector(value.acl, writeACL)
  writer.int(value.flags)
}

export interface CreateTTLRequest {
  path: string
  data: Uint8Array | null
  acl: readonly ACL[] | null
  flags: number
  ttl: number
}

export function readCreateTTLRequest(reader: Reader): CreateTTLRequest {
  return {
    path: reader.ustring(),
    data: reader.nullableBuffer(),
    acl: reader.nullableVector(readACL, 12),
    flags: reader.int(),
    ttl: reader.longNumber(),
  }
}

export function writeCreateTTLRequest(writer: Writer, value: CreateTTLRequest): void {
  writer.ustring(value.path)
  writer.nullableBuffer(value.data)
  writer.nullableVector(value.acl, writeACL)
  const at3 = writer.take(12)
  writer.view.setInt32(at3, value.flags)
  setLongNumberAt(writer.view, at3 + 4, value.ttl)
}

export interface CreateResponse {
  path: string
}

export function readCreateResponse(reader: Reader): CreateResponse {
  return {
    path: reader.ustring(),
  }
}

export function writeCreateResponse(writer: Writer, value: CreateResponse): void {
  writer.ustring(value.path)
}

export interface Create2Response {
  path: string
  stat: Stat
}

export function readCreate2Response(reader: Reader): Create2Response {
  return {
    path: reader.ustring(),
    stat: readStat(reader),
  }
}

export function writeCreate2Response(writer: Writer, value: Create2Response): void {
  writer.ustring(value.path)
  writeStat(writer, value.stat)
}

export interface DeleteRequest {
  path: string
  version: number
}

export function readDeleteRequest(reader: Reader): DeleteRequest {
  return {
    path: reader.ustring(),
    version: reader.int(),
  }
}

export function writeDeleteRequest(writer: Writer, value: DeleteRequest): void {
  writer.ustring(value.path)
  writer.int(value.version)
}

export interface ExistsRequest {
  path: string
  watch: boolean
}

export function readExistsRequest(reader: Reader): ExistsRequest {
  return {
    path: reader.ustring(),
    watch: reader.boolean(),
  }
}

export function writeExistsRequest(writer: Writer, value: ExistsRequest): void {
  writer.ustring(value.path)
  writer.boolean(value.watch)
}

export interface ExistsResponse {
  stat: Stat
}

export function readExistsResponse(reader: Reader): ExistsResponse {
  return {
    stat: readStat(reader),
  }
}

export function writeExistsResponse(writer: Writer, value: ExistsResponse): void {
  writeStat(writer, value.stat)
}

export interface GetDataRequest {
  path: string
  watch: boolean
}

export function readGetDataRequest(reader: Reader): GetDataRequest {
  return {
    path: reader.ustring(),
    watch: reader.boolean(),
  }
}

export function writeGetDataRequest(writer: Writer, value: GetDataRequest): void {
  writer.ustring(value.path)
  writer.boolean(value.watch)
}

export interface GetDataResponse {
  data: Buffer | null
  stat: Stat
}

export function readGetDataResponse(reader: Reader): GetDataResponse {
  return {
    data: reader.nullableBuffer(),
    stat: readStat(reader),
  }
}

export function writeGetDataResponse(writer: Writer, value: GetDataResponse): void {
  writer.nullableBuffer(value.data)
  writeStat(writer, value.stat)
}

export interface SetDataRequest {
  path: string
  data: Uint8Array | null
  version: number
}

export function readSetDataRequest(reader: Reader): SetDataRequest {
  return {
    path: reader.ustring(),
    data: reader.nullableBuffer(),
    version: reader.int(),
  }
}

export function writeSetDataRequest(writer: Writer, value: SetDataRequest): void {
  writer.ustring(value.path)
  writer.nullableBuffer(value.data)
  writer.int(value.version)
}

export interface SetDataResponse {
  stat: Stat
}

export function readSetDataResponse(reader: Reader): SetDataResponse {
  return {
    stat: readStat(reader),
  }
}

export function writeSetDataResponse(writer: Writer, value: SetDataResponse): void {
  writeStat(writer, value.stat)
}

export interface GetACLRequest {
  path: string
}

export function readGetACLRequest(reader: Reader): GetACLRequest {
  return {
    path: reader.ustring(),
  }
}

export function writeGetACLRequest(writer: Writer, value: GetACLRequest): void {
  writer.ustring(value.path)
}

export interface GetACLResponse {
  acl: ACL[]
  stat: Stat
}

export function readGetACLResponse(reader: Reader): GetACLResponse {
  return {
    acl: reader.vector(readACL, 12),
    stat: readStat(reader),
  }
}

export function writeGetACLResponse(writer: Writer, value: GetACLResponse): void {
  writer.vector(value.acl, writeACL)
  writeStat(writer, value.stat)
}

export interface SetACLRequest {
  path: string
  acl: readonly ACL[] | null
  version: number
}

export function readSetACLRequest(reader: Reader): SetACLRequest {
  return {
    path: reader.ustring(),
    acl: reader.nullableVector(readACL, 12),
    version: reader.int(),
  }
}

export function writeSetACLRequest(writer: Writer, value: SetACLRequest): void {
  writer.ustring(value.path)
  writer.nullableVector(value.acl, writeACL)
  writer.int(value.version)
}

export interface SetACLResponse {
  stat: Stat
}

export function readSetACLResponse(reader: Reader): SetACLResponse {
  return {
    stat: readStat(reader),
  }
}

export function writeSetACLResponse(writer: Writer, value: SetACLResponse): void {
  writeStat(writer, value.stat)
}

export interface GetChildrenRequest {
  path: string
  watch: boolean
}

export function readGetChildrenRequest(reader: Reader): GetChildrenRequest {
  return {
    path: reader.ustring(),
    watch: reader.boolean(),
  }
}

export function writeGetChildrenRequest(writer: Writer, value: GetChildrenRequest): void {
  writer.ustring(value.path)
  writer.boolean(value.watch)
}

export interface GetChildrenResponse {
  children: string[]
}

export function readGetChildrenResponse(reader: Reader): GetChildrenResponse {
  return {
    children: reader.vector(readUstring, 4),
  }
}

export function writeGetChildrenResponse(writer: Writer, value: GetChildrenResponse): void {
  writer.vector(value.children, writeUstring)
}

export interface GetChildren2Request {
  path: string
  watch: boolean
}

export function readGetChildren2Request(reader: Reader): GetChildren2Request {
  return {
    path: reader.ustring(),
    watch: reader.boolean(),
  }
}

export function writeGetChildren2Request(writer: Writer, value: GetChildren2Request): void {
  writer.ustring(value.path)
  writer.boolean(value.watch)
}

export interface GetChildren2Response {
  children: string[]
  stat: Stat
}

export function readGetChildren2Response(reader: Reader): GetChildren2Response {
  return {
    children: reader.vector(readUstring, 4),
    stat: readStat(reader),
  }
}

export function writeGetChildren2Response(writer: Writer, value: GetChildren2Response): void {
  writer.vector(value.children, writeUstring)
  writeStat(writer, value.stat)
}

export interface SyncRequest {
  path: string
}

export function readSyncRequest(reader: Reader): SyncRequest {
  return {
    path: reader.ustring(),
  }
}

export function writeSyncRequest(writer: Writer, value: SyncRequest): void {
  writer.ustring(value.path)
}

export interface SyncResponse {
  path: string
}

export function readSyncResponse(reader: Reader): SyncResponse {
  return {
    path: reader.ustring(),
  }
}

export function writeSyncResponse(writer: Writer, value: SyncResponse): void {
  writer.ustring(value.path)
}

export interface CheckVersionRequest {
  path: string
  version: number
}

export function readCheckVersionRequest(reader: Reader): CheckVersionRequest {
  return {
    path: reader.ustring(),
    version: reader.int(),
  }
}

export function writeCheckVersionRequest(writer: Writer, value: CheckVersionRequest): void {
  writer.ustring(value.path)
  writer.int(value.version)
}

export interface ReconfigRequest {
  joiningServers: string | null
  leavingServers: string | null
  newMembers: string | null
  curConfigId: bigint
}

export function readReconfigRequest(reader: Reader): ReconfigRequest {
  return {
    joiningServers: reader.nullableUstring(),
    leavingServers: reader.nullableUstring(),
    newMembers: reader.nullableUstring(),
    curConfigId: reader.long(),
  }
}

export function writeReconfigRequest(writer: Writer, value: ReconfigRequest): void {
  writer.nullableUstring(value.joiningServers)
  writer.nullableUstring(value.leavingServers)
  writer.nullableUstring(value.newMembers)
  writer.long(value.curConfigId)
}

export interface CheckWatchesRequest {
  path: string
  type: number
}

export function readCheckWatchesRequest(reader: Reader): CheckWatchesRequest {
  return {
    path: reader.ustring(),
    type: reader.int(),
  }
}

export function writeCheckWatchesRequest(writer: Writer, value: CheckWatchesRequest): void {
  writer.ustring(value.path)
  writer.int(value.type)
}

export interface RemoveWatchesRequest {
  path: string
  type: number
}

export function readRemoveWatchesRequest(reader: Reader): RemoveWatchesRequest {
  return {
    path: reader.ustring(),
    type: reader.int(),
  }
}

export function writeRemoveWatchesRequest(writer: Writer, value: RemoveWatchesRequest): void {
  writer.ustring(value.path)
  writer.int(value.type)
}

export interface SetWatches {
  relativeZxid: bigint
  dataWatches: readonly string[]
  existWatches: readonly string[]
  childWatches: readonly string[]
}

export function readSetWatches(reader: Reader): SetWatches {
  return {
    relativeZxid: reader.long(),
    dataWatches: reader.vector(readUstring, 4),
    existWatches: reader.vector(readUstring, 4),
    childWatches: reader.vector(readUstring, 4),
  }
}

export function writeSetWatches(writer: Writer, value: SetWatches): void {
  writer.long(value.relativeZxid)
  writer.vector(value.dataWatches, writeUstring)
  writer.vector(value.existWatches, writeUstring)
  writer.vector(value.childWatches, writeUstring)
}

export interface SetWatches2 {
  relativeZxid: bigint
  dataWatches: readonly string[]
  existWatches: readonly string[]
  childWatches: readonly string[]
  persistentWatches: readonly string[]
  persistentRecursiveWatches: readonly string[]
}

export function readSetWatches2(reader: Reader): SetWatches2 {
  return {
    relativeZxid: reader.long(),
    dataWatches: reader.vector(readUstring, 4),
    existWatches: reader.vector(readUstring, 4),
    childWatches: reader.vector(readUstring, 4),
    persistentWatches: reader.vector(readUstring, 4),
    persistentRecursiveWatches: reader.vector(readUstring, 4),
  }
}

export function writeSetWatches2(writer: Writer, value: SetWatches2): void {
  writer.long(value.relativeZxid)
  writer.vector(value.dataWatches, writeUstring)
  writer.vector(value.existWatches, writeUstring)
  writer.vector(value.childWatches, writeUstring)
  writer.vector(value.persistentWatches, writeUstring)
  writer.vector(value.persistentRecursiveWatches, writeUstring)
}

export interface AddWatchRequest {
  path: string
  mode: number
}

export function readAddWatchRequest(reader: Reader): AddWatchRequest {
  return {
    path: reader.ustring(),
    mode: reader.int(),
  }
}

export function writeAddWatchRequest(writer: Writer, value: AddWatchRequest): void {
  writer.ustring(value.path)
  writer.int(value.mode)
}

export interface GetEphemeralsRequest {
  prefixPath: string
}

export function readGetEphemeralsRequest(reader: Reader): GetEphemeralsRequest {
  return {
    prefixPath: reader.ustring(),
  }
}

export function writeGetEphemeralsRequest(writer: Writer, value: GetEphemeralsRequest): void {
  writer.ustring(value.prefixPath)
}

export interface GetEphemeralsResponse {
  ephemerals: string[]
}

export function readGetEphemeralsResponse(reader: Reader): GetEphemeralsResponse {
  return {
    ephemerals: reader.vector(readUstring, 4),
  }
}

export function writeGetEphemeralsResponse(writer: Writer, value: GetEphemeralsResponse): void {
  writer.vector(value.ephemerals, writeUstring)
}

export interface GetAllChildrenNumberRequest {
  path: string
}

export function readGetAllChildrenNumberRequest(reader: Reader): GetAllChildrenNumberRequest {
  return {
    path: reader.ustring(),
  }
}

export function writeGetAllChildrenNumberRequest(writer: Writer, value: GetAllChildrenNumberRequest): void {
  writer.ustring(value.path)
}

export interface GetAllChildrenNumberResponse {
  totalNumber: number
}

export function readGetAllChildrenNumberResponse(reader: Reader): GetAllChildrenNumberResponse {
  const view = reader.view
  const at = reader.take(4)
  return {
    totalNumber: view.getInt32(at),
  }
}

export function writeGetAllChildrenNumberResponse(writer: Writer, value: GetAllChildrenNumberResponse): void {
  writer.int(value.totalNumber)
}

export interface WhoAmIResponse {
  clientInfo: ClientInfo[]
}

export function readWhoAmIResponse(reader: Reader): WhoAmIResponse {
  return {
    clientInfo: reader.vector(readClientInfo, 8),
  }
}

export function writeWhoAmIResponse(writer: Writer, value: WhoAmIResponse): void {
  writer.vector(value.clientInfo, writeClientInfo)
}
