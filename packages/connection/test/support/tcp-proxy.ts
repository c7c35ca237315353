import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { ServerAddress, Session } from '../../src/index.ts'
import { closeLater } from './servers.ts'

/** A frame of the client's. */
export interface ClientFrame {
  /** Counts the proxy's connections from 1. */
  connection: number
  /** The opcode; null for a ConnectRequest. */
  opcode: number | null
  xid: number
  /** The frame without its length. */
  body: Buffer
}

/** A TCP proxy before a real server: it shows what the client sends and breaks connections on demand. */
export class TcpProxy {
  /** Every frame of every client, in the order in which they came. */
  readonly frames: ClientFrame[] = []
  connections = 0
  /** Asked before a frame is passed on; false breaks the connection instead. */
  passes: (frame: ClientFrame) => boolean = () => true
  /** True to drop the data from the server. */
  swallows = false
  /** The number of bytes from the server that were dropped. */
  swallowed = 0
  /** Breaks the connection when the server has sent so many more bytes. */
  cutAfter = Number.POSITIVE_INFINITY
  #refuses = false
  readonly #listener: Server
  readonly #sockets = new Set<Socket>()

  private constructor(upstream: ServerAddress) {
    this.#listener = createServer(client => this.#accept(client, upstream))
  }

  /** Returns a proxy before a server; closed after the test. */
  static async before(upstream: ServerAddress): Promise<TcpProxy> {
    const proxy = closeLater(new TcpProxy(upstream))
    proxy.#listener.listen(0, '127.0.0.1')
    await once(proxy.#listener, 'listening')
    return proxy
  }

  get hosts(): string {
    return `127.0.0.1:${(this.#listener.address() as AddressInfo).port}`
  }

  /** Breaks every connection; new ones are let through. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Breaks every connection, and waits until the session has noticed and is connected again. */
  async interrupt(session: Session): Promise<void> {
    const lost = new Promise<void>(resolve => {
      session.on('state', state => state === 'suspended' && resolve())
    })
    this.cut()
    await lost
    await session.ready()
  }

  /** Breaks every connection and lets none through until `mend`. */
  refuse(): void {
    this.#refuses = true
    this.cut()
  }

  mend(): void {
    this.#refuses = false
    this.swallows = false
  }

  close(): void {
    this.cut()
    this.#listener.close()
  }

  /** Returns the opcodes that came on a connection, after its ConnectRequest. */
  opcodes(connection: number): number[] {
    return this.frames
      .filter(frame => frame.connection === connection && frame.opcode !== null)
      .map(frame => frame.opcode as number)
  }

  #accept(client: Socket, upstream: ServerAddress): void {
    if (this.#refuses) {
      client.destroy()
      return
    }
    const connection = ++this.connections
    const server = connect(upstream)
    this.#tie(client, server)
    this.#tie(server, client)
    server.on('data', chunk => this.#answer(client, chunk))
    let rest: Buffer = Buffer.alloc(0)
    let isFirst = true
    client.on('data', chunk => {
      rest = Buffer.concat([rest, chunk])
      for (let size = frameSize(rest); size > 0 && !client.destroyed; size = frameSize(rest)) {
        const frame = toFrame(connection, rest.subarray(4, size), isFirst)
        isFirst = false
        this.frames.push(frame)
        if (this.passes(frame)) server.write(rest.subarray(0, size))
        else client.destroy()
        rest = rest.subarray(size)
      }
    })
  }

  #answer(client: Socket, chunk: Buffer): void {
    if (this.swallows) {
      this.swallowed += chunk.length
      return
    }
    client.write(chunk.subarray(0, this.cutAfter))
    this.cutAfter -= chunk.length
    if (this.cutAfter > 0) return
    client.end()
    this.cutAfter = Number.POSITIVE_INFINITY
  }

  /** Closes one side after the other has closed, when it has got everything. */
  #tie(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.setNoDelay(true)
    from.on('error', () => {})
    from.on('close', () => {
      this.#sockets.delete(from)
      to.end()
    })
  }
}

/** Returns the size of the first frame with its length field; 0 while it is not whole. */
function frameSize(bytes: Buffer): number {
  if (bytes.length < 4) return 0
  const size = 4 + bytes.readInt32BE(0)
  return bytes.length >= size ? size : 0
}

function toFrame(connection: number, body: Buffer, isFirst: boolean): ClientFrame {
  if (isFirst) return { connection, opcode: null, xid: 0, body }
  return { connection, opcode: body.readInt32BE(4), xid: body.readInt32BE(0), body }
}
