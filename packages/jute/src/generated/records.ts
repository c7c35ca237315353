// Printed from protocol-spec by protocol-spec/generate.ts. Change the spec, not this file.

import { jsonOf } from '../json.ts'
import { HIGH, halves, LOW, setLongAt, setLongNumberAt, stagedLongs, TWO_32 } from '../longs.ts'
import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'

/** An identity within an authentication scheme. */
export interface Id {
  /** `world`, `auth`, `digest`, `ip`, `x509`, `sasl` ... */
  scheme: string
  /** The identity in the form of the scheme: `anyone`, `user:hash`, an address. */
  id: string
}

/** Reads one `Id`. */
export function readId(reader: Reader): Id {
  return {
    scheme: reader.ustring(),
    id: reader.ustring(),
  }
}

/** Writes one `Id`. */
export function writeId(writer: Writer, value: Id): void {
  writer.ustring(value.scheme)
  writer.ustring(value.id)
}

/** One entry of an access control list. */
export interface ACL {
  /** The sum of `Perm` bits. */
  perms: number
  /** The identity that has them. */
  id: Id
}

/** Reads one `ACL`. */
export function readACL(reader: Reader): ACL {
  return {
    perms: reader.int(),
    id: readId(reader),
  }
}

/** Writes one `ACL`. */
export function writeACL(writer: Writer, value: ACL): void {
  writer.int(value.perms)
  writeId(writer, value.id)
}

/** The metadata of a znode. */
export interface Stat {
  /** The transaction that created the znode. */
  czxid: bigint
  /** The transaction that last set its data. */
  mzxid: bigint
  /** The time of its creation, in milliseconds since 1970 by the leader's clock. */
  ctime: number
  /** The time when its data was last set, in milliseconds since 1970 by the leader's clock. */
  mtime: number
  /** The number of times that its data was set. */
  version: number
  /** The number of times that its children changed. */
  cversion: number
  /** The number of times that its ACL was set. */
  aversion: number
  /** The session of an ephemeral znode; 0 for a persistent one. Containers and TTL znodes have values of their own. */
  ephemeralOwner: bigint
  /** The bytes of its data. */
  dataLength: number
  /** The number of its children. */
  numChildren: number
  /** The transaction that last created or deleted a child. */
  pzxid: bigint
}

/** A `Stat` that was read. In JSON its 64-bit fields are decimal text. */
export class StatRecord implements Stat {
  /** The name that `util.inspect` shows. */
  static readonly name = 'Stat'
  declare czxid: bigint
  declare mzxid: bigint
  declare ctime: number
  declare mtime: number
  declare version: number
  declare cversion: number
  declare aversion: number
  declare ephemeralOwner: bigint
  declare dataLength: number
  declare numChildren: number
  declare pzxid: bigint

  constructor(
    czxid: bigint,
    mzxid: bigint,
    ctime: number,
    mtime: number,
    version: number,
    cversion: number,
    aversion: number,
    ephemeralOwner: bigint,
    dataLength: number,
    numChildren: number,
    pzxid: bigint,
  ) {
    this.czxid = czxid
    this.mzxid = mzxid
    this.ctime = ctime
    this.mtime = mtime
    this.version = version
    this.cversion = cversion
    this.aversion = aversion
    this.ephemeralOwner = ephemeralOwner
    this.dataLength = dataLength
    this.numChildren = numChildren
    this.pzxid = pzxid
  }

  toJSON(): Record<string, unknown> {
    return jsonOf(this)
  }
}

/** Reads one `Stat`. */
export function readStat(reader: Reader): Stat {
  const view = reader.view
  const at = reader.take(68)
  halves[HIGH] = view.getInt32(at)
  halves[LOW] = view.getInt32(at + 4)
  halves[2 + HIGH] = view.getInt32(at + 8)
  halves[2 + LOW] = view.getInt32(at + 12)
  halves[4 + HIGH] = view.getInt32(at + 44)
  halves[4 + LOW] = view.getInt32(at + 48)
  halves[6 + HIGH] = view.getInt32(at + 60)
  halves[6 + LOW] = view.getInt32(at + 64)
  return new StatRecord(
    stagedLongs[0]!,
    stagedLongs[1]!,
    view.getInt32(at + 16) * TWO_32 + view.getUint32(at + 20),
    view.getInt32(at + 24) * TWO_32 + view.getUint32(at + 28),
    view.getInt32(at + 32),
    view.getInt32(at + 36),
    view.getInt32(at + 40),
    stagedLongs[2]!,
    view.getInt32(at + 52),
    view.getInt32(at + 56),
    stagedLongs[3]!,
  )
}

