import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Milliseconds between two portions of a slow link. */
const TICK = 5

/** A link to a server that can be cut, and be slow in both directions. */
export class Relay {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isCut = false
  /** Bytes per second in each direction. */
  #rate = Infinity

  private constructor(host: string, port: number) {
    this.#server = createServer({ noDelay: true, pauseOnConnect: true }, client => {
      if (this.#isCut) client.destroy()
      else this.#join(client, connect({ host, port, noDelay: true }))
    })
  }

  static async start(hosts: string): Promise<Relay> {
    const [host, port] = hosts.split(':') as [string, string]
    const relay = new Relay(host, Number(port))
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  get hosts(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Limits connections that are made from now on. @param rate bytes per second in each direction. */
  limit(rate: number): void {
    this.#rate = rate
  }

  /** Closes every connection, and each new one until `mend`. */
  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isCut = false
  }

  async stop(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket, server: Socket): void {
    const both = [client, server]
    for (const socket of both) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        for (const each of both) each.destroy()
      })
    }
    forward(client, server, this.#rate)
    forward(server, client, this.#rate)
  }
}

function forward(from: Socket, to: Socket, rate: number): void {
  if (rate === Infinity) return void from.pipe(to)
  let [began, sent] = [performance.now(), 0]
  from.on('readable', () => {})
  const timer = setInterval(() => {
    const due = ((performance.now() - began) / 1000) * rate
    // A link that was idle has saved nothing up.
    if (from.readableLength === 0) [began, sent] = [performance.now(), 0]
    const size = Math.min(Math.floor(due - sent), from.readableLength)
    if (size <= 0) return
    sent += size
    to.write(from.read(size) as Buffer)
  }, TICK)
  from.on('close', () => clearInterval(timer))
}
