// A request frame written, read back, taken apart, and broken. Needs no server:
// node --import tsx packages/jute/examples/dissect.ts

import { Framer, op, readRequestHeader, Writer, writeRequestHeader } from '@zookit/jute'
import { dissectStream, formatFrame } from '@zookit/jute/dissect'
import { GetDataRequestLayout } from '@zookit/jute/layout'

// A frame is a length, a header and a body.
const writer = new Writer()
writer.int(0)
writeRequestHeader(writer, { xid: 1, type: op.getData.code })
op.getData.writeRequest(writer, { path: '/config', watch: false })
writer.view.setInt32(0, writer.offset - 4)
const frame = writer.written()

// The framer cuts a stream into frames, however its bytes come.
const framer = new Framer()
framer.push(frame.subarray(0, 7))
console.log(framer.next())
framer.push(frame.subarray(7))
console.log(framer.next())
console.log(readRequestHeader(framer.reader), op.getData.readRequest(framer.reader))

// The same record as a buffer-layout layout, which composes with other layouts.
console.log(GetDataRequestLayout.decode(frame, 12))

// The fields in those bytes, and the place where damaged bytes are malformed.
const show = (bytes: Uint8Array): void => {
  for (const each of dissectStream('client', bytes, { handshake: false })) console.log(formatFrame(each))
}
show(frame)
frame.writeInt32BE(512, 12)
show(frame)