/** Writes one `Stat`. */
export function writeStat(writer: Writer, value: Stat): void {
  const at = writer.take(68)
  setLongAt(writer.view, at, value.czxid)
  setLongAt(writer.view, at + 8, value.mzxid)
  setLongNumberAt(writer.view, at + 16, value.ctime)
  setLongNumberAt(writer.view, at + 24, value.mtime)
  writer.view.setInt32(at + 32, value.version)
  writer.view.setInt32(at + 36, value.cversion)
  writer.view.setInt32(at + 40, value.aversion)
  setLongAt(writer.view, at + 44, value.ephemeralOwner)
  writer.view.setInt32(at + 52, value.dataLength)
  writer.view.setInt32(at + 56, value.numChildren)
  setLongAt(writer.view, at + 60, value.pzxid)
}

/** One identity of the connection that asks. */
export interface ClientInfo {
  /** The authentication scheme. */
  authScheme: string
  /** The name within the scheme. */
  user: string | null
}

/** Reads one `ClientInfo`. */
export function readClientInfo(reader: Reader): ClientInfo {
  return {
    authScheme: reader.ustring(),
    user: reader.nullableUstring(),
  }
}

/** Writes one `ClientInfo`. */
export function writeClientInfo(writer: Writer, value: ClientInfo): void {
  writer.ustring(value.authScheme)
  writer.nullableUstring(value.user)
}

/** The first frame of a connection, from the client. Neither handshake frame has a header. */
export interface ConnectRequest {
  /** 0. */
  protocolVersion: number
  /** A server that has not seen this transaction yet closes the connection. */
  lastZxidSeen: bigint
  /** The requested session timeout, in milliseconds. */
  timeOut: number
  /** 0 for a new session. */
  sessionId: bigint
  /** 16 bytes: zeros for a new session. */
  passwd: Uint8Array | null
  /** True if the client accepts a read-only server. */
  readOnly?: boolean | undefined
}

/** Reads one `ConnectRequest`. */
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

/** Writes one `ConnectRequest`. */
export function writeConnectRequest(writer: Writer, value: ConnectRequest): void {
  const at = writer.take(24)
  writer.view.setInt32(at, value.protocolVersion)
  setLongAt(writer.view, at + 4, value.lastZxidSeen)
  writer.view.setInt32(at + 12, value.timeOut)
  setLongAt(writer.view, at + 16, value.sessionId)
  writer.nullableBuffer(value.passwd)
  writer.optionalBoolean(value.readOnly)
}

/** The answer to a ConnectRequest. A `timeOut` of 0 says that the session has expired. */
export interface ConnectResponse {
  /** 0. */
  protocolVersion: number
  /** The granted session timeout, in milliseconds; 0 if the session has expired. */
  timeOut: number
  /** 0 if the session has expired. */
  sessionId: bigint
  /** The password that resumes the session, with its id. */
  passwd: Buffer | null
  /** True if the server is read-only. Sent to clients that sent theirs. */
  readOnly?: boolean | undefined
}

/** Reads one `ConnectResponse`. */
export function readConnectResponse(reader: Reader): ConnectResponse {
  return {
    protocolVersion: reader.int(),
    timeOut: reader.int(),
    sessionId: reader.long(),
    passwd: reader.nullableBuffer(),
    readOnly: reader.optionalBoolean(),
  }
}

/** Writes one `ConnectResponse`. */
export function writeConnectResponse(writer: Writer, value: ConnectResponse): void {
  const at = writer.take(16)
  writer.view.setInt32(at, value.protocolVersion)
  writer.view.setInt32(at + 4, value.timeOut)
  setLongAt(writer.view, at + 8, value.sessionId)
  writer.nullableBuffer(value.passwd)
  writer.optionalBoolean(value.readOnly)
}

/** The header before the body of every request. */
export interface RequestHeader {
  /** The number that the reply will carry: 1 to 2^31-1, or a reserved `Xid`. */
  xid: number
  /** The opcode. */
  type: number
}

/** Reads one `RequestHeader`. */
export function readRequestHeader(reader: Reader): RequestHeader {
  const view = reader.view
  const at = reader.take(8)
  return {
    xid: view.getInt32(at),
    type: view.getInt32(at + 4),
  }
}

