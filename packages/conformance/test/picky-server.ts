import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Framer, readRequestHeader } from '@zookit/jute'

/** A server that closes the connection on some operations, as old forks of ZooKeeper do: a relay before another server. */
export class PickyServer implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
  }

  /**
   * Starts it.
   *
   * @param port where the other server listens on this machine.
   * @param opcodes the operations that it closes the connection on.
   */
  static async before(port: number, opcodes: readonly number[]): Promise<PickyServer> {
    const server = createServer()
    const picky = new PickyServer(server)
    server.on('connection', socket => picky.#relay(socket, port, opcodes))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return picky
  }

  get hosts(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #relay(client: Socket, port: number, opcodes: readonly number[]): void {
    const server = connect(port, '127.0.0.1')
    const framer = new Framer(64 * 1024 * 1024)
    let frames = 0
    let isText: boolean | undefined
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => other.destroy())
    }
    server.on('data', chunk => client.write(chunk))
    client.on('data', chunk => {
      isText ??= chunk[0] !== 0
      framer.push(chunk)
      try {
        if (isText) throw new TypeError('a four-letter word')
        while (framer.next()) {
          // The first frame is the handshake, which has no header.
          if (frames++ === 0 || framer.reader.remaining < 8) continue
          if (opcodes.includes(readRequestHeader(framer.reader).type)) {
            client.destroy()
            return
          }
        }
      } catch {
        // The other server judges what is not a frame, such as a four-letter word.
      }
      server.write(chunk)
    })
  }
}
