import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export type Side = 'client' | 'server'

export interface Frame {
  /** Unique among all proxies. */
  connection: number
  from: Side
  /** True for the first frame of its side on its connection: a ConnectRequest or a ConnectResponse. */
  isFirst: boolean
  /** The frame without the four length bytes. */
  body: Buffer
}

/** Cuts one direction of a connection into frames. */
class Splitter {
  #rest: Buffer = Buffer.alloc(0)
  #count = 0

  split(chunk: Buffer): { body: Buffer; isFirst: boolean }[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const frames: { body: Buffer; isFirst: boolean }[] = []
    while (this.#rest.length >= 4) {
      const end = 4 + this.#rest.readInt32BE(0)
      if (this.#rest.length < end) break
      frames.push({ body: Buffer.from(this.#rest.subarray(4, end)), isFirst: this.#count++ === 0 })
      this.#rest = this.#rest.subarray(end)
    }
    return frames
  }
}

/** Counts the connections through all proxies. */
let connections = 0

/** A TCP proxy that keeps every frame before it passes it on, so that nobody sees a reply that is not yet recorded. */
export class RecordingProxy {
  readonly frames: Frame[] = []
  readonly #listener: Server
  readonly #sockets = new Set<Socket>()
  readonly #upstream: number
  #isCut = false

  constructor(upstream: number) {
    this.#upstream = upstream
    this.#listener = createServer(client => this.#accept(client))
  }

  async listen(): Promise<void> {
    this.#listener.listen(0, '127.0.0.1')
    await once(this.#listener, 'listening')
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port
  }

  /** Drops all connections and lets none through until `mend`. */
  cut(): void {
    this.#isCut = true
    this.#drop()
  }

  mend(): void {
    this.#isCut = false
  }

  close(): void {
    this.#drop()
    this.#listener.close()
  }

  #drop(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(client: Socket): void {
    if (this.#isCut) {
      client.destroy()
      return
    }
    const connection = connections++
    const server = connect({ host: '127.0.0.1', port: this.#upstream })
    this.#relay(client, server, connection, 'client')
    this.#relay(server, client, connection, 'server')
  }

  #relay(from: Socket, to: Socket, connection: number, side: Side): void {
    const splitter = new Splitter()
    this.#sockets.add(from)
    from.setNoDelay(true)
    from.on('data', chunk => {
      for (const frame of splitter.split(chunk)) this.frames.push({ connection, from: side, ...frame })
      to.write(chunk)
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      to.end()
    })
  }
}