/** Writes one `RequestHeader`. */
export function writeRequestHeader(writer: Writer, value: RequestHeader): void {
  const at = writer.take(8)
  writer.view.setInt32(at, value.xid)
  writer.view.setInt32(at + 4, value.type)
}

/** The header before the body of every reply and notification. No body follows if `err` is not 0. */
export interface ReplyHeader {
  /** The xid of the request, or a reserved `Xid`. */
  xid: number
  /** The zxid of the transaction, or the last one that the server knew; -1 if it does not say. */
  zxid: bigint
  /** An error number; 0 for success. */
  err: number
}

/** A `ReplyHeader` that was read. In JSON its 64-bit fields are decimal text. */
class ReplyHeaderRecord implements ReplyHeader {
  /** The name that `util.inspect` shows. */
  static readonly name = 'ReplyHeader'
  declare xid: number
  declare zxid: bigint
  declare err: number

  constructor(xid: number, zxid: bigint, err: number) {
    this.xid = xid
    this.zxid = zxid
    this.err = err
  }

  toJSON(): Record<string, unknown> {
    return jsonOf(this)
  }
}

/** Reads one `ReplyHeader`. */
export function readReplyHeader(reader: Reader): ReplyHeader {
  const view = reader.view
  const at = reader.take(16)
  halves[HIGH] = view.getInt32(at + 4)
  halves[LOW] = view.getInt32(at + 8)
  return new ReplyHeaderRecord(view.getInt32(at), stagedLongs[0]!, view.getInt32(at + 12))
}

/** Writes one `ReplyHeader`. */
export function writeReplyHeader(writer: Writer, value: ReplyHeader): void {
  const at = writer.take(16)
  writer.view.setInt32(at, value.xid)
  setLongAt(writer.view, at + 4, value.zxid)
  writer.view.setInt32(at + 12, value.err)
}

/** The header before each body of a multi. The one with `done` is the last. */
export interface MultiHeader {
  /** The opcode of a request, the type of a result; -1 for an error and at the end. */
  type: number
  /** True at the end. */
  done: boolean
  /** -1 in a request; the error number in a result. */
  err: number
}

/** Reads one `MultiHeader`. */
export function readMultiHeader(reader: Reader): MultiHeader {
  const view = reader.view
  const at = reader.take(9)
  return {
    type: view.getInt32(at),
    done: reader.bytes[at + 4] !== 0,
    err: view.getInt32(at + 5),
  }
}

/** Writes one `MultiHeader`. */
export function writeMultiHeader(writer: Writer, value: MultiHeader): void {
  const at = writer.take(9)
  writer.view.setInt32(at, value.type)
  writer.bytes[at + 4] = value.done ? 1 : 0
  writer.view.setInt32(at + 5, value.err)
}

/** An error number in the place of a body. */
export interface ErrorResponse {
  /** The error number. */
  err: number
}

/** Reads one `ErrorResponse`. */
export function readErrorResponse(reader: Reader): ErrorResponse {
  const view = reader.view
  const at = reader.take(4)
  return {
    err: view.getInt32(at),
  }
}

/** Writes one `ErrorResponse`. */
export function writeErrorResponse(writer: Writer, value: ErrorResponse): void {
  writer.int(value.err)
}

/** The body of a notification. */
export interface WatcherEvent {
  /** An `EventType`. */
  type: number
  /** A `KeeperState`. */
  state: number
  /** The full path of the znode. */
  path: string | null
}

/** Reads one `WatcherEvent`. */
export function readWatcherEvent(reader: Reader): WatcherEvent {
  return {
    type: reader.int(),
    state: reader.int(),
    path: reader.nullableUstring(),
  }
}

/** Writes one `WatcherEvent`. */
export function writeWatcherEvent(writer: Writer, value: WatcherEvent): void {
  const at = writer.take(8)
  writer.view.setInt32(at, value.type)
  writer.view.setInt32(at + 4, value.state)
  writer.nullableUstring(value.path)
}

/** The request of create, create2 and createContainer. */
export interface CreateRequest {
  /** The full path; a sequence number is added to it in the sequential modes. */
  path: string
  /** The data. Null differs from empty. */
  data: Uint8Array | null
  /** The access control list. */
  acl: readonly ACL[] | null
  /** A `CreateFlag`. */
  flags: number
}

/** Reads one `CreateRequest`. */
export function readCreateRequest(reader: Reader): CreateRequest {
  return {
    path: reader.ustring(),
    data: reader.nullableBuffer(),
    acl: reader.nullableVector(readACL, 12),
    flags: reader.int(),
  }
}

