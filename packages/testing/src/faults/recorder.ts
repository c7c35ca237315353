import { longAt, Reader, readConnectRequest, setLongAt, Writer } from '@zookit/jute'
import { operationByCode, operationName } from '../opcodes.ts'

/** A request that a server was sent, decoded. */
export interface RecordedRequest {
  /** Number of the connection that it came through: 1 for the server's first. */
  readonly connection: number
  /** The session of the connection; 0 for a handshake. */
  readonly sessionId: bigint
  /** The server's clock, in milliseconds. */
  readonly time: number
  /** 0 for a handshake. */
  readonly xid: number
  /** 0 for a handshake. */
  readonly opcode: number
  /** As in operations.json, and `connect` for a handshake. */
  readonly operation: string
  /** The request record; null where there is none or the bytes did not decode. */
  readonly body: unknown
  /** What followed the header, or the whole handshake. */
  readonly bytes: Buffer
}

const HEADER = 32
const GENERATION = 512 * 1024

/** Decodes one request. A body that does not decode is null. */
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
 * The last requests, as bytes until somebody asks: two generations of memory, of which the older is forgotten
 * when the newer is full. Recording is a copy of some fifty bytes.
 */
export class RequestRecorder {
  readonly #enabled: boolean
  #older = new Writer(0)
  #newer: Writer

  constructor(enabled: boolean) {
    this.#enabled = enabled
    this.#newer = new Writer(enabled ? GENERATION : 0)
  }

  /** Keeps the frame that a reader stands on. */
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

  /** What has been recorded, oldest first. */
  all(): RecordedRequest[] {
    return [...decodeAll(this.#older), ...decodeAll(this.#newer)]
  }

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
