import { Writer, writeReplyHeader, writeWatcherEvent, Xid } from '@zookit/jute'

/** Completes a frame with its length. */
export function finish(writer: Writer): Buffer {
  const frame = Buffer.from(writer.written())
  frame.writeInt32BE(frame.length - 4)
  return frame
}

/** Returns a reply; `body` writes what follows its header. */
export function replyFrame(xid: number, zxid: bigint, err: number, body?: (writer: Writer) => void): Buffer {
  const writer = new Writer().int(0)
  writeReplyHeader(writer, { xid, zxid, err })
  body?.(writer)
  return finish(writer)
}

/** Returns a watch event. */
export function eventFrame(type: number, path: string | null, zxid = -1n): Buffer {
  const writer = new Writer().int(0)
  writeReplyHeader(writer, { xid: Xid.notification, zxid, err: 0 })
  writeWatcherEvent(writer, { type, state: 3, path })
  return finish(writer)
}
