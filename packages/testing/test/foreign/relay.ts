import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP relay before a real server, whose connections can be dropped as `TestServer.dropConnections` does. */
export class Relay implements AsyncDisposable {
  readonly #listener: Server
  readonly #sockets = new Set<Socket>()

  private constructor(host: string, port: number) {
    this.#listener = createServer(client => {
      const server = connect(port, host)
      this.#join(client, server)
      this.#join(server, client)
    })
  }

  static async before({ host, port }: { host: string; port: number }): Promise<Relay> {
    const relay = new Relay(host, port)
    relay.#listener.listen(0, '127.0.0.1')
    await once(relay.#listener, 'listening')
    return relay
  }

  get hosts(): string {
    return `127.0.0.1:${(this.#listener.address() as AddressInfo).port}`
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dropConnections()
    this.#listener.close()
    await once(this.#listener, 'close')
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.on('data', chunk => to.write(chunk))
    from.on('error', () => {})
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
  }
}
