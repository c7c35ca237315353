import { JuteError } from './errors.ts'
import { setLongAt, setLongNumberAt } from './longs.ts'

/** The number of strings from which on one call into native code for all of them is faster than a loop over each. */
const MANY = 8
/** The number of strings that are joined at a time: the joined text is still in the processor's cache when it is written. */
const TOGETHER = 256
/** The placeholder for a string's length until the length is written. */
const GAP = '\0\0\0\0'

/** Memory of up to this many bytes is part of Node's pool. */
const LITTLE = 2048

/** The number of characters up to which a loop over ASCII is faster than the call into native code (45 ns, not 92, for 20). */
const SHORT = 40

/**
 * Writes jute values into `bytes`, growing it as needed. The mirror image of `Reader`, method for method.
 *
 * Null is -1 and empty is 0, for strings, buffers and vectors alike. Numbers outside of a field's range wrap.
 */
export class Writer {
  /** The memory that is written to. Each growth replaces it. */
  bytes: Buffer
  /** The same memory, for numbers. */
  view: DataView
  /** The number of bytes written: the next value begins there. */
  offset = 0

  /** @param size the first memory, in bytes. */
  constructor(size = 256) {
    // Small memory comes from Node's pool: memory of its own is allocated and collected separately.
    this.bytes = size <= LITTLE ? Buffer.allocUnsafe(size) : Buffer.allocUnsafeSlow(size)
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, size)
  }

  /** Returns the bytes written so far: a view, valid until the next write. */
  written(): Buffer {
    return this.bytes.subarray(0, this.offset)
  }

  /** Starts over in the same memory. */
  reset(): this {
    this.offset = 0
    return this
  }

  /**
   * Claims the next `size` bytes, for fields whose size is fixed, and returns their offset.
   *
   * It can replace `bytes` and `view`: claim first, then use them.
   */
  take(size: number): number {
    if (this.offset + size > this.bytes.length) this.grow(size)
    const at = this.offset
    this.offset = at + size
    return at
  }

  /** Writes one byte: 0 or 1. */
  boolean(value: boolean): this {
    const at = this.take(1)
    this.bytes[at] = value ? 1 : 0
    return this
  }

  /** Writes a trailing boolean that old peers do not send: nothing is written for undefined. */
  optionalBoolean(value: boolean | undefined): this {
    return value === undefined ? this : this.boolean(value)
  }

  /** Writes a signed 32-bit integer. */
  int(value: number): this {
    const at = this.take(4)
    this.view.setInt32(at, value)
    return this
  }

  /** Writes a signed 64-bit integer. */
  long(value: bigint): this {
    const at = this.take(8)
    setLongAt(this.view, at, value)
    return this
  }

  /** Writes a long that is a time or a duration: exact up to 2^53. */
  longNumber(value: number): this {
    const at = this.take(8)
    setLongNumberAt(this.view, at, value)
    return this
  }

  /** Writes a string or null: see `ustring`. */
  nullableUstring(value: string | null): this {
    return value === null ? this.int(-1) : this.ustring(value)
  }

  /**
   * Writes a string, as UTF-8.
   *
   * @throws JuteError `BAD_STRING` for a lone surrogate; nothing is written then.
   */
  ustring(value: string): this {
    // A UTF-16 unit takes at most three bytes of UTF-8: room for the worst case is claimed before writing.
    const worst = 4 + value.length * 3
    if (this.offset + worst > this.bytes.length) this.grow(worst)
    const at = this.offset
    let length = value.length
    if (length > SHORT || !this.#shortAscii(value, at + 4)) {
      if (!value.isWellFormed()) {
        throw new JuteError('BAD_STRING', 'a string with a lone surrogate cannot be sent', at)
      }
      length = this.bytes.write(value, at + 4, worst - 4, 'utf8')
    }
    this.view.setInt32(at, length)
    this.offset = at + 4 + length
    return this
  }

  /** Writes bytes or null. */
  nullableBuffer(value: Uint8Array | null): this {
    return value === null ? this.int(-1) : this.buffer(value)
  }

  /** Writes bytes. */
  buffer(value: Uint8Array): this {
    const at = this.take(4 + value.length)
    this.view.setInt32(at, value.length)
    this.bytes.set(value, at + 4)
    return this
  }

  /** Writes a list or null: see `vector`. */
  nullableVector<T>(values: readonly T[] | null, element: (writer: Writer, value: T) => void): this {
    return values === null ? this.int(-1) : this.vector(values, element)
  }

  /**
   * Writes a list.
   *
   * @param element writes one element.
   */
  vector<T>(values: readonly T[], element: (writer: Writer, value: T) => void): this {
    this.int(values.length)
    for (const value of values) element(this, value)
    return this
  }

  /** Writes a list of strings, as `vector` with their number before it: see `ustrings`. */
  ustringVector(values: readonly string[]): this {
    return this.int(values.length).ustrings(values)
  }

  /**
   * Writes strings, one behind the other.
   *
   * @throws JuteError `BAD_STRING` as `ustring`.
   */
  ustrings(values: readonly string[]): this {
    if (values.length < MANY) for (const value of values) this.ustring(value)
    else if (values.length <= TOGETHER) this.#joined(values)
    else for (let i = 0; i < values.length; i += TOGETHER) this.#joined(values.slice(i, i + TOGETHER))
    return this
  }

  /**
   * Writes strings as one.
   *
   * The problem: SetWatches after a reconnect can list 100 000 paths, and each call into native code costs more than
   * writing a short path. The trick: join the strings with four zero bytes between them, write them with one call, then
   * write each length into its gap. Invariant: the gaps are right only if every character became one byte, so a text
   * with anything but ASCII is written string by string. It takes half of the time (100 000 strings of 30 characters:
   * 4 ms, not 8; 5, not 28, before the code is compiled). `pnpm bench:codec` measures it.
   */
  #joined(values: readonly string[]): void {
    const text = values.join(GAP)
    // With room for one character more, as many bytes as characters were written only if all are ASCII.
    const room = text.length + 4
    const at = this.int(0).take(room)
    if (this.bytes.write(text, at, room, 'utf8') === text.length) {
      this.offset = fillGaps(this.bytes, this.view, at - 4, values)
    } else {
      this.offset = at - 4
      for (const value of values) this.ustring(value)
    }
  }

  /**
   * Writes a short string's units as bytes; returns false if one is not ASCII. Four units are written as one integer, which
   * takes 42 ns instead of 54 for 21 characters.
   */
  #shortAscii(value: string, at: number): boolean {
    const { bytes, view } = this
    const { length } = value
    let every = 0
    let i = 0
    for (; i + 4 <= length; i += 4) {
      const a = value.charCodeAt(i)
      const b = value.charCodeAt(i + 1)
      const c = value.charCodeAt(i + 2)
      const d = value.charCodeAt(i + 3)
      every |= a | b | c | d
      view.setInt32(at + i, (a << 24) | (b << 16) | (c << 8) | d)
    }
    for (; i < length; i++) {
      const unit = value.charCodeAt(i)
      every |= unit
      bytes[at + i] = unit
    }
    return every <= 0x7f
  }

  /** Makes room for `size` more bytes. What was written keeps its offsets. */
  protected grow(size: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.offset + size))
    grown.set(this.bytes.subarray(0, this.offset))
    this.replace(grown)
  }

  /** Continues in other memory, at the present offset. */
  protected replace(bytes: Buffer): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
}

/**
 * Writes each string's length before it. It is a function of its own because V8 compiles it after the first few hundred
 * strings; it does not compile the same loop in a method (2.5 ms of 100 000 strings).
 *
 * @returns the offset where the last string ends.
 */
function fillGaps(bytes: Buffer, view: DataView, from: number, values: readonly string[]): number {
  let at = from
  for (let i = 0; i < values.length; i++) {
    const { length } = values[i]!
    // Three bytes of a gap are right already, except for a long string.
    if (length <= 0xff) bytes[at + 3] = length
    else view.setInt32(at, length)
    at += 4 + length
  }
  return at
}

/** Writes an element of a list of strings that can be null. */
export function writeUstring(writer: Writer, value: string): void {
  writer.ustring(value)
}
