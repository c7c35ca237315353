import { JuteError } from './errors.ts'
import { Reader } from './reader.ts'

/** `jute.maxbuffer`'s default, which servers enforce as `length > maximum`. */
export const DEFAULT_MAX_FRAME = 0xfffff

const SIZE = 64 * 1024
/** Memory is had in advance for a frame as long as the last one, up to this many times the usual size. */
const FORESEEN = 4
/** The first memory: enough for a handshake, and for a session that asks for little. */
const FIRST = 1024

/**
 * Cuts a byte stream into frames: an int32 length, then that many bytes.
 *
 * ```
 *   0          start            end            capacity
 *   |  consumed  |  not yet cut  |  space to fill  |
 * ```
 *
 * Bytes are put into `space()` by whoever has them (a socket can read straight into it) and announced with
 * `filled()`; `next()` then places `reader` on each whole frame in turn, without a copy. A frame is consumed
 * before it is handed out, so whoever reads it may stop or throw anywhere. What `reader` shows stays valid
 * until the next `space()`.
 */
export class Framer {
  /** Stands on the frame that `next()` cut last. */
  readonly reader: Reader
  readonly #maxFrame: number
  readonly #size: number
  #base: Buffer
  #start = 0
  #end = 0
  #last = 0
  /** The size of the last frame, if it was too long for the base: another as long is likely, and is read where it will stay. */
  #expected = 0

  /**
   * @param maxFrame the longest frame accepted, in bytes.
   * @param size the memory kept between frames once there was more to read than a little, in bytes; a longer frame gets
   *   its own for as long as it lasts.
   */
  constructor(maxFrame: number = DEFAULT_MAX_FRAME, size: number = SIZE) {
    this.#maxFrame = maxFrame
    this.#size = size
    this.#base = Buffer.allocUnsafe(Math.min(FIRST, size))
    this.reader = new Reader(this.#base)
    this.reader.limit = 0
  }

  /** Bytes that came but were not cut into a frame yet. */
  get pending(): number {
    return this.#end - this.#start
  }

  /** Those bytes: a view, valid until the next `space()`. */
  peek(): Buffer {
    return this.reader.bytes.subarray(this.#start, this.#end)
  }

  /** Where the next bytes of the stream go: never empty. */
  space(): Buffer {
    const size = this.#start === this.#end ? 0 : this.#frameSize()
    const wanted = Math.max(size, this.pending + 1)
    if (this.#base.length < this.#size && (this.#end === this.#base.length || wanted > this.#base.length)) {
      this.#enlarge()
    }
    const { bytes } = this.reader
    if (this.#start === this.#end) {
      this.#start = this.#end = 0
      const memory = this.#expected > 0 ? Buffer.allocUnsafeSlow(this.#expected) : this.#base
      this.#expected = 0
      if (bytes !== memory) this.reader.reset(memory, 0, 0)
      return memory
    }
    if (wanted > bytes.length) this.#moveTo(Buffer.allocUnsafeSlow(wanted))
    else if (wanted <= this.#base.length && bytes !== this.#base) this.#moveTo(this.#base)
    else if (this.#start > 0) this.#moveTo(bytes)
    return this.reader.bytes.subarray(this.#end)
  }

  /** Says that the first `size` bytes of the last `space()` hold the stream's next bytes. */
  filled(size: number): void {
    this.#end += size
  }

  /** Copies bytes in, for a stream that brings its own. */
  push(bytes: Uint8Array): void {
    if (bytes.length > this.space().length) this.#moveTo(Buffer.allocUnsafeSlow(this.pending + bytes.length))
    this.reader.bytes.set(bytes, this.#end)
    this.filled(bytes.length)
  }

  /**
   * Places `reader` on the next whole frame.
   *
   * @returns false when the frame is not whole yet.
   * @throws JuteError `BAD_LENGTH` for a negative length, `FRAME_TOO_LARGE` for one over the limit: the stream
   *   cannot be followed any further.
   */
  next(): boolean {
    const size = this.#frameSize()
    if (size === 0 || this.pending < size) return false
    const { bytes } = this.reader
    // Memory of its own that holds this frame and nothing else is never filled again.
    this.reader.exclusive = size === bytes.length && bytes !== this.#base
    this.#expected = size > this.#base.length && size <= this.#size * FORESEEN ? size : 0
    this.reader.seek(this.#start + 4, this.#start + size)
    this.#last = this.#start
    this.#start += size
    return true
  }

  /** Puts the frame that `next()` placed the reader on back: the next `next()` hands it out again. */
  rewind(): void {
    this.#start = this.#last
  }

  /** The size of the frame at `start` with its length field; 0 while that is not known. */
  #frameSize(): number {
    if (this.pending < 4) return 0
    const length = this.reader.view.getInt32(this.#start)
    if (length < 0) throw new JuteError('BAD_LENGTH', `a frame of length ${length}`, this.#start)
    if (length > this.#maxFrame) {
      const message = `a frame of ${length} bytes is over the limit of ${this.#maxFrame}`
      throw new JuteError('FRAME_TOO_LARGE', message, this.#start)
    }
    return length + 4
  }

  /** More came than the first memory holds: from now on there is as much as there will be. */
  #enlarge(): void {
    this.#base = Buffer.allocUnsafeSlow(this.#size)
    this.#moveTo(this.#base)
  }

  /** Moves the pending bytes to the front of some memory, which can be that where they are. */
  #moveTo(memory: Buffer): void {
    const { bytes } = this.reader
    const pending = this.pending
    bytes.copy(memory, 0, this.#start, this.#end)
    if (memory !== bytes) this.reader.reset(memory, 0, 0)
    this.#start = 0
    this.#end = pending
  }
}
