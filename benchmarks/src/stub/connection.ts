import type { Socket } from 'node:net'
import { BARE_REPLY, handshakeAnswer } from './replies.ts'
import { Slab } from './slab.ts'

const READ_SIZE = 64 * 1024
/** Length, xid and opcode: all that is looked at of a request. */
const HEAD = 12
/** From this size on a reply is sent from where it is, behind eight bytes of its own, and not copied. */
const LARGE = 16 * 1024
const CLOSE_SESSION = -11

/** What the connections of a stub share. */
export interface Desk {
  replies: (Buffer | undefined)[]
  nextSession(): bigint
}

/**
 * Answers each request with the canned reply to its opcode: no session is kept, nothing is looked up. One write for
 * each read.
 */
export class StubConnection {
  readonly #desk: Desk
  readonly #input: Buffer = Buffer.allocUnsafeSlow(READ_SIZE)
  readonly #view = new DataView(this.#input.buffer)
  /** Slabs whose bytes the kernel has taken. */
  readonly #free: Slab[] = [new Slab()]
  #slab: Slab = new Slab()
  socket: Socket | undefined
  /** Bytes at the input's front that came before: less than a head, or part of a handshake. */
  #kept = 0
  /** Bytes still to come of a request that is answered already. */
  #skip = 0
  #shaken = false
  #closing = false

  constructor(desk: Desk) {
    this.#desk = desk
  }

  /** Where the next bytes go. */
  space(): Buffer {
    return this.#kept === 0 ? this.#input : this.#input.subarray(this.#kept)
  }

  onBytes(size: number): boolean {
    const end = this.#kept + size
    let at = Math.min(this.#skip, end)
    this.#skip -= at
    if (!this.#shaken) at = this.#shake(end)
    if (this.#shaken) at = this.#answer(at, end)
    if (at > 0 && at < end) this.#input.copyWithin(0, at, end)
    this.#kept = end - at
    this.#flush()
    if (this.#closing) this.socket!.end()
    return true
  }

  #shake(end: number): number {
    if (end < 4 || end < 4 + this.#view.getInt32(0)) return 0
    this.#shaken = true
    // Whoever comes back with a session gets it back.
    const asked = this.#view.getBigInt64(20)
    const session = asked === 0n ? this.#desk.nextSession() : asked
    this.socket!.write(handshakeAnswer(session, this.#view.getInt32(16)))
    return 4 + this.#view.getInt32(0)
  }

  #answer(from: number, end: number): number {
    const view = this.#view
    const { replies } = this.#desk
    let at = from
    while (end - at >= HEAD) {
      const opcode = view.getInt32(at + 8)
      this.#add(replies[opcode] ?? BARE_REPLY, view.getInt32(at + 4))
      if (opcode === CLOSE_SESSION) this.#closing = true
      at += 4 + view.getInt32(at)
    }
    if (at <= end) return at
    this.#skip = at - end
    return end
  }

  #add(reply: Buffer, xid: number): void {
    if (reply.length >= LARGE) return this.#sendLarge(reply, xid)
    if (!this.#slab.fits(reply)) this.#flush()
    this.#slab.add(reply, xid)
  }

  #sendLarge(reply: Buffer, xid: number): void {
    const head = Buffer.from(reply.subarray(0, 8))
    head.writeInt32BE(xid, 4)
    this.#flush()
    this.socket!.cork()
    this.socket!.write(head)
    this.socket!.write(reply.subarray(8))
    this.socket!.uncork()
  }

  #flush(): void {
    const slab = this.#slab
    if (slab.empty) return
    this.#slab = this.#free.pop() ?? new Slab()
    this.socket!.write(slab.take(), () => this.#free.push(slab))
  }
}
