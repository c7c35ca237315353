import { JuteError, Writer } from '@zookit/jute'

const FIRST_SLAB = 512
const SLAB = 64 * 1024

/** Takes bytes. @returns how many it has not let go of: with 0 their memory is used again. */
export type Sink = (bytes: Buffer) => number

/**
 * Frames on their way out, encoded where they will be sent from.
 *
 * ```
 *   full slabs          the slab being written
 *   | frames | frames |  | sent | frames | frame begun | free |
 *                               ^ from   ^ frameStart
 * ```
 *
 * A frame never straddles two slabs. A slab whose bytes have all been let go of is written again from its beginning, and
 * stays in the processor's cache; one that a sink still holds bytes of is not, and when it is full, a fresh one takes its
 * place.
 */
export class Outbox extends Writer {
  readonly #maxFrame: number
  #full: Buffer[] = []
  #from = 0
  #frameStart = 0
  /** What was taken last from the slab's beginning. */
  #first: Buffer
  /** A sink holds bytes of the slab. */
  #held = false
  /** Bytes of whole frames that are not taken yet. */
  pending = 0

  /** @param maxFrame the longest frame that the server accepts, in bytes. */
  constructor(maxFrame: number) {
    super(FIRST_SLAB)
    this.#maxFrame = maxFrame
    this.#first = this.bytes
  }

  /** Begins a frame. */
  begin(): void {
    this.#frameStart = this.offset
    this.take(4)
  }

  /**
   * Ends the frame that was begun.
   *
   * @returns its size with the length field, in bytes.
   * @throws JuteError `FRAME_TOO_LARGE`; the frame is dropped.
   */
  end(): number {
    const size = this.offset - this.#frameStart
    if (size - 4 > this.#maxFrame) {
      this.rollback()
      throw new JuteError('FRAME_TOO_LARGE', `${size - 4} bytes are over the limit of ${this.#maxFrame}`)
    }
    this.view.setInt32(this.#frameStart, size - 4)
    this.pending += size
    return size
  }

  /** Drops the frame that was begun. */
  rollback(): void {
    this.offset = this.#frameStart
  }

  /** Takes the next `size` bytes, whole frames all, and hands them to `sink` in as few pieces as there are. */
  drain(size: number, sink: Sink): void {
    this.pending -= size
    let left = size
    while (left > 0) {
      const slab = this.#full[0]
      if (!slab) break
      const part = slab.length <= left ? slab : slab.subarray(0, left)
      if (part === slab) this.#full.shift()
      else this.#full[0] = slab.subarray(left)
      left -= part.length
      sink(part)
    }
    if (left === 0) return
    if (sink(this.#view(left)) > 0) this.#held = true
    this.#from += left
    if (this.#from === this.offset && !this.#held) this.#rewind()
  }

  /** The next `size` bytes of the slab. */
  #view(size: number): Buffer {
    if (this.#from > 0) return this.bytes.subarray(this.#from, this.#from + size)
    // Who asks again and again, with one request in flight, sends as many bytes each time: 0.1 us of a round trip.
    if (this.#first.length !== size || this.#first.buffer !== this.bytes.buffer) {
      this.#first = this.bytes.subarray(0, size)
    }
    return this.#first
  }

  #rewind(): void {
    if (this.bytes.length > SLAB) this.replace(Buffer.allocUnsafeSlow(SLAB))
    this.offset = this.#from = 0
  }

  protected override grow(size: number): void {
    const begun = this.bytes.subarray(this.#frameStart, this.offset)
    if (this.#frameStart > this.#from) this.#full.push(this.bytes.subarray(this.#from, this.#frameStart))
    // A long frame doubles its slab as it grows, so that writing it stays linear.
    const usual = Math.min(this.bytes.length * 2, SLAB)
    const slab = Buffer.allocUnsafeSlow(Math.max(usual, begun.length * 2, begun.length + size))
    slab.set(begun)
    this.replace(slab)
    this.offset = begun.length
    this.#from = this.#frameStart = 0
    this.#held = false
  }
}
