const SIZE = 1024 * 1024

/**
 * Memory for the replies to one read. Where the slab still holds the same reply from last time, only the xid is
 * written: that is what makes an answer cheaper than any client's handling of it.
 */
export class Slab {
  readonly #bytes: Buffer = Buffer.allocUnsafeSlow(SIZE)
  readonly #view = new DataView(this.#bytes.buffer)
  #used = 0
  /** What the slab holds, reply after reply, in its first `#filled` bytes; undefined for a mixture. */
  #template: Buffer | undefined
  #filled = 0
  #mixed = false

  fits(reply: Buffer): boolean {
    return this.#used + reply.length <= SIZE
  }

  add(reply: Buffer, xid: number): void {
    const at = this.#used
    if (reply !== this.#template) {
      this.#template = reply
      this.#filled = at
      this.#mixed = at > 0
    }
    if (at >= this.#filled) {
      this.#bytes.set(reply, at)
      this.#filled = at + reply.length
    }
    this.#view.setInt32(at + 4, xid)
    this.#used = at + reply.length
  }

  get empty(): boolean {
    return this.#used === 0
  }

  /** The replies; the slab is empty from then on. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#used)
    this.#used = 0
    if (this.#mixed) this.#template = undefined
    this.#mixed = false
    return taken
  }
}
