import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import {
  type ConnectResponse,
  Framer,
  type Operation,
  Reader,
  type ReplyHeader,
  readConnectResponse,
  readReplyHeader,
  readWatcherEvent,
  type WatcherEvent,
  Writer,
  writeConnectRequest,
  writeRequestHeader,
} from '@zookit/jute'

/** The part of an operation that sending its request needs. */
export type Asked<Request> = Pick<Operation<Request, unknown>, 'code' | 'xid' | 'writeRequest'>

/** The address of a server. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** The fields of a handshake that differ from those of a new session. */
export interface Handshake {
  timeOut?: number
  lastZxidSeen?: bigint
  sessionId?: bigint
  passwd?: Buffer | null
  readOnly?: boolean | undefined
}

/** An answer: its header, and the bytes after it. */
export interface Answer extends ReplyHeader {
  readonly bytes: Buffer
}

export interface EventFrame extends WatcherEvent {
  readonly zxid: bigint
}

/** One frame after the handshake. */
export type Frame = { readonly event: EventFrame } | { readonly answer: Answer }

function framed(write: (writer: Writer) => void): Buffer {
  const writer = new Writer()
  writer.int(0)
  write(writer)
  writer.view.setInt32(0, writer.offset - 4)
  return Buffer.from(writer.written())
}

/** Returns the bytes of a request frame. */
export function requestFrame<Request>(operation: Asked<Request>, body: Request, xid: number): Buffer {
  return framed(writer => {
    writeRequestHeader(writer, { xid, type: operation.code })
    operation.writeRequest(writer, body)
  })
}

/** Returns the bytes of a handshake. */
export function handshakeFrame(handshake: Handshake = {}): Buffer {
  return framed(writer =>
    writeConnectRequest(writer, {
      protocolVersion: 0,
      lastZxidSeen: 0n,
      timeOut: 10_000,
      sessionId: 0n,
      passwd: Buffer.alloc(16),
      readOnly: false,
      ...handshake,
    }),
  )
}

/** A client that knows frames and nothing else: no watches, no reconnects, no timers. */
export class RawClient implements Disposable {
  readonly socket: Socket
  readonly frames: Frame[] = []
  /** The sizes of the chunks that came. */
  readonly chunks: number[] = []
  readonly closed: Promise<void>
  response: ConnectResponse | undefined
  #framer = new Framer()
  #xid = 0
  #wake: (() => void)[] = []

  constructor(address: Address, socket: Socket = connect(address.port, address.host)) {
    this.socket = socket
    this.socket.setNoDelay(true)
    this.socket.on('error', () => {})
    this.socket.on('data', chunk => this.#onData(chunk))
    this.closed = new Promise(resolve =>
      this.socket.once('close', () => {
        this.#notify()
        resolve()
      }),
    )
  }

  /** Connects and shakes hands. Throws when the server closes instead of answering. */
  static async open(address: Address, handshake: Handshake = {}): Promise<RawClient> {
    const client = new RawClient(address)
    client.send(handshakeFrame(handshake))
    await client.until(() => client.response !== undefined)
    return client
  }

  get sessionId(): bigint {
    return this.response?.sessionId ?? 0n
  }

  get events(): EventFrame[] {
    return this.frames.flatMap(frame => ('event' in frame ? [frame.event] : []))
  }

  get answers(): Answer[] {
    return this.frames.flatMap(frame => ('answer' in frame ? [frame.answer] : []))
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  /** Sends a request without waiting. @returns its xid. */
  post<Request>(operation: Asked<Request>, body: Request): number {
    const xid = operation.xid === 0 ? ++this.#xid : operation.xid
    this.send(requestFrame(operation, body, xid))
    return xid
  }

  /** Sends a request and waits for the header of its answer. */
  async ask<Request>(operation: Asked<Request>, body: Request): Promise<Answer> {
    const before = this.answers.length
    const xid = this.post(operation, body)
    const find = (): Answer | undefined => this.answers.slice(before).find(answer => answer.xid === xid)
    await this.until(() => find() !== undefined)
    return find()!
  }

  /** Sends a request and waits for its answer's body. Throws for an error number. */
  async call<Request, Response>(
    operation: Operation<Request, unknown, Response>,
    body: Request,
  ): Promise<Response> {
    const answer = await this.ask(operation, body)
    if (answer.err !== 0) throw new Error(`${operation.name}: ${answer.err}`)
    return operation.readResponse(new Reader(answer.bytes))
  }

  /** Waits until a condition on the received frames holds. Throws when the connection ends first. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.socket.destroyed) throw new Error('the server closed the connection')
      await new Promise<void>(resolve => this.#wake.push(resolve))
    }
  }

  /** Waits until a request sent now is answered: everything the server said before has come then. */
  async settle(ping: Asked<null>): Promise<void> {
    await this.ask(ping, null)
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  #onData(chunk: Buffer): void {
    this.chunks.push(chunk.length)
    this.#framer.push(chunk)
    while (this.#framer.next()) this.#onFrame(this.#framer.reader)
    this.#notify()
  }

  #onFrame(reader: Reader): void {
    if (this.response === undefined) {
      this.response = readConnectResponse(reader)
      return
    }
    const header = readReplyHeader(reader)
    if (header.xid === -1) {
      this.frames.push({ event: { ...readWatcherEvent(reader), zxid: header.zxid } })
    } else {
      const bytes = Buffer.from(reader.bytes.subarray(reader.offset, reader.limit))
      this.frames.push({ answer: { ...header, bytes } })
    }
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}

/** Sends bytes on a connection of its own and returns all that comes back until the server closes. */
export async function exchange(address: Address, bytes: Buffer | string): Promise<Buffer> {
  const socket = connect(address.port, address.host)
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk))
  socket.on('error', () => {})
  socket.write(bytes)
  await once(socket, 'close')
  return Buffer.concat(chunks)
}
