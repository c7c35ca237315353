import { DEFAULT_MAX_FRAME, Framer, JuteError, Xid } from '../index.ts'
import { dissectFrame } from './frame.ts'
import { bytesField, lengthField, textFrame } from './pieces.ts'
import type { DissectedFrame, FrameKind, Side, StreamOptions } from './types.ts'

/** Requests whose replies never come are forgotten at this many. */
const MOST_REQUESTS = 65_536

/** The commands of administrators that a server takes in place of a handshake, and answers with text. */
const FOUR_LETTER_WORDS =
  /^(conf|cons|crst|dirs|dump|envi|gtmk|hash|isro|mntr|ruok|srst|srvr|stat|stmk|wchc|wchp|wchs)$/

/** Read as a length, four such characters are far over any limit. */
const TEXT = /^[\t\n\r -~]{4}$/

/** One direction of a connection. */
interface Half {
  readonly side: Side
  readonly framer: Framer
  /** The position in the stream of the first byte that the framer has not cut yet. */
  offset: number
  /** The next piece: the first frame, another one, text, or nothing that can be followed. */
  expects: 'first' | 'frame' | 'text' | 'nothing'
}

/**
 * Watches a connection: takes the bytes of both directions as they come, and dissects their frames.
 *
 * Replies are paired with requests by xid, so push a request's bytes before those of its reply. Memory is
 * bounded by the longest frame and by the longest push.
 */
export class Dissector {
  readonly #client: Half
  readonly #server: Half
  readonly #requests: Map<number, number>
  readonly #showSecrets: boolean

  /** @param options how both directions are to be read. */
  constructor(options: StreamOptions = {}) {
    const { handshake = true, maxFrame = DEFAULT_MAX_FRAME, requests = [], showSecrets = false } = options
    const expects = handshake ? 'first' : 'frame'
    this.#client = { side: 'client', framer: new Framer(maxFrame), offset: 0, expects }
    this.#server = { side: 'server', framer: new Framer(maxFrame), offset: 0, expects }
    this.#requests = new Map(requests)
    this.#showSecrets = showSecrets
  }