/** Writes one `CreateRequest`. */
export function writeCreateRequest(writer: Writer, value: CreateRequest): void {
  writer.ustring(value.path)
  writer.nullableBuffer(value.data)
  writer.nullableVector(value.acl, writeACL)
  writer.int(value.flags)
}

/** The reply of create. */
export interface CreateResponse {
  /** The path of the znode that was created, with its sequence number. */
  path: string
}

/** Reads one `CreateResponse`. */
export function readCreateResponse(reader: Reader): CreateResponse {
  return {
    path: reader.ustring(),
  }
}

/** Writes one `CreateResponse`. */
export function writeCreateResponse(writer: Writer, value: CreateResponse): void {
  writer.ustring(value.path)
}

/** The request of delete. */
export interface DeleteRequest {
  /** The full path of the znode. */
  path: string
  /** The version that the znode must have; -1 for any. */
  version: number
}

/** Reads one `DeleteRequest`. */
export function readDeleteRequest(reader: Reader): DeleteRequest {
  return {
    path: reader.ustring(),
    version: reader.int(),
  }
}

/** Writes one `DeleteRequest`. */
export function writeDeleteRequest(writer: Writer, value: DeleteRequest): void {
  writer.ustring(value.path)
  writer.int(value.version)
}

/** The request of exists. */
export interface ExistsRequest {
  /** The full path of the znode. */
  path: string
  /** True to set a watch. */
  watch: boolean
}

/** Reads one `ExistsRequest`. */
export function readExistsRequest(reader: Reader): ExistsRequest {
  return {
    path: reader.ustring(),
    watch: reader.boolean(),
  }
}

/** Writes one `ExistsRequest`. */
export function writeExistsRequest(writer: Writer, value: ExistsRequest): void {
  writer.ustring(value.path)
  writer.boolean(value.watch)
}

/** The reply of exists. */
export interface ExistsResponse {
  /** The znode's stat. */
  stat: Stat
}

/** Reads one `ExistsResponse`. */
export function readExistsResponse(reader: Reader): ExistsResponse {
  return {
    stat: readStat(reader),
  }
}

/** Writes one `ExistsResponse`. */
export function writeExistsResponse(writer: Writer, value: ExistsResponse): void {
  writeStat(writer, value.stat)
}

/** The request of getData. */
export interface GetDataRequest {
  /** The full path of the znode. */
  path: string
  /** True to set a watch. */
  watch: boolean
}

/** Reads one `GetDataRequest`. */
export function readGetDataRequest(reader: Reader): GetDataRequest {
  return {
    path: reader.ustring(),
    watch: reader.boolean(),
  }
}

/** Writes one `GetDataRequest`. */
export function writeGetDataRequest(writer: Writer, value: GetDataRequest): void {
  writer.ustring(value.path)
  writer.boolean(value.watch)
}

/** The reply of getData and reconfig. */
export interface GetDataResponse {
  /** The data. Null differs from empty. */
  data: Buffer | null
  /** The znode's stat. */
  stat: Stat
}

/** Reads one `GetDataResponse`. */
export function readGetDataResponse(reader: Reader): GetDataResponse {
  return {
    data: reader.nullableBuffer(),
    stat: readStat(reader),
  }
}

/** Writes one `GetDataResponse`. */
export function writeGetDataResponse(writer: Writer, value: GetDataResponse): void {
  writer.nullableBuffer(value.data)
  writeStat(writer, value.stat)
}

/** The request of setData. */
export interface SetDataRequest {
  /** The full path of the znode. */
  path: string
  /** The data. Null differs from empty. */
  data: Uint8Array | null
  /** The version that the znode must have; -1 for any. */
  version: number
}

/** Reads one `SetDataRequest`. */
export function readSetDataRequest(reader: Reader): SetDataRequest {
  return {
    path: reader.ustring(),
    data: reader.nullableBuffer(),
    version: reader.int(),
  }
}

/** Writes one `SetDataRequest`. */
export function writeSetDataRequest(writer: Writer, value: SetDataRequest): void {
  writer.ustring(value.path)
  writer.nullableBuffer(value.data)
  writer.int(value.version)
}

/** The reply of setData. */
export interface SetDataResponse {
  /** The znode's stat. */
  stat: Stat
}

/** Reads one `SetDataResponse`. */
export function readSetDataResponse(reader: Reader): SetDataResponse {
  return {
    stat: readStat(reader),
  }
}

