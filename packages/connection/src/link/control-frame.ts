import { Writer } from '@zookit/jute'

/** Encodes a frame that the session sends for itself, under a reserved xid. */
export function encodeControl<T>(
  xid: number,
  operation: { code: number; writeRequest: (writer: Writer, body: T) => void },
  body: T,
): Buffer {
  const writer = new Writer(64)
  writer.int(0).int(xid).int(operation.code)
  operation.writeRequest(writer, body)
  const frame = writer.written()
  frame.writeInt32BE(frame.length - 4)
  return frame
}
