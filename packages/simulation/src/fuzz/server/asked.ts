/** Cuts what an attacker sends into frames, with a reading of its own, whatever lengths it claims. */
export class AskedFrames {
  /** The longest length, in bytes, of the frames that the last of the bytes belong to. */
  claimed = 0
  #bytes: Buffer = Buffer.alloc(0)

  /** Takes bytes that were sent. @returns the frames that are whole now, without their lengths. */
  take(bytes: Buffer): Buffer[] {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
    this.claimed = bytes.length
    const frames: Buffer[] = []
    while (this.#bytes.length >= 4) {
      const length = this.#bytes.readInt32BE()
      if (length < 0) break
      this.claimed = Math.max(this.claimed, length)
      if (this.#bytes.length < 4 + length) break
      frames.push(this.#bytes.subarray(4, 4 + length))
      this.#bytes = this.#bytes.subarray(4 + length)
    }
    return frames
  }
}
