import { createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { readConfiguration, type StartRequest } from './configuration.ts'
import { type RunningServer, Servers } from './servers.ts'

/**
 * Runs in-memory servers for stand-in programs, each of which holds a connection to a Unix socket for as long as its
 * server is to run. It is closed when the server has stopped. A stand-in sends one line, its `StartRequest`, and is told `{"port":N}` or `{"error":"..."}`, and
 * later `{"said":"..."}` for a line of its server's log.
 */
export class Host implements AsyncDisposable {
  readonly #listener: Server
  readonly #sockets = new Set<Socket>()
  readonly #servers = new Servers()
  readonly #running = new Map<RunningServer, Socket>()
  readonly #busy = new Set<Promise<void>>()

  private constructor() {
    this.#listener = createServer({ allowHalfOpen: true }, socket => {
      const serving = this.#serve(socket).finally(() => this.#busy.delete(serving))
      this.#busy.add(serving)
    })
  }

  /** Takes stand-ins at the socket of this path. */
  static async start(path: string): Promise<Host> {
    const host = new Host()
    await new Promise<void>(resolve => host.#listener.listen(path, resolve))
    return host
  }

  /** Ends every server, and the stand-ins with them. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(this.#busy)
    await new Promise(resolve => this.#listener.close(resolve))
  }

  async #serve(socket: Socket): Promise<void> {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    const over = new Promise<void>(resolve => socket.once('end', resolve).once('close', () => resolve()))
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
    const { value, done } = await lines.next()
    if (!done) {
      const starting = this.#start(socket, JSON.parse(value) as StartRequest)
      // A member that waits for others which never come ends with its stand-in.
      const server = await Promise.race([starting, over.then(() => null)])
      if (server === null) void starting.then(late => late?.stop())
      else if (server !== undefined) {
        this.#running.set(server, socket)
        await over
        await this.#stop(server)
      }
    }
    socket.end()
    this.#sockets.delete(socket)
  }

  /** Stops a server, and has those say so that have no quorum without it, in the words of Apache's log. */
  async #stop(server: RunningServer): Promise<void> {
    this.#running.delete(server)
    await server.stop()
    const said = `${JSON.stringify({ said: 'Read-only server started' })}\n`
    for (const [{ isReadOnly }, socket] of this.#running) if (isReadOnly) socket.write(said)
  }

  async #start(socket: Socket, request: StartRequest): Promise<RunningServer | undefined> {
    try {
      const server = await this.#servers.start(readConfiguration(request))
      socket.write(`${JSON.stringify({ port: server.port })}\n`)
      return server
    } catch (error) {
      socket.end(`${JSON.stringify({ error: String(error) })}\n`)
      return undefined
    }
  }
}
