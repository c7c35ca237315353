import { JuteError } from './errors.ts'
import { longAt, longNumberAt } from './longs.ts'

/** The global Buffer, which is slower to look up each time. An import of node:buffer would load more than that. */
const { Buffer } = globalThis

/**
 * The Buffer that is handed out for every empty buffer: allocating an empty Buffer costs three times what a small one
 * does (0.3 us), and many znodes are empty. It is part of Node's pool, whose memory nobody can transfer away.
 */
const NO_BYTES: Buffer = Buffer.allocUnsafe(1).subarray(0, 0)

/**
 * Reads jute values from `bytes[offset, limit)`. The mirror image of `Writer`, method for method.
 *
 * Invariant: no method looks past `limit`, and none allocates more than the bytes that are left can fill.
 * A buffer that is returned is a copy, or fills most of the memory that it keeps alive: see `exclusive`.
 *
 * Every method throws a JuteError for bytes that are no such value: `TRUNCATED` where they end too early, `BAD_LENGTH`
 * for a length or count that they cannot hold, `UNEXPECTED_NULL` for a null where none is allowed.
 */
export class Reader {
  /** The bytes that are read. */
  bytes: Buffer
  /** The same bytes, for numbers. */
  view: DataView
  /** The position of the next value in `bytes`. */
  offset = 0
  /** The position in `bytes` where reading ends. */
  limit: number
  /**
   * True if no one else will ever use the bytes. A buffer that makes up most of them is then returned as a view, which
   * saves the copy of long data.
   */
  exclusive = false
  /** The memory of `view`. A lookup in `view` for each buffer costs 5 ns. */
  #memory: ArrayBufferLike
  #memoryOffset: number

  /** @param bytes the bytes to read, from the first to the last. */
  constructor(bytes: Uint8Array = NO_BYTES) {
    this.bytes = asBuffer(bytes)
    this.view = viewOf(bytes)
    this.#memory = this.view.buffer
    this.#memoryOffset = this.view.byteOffset
    this.limit = bytes.length
  }

  /** Points the reader at other bytes. */
  reset(bytes: Uint8Array, offset = 0, limit: number = bytes.length): this {
    this.exclusive = false
    this.bytes = asBuffer(bytes)
    this.view = viewOf(bytes)
    this.#memory = this.view.buffer
    this.#memoryOffset = this.view.byteOffset
    return this.seek(offset, limit)
  }

  /** Moves to a range of the same bytes. */
  seek(offset: number, limit: number): this {
    this.offset = offset
    this.limit = limit
    return this
  }

  /** The bytes that are left. */
  get remaining(): number {
    return this.limit - this.offset
  }

  /** Claims the next `size` bytes, of fields whose size is fixed, and returns their offset. */
  take(size: number): number {
    const at = this.offset
    if (size > this.limit - at) {
      throw new JuteError('TRUNCATED', `${size} bytes wanted at ${at}, ${this.limit - at} left`, at)
    }
    this.offset = at + size
    return at
  }

  /** Reads one byte: 0 is false, anything else is true. */
  boolean(): boolean {
    return this.bytes[this.take(1)] !== 0
  }

  /** Reads a trailing boolean that old peers do not send: undefined when the bytes end before it. */
  optionalBoolean(): boolean | undefined {
    return this.offset < this.limit ? this.boolean() : undefined
  }

  /** Reads a signed 32-bit integer. */
  int(): number {
    return this.view.getInt32(this.take(4))
  }

  /** Reads a signed 64-bit integer, exact. */
  long(): bigint {
    return longAt(this.view, this.take(8))
  }

  /** Reads a long that is a time or a duration: exact up to 2^53. */
  longNumber(): number {
    return longNumberAt(this.view, this.take(8))
  }

  /** Reads the length of a string, buffer or vector whose elements take at least `elementSize` bytes; -1 for null. */
  length(elementSize: number): number {
    const at = this.take(4)
    const length = this.view.getInt32(at)
    if (length < -1 || length * elementSize > this.limit - this.offset) {
      throw new JuteError('BAD_LENGTH', `length ${length} at ${at}, ${this.remaining} bytes left`, at)
    }
    return length
  }

  /** Reads a string or null. Bytes that are not UTF-8 become U+FFFD. */
  nullableUstring(): string | null {
    const length = this.length(1)
    if (length === -1) return null
    const at = this.offset
    this.offset = at + length
    return this.bytes.toString('utf8', at, at + length)
  }

  /** Reads a string. Bytes that are not UTF-8 become U+FFFD. */
  ustring(): string {
    return this.nullableUstring() ?? this.#unexpectedNull()
  }

  /** Reads bytes or null: a copy, unless the reader is `exclusive`. */
  nullableBuffer(): Buffer | null {
    const length = this.length(1)
    if (length === -1) return null
    if (length === 0) return NO_BYTES
    const at = this.offset
    this.offset = at + length
    if (this.exclusive && length * 2 > this.bytes.length) return this.bytes.subarray(at, at + length)
    const copy = Buffer.allocUnsafe(length)
    // A plain view of the source costs 15 ns less than the Buffer that `subarray` makes (100 bytes, Node 20).
    copy.set(new Uint8Array(this.#memory, this.#memoryOffset + at, length))
    return copy
  }

  /** Reads bytes: see `nullableBuffer`. */
  buffer(): Buffer {
    return this.nullableBuffer() ?? this.#unexpectedNull()
  }

  /** Reads a list of strings. */
  ustringVector(): string[] {
    return this.vector(readUstring, 4)
  }

  /** Reads a list or null: see `vector`. */
  nullableVector<T>(element: (reader: Reader) => T, elementSize: number): T[] | null {
    const length = this.length(elementSize)
    if (length === -1) return null
    const elements: T[] = []
    for (let i = 0; i < length; i++) elements.push(element(this))
    return elements
  }

  /**
   * Reads a list.
   *
   * @param element reads one element.
   * @param elementSize the fewest bytes that an element takes: they bound the count before anything is read.
   */
  vector<T>(element: (reader: Reader) => T, elementSize: number): T[] {
    return this.nullableVector(element, elementSize) ?? this.#unexpectedNull()
  }

  #unexpectedNull(): never {
    throw new JuteError('UNEXPECTED_NULL', `null at ${this.offset - 4}`, this.offset - 4)
  }
}

/** Reads an element of a list of strings that can be null. */
export function readUstring(reader: Reader): string {
  return reader.ustring()
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
