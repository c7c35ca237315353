import { OpCode, Xid } from '@zookit/jute'
import { Finding } from '../finding.ts'

const HEADER = 16

interface Asked {
  readonly xid: number
  readonly opcode: number
}

/** Follows what a server sends on one connection, and judges it by what was asked there. */
export class ReplyJudge {
  /** The answer to the handshake; null before it. */
  handshake: Buffer | null = null
  /** The replies, without events. */
  replies = 0
  /** The events. */
  events = 0
  /** The newest reply, without its length. */
  last: Buffer | null = null
  /** The bytes that were received. */
  received = 0
  #asked: Asked[] = []
  #bytes: Buffer = Buffer.alloc(0)

  /** Notes a frame that the server was sent after the handshake. */
  ask(frame: Buffer): void {
    if (frame.length >= 8) this.#asked.push({ xid: frame.readInt32BE(), opcode: frame.readInt32BE(4) })
  }

  /** Takes what the server sent. @throws Finding for a frame that answers nothing. */
  take(bytes: Buffer): void {
    this.received += bytes.length
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    while (this.#bytes.length >= 4) {
      const length = this.#bytes.readInt32BE()
      if (length < 0 || length > 2 ** 24) throw new Finding(`the server sends a frame of ${length} bytes`)
      if (this.#bytes.length < 4 + length) return
      this.#onFrame(this.#bytes.subarray(4, 4 + length))
      this.#bytes = this.#bytes.subarray(4 + length)
    }
  }

  #onFrame(frame: Buffer): void {
    if (this.handshake === null) {
      this.handshake = frame
      return
    }
    if (frame.length < HEADER) throw new Finding(`the server sends a reply of ${frame.length} bytes`)
    const xid = frame.readInt32BE()
    const at = this.#asked.findIndex(asked => answers(asked, xid))
    if (at >= 0) {
      // A request before it may have been left without an answer: a check alone has none.
      this.#asked.splice(0, at + 1)
      this.replies++
      this.last = frame
    } else if (xid === Xid.notification) this.events++
    else throw new Finding(`the server answers a request ${xid} that was not sent`)
  }
}

/** Tells if a reply with this xid answers a request. A ping is answered with the xid of pings, whatever its own was. */
function answers(asked: Asked, xid: number): boolean {
  return asked.xid === xid || (asked.opcode === OpCode.ping && xid === Xid.ping)
}
