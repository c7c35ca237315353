// A server that answers at once: every request gets the same 100 bytes and Stat. It is to be cheaper than any client.

import { createServer, type Socket } from 'node:net'

const DATA = 100
const REPLY = 4 + 16 + 4 + DATA + 68
const HANDSHAKE_REPLY = 41

/** Replies one behind the other, so that many are copied at once; only their xids differ. */
const template = Buffer.alloc(REPLY * 1024)
for (let at = 0; at < template.length; at += REPLY) {
  template.writeInt32BE(REPLY - 4, at)
  template.writeBigInt64BE(1n, at + 8)
  template.writeInt32BE(DATA, at + 20)
}

function serve(socket: Socket): void {
  let pending: Buffer = Buffer.alloc(0)
  let greeted = false
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', chunk => {
    const bytes = pending.length > 0 ? Buffer.concat([pending, chunk]) : chunk
    let at = 0
    if (!greeted) {
      at = bytes.readInt32BE(0) + 4
      greeted = true
      socket.write(greeting())
    }
    pending = Buffer.from(answer(socket, bytes, at))
  })
}

function greeting(): Buffer {
  const reply = Buffer.alloc(HANDSHAKE_REPLY)
  reply.writeInt32BE(HANDSHAKE_REPLY - 4)
  reply.writeInt32BE(30_000, 8)
  reply.writeBigInt64BE(1n, 12)
  reply.writeInt32BE(16, 20)
  return reply
}

/** Answers the whole frames from `at` on; what is left over is returned. */
function answer(socket: Socket, bytes: Buffer, at: number): Buffer {
  const xids: number[] = []
  while (bytes.length - at >= 4) {
    const end = at + 4 + bytes.readInt32BE(at)
    if (end > bytes.length) break
    xids.push(bytes.readInt32BE(at + 4))
    at = end
  }
  for (let from = 0; from < xids.length; from += 1024) {
    const part = xids.slice(from, from + 1024)
    const out = Buffer.from(template.subarray(0, part.length * REPLY))
    for (let i = 0; i < part.length; i++) out.writeInt32BE(part[i]!, i * REPLY + 4)
    socket.write(out)
  }
  return bytes.subarray(at)
}

const server = createServer(serve).listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.(typeof address === 'object' && address ? address.port : 0)
})
process.on('disconnect', () => process.exit())
