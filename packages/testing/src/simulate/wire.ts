import type { Transport as ClientTransport, TransportHandler } from '@zookit/connection'
import type { Accept } from '../transport/listener.ts'
import type {
  TransportHandler as ServerHandler,
  Transport as ServerTransport,
} from '../transport/transport.ts'
import { inWorld, Pipe, type PipeSettings } from './pipe.ts'
import type { SimulatedProcess } from './process.ts'
import { Phase, type Timeline } from './timeline.ts'

/** The parts of a connection. */
export interface WireParts {
  readonly number: number
  readonly timeline: Timeline
  readonly process: SimulatedProcess
  /** The server's address, `address:port`. */
  readonly server: string
  readonly handler: TransportHandler
  readonly settings: PipeSettings
  /** Called with each piece of bytes that either side gets. */
  delivered(bytes: Uint8Array): void
  /** Called when the server has taken bytes. */
  taken(): void
  /** Called once neither side has the connection any more. */
  onGone(): void
  /** Returns the server that listens when the connection arrives, or null. */
  acceptor(): Accept | null
}

/** One connection of a simulated network, from the client's call to the end of both sides. */
export class Wire {
  readonly process: SimulatedProcess
  readonly server: string
  readonly client: ClientTransport
  readonly #parts: WireParts
  #endServer: (() => void) | null = null
  readonly #toServer: Pipe
  readonly #toClient: Pipe
  #connection: ServerHandler | null = null
  #clientOpen = true
  #serverOpen = false
  #blocked = false
  #arrived = false

  constructor(parts: WireParts) {
    const { timeline, settings, process, server } = parts
    this.#parts = parts
    this.process = process
    this.server = server
    this.#toServer = new Pipe(
      timeline,
      settings,
      {
        schedule: inWorld(timeline),
        take: bytes => this.#takeAtServer(bytes),
        onEnd: () => this.#closeServer(),
      },
      backlog => void process.soon(Phase.io, () => this.#clientOpen && parts.handler.onDrain(backlog)),
    )
    this.#toClient = new Pipe(
      timeline,
      settings,
      {
        schedule: (at, run) => void process.at(at, Phase.io, run),
        take: bytes => this.#takeAtClient(bytes),
        onEnd: error => this.#closeClient(error),
      },
      backlog => backlog === 0 && this.#connection?.onDrain(),
    )
    this.client = {
      write: bytes => this.#toServer.write(bytes),
      resume: () => this.#toClient.pause(false),
      destroy: () => this.destroy(),
    }
    this.#dial()
  }

  /** False once the client has closed its side, or was told that it is closed. */
  get clientOpen(): boolean {
    return this.#clientOpen
  }

  /** Holds everything that is under way, or lets it go on. */
  block(on: boolean): void {
    if (this.#blocked === on) return
    this.#blocked = on
    this.#toServer.block(on)
    this.#toClient.block(on)
    if (!on && !this.#arrived) this.#dial()
  }

  /** Carries what is not sent yet, and what is written from now on, as fast as the network is now. */
  pace(): void {
    this.#toServer.pace()
    this.#toClient.pace()
  }

  /** Drops everything from now on: no host has this address. */
  vanish(): void {
    this.#arrived = true
  }

  /** Breaks the connection for both sides at once. */
  reset(): void {
    const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    this.#toServer.reset(error)
    this.#toClient.reset(error)
  }

  /** Closes the server's side, as the kernel does for a server that has ended. */
  closeServer(): void {
    this.#endServer?.()
  }

  /** Closes the client's side. */
  destroy(): void {
    if (!this.#clientOpen) return
    this.#clientOpen = false
    this.#toClient.destroy()
    this.#toServer.end()
    this.#checkGone()
  }

  #dial(): void {
    const { timeline, settings } = this.#parts
    timeline.at(timeline.now + settings.latency(), Phase.io, () => this.#arrive())
  }

  #arrive(): void {
    if (this.#arrived || this.#blocked || !this.#clientOpen) return
    this.#arrived = true
    const acceptor = this.#parts.acceptor()
    if (acceptor === null) {
      const { server } = this
      this.#toClient.reset(
        Object.assign(new Error(`connect ECONNREFUSED ${server}`), { code: 'ECONNREFUSED' }),
      )
      return
    }
    this.#serverOpen = true
    this.process.soon(Phase.io, () => this.#clientOpen && this.#parts.handler.onOpen())
    this.#connection = acceptor(this.#serverTransport())
    if (this.#connection === null) this.#serverOpen = false
  }

  #serverTransport(): ServerTransport {
    const toClient = this.#toClient
    const close = (reset: boolean): void => {
      if (!this.#serverOpen) return
      this.#serverOpen = false
      if (reset) toClient.reset(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
      else toClient.end()
      this.#toServer.destroy()
      // As a socket does: whoever has ended it is told that it is closed.
      this.#connection?.onClose()
      this.#checkGone()
    }
    this.#endServer = () => close(false)
    return {
      remoteAddress: '127.0.0.1',
      remotePort: this.#parts.number,
      clientName: null,
      get backlog() {
        return toClient.backlog
      },
      write: bytes => {
        toClient.write(bytes)
        return true
      },
      pause: () => this.#toServer.pause(true),
      resume: () => this.#toServer.pause(false),
      end: () => close(false),
      destroy: close,
    }
  }

  #takeAtServer(bytes: Buffer): number {
    this.#parts.delivered(bytes)
    this.#parts.taken()
    this.#connection?.receive(bytes)
    return bytes.length
  }

  /** Delivers one read of the client: as much as it has room for. */
  #takeAtClient(bytes: Buffer): number {
    const { handler } = this.#parts
    const space = handler.space()
    const part = bytes.subarray(0, space.length)
    space.set(part)
    this.#parts.delivered(part)
    if (!handler.onBytes(part.length)) this.#toClient.pause(true)
    return part.length
  }

  #closeClient(error: Error | null): void {
    if (!this.#clientOpen) return
    this.#clientOpen = false
    this.#toServer.end()
    this.#parts.handler.onClose(error)
    this.#checkGone()
  }

  #closeServer(): void {
    if (!this.#serverOpen) return
    this.#serverOpen = false
    this.#connection?.onClose()
    this.#checkGone()
  }

  #checkGone(): void {
    if (!this.#clientOpen && !this.#serverOpen) this.#parts.onGone()
  }
}
