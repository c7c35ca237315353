// The floor: a bare socket that writes frames built beforehand, one write for each, corked for each read, and counts the
// replies by cutting them at their length fields.

import { connect } from 'node:net'
import { report } from './report.ts'

const [port, inFlight, count] = process.argv.slice(2).map(Number) as [number, number, number]
const PATH = '/bench/node-0000000001'

const frames = Array.from({ length: 1024 }, (_, xid) => {
  const frame = Buffer.alloc(17 + PATH.length)
  frame.writeInt32BE(frame.length - 4)
  frame.writeInt32BE(xid + 1, 4)
  frame.writeInt32BE(4, 8)
  frame.writeInt32BE(PATH.length, 12)
  frame.write(PATH, 16)
  return frame
})

const handshake = Buffer.alloc(49)
handshake.writeInt32BE(45)
handshake.writeInt32BE(30_000, 16)
handshake.writeInt32BE(16, 28)

const buffer = Buffer.alloc(64 * 1024)
let greeted = false
let sent = 0
let answered = 0
let finish = (): void => {}
/** Bytes of the last reply that are still to come; all replies are as long as the first. */
let owed = 0
let replySize = 0

/** How many replies end in these bytes. */
function replies(size: number): number {
  let at = owed
  let found = 0
  if (replySize === 0) replySize = 4 + buffer.readInt32BE(0)
  if (owed > 0 && at <= size) found++
  if (at > size) {
    owed = at - size
    return 0
  }
  while (at + 4 <= size) {
    const end = at + 4 + buffer.readInt32BE(at)
    if (end > size) break
    at = end
    found++
  }
  owed = at === size ? 0 : replySize - (size - at)
  return found
}

function send(wanted: number): void {
  socket.cork()
  for (let i = 0; i < wanted && sent < count; i++) socket.write(frames[sent++ & 1023]!)
  socket.uncork()
}

const socket = connect({
  port,
  host: '127.0.0.1',
  onread: {
    buffer,
    callback(size) {
      if (!greeted) {
        greeted = true
        finish = report()
        send(inFlight)
        return true
      }
      const found = replies(size)
      answered += found
      if (answered >= count) finish()
      else send(found)
      return true
    },
  },
})
socket.setNoDelay(true)
socket.write(handshake)