/** Writes one `SetDataResponse`. */
export function writeSetDataResponse(writer: Writer, value: SetDataResponse): void {
  writeStat(writer, value.stat)
}

/** The request of getACL. */
export interface GetACLRequest {
  /** The full path of the znode. */
  path: string
}

/** Reads one `GetACLRequest`. */
export function readGetACLRequest(reader: Reader): GetACLRequest {
  return {
    path: reader.ustring(),
  }
}

/** Writes one `GetACLRequest`. */
export function writeGetACLRequest(writer: Writer, value: GetACLRequest): void {
  writer.ustring(value.path)
}

/** The reply of getACL. */
export interface GetACLResponse {
  /** The access control list. */
  acl: ACL[]
  /** The znode's stat. */
  stat: Stat
}

/** Reads one `GetACLResponse`. */
export function readGetACLResponse(reader: Reader): GetACLResponse {
  return {
    acl: reader.vector(readACL, 12),
    stat: readStat(reader),
  }
}

/** Writes one `GetACLResponse`. */
export function writeGetACLResponse(writer: Writer, value: GetACLResponse): void {
  writer.vector(value.acl, writeACL)
  writeStat(writer, value.stat)
}

/** The request of setACL. */
export interface SetACLRequest {
  /** The full path of the znode. */
  path: string
  /** The access control list. */
  acl: readonly ACL[] | null
  /** The version that the znode must have; -1 for any. */
  version: number
}

/** Reads one `SetACLRequest`. */
export function readSetACLRequest(reader: Reader): SetACLRequest {
  return {
    path: reader.ustring(),
    acl: reader.nullableVector(readACL, 12),
    version: reader.int(),
  }
}

/** Writes one `SetACLRequest`. */
export function writeSetACLRequest(writer: Writer, value: SetACLRequest): void {
  writer.ustring(value.path)
  writer.nullableVector(value.acl, writeACL)
  writer.int(value.version)
}

/** The reply of setACL. */
export interface SetACLResponse {
  /** The znode's stat. */
  stat: Stat
}

/** Reads one `SetACLResponse`. */
export function readSetACLResponse(reader: Reader): SetACLResponse {
  return {
    stat: readStat(reader),
  }
}

/** Writes one `SetACLResponse`. */
export function writeSetACLResponse(writer: Writer, value: SetACLResponse): void {
  writeStat(writer, value.stat)
}

/** The request of getChildren. */
export interface GetChildrenRequest {
  /** The full path of the znode. */
  path: string
  /** True to set a watch. */
  watch: boolean
}

/** Reads one `GetChildrenRequest`. */
export function readGetChildrenRequest(reader: Reader): GetChildrenRequest {
  return {
    path: reader.ustring(),
    watch: reader.boolean(),
  }
}

/** Writes one `GetChildrenRequest`. */
export function writeGetChildrenRequest(writer: Writer, value: GetChildrenRequest): void {
  writer.ustring(value.path)
  writer.boolean(value.watch)
}

/** The reply of getChildren. */
export interface GetChildrenResponse {
  /** The names of the children, in no order. */
  children: string[]
}

/** Reads one `GetChildrenResponse`. */
export function readGetChildrenResponse(reader: Reader): GetChildrenResponse {
  return {
    children: reader.ustringVector(),
  }
}

/** Writes one `GetChildrenResponse`. */
export function writeGetChildrenResponse(writer: Writer, value: GetChildrenResponse): void {
  writer.ustringVector(value.children)
}

/** The request of sync. */
export interface SyncRequest {
  /** The full path of the znode. */
  path: string
}

/** Reads one `SyncRequest`. */
export function readSyncRequest(reader: Reader): SyncRequest {
  return {
    path: reader.ustring(),
  }
}

/** Writes one `SyncRequest`. */
export function writeSyncRequest(writer: Writer, value: SyncRequest): void {
  writer.ustring(value.path)
}

/** The reply of sync. */
export interface SyncResponse {
  /** The path of the request. */
  path: string
}

/** Reads one `SyncResponse`. */
export function readSyncResponse(reader: Reader): SyncResponse {
  return {
    path: reader.ustring(),
  }
}

/** Writes one `SyncResponse`. */
export function writeSyncResponse(writer: Writer, value: SyncResponse): void {
  writer.ustring(value.path)
}

/** The request of getChildren2. */
export interface GetChildren2Request {
  /** The full path of the znode. */
  path: string
  /** True to set a watch. */
  watch: boolean
}

