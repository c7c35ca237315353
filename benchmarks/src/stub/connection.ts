import type { Socket } from 'node:net'
import { OpCode } from '@zookit/jute'
import { BARE_REPLY, handshakeAnswer } from './replies.ts'
import { Slab } from './slab.ts'

const READ_SIZE = 64 * 1024
/** The size of length, xid and opcode: the stub reads nothing else of most requests. */
const HEAD = 12
/** The size from which a reply is not copied: it is sent from its own memory, after eight bytes with its xid. */
const LARGE = 16 * 1024
const CLOSE_SESSION = -11

/** `srvr` as the int that stands for a length, and the beginning of its answer. */
const SRVR = 0x73727672
const RELEASE = 'Zookeeper version: 3.9.5-stub\n'
/** The sizes of the parts of a multiRead before and behind each path, and the place of the flag that ends it. */
const MULTI_HEADER = 9
const MULTI_DONE = 4
const WATCH = 1

/** The state that the connections of a stub share. */
export interface Desk {
  replies: (Buffer | undefined)[]
  /** Returns the reply to a multiRead of that many znodes. */
  multiReadReply(count: number): Buffer
  nextSession(): bigint
}

/**
 * A connection that answers each request with the prepared reply to its opcode, and `srvr`. It has no sessions and no tree. It
 * writes once for each read.
 */
export class StubConnection {
  readonly #desk: Desk
  readonly #input: Buffer = Buffer.allocUnsafeSlow(READ_SIZE)
  readonly #view = new DataView(this.#input.buffer)
  /** Slabs whose bytes the kernel has taken. */
  readonly #free: Slab[] = [new Slab()]
  #slab: Slab = new Slab()
  socket: Socket | undefined
  /** The bytes at the front of the input from earlier reads: an incomplete head or handshake. */
  #kept = 0
  /** The missing bytes of a request that is answered already. */
  #skip = 0
  #shaken = false
  #closing = false

  constructor(desk: Desk) {
    this.#desk = desk
  }

  /** Returns the memory for the next bytes. */
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
    if (end >= 4 && this.#view.getInt32(0) === SRVR) {
      this.#closing = true
      this.socket!.write(RELEASE)
      return end
    }
    if (end < 4 || end < 4 + this.#view.getInt32(0)) return 0
    this.#shaken = true
    // A client that asks for its previous session gets it.
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
      if (opcode === OpCode.multiRead) {
        if (end - at < 4 + view.getInt32(at)) return at
        this.#add(this.#desk.multiReadReply(this.#readsAt(at + HEAD)), view.getInt32(at + 4))
      } else this.#add(replies[opcode] ?? BARE_REPLY, view.getInt32(at + 4))
      if (opcode === CLOSE_SESSION) this.#closing = true
      at += 4 + view.getInt32(at)
    }
    if (at <= end) return at
    this.#skip = at - end
    return end
  }

  /** Counts the reads of a multiRead. */
  #readsAt(from: number): number {
    let count = 0
    for (let at = from; this.#input[at + MULTI_DONE] === 0; count++) {
      at += MULTI_HEADER + 4 + this.#view.getInt32(at + MULTI_HEADER) + WATCH
    }
    return count
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
