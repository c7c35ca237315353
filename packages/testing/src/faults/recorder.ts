import { longAt, Reader, readConnectRequest, setLongAt, Writer } from '@zookit/jute'
import { operationByCode, operationName } from '../opcodes.ts'

/** A request that a server has received, decoded. */
export interface RecordedRequest {
  /** The number of the connection: 1 for the server's first. */
  readonly connection: number
  /** The session of the connection; 0 for a handshake. */
  readonly sessionId: bigint
  /** The time of the server's clock, in milliseconds. */
  readonly time: number
  /** 0 for a handshake, and for a frame without a whole header. */
  readonly xid: number
  /** 0 for a handshake, and for a frame without a whole header. */
  readonly opcode: number
  /** The operation's name as in operations.json; `connect` for a handshake, `truncated` for a frame without a whole header. */
  readonly operation: string
  /** The request record; null where there is none, or the bytes did not decode. */
  readonly body: unknown
  /** The bytes after the header; the whole frame where there is no header. */
  readonly bytes: Buffer
}

const HEADER = 32
const GENERATION = 512 * 1024

/** Decodes one request. Its body is null where the bytes do not decode. */
export function decodeRequest(
  connection: number,
  sessionId: bigint,
  time: number,
  handshake: boolean,
  frame: Buffer,
): RecordedRequest {
  const reader = new Reader(frame)
  if (handshake) {
    const body = attempt(() => readConnectRequest(reader))
    const operation = 'connect'
    return { connection, sessionId, time, xid: 0, opcode: 0, operation, body, bytes: frame }
  }
  // A frame without a whole header: the server closes the connection over it.
  if (frame.length < 8) {
    const operation = 'truncated'
    return { connection, sessionId, time, xid: 0, opcode: 0, operation, body: null, bytes: frame }
  }
  const xid = reader.int()
  const opcode = reader.int()
  const operation = operationName(opcode)
  const body = attempt(() => operationByCode.get(opcode)?.readRequest(reader) ?? null)
  return { connection, sessionId, time, xid, opcode, operation, body, bytes: frame.subarray(8) }
}

function attempt<T>(decode: () => T): T | null {
  try {
    return decode()
  } catch {
    return null
  }
}

/**
 * The last requests. They are kept as bytes and decoded when a test asks for them, so that recording costs one copy
 * of some fifty bytes. There are two buffers: when the newer is full, the older is dropped.
 */
export class RequestRecorder {
  readonly #enabled: boolean
  #older = new Writer(0)
  #newer: Writer

  constructor(enabled: boolean) {
    this.#enabled = enabled
    this.#newer = new Writer(enabled ? GENERATION : 0)
  }

  /** Records the frame that the reader is at. */
  record(connection: number, sessionId: bigint, time: number, handshake: boolean, reader: Reader): void {
    if (!this.#enabled) return
    const size = HEADER + reader.remaining
    if (this.#newer.offset + size > this.#newer.bytes.length) this.#rotate(size)
    const at = this.#newer.take(size)
    const view = this.#newer.view
    view.setInt32(at, size)
    view.setInt32(at + 4, connection)
    setLongAt(view, at + 8, sessionId)
    view.setFloat64(at + 16, time)
    view.setInt32(at + 24, handshake ? 1 : 0)
    reader.bytes.copy(this.#newer.bytes, at + HEADER, reader.offset, reader.limit)
  }

  /** Returns the recorded requests, oldest first. */
  all(): RecordedRequest[] {
    return [...decodeAll(this.#older), ...decodeAll(this.#newer)]
  }

  /** Drops the recorded requests. */
  clear(): void {
    this.#older = new Writer(0)
    this.#newer.reset()
  }

  #rotate(size: number): void {
    this.#older = this.#newer
    this.#newer = new Writer(Math.max(GENERATION, size))
  }
}

function* decodeAll(writer: Writer): Generator<RecordedRequest> {
  const { bytes, view } = writer
  for (let at = 0; at < writer.offset; at += view.getInt32(at)) {
    const frame = Buffer.from(bytes.subarray(at + HEADER, at + view.getInt32(at)))
    const handshake = view.getInt32(at + 24) === 1
    yield decodeRequest(
      view.getInt32(at + 4),
      longAt(view, at + 8),
      view.getFloat64(at + 16),
      handshake,
      frame,
    )
  }
}
