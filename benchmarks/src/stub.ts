// A server that answers at once with prepared replies, so that a measurement shows the client alone. It is a process of its
// own: it writes `{"port":...}` and then answers the lines of stub/control.ts.

import { type AddressInfo, createServer, Socket, type SocketConstructorOpts } from 'node:net'
import { type Desk, StubConnection } from './stub/connection.ts'
import type { Control } from './stub/control.ts'
import { eachLine, say } from './stub/lines.ts'
import { cannedReplies, events, multiReadReplies } from './stub/replies.ts'

const PREPARED = { payload: 100, children: 10, watched: 0 }

let sessions = 0n
const desk: Desk = {
  replies: cannedReplies(PREPARED),
  multiReadReply: multiReadReplies(PREPARED),
  nextSession: () => ++sessions,
}
const sockets = new Set<Socket>()

/**
 * Puts the handle of an accepted socket into a socket that always reads into the same memory. Only the constructor has the
 * option `onread`, and a server constructs its sockets itself. So this takes `_handle`, which is good enough here.
 */
function rewrap(accepted: Socket): Socket {
  const connection = new StubConnection(desk)
  const { _handle: handle } = accepted as Socket & { _handle: object }
  const onread = {
    buffer: () => connection.space(),
    callback: (size: number) => connection.onBytes(size),
  }
  const socket = new Socket({ handle, onread } as SocketConstructorOpts)
  connection.socket = socket
  socket.resume()
  return socket
}

const server = createServer({ noDelay: true, pauseOnConnect: true }, accepted => {
  const socket = rewrap(accepted)
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => socket.destroy())
})

function obey({ prepare, fire, drop }: Control): void {
  if (prepare) {
    desk.replies = cannedReplies(prepare)
    desk.multiReadReply = multiReadReplies(prepare)
  }
  if (drop) for (const socket of sockets) socket.destroy()
  if (fire === undefined) return
  const bytes = events(fire)
  for (const socket of sockets) socket.write(bytes)
}

server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
  say({ port: (server.address() as AddressInfo).port, ...process.cpuUsage() })
})
await eachLine<Control>(control => {
  const at = performance.timeOrigin + performance.now()
  obey(control)
  say({ ...process.cpuUsage(), at })
})
