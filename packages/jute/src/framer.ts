import { JuteError } from './errors.ts'
import { Reader } from './reader.ts'

/** The default of `jute.maxbuffer`, in bytes, which servers enforce as `length > maximum`. */
export const DEFAULT_MAX_FRAME = 0xfffff

const SIZE = 64 * 1024
/** A long frame's successor gets memory of its own in advance, up to this many times the usual size. */
const FORESEEN = 4
/** The first memory, in bytes: enough for a handshake, and for a session with few requests. */
const FIRST = 1024

/**
 * Cuts a byte stream into frames: an int32 length, then that many bytes.
 *
 * ```
 *   0          start            end            capacity
 *   |  consumed  |  not yet cut  |  space to fill  |
 * ```
 *
 * The caller puts bytes into `space()` (a socket can read straight into it) and announces them with `filled()`.
 * `next()` then places `reader` on each whole frame in turn, without a copy. A frame is consumed before it is handed
 * out, so the code that reads it may stop or throw anywhere. The bytes of `reader` stay valid until the next `space()`.
 *
 * The trick: one piece of memory is filled and cut again and again, so that a frame costs no allocation. A frame that
 * is longer than this memory gets memory of its own; when it fills that memory alone, nobody else will use it, and its
 * data is handed out as a view instead of a copy (`Reader.exclusive`). Invariant: memory that was handed out as a view
 * is never filled again. `pnpm bench:codec` measures it.
 *
 * A frame over the limit is an error, or with `headSize` its first bytes are handed out and the rest is skipped as it
 * comes: it takes no memory, and the stream can be followed.
 */
export class Framer {
  /** The reader of the frame that `next()` cut last. */
  readonly reader: Reader
  /** The longest frame accepted, in bytes. */
  maxFrame: number
  /** The bytes that `next()` hands out of a frame over the limit; 0, the default, makes such a frame an error. */
  headSize = 0
  /** The length of the frame over the limit whose head `next()` handed out; 0 for a whole frame. */
  longLength = 0
  readonly #size: number
  #base: Buffer
  #start = 0
  #end = 0
  #last = 0
  /** The bytes to come of a frame over the limit, which are dropped. */
  #toSkip = 0
  /** The size of the last frame, if it was too long for the base: the next one is likely as long, and gets memory in advance. */
  #expected = 0

  /**
   * @param maxFrame the longest frame accepted, in bytes.
   * @param size the memory kept between frames, in bytes, once more than the first memory was needed. A longer frame
   *   gets memory of its own, for as long as it is read.
   */
  constructor(maxFrame: number = DEFAULT_MAX_FRAME, size: number = SIZE) {
    this.maxFrame = maxFrame
    this.#size = size
    this.#base = Buffer.allocUnsafe(Math.min(FIRST, size))
    this.reader = new Reader(this.#base)
    this.reader.limit = 0
  }

  /** The number of bytes that came and were not cut into a frame yet. */
  get pending(): number {
    return this.#end - this.#start
  }

  /** Returns those bytes: a view, valid until the next `space()`. */
  peek(): Buffer {
    return this.reader.bytes.subarray(this.#start, this.#end)
  }

  /** Returns the memory for the next bytes of the stream: never empty. */
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

  /** Announces that the first `size` bytes of the last `space()` are the stream's next bytes. */
  filled(size: number): void {
    this.#end += size
    if (this.#toSkip > 0) this.#skip()
  }

  /** Copies bytes in, for a stream that brings its own. */
  push(bytes: Uint8Array): void {
    if (bytes.length > this.space().length) this.#moveTo(Buffer.allocUnsafeSlow(this.pending + bytes.length))
    this.reader.bytes.set(bytes, this.#end)
    this.filled(bytes.length)
  }

  /**
   * Places `reader` on the next whole frame, or on the head of one over the limit: see `longLength`.
   *
   * @returns false when the frame, or its head, is not whole yet.
   * @throws JuteError `BAD_LENGTH` for a negative length, `FRAME_TOO_LARGE` for one over the limit if there is no
   *   `headSize`: the stream cannot be followed any further.
   */
  next(): boolean {
    this.longLength = 0
    const size = this.#frameSize()
    if (size === 0 || this.pending < size) return false
    const { bytes } = this.reader
    // Memory of its own that holds this frame and nothing else is never filled again.
    this.reader.exclusive = size === bytes.length && bytes !== this.#base
    this.#expected = size > this.#base.length && size <= this.#size * FORESEEN ? size : 0
    this.reader.seek(this.#start + 4, this.#start + size)
    this.#last = this.#start
    this.#start += size
    if (this.longLength > 0) {
      this.#toSkip = this.longLength + 4 - size
      this.#skip()
    }
    return true
  }

  /** Puts the frame that `next()` placed the reader on back: the next `next()` hands it out again. */
  rewind(): void {
    this.#start = this.#last
    this.#toSkip = 0
  }

  /** Drops what came of a frame over the limit. */
  #skip(): void {
    const skipped = Math.min(this.#toSkip, this.pending)
    this.#start += skipped
    this.#toSkip -= skipped
  }

  /** Returns the size of the frame at `start`, or of its head, with its length field; 0 while that is not known. */
  #frameSize(): number {
    if (this.pending < 4) return 0
    const length = this.reader.view.getInt32(this.#start)
    if (length < 0) {
      throw new JuteError('BAD_LENGTH', `a frame of length ${length}${this.#foreign()}`, this.#start)
    }
    if (length > this.maxFrame) {
      this.longLength = length
      if (this.headSize > 0) return Math.min(length, this.headSize) + 4
      const message = `a frame of ${length} bytes is over the limit of ${this.maxFrame}${this.#foreign()}`
      throw new JuteError('FRAME_TOO_LARGE', message, this.#start)
    }
    return length + 4
  }

  /** Quotes the length if it is text, by which another protocol is known: `HTTP`, `SSH-`. */
  #foreign(): string {
    const bytes = this.reader.bytes.subarray(this.#start, this.#start + 4)
    const isText = bytes.every(byte => byte >= 0x20 && byte < 0x7f)
    return isText ? `: its length is the text ${JSON.stringify(bytes.toString('latin1'))}` : ''
  }

  /** Replaces the first memory, once more came than it holds, by the memory of the usual size. */
  #enlarge(): void {
    this.#base = Buffer.allocUnsafeSlow(this.#size)
    this.#moveTo(this.#base)
  }

  /** Moves the pending bytes to the front of some memory, which can be the memory where they are. */
  #moveTo(memory: Buffer): void {
    const { bytes } = this.reader
    const pending = this.pending
    bytes.copy(memory, 0, this.#start, this.#end)
    if (memory !== bytes) this.reader.reset(memory, 0, 0)
    this.#start = 0
    this.#end = pending
  }
}