/** Reads one `GetChildren2Request`. */
export function readGetChildren2Request(reader: Reader): GetChildren2Request {
  return {
    path: reader.ustring(),
    watch: reader.boolean(),
  }
}

/** Writes one `GetChildren2Request`. */
export function writeGetChildren2Request(writer: Writer, value: GetChildren2Request): void {
  writer.ustring(value.path)
  writer.boolean(value.watch)
}

/** The reply of getChildren2. */
export interface GetChildren2Response {
  /** The names of the children, in no order. */
  children: string[]
  /** The znode's stat. */
  stat: Stat
}

/** Reads one `GetChildren2Response`. */
export function readGetChildren2Response(reader: Reader): GetChildren2Response {
  return {
    children: reader.ustringVector(),
    stat: readStat(reader),
  }
}

/** Writes one `GetChildren2Response`. */
export function writeGetChildren2Response(writer: Writer, value: GetChildren2Response): void {
  writer.ustringVector(value.children)
  writeStat(writer, value.stat)
}

/** The request of check. */
export interface CheckVersionRequest {
  /** The full path of the znode. */
  path: string
  /** The version that the znode must have; -1 for any. */
  version: number
}

/** Reads one `CheckVersionRequest`. */
export function readCheckVersionRequest(reader: Reader): CheckVersionRequest {
  return {
    path: reader.ustring(),
    version: reader.int(),
  }
}

/** Writes one `CheckVersionRequest`. */
export function writeCheckVersionRequest(writer: Writer, value: CheckVersionRequest): void {
  writer.ustring(value.path)
  writer.int(value.version)
}

/** The reply of create2, createContainer and createTTL. */
export interface Create2Response {
  /** The path of the znode that was created, with its sequence number. */
  path: string
  /** The znode's stat. */
  stat: Stat
}

/** Reads one `Create2Response`. */
export function readCreate2Response(reader: Reader): Create2Response {
  return {
    path: reader.ustring(),
    stat: readStat(reader),
  }
}

/** Writes one `Create2Response`. */
export function writeCreate2Response(writer: Writer, value: Create2Response): void {
  writer.ustring(value.path)
  writeStat(writer, value.stat)
}

/** The request of reconfig: either joining and leaving servers, or all new members. */
export interface ReconfigRequest {
  /** Servers to add, as `server.N=...` joined by commas. */
  joiningServers: string | null
  /** Ids of servers to remove, joined by commas. */
  leavingServers: string | null
  /** All servers of the new ensemble. */
  newMembers: string | null
  /** The version that the current configuration must have; -1 for any. */
  curConfigId: bigint
}

/** Reads one `ReconfigRequest`. */
export function readReconfigRequest(reader: Reader): ReconfigRequest {
  return {
    joiningServers: reader.nullableUstring(),
    leavingServers: reader.nullableUstring(),
    newMembers: reader.nullableUstring(),
    curConfigId: reader.long(),
  }
}

/** Writes one `ReconfigRequest`. */
export function writeReconfigRequest(writer: Writer, value: ReconfigRequest): void {
  writer.nullableUstring(value.joiningServers)
  writer.nullableUstring(value.leavingServers)
  writer.nullableUstring(value.newMembers)
  writer.long(value.curConfigId)
}

/** The request of checkWatches. */
export interface CheckWatchesRequest {
  /** The full path of the znode. */
  path: string
  /** A `WatcherType`. */
  type: number
}

/** Reads one `CheckWatchesRequest`. */
export function readCheckWatchesRequest(reader: Reader): CheckWatchesRequest {
  return {
    path: reader.ustring(),
    type: reader.int(),
  }
}

/** Writes one `CheckWatchesRequest`. */
export function writeCheckWatchesRequest(writer: Writer, value: CheckWatchesRequest): void {
  writer.ustring(value.path)
  writer.int(value.type)
}

/** The request of removeWatches. */
export interface RemoveWatchesRequest {
  /** The full path of the znode. */
  path: string
  /** A `WatcherType`. */
  type: number
}

/** Reads one `RemoveWatchesRequest`. */
export function readRemoveWatchesRequest(reader: Reader): RemoveWatchesRequest {
  return {
    path: reader.ustring(),
    type: reader.int(),
  }
}

/** Writes one `RemoveWatchesRequest`. */
export function writeRemoveWatchesRequest(writer: Writer, value: RemoveWatchesRequest): void {
  writer.ustring(value.path)
  writer.int(value.type)
}

