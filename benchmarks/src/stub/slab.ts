const SIZE = 1024 * 1024

/**
 * Memory for the replies to one read. Where the slab still holds the same reply from last time, only the xid is written.
 * This makes a reply cheaper than its handling in any client.
 */
export class Slab {
  readonly #bytes: Buffer = Buffer.allocUnsafeSlow(SIZE)
  readonly #view = new DataView(this.#bytes.buffer)
  #used = 0
  /** The reply that fills the first `#filled` bytes of the slab again and again; undefined if they differ. */
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

  /** Returns the replies and empties the slab. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#used)
    this.#used = 0
    if (this.#mixed) this.#template = undefined
    this.#mixed = false
    return taken
  }
}
