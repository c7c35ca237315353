import { deepEqual } from 'node:assert'
import { deepStrictEqual } from 'node:assert/strict'
import {
  EventType,
  KeeperState,
  Perm,
  Reader,
  readCreateRequest,
  readGetChildren2Response,
  readGetDataRequest,
  readGetDataResponse,
  readReplyHeader,
  readSetDataRequest,
  readSetDataResponse,
  readSetWatches,
  readStat,
  readWatcherEvent,
  type Stat,
  Writer,
  writeCreateRequest,
  writeGetChildren2Response,
  writeGetDataRequest,
  writeGetDataResponse,
  writeReplyHeader,
  writeSetDataRequest,
  writeSetDataResponse,
  writeSetWatches,
  writeStat,
  writeWatcherEvent,
} from '@zookit/jute'
import {
  CreateRequestLayout,
  GetChildren2ResponseLayout,
  GetDataRequestLayout,
  GetDataResponseLayout,
  type Layout,
  ReplyHeaderLayout,
  SetDataRequestLayout,
  SetDataResponseLayout,
  SetWatchesLayout,
  StatLayout,
  WatcherEventLayout,
} from '@zookit/jute/layout'
import { type JuteRecord, jute, longBytes } from './jute-of-node-zookeeper-client.ts'

/** A codec that turns the same value into bytes and back. */
interface Codec {
  encode(): unknown
  decode(): unknown
}

/** One record in three codecs. */
export interface CodecCase {
  record: string
  bytes: number
  zookit: Codec
  bufferLayout: Codec
  nodeZookeeperClient: Codec | undefined
}

interface Three<T> {
  record: string
  value: T
  read(reader: Reader): T
  write(writer: Writer, value: T): void
  layout: Layout<T>
  /** The full and the empty record of node-zookeeper-client; undefined where it has none. */
  theirs?: { full(): JuteRecord; empty(): JuteRecord }
}

const ZXID = 0x1_0000_0a01n
const PATH = '/config/service/node-0000000001'
const STAT: Stat = {
  czxid: ZXID,
  mzxid: ZXID,
  ctime: 1_700_000_000_000,
  mtime: 1_700_000_000_000,
  version: 3,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  dataLength: 100,
  numChildren: 0,
  pzxid: ZXID,
}
const DATA = Buffer.alloc(100, 'x')
const NAMES = Array.from({ length: 100 }, (_, index) => `child-${String(index).padStart(6, '0')}`)
const ACL = [{ perms: Perm.ALL, id: { scheme: 'world', id: 'anyone' } }]

function codecs<T>({ record, value, read, write, layout, theirs }: Three<T>): CodecCase {
  const writer = new Writer(16 * 1024)
  write(writer, value)
  const bytes = Buffer.from(writer.written())
  const reader = new Reader(bytes)
  const scratch = Buffer.alloc(bytes.length)
  const zookit: Codec = {
    encode: () => write(writer.reset(), value),
    decode: () => read(reader.seek(0, bytes.length)),
  }
  const bufferLayout: Codec = {
    encode: () => layout.encode(value, scratch),
    decode: () => layout.decode(bytes),
  }
  // A Stat and a reply header are read as classes: the values are compared, not the prototypes.
  deepEqual(zookit.decode(), value)
  deepStrictEqual(bufferLayout.decode(), value)
  return {
    record,
    bytes: bytes.length,
    zookit,
    bufferLayout,
    nodeZookeeperClient: theirs && codecOf(theirs, bytes),
  }
}

/** Uses a record like its connection does: it makes, sizes and writes one for each request, and makes one for each reply. */
function codecOf({ full, empty }: NonNullable<Three<never>['theirs']>, bytes: Buffer): Codec {
  const scratch = Buffer.alloc(bytes.length)
  const encode = (): number => {
    const record = full()
    record.byteLength()
    return record.serialize(scratch, 0)
  }
  const decode = (): number => empty().deserialize(bytes, 0)
  encode()
  deepStrictEqual(scratch, bytes)
  return { encode, decode }
}

