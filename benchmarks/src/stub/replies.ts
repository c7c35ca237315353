import { EventType, KeeperState, OpCode, op, type Stat, Writer, Xid } from '@zookit/jute'
import { childName, type Prepared, watchedPath } from './control.ts'

const ZXID = 0x1_0000_0001n
const STAT: Stat = {
  czxid: ZXID,
  mzxid: ZXID,
  ctime: 1_700_000_000_000,
  mtime: 1_700_000_000_000,
  version: 3,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  dataLength: 0,
  numChildren: 0,
  pzxid: ZXID,
}
const CREATED = '/bench/scratch/created'
const MULTI_SIZE = 10

/** Builds a reply frame that is complete except for its xid, at byte 4. */
function frame(body: (writer: Writer) => void): Buffer {
  const writer = new Writer(512)
  writer.int(0).int(0).long(ZXID).int(0)
  body(writer)
  return sized(writer)
}

function sized(writer: Writer): Buffer {
  writer.view.setInt32(0, writer.offset - 4)
  return Buffer.from(writer.written())
}

/** Returns the data and the Stat of every znode. */
function nodeOf({ payload, children }: Prepared): { data: Buffer; stat: Stat } {
  return {
    data: Buffer.alloc(payload, 'x'),
    stat: { ...STAT, dataLength: payload, numChildren: children },
  }
}

/** Returns a function that builds the reply to a multiRead of that many getData. */
export function multiReadReplies(prepared: Prepared): (count: number) => Buffer {
  const result = { type: OpCode.getData, response: nodeOf(prepared) }
  const replies = new Map<number, Buffer>()
  return count => {
    let reply = replies.get(count)
    if (reply === undefined) {
      const results = new Array<typeof result>(count).fill(result)
      reply = frame(writer => op.multiRead.writeResponse(writer, { results }))
      replies.set(count, reply)
    }
    return reply
  }
}

/** Builds the prepared replies by opcode. The reply to any other opcode is `BARE_REPLY`. */
export function cannedReplies(prepared: Prepared): (Buffer | undefined)[] {
  const { data, stat } = nodeOf(prepared)
  const names = Array.from({ length: prepared.children }, (_, index) => childName(index))
  const results = Array.from({ length: MULTI_SIZE }, () => ({ type: 5 as const, response: { stat } }))
  const replies: (Buffer | undefined)[] = []
  const set = (code: number, body: (writer: Writer) => void): void => void (replies[code] = frame(body))
  set(op.create.code, writer => op.create.writeResponse(writer, { path: CREATED }))
  set(op.create2.code, writer => op.create2.writeResponse(writer, { path: CREATED, stat }))
  set(op.exists.code, writer => op.exists.writeResponse(writer, { stat }))
  set(op.getData.code, writer => op.getData.writeResponse(writer, { data, stat }))
  set(op.setData.code, writer => op.setData.writeResponse(writer, { stat }))
  set(op.getChildren.code, writer => op.getChildren.writeResponse(writer, { children: names }))
  set(op.getChildren2.code, writer => op.getChildren2.writeResponse(writer, { children: names, stat }))
  set(op.multi.code, writer => op.multi.writeResponse(writer, { results }))
  return replies
}

/** The reply to an operation without a response record: delete, ping, setWatches, closeSession. */
export const BARE_REPLY: Buffer = frame(() => {})

/** Builds the answer to a handshake. */
export function handshakeAnswer(sessionId: bigint, timeOut: number): Buffer {
  const writer = new Writer(64)
  writer.int(0).int(0).int(timeOut).long(sessionId).buffer(Buffer.alloc(16, 7)).boolean(false)
  return sized(writer)
}

/** Builds a dataChanged event for each of the first `count` watched znodes, frame after frame. */
export function events(count: number): Buffer {
  const writer = new Writer(count * 64 + 64)
  for (let index = 0; index < count; index++) {
    const start = writer.offset
    writer.int(0).int(Xid.notification).long(-1n).int(0)
    writer.int(EventType.nodeDataChanged).int(KeeperState.syncConnected).ustring(watchedPath(index))
    writer.view.setInt32(start, writer.offset - start - 4)
  }
  return writer.written()
}
