import { randomInt } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, TLSSocket } from 'node:tls'
import type { Accept, Listen, Listener, ListenerOptions } from './listener.ts'
import type { Transport } from './transport.ts'

const NAME_PARTS = ['CN', 'OU', 'O', 'L', 'ST', 'C'] as const

/**
 * The ports from which the listener takes a free one. Kernels take the ports of outgoing connections above them: one of
 * those could be given to any client of the machine while the server is stopped, which could not start again then.
 */
const FIRST_PORT = 10_000
const END_OF_PORTS = 32_768
/** Number of ports that are tried before the system chooses one. */
const TRIES = 50

function isTaken(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EADDRINUSE' || code === 'EACCES'
}

/** Returns the subject of a client's certificate; null where the client has none that Node has verified. */
function subjectOf(socket: TLSSocket): string | null {
  const { subject } = socket.getPeerCertificate()
  if (!socket.authorized || subject === undefined) return null
  return NAME_PARTS.flatMap(part => (subject[part] === undefined ? [] : `${part}=${subject[part]}`)).join(',')
}

/** A socket as a transport. */
class SocketTransport implements Transport {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly clientName: string | null
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
    this.clientName = socket instanceof TLSSocket ? subjectOf(socket) : null
    this.remoteAddress = socket.remoteAddress ?? ''
    this.remotePort = socket.remotePort ?? 0
  }

  get backlog(): number {
    return this.#socket.writableLength
  }

  write(bytes: Buffer): boolean {
    this.#socket.write(bytes)
    // The kernel has taken all of it. Otherwise the socket still holds the memory.
    return this.#socket.writableLength === 0
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.destroySoon()
  }

  destroy(reset: boolean): void {
    if (reset) this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }
}

async function listenAt(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Listens on a free port that stays free while the server is stopped. */
async function listenSomewhere(server: Server, host: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      return await listenAt(server, host, randomInt(FIRST_PORT, END_OF_PORTS))
    } catch (error) {
      if (!isTaken(error)) throw error
    }
  }
  await listenAt(server, host, 0)
}

/** Makes a listener on a TCP or TLS socket. */
export const listenTcp: Listen = (accept, options) => new TcpListener(accept, options)

/** The listening socket and its connections: the only part of the server that knows sockets. */
class TcpListener implements Listener {
  readonly #accept: Accept
  readonly #options: ListenerOptions
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null
  #port: number

  constructor(accept: Accept, options: ListenerOptions) {
    this.#accept = accept
    this.#options = options
    this.#port = options.port
  }

  get host(): string {
    return this.#options.host
  }

  get port(): number {
    return this.#port
  }

  /** `host:port`, for a connect string. */
  get hosts(): string {
    const { host } = this.#options
    return `${host.includes(':') ? `[${host}]` : host}:${this.#port}`
  }

  get listening(): boolean {
    return this.#server !== null
  }

  /** Starts to listen. Rejects with the system's error, such as EADDRINUSE. */
  async open(): Promise<void> {
    const onSocket = (socket: Socket): void => this.#onSocket(socket)
    const { tls, host } = this.#options
    const server = tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket)
    if (this.#port === 0) await listenSomewhere(server, host)
    else await listenAt(server, host, this.#port)
    const address = server.address()
    if (typeof address === 'object' && address !== null) this.#port = address.port
    // A connection whose TLS handshake fails never reaches the server.
    server.on('tlsClientError', (_, socket) => socket.destroy())
    this.#server = server
  }

  /** Stops listening. Open connections stay; new ones are refused from the moment of the call. */
  async refuse(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null) return
    // Closing is over for the operating system at once; the callback would wait for the last handler.
    server.close()
    await new Promise<void>(resolve => setImmediate(resolve))
  }

  /** Stops listening and closes every socket. */
  async close(): Promise<void> {
    const refused = this.refuse()
    const closed = [...this.#sockets].map(
      socket => new Promise<void>(resolve => socket.once('close', () => resolve())),
    )
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all([refused, ...closed])
  }

  #onSocket(socket: Socket): void {
    socket.setNoDelay(true)
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    // A client may reset its connection at any time. 'close' follows.
    socket.on('error', () => {})
    const handler = this.#accept(new SocketTransport(socket))
    if (handler === null) return
    socket.on('data', chunk => handler.receive(chunk))
    socket.on('drain', () => handler.onDrain())
    socket.on('end', () => handler.onClose())
    socket.on('close', () => handler.onClose())
  }
}