function theirStat(): JuteRecord {
  const { Stat } = jute.data
  const [zxid, time] = [longBytes(ZXID), longBytes(BigInt(STAT.ctime))]
  return new Stat!(zxid, zxid, time, time, 3, 0, 0, longBytes(0n), 100, 0, zxid)
}

function theirAcl(): JuteRecord {
  return new jute.data.ACL!(Perm.ALL, new jute.data.Id!('world', 'anyone'))
}

function theirs(name: string, ...fields: (() => unknown)[]): NonNullable<Three<never>['theirs']> {
  const Class = jute.protocol[name]!
  const values = fields.map(field => field())
  return { full: () => new Class(...values), empty: () => new Class() }
}

function requests(): CodecCase[] {
  const path = (): string => PATH
  const data = (): Buffer => DATA
  return [
    codecs({
      record: 'GetDataRequest',
      value: { path: PATH, watch: false },
      read: readGetDataRequest,
      write: writeGetDataRequest,
      layout: GetDataRequestLayout,
      theirs: theirs('GetDataRequest', path, () => false),
    }),
    codecs({
      record: 'SetDataRequest, 100 B',
      value: { path: PATH, data: DATA, version: -1 },
      read: readSetDataRequest,
      write: writeSetDataRequest,
      layout: SetDataRequestLayout,
      theirs: theirs('SetDataRequest', path, data, () => -1),
    }),
    codecs({
      record: 'CreateRequest, 100 B',
      value: { path: PATH, data: DATA, acl: ACL, flags: 0 },
      read: readCreateRequest,
      write: writeCreateRequest,
      layout: CreateRequestLayout,
      theirs: theirs(
        'CreateRequest',
        path,
        data,
        () => [theirAcl()],
        () => 0,
      ),
    }),
    codecs({
      record: 'SetWatches, 100 paths',
      value: { relativeZxid: ZXID, dataWatches: NAMES, existWatches: [], childWatches: [] },
      read: readSetWatches,
      write: writeSetWatches,
      layout: SetWatchesLayout,
      theirs: theirs(
        'SetWatches',
        () => longBytes(ZXID),
        () => NAMES,
        () => [],
        () => [],
      ),
    }),
  ]
}

function replies(): CodecCase[] {
  const event = { type: EventType.nodeDataChanged, state: KeeperState.syncConnected, path: PATH }
  return [
    codecs({
      record: 'ReplyHeader',
      value: { xid: 7, zxid: ZXID, err: 0 },
      read: readReplyHeader,
      write: writeReplyHeader,
      layout: ReplyHeaderLayout,
      theirs: theirs(
        'ReplyHeader',
        () => 7,
        () => longBytes(ZXID),
        () => 0,
      ),
    }),
    codecs({
      record: 'Stat',
      value: STAT,
      read: readStat,
      write: writeStat,
      layout: StatLayout,
      theirs: { full: theirStat, empty: () => new jute.data.Stat!() },
    }),
    codecs({
      record: 'GetDataResponse, 100 B',
      value: { data: DATA, stat: STAT },
      read: readGetDataResponse,
      write: writeGetDataResponse,
      layout: GetDataResponseLayout,
      theirs: theirs('GetDataResponse', () => DATA, theirStat),
    }),
    codecs({
      record: 'SetDataResponse',
      value: { stat: STAT },
      read: readSetDataResponse,
      write: writeSetDataResponse,
      layout: SetDataResponseLayout,
      theirs: theirs('SetDataResponse', theirStat),
    }),
    codecs({
      record: 'GetChildren2Response, 100 names',
      value: { children: NAMES, stat: STAT },
      read: readGetChildren2Response,
      write: writeGetChildren2Response,
      layout: GetChildren2ResponseLayout,
      theirs: theirs('GetChildren2Response', () => NAMES, theirStat),
    }),
    codecs({
      record: 'WatcherEvent',
      value: event,
      read: readWatcherEvent,
      write: writeWatcherEvent,
      layout: WatcherEventLayout,
      theirs: theirs(
        'WatcherEvent',
        () => event.type,
        () => event.state,
        () => PATH,
      ),
    }),
  ]
}

/** Lists every record that a busy client or server handles often. The codecs must agree on it before it is measured. */
export function cases(): CodecCase[] {
  return [...requests(), ...replies()]
}