/** The request of createTTL. */
export interface CreateTTLRequest {
  /** The full path; a sequence number is added to it in the sequential mode. */
  path: string
  /** The data. Null differs from empty. */
  data: Uint8Array | null
  /** The access control list. */
  acl: readonly ACL[] | null
  /** A `CreateFlag`. */
  flags: number
  /** The time, in milliseconds, that the znode may stay unchanged and childless: at most 2^40-1. */
  ttl: number
}

/** Reads one `CreateTTLRequest`. */
export function readCreateTTLRequest(reader: Reader): CreateTTLRequest {
  return {
    path: reader.ustring(),
    data: reader.nullableBuffer(),
    acl: reader.nullableVector(readACL, 12),
    flags: reader.int(),
    ttl: reader.longNumber(),
  }
}

/** Writes one `CreateTTLRequest`. */
export function writeCreateTTLRequest(writer: Writer, value: CreateTTLRequest): void {
  writer.ustring(value.path)
  writer.nullableBuffer(value.data)
  writer.nullableVector(value.acl, writeACL)
  const at3 = writer.take(12)
  writer.view.setInt32(at3, value.flags)
  setLongNumberAt(writer.view, at3 + 4, value.ttl)
}

/** The request of auth: a credential for the connection. */
export interface AuthPacket {
  /** 0. */
  type: number
  /** The authentication scheme. */
  scheme: string
  /** The credential in the form of the scheme: `user:password` for digest. */
  auth: Uint8Array | null
}

/** Reads one `AuthPacket`. */
export function readAuthPacket(reader: Reader): AuthPacket {
  return {
    type: reader.int(),
    scheme: reader.ustring(),
    auth: reader.nullableBuffer(),
  }
}

/** Writes one `AuthPacket`. */
export function writeAuthPacket(writer: Writer, value: AuthPacket): void {
  writer.int(value.type)
  writer.ustring(value.scheme)
  writer.nullableBuffer(value.auth)
}

/** The request of setWatches: the watches that a client had on its last connection. */
export interface SetWatches {
  /** The last transaction that the client has seen. The server sends events for later changes. */
  relativeZxid: bigint
  /** Paths of watches that getData set, or exists on a znode that existed. */
  dataWatches: readonly string[]
  /** Paths of watches that exists set where there was no znode. */
  existWatches: readonly string[]
  /** Paths of watches that getChildren set. */
  childWatches: readonly string[]
}

/** Reads one `SetWatches`. */
export function readSetWatches(reader: Reader): SetWatches {
  return {
    relativeZxid: reader.long(),
    dataWatches: reader.ustringVector(),
    existWatches: reader.ustringVector(),
    childWatches: reader.ustringVector(),
  }
}

/** Writes one `SetWatches`. */
export function writeSetWatches(writer: Writer, value: SetWatches): void {
  writer.long(value.relativeZxid)
  writer.ustringVector(value.dataWatches)
  writer.ustringVector(value.existWatches)
  writer.ustringVector(value.childWatches)
}

/** The request of sasl: one token of the mechanism. */
export interface GetSASLRequest {
  /** The token. */
  token: Uint8Array | null
}

/** Reads one `GetSASLRequest`. */
export function readGetSASLRequest(reader: Reader): GetSASLRequest {
  return {
    token: reader.nullableBuffer(),
  }
}

/** Writes one `GetSASLRequest`. */
export function writeGetSASLRequest(writer: Writer, value: GetSASLRequest): void {
  writer.nullableBuffer(value.token)
}

/** The reply of sasl: the next token of the mechanism. */
export interface SetSASLResponse {
  /** The token. */
  token: Buffer | null
}

/** Reads one `SetSASLResponse`. */
export function readSetSASLResponse(reader: Reader): SetSASLResponse {
  return {
    token: reader.nullableBuffer(),
  }
}

/** Writes one `SetSASLResponse`. */
export function writeSetSASLResponse(writer: Writer, value: SetSASLResponse): void {
  writer.nullableBuffer(value.token)
}

/** The request of getEphemerals. */
export interface GetEphemeralsRequest {
  /** The plain text with which the paths begin: `/a` matches `/ab`. */
  prefixPath: string
}

/** Reads one `GetEphemeralsRequest`. */
export function readGetEphemeralsRequest(reader: Reader): GetEphemeralsRequest {
  return {
    prefixPath: reader.ustring(),
  }
}

/** Writes one `GetEphemeralsRequest`. */
export function writeGetEphemeralsRequest(writer: Writer, value: GetEphemeralsRequest): void {
  writer.ustring(value.prefixPath)
}

