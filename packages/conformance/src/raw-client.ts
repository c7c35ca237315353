import type { Socket } from 'node:net'
import { ZooKeeperError } from '@zookit/client'
import {
  type ConnectRequest,
  type ConnectResponse,
  Framer,
  type Operation,
  op,
  Reader,
  type ReplyHeader,
  readConnectResponse,
  readReplyHeader,
  readWatcherEvent,
  type WatcherEvent,
  Writer,
  writeConnectRequest,
  writeRequestHeader,
  Xid,
} from '@zookit/jute'
import type { Side } from '@zookit/jute/dissect'
import type { Address } from './access/access.ts'
import { dial } from './access/dial.ts'
import { logIn } from './access/log-in.ts'
import { Mismatch } from './mismatch.ts'

/** A reply: its header, and the bytes after it. */
export interface Answer extends ReplyHeader {
  readonly bytes: Buffer
}

/** A notification, with its header's zxid. */
export interface EventFrame extends WatcherEvent {
  readonly zxid: bigint
}

/** One frame that came after the handshake. */
export type Frame =
  | { readonly event: EventFrame; readonly answer?: undefined }
  | { readonly answer: Answer; readonly event?: undefined }

/** The part of an operation that is needed to send it. */
type Asked<Request> = Pick<Operation<Request, unknown>, 'code' | 'xid' | 'writeRequest'>

/** Returns the bytes of a frame, its length before them. */
export function frameOf(write: (writer: Writer) => void): Buffer {
  const writer = new Writer()
  writer.int(0)
  write(writer)
  writer.view.setInt32(0, writer.offset - 4)
  return Buffer.from(writer.written())
}

/** Returns the bytes of a request. */
export function requestFrame<Request>(operation: Asked<Request>, body: Request, xid: number): Buffer {
  return frameOf(writer => {
    writeRequestHeader(writer, { xid, type: operation.code })
    operation.writeRequest(writer, body)
  })
}