  /**
   * Takes the next bytes of one direction, cut anywhere.
   *
   * @returns the frames that they complete. A frame with an impossible length is returned with its fault; the rest of
   *   that direction cannot be followed, and is dropped.
   */
  push(side: Side, bytes: Uint8Array): DissectedFrame[] {
    const half = side === 'client' ? this.#client : this.#server
    if (half.expects === 'nothing' || bytes.length === 0) return []
    if (half.expects === 'text') return [this.#text(half, Buffer.from(bytes))]
    half.framer.push(bytes)
    if (half.expects === 'first' && half.framer.pending >= 4) {
      const word = half.framer.peek().toString('latin1', 0, 4)
      if (side === 'client' && FOUR_LETTER_WORDS.test(word)) return [this.#word(half)]
      if (side === 'server' && TEXT.test(word)) return [this.#text(half, Buffer.from(half.framer.peek()))]
    }
    return this.#frames(half)
  }

  /**
   * Ends the connection: no more bytes come.
   *
   * @returns for each direction that ends within a frame, that frame, with the end as its fault.
   */
  end(): DissectedFrame[] {
    const frames: DissectedFrame[] = []
    for (const half of [this.#client, this.#server]) {
      const followed = half.expects === 'first' || half.expects === 'frame'
      if (followed && half.framer.pending > 0) frames.push(this.#cutOff(half))
      half.expects = 'nothing'
    }
    return frames
  }

  #frames(half: Half): DissectedFrame[] {
    const frames: DissectedFrame[] = []
    try {
      while (half.framer.next()) {
        const { bytes, offset, limit } = half.framer.reader
        frames.push(this.#dissect(half, Buffer.from(bytes.subarray(offset - 4, limit))))
      }
    } catch (error) {
      if (!JuteError.is(error)) throw error
      frames.push(this.#lost(half, error))
    }
    return frames
  }

  /** Dissects a frame that begins with its length. */
  #dissect(half: Half, bytes: Buffer): DissectedFrame {
    const { side, offset } = half
    const handshake = half.expects === 'first'
    half.expects = 'frame'
    half.offset += bytes.length
    const frame = dissectFrame(bytes.subarray(4), {
      side,
      handshake,
      opcode: handshake ? undefined : this.#pair(side, bytes),
      offset: offset + 4,
      showSecrets: this.#showSecrets,
    })
    return { ...frame, offset, length: bytes.length, fields: [lengthField(offset, bytes), ...frame.fields] }
  }

  /** Remembers the opcode of a request, and finds it again for the reply. */
  #pair(side: Side, bytes: Buffer): number | undefined {
    if (bytes.length < 12) return undefined
    const xid = bytes.readInt32BE(4)
    if (side === 'server') {
      const opcode = this.#requests.get(xid)
      this.#requests.delete(xid)
      return opcode
    }
    if (xid > 0 || xid === Xid.setWatches) this.#requests.set(xid, bytes.readInt32BE(8))
    if (this.#requests.size > MOST_REQUESTS) this.#requests.delete(this.#requests.keys().next().value!)
    return undefined
  }

  #word(half: Half): DissectedFrame {
    const bytes = Buffer.from(half.framer.peek())
    const { side, offset } = half
    half.expects = 'text'
    half.offset += bytes.length
    if (this.#server.expects === 'first') this.#server.expects = 'text'
    const parts: [string, Buffer][] = [
      ['word', bytes.subarray(0, 4)],
      ['argument', bytes.subarray(4)],
    ]
    return textFrame(side, 'four-letter-word', offset, bytes, parts)
  }

  #text(half: Half, bytes: Buffer): DissectedFrame {
    const { side, offset } = half
    half.expects = 'text'
    half.offset += bytes.length
    return textFrame(side, 'text', offset, bytes, [['text', bytes]])
  }

  /** Makes the frame that stands for the rest of a stream behind an impossible length. */
  #lost(half: Half, { code, message }: JuteError): DissectedFrame {
    const bytes = Buffer.from(half.framer.peek())
    const fault = { field: 'length', offset: half.offset, code, reason: message }
    const rest = bytesField('undecoded', half.offset + 4, bytes.subarray(4), !this.#showSecrets)
    const fields = [lengthField(half.offset, bytes), ...(rest.length > 0 ? [rest] : [])]
    const frame = { ...this.#unread(half, bytes), fields, fault }
    half.expects = 'nothing'
    return frame
  }

  #cutOff(half: Half): DissectedFrame {
    const bytes = Buffer.from(half.framer.peek())
    const { offset } = half
    if (bytes.length < 4) {
      const reason = `4 bytes wanted, ${bytes.length} left`
      const fields = [bytesField('undecoded', offset, bytes, false)]
      return {
        ...this.#unread(half, bytes),
        fields,
        fault: { field: 'length', offset, code: 'TRUNCATED', reason },
      }
    }
    const end = `the stream ends ${bytes.length - 4} bytes into a frame of ${bytes.readInt32BE(0)}`
    const frame = this.#dissect(half, bytes)
    if (frame.fault) return { ...frame, fault: { ...frame.fault, reason: `${frame.fault.reason}: ${end}` } }
    return {
      ...frame,
      fault: { field: 'body', offset: offset + bytes.length, code: 'TRUNCATED', reason: end },
    }
  }

  /** Returns a frame of which no more than the length was read. */
  #unread({ side, offset, expects }: Half, bytes: Buffer): Omit<DissectedFrame, 'fields' | 'fault'> {
    const kinds: FrameKind[] =
      expects === 'first' ? ['connect-request', 'connect-response'] : ['request', 'reply']
    const kind = side === 'client' ? kinds[0]! : kinds[1]!
    return { side, kind, operation: null, xid: null, offset, length: bytes.length }
  }
}

/**
 * Dissects a whole stream of one direction.
 *
 * @param side the sender. In a server's stream, `options.requests` says what its replies answer; to watch both
 *   directions use `Dissector`.
 * @returns its frames. A last one that is cut off, or one with an impossible length, has that as its fault.
 */
export function dissectStream(side: Side, bytes: Uint8Array, options: StreamOptions = {}): DissectedFrame[] {
  const dissector = new Dissector(options)
  return [...dissector.push(side, bytes), ...dissector.end()]
}
