import { JuteError, Writer } from '@zookit/jute'

const FIRST_SLAB = 2 * 1024
const SLAB = 64 * 1024

/**
 * Frames on their way out, encoded where they will be sent from.
 *
 * ```
 *   full slabs          the slab being written
 *   | frames | frames |  | sent | frames | frame begun | free |
 *                               ^ from   ^ frameStart
 * ```
 *
 * A frame never straddles two slabs, and what was handed to the transport is never written again: when a slab
 * is full, a fresh one takes its place.
 */
export class Outbox extends Writer {
  readonly #maxFrame: number
  #full: Buffer[] = []
  #from = 0
  #frameStart = 0
  /** Bytes of whole frames that are not taken yet. */
  pending = 0

  /** @param maxFrame the longest frame that the server accepts, in bytes. */
  constructor(maxFrame: number) {
    super(FIRST_SLAB)
    this.#maxFrame = maxFrame
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
  drain(size: number, sink: (bytes: Buffer) => void): void {
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
    sink(this.bytes.subarray(this.#from, this.#from + left))
    this.#from += left
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
  }
}