/** Returns the bytes of a handshake: that of a new session, where nothing else is said. */
function handshakeFrame(handshake: Partial<ConnectRequest> = {}): Buffer {
  return frameOf(writer =>
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

/** A client of frames alone: no watches, no reconnects, no heartbeats. */
export class RawClient {
  readonly address: Address
  readonly frames: Frame[] = []
  /** The bytes of the ConnectResponse, without its length. */
  handshake: Buffer | undefined
  response: ConnectResponse | undefined
  readonly #socket: Socket
  readonly #framer = new Framer(64 * 1024 * 1024)
  readonly #maxWait: number
  readonly #wake = new Set<() => void>()
  readonly #observe: (side: Side, bytes: Uint8Array) => void
  #xid = 0
  #closed = false

  /**
   * Connects.
   *
   * @param maxWait how long to wait for anything that is expected, in milliseconds.
   * @param observe called with every byte in both directions.
   */
  constructor(address: Address, maxWait: number, observe: (side: Side, bytes: Uint8Array) => void) {
    this.address = address
    this.#maxWait = maxWait
    this.#observe = observe
    this.#socket = dial(address)
    this.#socket.setNoDelay(true)
    this.#socket.on('error', () => {})
    this.#socket.on('data', chunk => this.#onData(chunk))
    this.#socket.once('close', () => {
      this.#closed = true
      this.#notify()
    })
  }

  /** True when the connection is over. */
  get closed(): boolean {
    return this.#closed
  }

  get sessionId(): bigint {
    return this.response?.sessionId ?? 0n
  }

  /** The session's password: 16 zeros while there is none. */
  get password(): Buffer {
    return this.response?.passwd ?? Buffer.alloc(16)
  }

  get events(): EventFrame[] {
    return this.frames.flatMap(({ event }) => (event ? [event] : []))
  }

  get answers(): Answer[] {
    return this.frames.flatMap(({ answer }) => (answer ? [answer] : []))
  }

  /** Sends bytes unchanged. */
  send(bytes: Uint8Array): void {
    if (this.#closed) return
    this.#observe('client', bytes)
    this.#socket.write(bytes)
  }

  /**
   * Shakes hands, and presents the SASL identity of the run if it has one: what is received for that is no answer.
   *
   * @throws Mismatch when the server closes the connection instead of answering, or refuses the identity.
   */
  async shake(handshake: Partial<ConnectRequest> = {}): Promise<ConnectResponse> {
    this.send(handshakeFrame(handshake))
    await this.until(() => this.response !== undefined, 'a ConnectResponse')
    const mechanism = this.address.access?.mechanism ?? null
    if (mechanism !== null && this.response!.timeOut > 0) {
      await logIn(mechanism, this.address, (token, xid) => this.ask(op.sasl, { token }, xid))
      this.frames.length = 0
    }
    return this.response!
  }

  /** Sends a request without waiting. @returns its xid. */
  post<Request>(operation: Asked<Request>, body: Request, xid?: number): number {
    const number = xid ?? (operation.xid === 0 ? ++this.#xid : operation.xid)
    this.send(requestFrame(operation, body, number))
    return number
  }

  /** Sends a request and waits for its reply. */
  async ask<Request>(operation: Asked<Request>, body: Request, xid?: number): Promise<Answer> {
    const from = this.frames.length
    return this.reply(this.post(operation, body, xid), from)
  }

  /** Waits for the reply with an xid, among the frames from `from` on. */
  async reply(xid: number, from = 0): Promise<Answer> {
    const find = (): Answer | undefined =>
      this.frames.slice(from).find(({ answer }) => answer?.xid === xid)?.answer
    await this.until(() => find() !== undefined, `a reply with xid ${xid}`)
    return find()!
  }

  /** Sends a request and decodes its reply, as `Session.request` does. @throws ZooKeeperError for an error number. */
  async request<Request, Result, Response>(
    operation: Operation<Request, Result, Response>,
    body: Request,
  ): Promise<Result> {
    const answer = await this.ask(operation, body)
    if (answer.err !== 0 && answer.err === operation.noneOn) return null as Result
    if (answer.err !== 0) throw ZooKeeperError.fromNumber(answer.err, { operation: operation.name })
    const reader = new Reader(answer.bytes)
    const result = operation.readResponse(reader)
    if (reader.remaining > 0) {
      throw new Mismatch(`nothing after the reply of ${operation.name}`, `${reader.remaining} bytes more`)
    }
    return result as unknown as Result
  }

  /** Waits until everything that the server has sent so far has come: replies and events are sent in one order. */
  async settle(): Promise<void> {
    await this.ask(op.ping, null)
  }

  /** Waits for `count` events beyond the first `from`. */
  async nextEvents(count: number, from = 0): Promise<EventFrame[]> {
    await this.until(() => this.events.length >= from + count, `${count} events`)
    return this.events.slice(from, from + count)
  }

  /** Waits until the server has closed the connection. */
  async ended(): Promise<void> {
    await this.#wait(() => this.#closed, 'the server to close the connection')
  }

  /** Waits until a condition holds for what has come. @throws Mismatch when the connection ends or the time is over. */
  async until(condition: () => boolean, what: string): Promise<void> {
    await this.#wait(() => condition() || this.#closed, what)
    if (!condition()) throw new Mismatch(what, 'the end of the connection')
  }

  /** Ends the connection, not the session. */
  destroy(): void {
    this.#socket.destroy()
  }

  #wait(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const settle = (then: () => void): void => {
        clearTimeout(timer)
        this.#wake.delete(look)
        then()
      }
      const look = (): void => {
        if (condition()) settle(resolve)
      }
      const timer = setTimeout(
        () => settle(() => reject(new Mismatch(what, `nothing within ${this.#maxWait} ms`))),
        this.#maxWait,
      )
      this.#wake.add(look)
    })
  }

  #onData(chunk: Buffer): void {
    this.#observe('server', chunk)
    this.#framer.push(chunk)
    while (this.#framer.next()) this.#onFrame(this.#framer.reader)
    this.#notify()
  }

  #onFrame(reader: Reader): void {
    const bytes = Buffer.from(reader.bytes.subarray(reader.offset, reader.limit))
    if (this.handshake === undefined) {
      this.handshake = bytes
      this.response = readConnectResponse(reader)
      return
    }
    const header = readReplyHeader(reader)
    if (header.xid !== Xid.notification)
      this.frames.push({ answer: { ...header, bytes: bytes.subarray(16) } })
    else this.frames.push({ event: { ...readWatcherEvent(reader), zxid: header.zxid } })
  }

  #notify(): void {
    for (const look of [...this.#wake]) look()
  }
}
