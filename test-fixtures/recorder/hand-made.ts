import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { CaseHead } from './segment.ts'

/** A case that no client of Apache's sends: written byte by byte, and its expectation read from the bytes by hand. */
export interface HandMadeCase {
  head: CaseHead
  run: (port: number) => Promise<unknown>
}

function frame(hex: string): Buffer {
  const body = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}

/** Reads the next frame. Each comes in a chunk of its own, because nothing else is in flight. */
async function nextBody(socket: Socket): Promise<Buffer> {
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  return chunk.subarray(4)
}

const NO_PASSWORD = '00'.repeat(16)
const CONNECT_WITHOUT_READ_ONLY = `00000000 0000000000000000 00004e20 0000000000000000 00000010 ${NO_PASSWORD}`

async function connectOldStyle(port: number): Promise<{ socket: Socket; reply: Buffer }> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.write(frame(CONNECT_WITHOUT_READ_ONLY))
  return { socket, reply: await nextBody(socket) }
}

const handshake: HandMadeCase = {
  head: {
    kind: 'handshake',
    name: 'hand-made: no read-only byte, as clients before 3.4 send it',
    sent: {
      protocolVersion: 0,
      lastZxidSeen: '0',
      timeOut: 20_000,
      sessionId: '0',
      passwd: { hex: NO_PASSWORD },
    },
  },
  run: async port => {
    const { socket, reply } = await connectOldStyle(port)
    socket.destroy()
    return {
      protocolVersion: reply.readInt32BE(0),
      timeOut: reply.readInt32BE(4),
      sessionId: String(reply.readBigInt64BE(8)),
      passwd: { hex: reply.subarray(20, 36).toString('hex') },
    }
  },
}

const setWatches: HandMadeCase = {
  head: {
    kind: 'call',
    operation: 'setWatches',
    opcode: 101,
    name: 'hand-made: under the reserved xid -8, as the C client sends it',
    sent: { relativeZxid: String(2n ** 63n - 1n), dataWatches: [], existWatches: [], childWatches: ['/'] },
  },
  run: async port => {
    const { socket } = await connectOldStyle(port)
    socket.write(frame('fffffff8 00000065 7fffffffffffffff 00000000 00000000 00000001 00000001 2f'))
    const reply = await nextBody(socket)
    socket.destroy()
    return {
      xid: reply.readInt32BE(0),
      zxid: String(reply.readBigInt64BE(4)),
      err: reply.readInt32BE(12),
      response: null,
    }
  },
}

/** 3.8.0 fails on its own answer, so the xid is skipped: the reply to the next request comes in its place. */
const check: HandMadeCase = {
  head: {
    kind: 'call',
    operation: 'check',
    opcode: 13,
    name: 'hand-made: a success outside of a multi, which the server never answers',
    sent: { path: '/', version: -1 },
    isAnswered: false,
  },
  run: async port => {
    const { socket } = await connectOldStyle(port)
    socket.write(frame('00000001 0000000d 00000001 2f ffffffff'))
    socket.write(frame('00000002 00000003 00000001 2f 00'))
    const reply = await nextBody(socket)
    socket.destroy()
    if (reply.readInt32BE(0) !== 2) throw new Error('the server has answered a check outside of a multi')
    return null
  },
}

export const handMade: readonly HandMadeCase[] = [handshake, setWatches, check]