/** The reply of getEphemerals. */
export interface GetEphemeralsResponse {
  /** The full paths of the session's ephemeral znodes. */
  ephemerals: string[]
}

/** Reads one `GetEphemeralsResponse`. */
export function readGetEphemeralsResponse(reader: Reader): GetEphemeralsResponse {
  return {
    ephemerals: reader.ustringVector(),
  }
}

/** Writes one `GetEphemeralsResponse`. */
export function writeGetEphemeralsResponse(writer: Writer, value: GetEphemeralsResponse): void {
  writer.ustringVector(value.ephemerals)
}

/** The request of getAllChildrenNumber. */
export interface GetAllChildrenNumberRequest {
  /** The full path of the znode. */
  path: string
}

/** Reads one `GetAllChildrenNumberRequest`. */
export function readGetAllChildrenNumberRequest(reader: Reader): GetAllChildrenNumberRequest {
  return {
    path: reader.ustring(),
  }
}

/** Writes one `GetAllChildrenNumberRequest`. */
export function writeGetAllChildrenNumberRequest(writer: Writer, value: GetAllChildrenNumberRequest): void {
  writer.ustring(value.path)
}

/** The reply of getAllChildrenNumber. */
export interface GetAllChildrenNumberResponse {
  /** The number of znodes below. */
  totalNumber: number
}

/** Reads one `GetAllChildrenNumberResponse`. */
export function readGetAllChildrenNumberResponse(reader: Reader): GetAllChildrenNumberResponse {
  const view = reader.view
  const at = reader.take(4)
  return {
    totalNumber: view.getInt32(at),
  }
}

/** Writes one `GetAllChildrenNumberResponse`. */
export function writeGetAllChildrenNumberResponse(writer: Writer, value: GetAllChildrenNumberResponse): void {
  writer.int(value.totalNumber)
}

/** The request of setWatches2: the watches of SetWatches, and the persistent kinds. */
export interface SetWatches2 {
  /** The last transaction that the client has seen. The server sends events for later changes. */
  relativeZxid: bigint
  /** Paths of watches that getData set, or exists on a znode that existed. */
  dataWatches: readonly string[]
  /** Paths of watches that exists set where there was no znode. */
  existWatches: readonly string[]
  /** Paths of watches that getChildren set. */
  childWatches: readonly string[]
  /** Paths of persistent watches. */
  persistentWatches: readonly string[]
  /** Paths of persistent recursive watches. */
  persistentRecursiveWatches: readonly string[]
}

/** Reads one `SetWatches2`. */
export function readSetWatches2(reader: Reader): SetWatches2 {
  return {
    relativeZxid: reader.long(),
    dataWatches: reader.ustringVector(),
    existWatches: reader.ustringVector(),
    childWatches: reader.ustringVector(),
    persistentWatches: reader.ustringVector(),
    persistentRecursiveWatches: reader.ustringVector(),
  }
}

/** Writes one `SetWatches2`. */
export function writeSetWatches2(writer: Writer, value: SetWatches2): void {
  writer.long(value.relativeZxid)
  writer.ustringVector(value.dataWatches)
  writer.ustringVector(value.existWatches)
  writer.ustringVector(value.childWatches)
  writer.ustringVector(value.persistentWatches)
  writer.ustringVector(value.persistentRecursiveWatches)
}

/** The request of addWatch. */
export interface AddWatchRequest {
  /** The full path of the znode. */
  path: string
  /** An `AddWatchMode`. */
  mode: number
}

/** Reads one `AddWatchRequest`. */
export function readAddWatchRequest(reader: Reader): AddWatchRequest {
  return {
    path: reader.ustring(),
    mode: reader.int(),
  }
}

/** Writes one `AddWatchRequest`. */
export function writeAddWatchRequest(writer: Writer, value: AddWatchRequest): void {
  writer.ustring(value.path)
  writer.int(value.mode)
}

/** The reply of whoAmI. */
export interface WhoAmIResponse {
  /** The identities of the connection. */
  clientInfo: ClientInfo[]
}

/** Reads one `WhoAmIResponse`. */
export function readWhoAmIResponse(reader: Reader): WhoAmIResponse {
  return {
    clientInfo: reader.vector(readClientInfo, 8),
  }
}

/** Writes one `WhoAmIResponse`. */
export function writeWhoAmIResponse(writer: Writer, value: WhoAmIResponse): void {
  writer.vector(value.clientInfo, writeClientInfo)
}
