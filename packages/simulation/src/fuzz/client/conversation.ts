import { isDeepStrictEqual } from 'node:util'
import { ZooKeeperError } from '@zookit/client'
import {
  type AnyOperation,
  ErrorNumber,
  Framer,
  op,
  Reader,
  readConnectRequest,
  readWatcherEvent,
  Writer,
  writeConnectResponse,
  writeReplyHeader,
  Xid,
} from '@zookit/jute'
import type { Random } from '../../../../jute/test/fuzz/mutate.ts'
import { expectTyped, Finding } from '../finding.ts'
import {
  BODIES,
  CONNECT_RESPONSES,
  EVENTS,
  eventFor,
  framed,
  mutate,
  REPLIES,
  type Recorded,
  withXid,
} from '../frames.ts'

/** The paths that are asked for with `exists`. For all others, the client asks what a create that was refused misses. */
const ASKED = new Set(
  BODIES.filter(({ operation }) => operation === op.exists).map(
    ({ body }) => (body as { path: string }).path,
  ),
)

/** The size of a reply's header. */
const HEADER = 16

/** The codes of errors that need no answer of the server to this request. */
const LOCAL = new Set([
  'CONNECTION_LOSS',
  'SESSION_EXPIRED',
  'AUTH_FAILED',
  'CLOSED',
  'MARSHALLING_ERROR',
  'RESPONSE_TOO_LARGE',
])

/** The only way in which an answered request may be settled. */
type Settlement =
  | { readonly kind: 'result'; readonly body: Buffer }
  | { readonly kind: 'none' }
  | { readonly kind: 'any' }
  | { readonly kind: 'error'; readonly err: number }

/** One request of the client, and what the bytes of the server allow it to become. */
export class Call {
  readonly operation: AnyOperation
  /** True if the result is that of the operation itself, and not what the watches make of it. */
  readonly plain: boolean
  xid = 0
  settlement: Settlement | null = null
  settled = false
  readonly #lacking: ReadonlySet<number>

  /** @param lacking the opcodes that the servers of this session have said not to know. */
  constructor(operation: AnyOperation, plain: boolean, lacking: ReadonlySet<number>) {
    this.operation = operation
    this.plain = plain
    this.#lacking = lacking
  }

  /** Judges a result. @throws Finding if no frame has answered this request with it. */
  onResult(result: unknown): void {
    this.settled = true
    const { settlement } = this
    const { name } = this.operation
    if (settlement === null || settlement.kind === 'error') {
      const found = settlement === null ? 'no answer to it' : `the error ${settlement.err}`
      throw new Finding(`${name} (xid ${this.xid}) has a result, and the server sent ${found}`)
    }
    if (!this.plain || settlement.kind === 'any') return
    const wanted =
      settlement.kind === 'none'
        ? null
        : this.operation.readResponse(new Reader(settlement.body.subarray(HEADER)))
    if (!isDeepStrictEqual(result, wanted))
      throw new Finding(`${name} has a result that is not in its answer`)
  }

  /** Judges a rejection. @throws Finding for an error that no answer to this request has, or an untyped one. */
  onError(error: unknown): void {
    this.settled = true
    expectTyped(error)
    if (!ZooKeeperError.is(error)) throw new Finding('a rejection that is no ZooKeeperError')
    const { settlement } = this
    if (settlement?.kind === 'any') return
    if (settlement?.kind === 'error' && settlement.err === error.errno) return
    // A server that closes the connection over a watch, again and again, is taken for one that does not know addWatch.
    if (error.code === 'UNIMPLEMENTED' && this.operation.name === 'addWatch') return
    // A request that waits behind one whose operation the server does not know is not sent any more.
    const isKnownToLack = this.xid === 0 && this.#lacking.has(this.operation.code)
    if (error.code === 'UNIMPLEMENTED' && isKnownToLack) return
    if (!LOCAL.has(error.code)) {
      throw new Finding(
        `${this.operation.name} was refused with ${error.code}, which the server did not answer`,
      )
    }
  }
}

/** The next frame of a hostile server. */
export interface HostileFrame {
  /** The frame with its length. */
  readonly bytes: Buffer
  /** True if no honest server would have sent it. */
  readonly mutated: boolean
}

/**
 * One connection of the client as a hostile server sees it. It reads what the client asks, makes up the frames that it
 * sends, and judges by those bytes alone, with a reading of its own, what each request may become.
 */
export class Conversation {
  /** The calls whose requests were not read on any connection yet, oldest first: shared by the connections of a session. */
  readonly #unsent: Call[]
  readonly #lacking: Set<number>
  readonly #maxFrame: number
  readonly #racing: boolean
  /** True when an answer went out before its request was read. */
  #undecided = false
  readonly #framer = new Framer()
  readonly #due: Call[] = []
  readonly #controls: number[] = []
  #shaken = false
  /** True behind the first frame, which answers the handshake whatever it has. */
  #greeted = false
  #asked: bigint | null = null
  /** The bytes that were sent and are no whole frame yet. */
  #sent: Buffer = Buffer.alloc(0)
  /** True if the client asked a four-letter word, as it does on a connection of its own. */
  asksWord = false
  /** The longest length, in bytes, of the frames that the last of the sent bytes belong to. */
  claimed = 0
  /** The bytes to come of a frame over the limit, of which the client reads the header alone. */
  #toSkip = 0
  /** True when the client can trust nothing any more that comes on this connection. */
  #over = false

  /**
   * @param lacking takes the opcodes that are answered with UNIMPLEMENTED.
   * @param racing true if frames and requests cross on their way, as they do over a socket.
   */
  constructor(unsent: Call[], lacking: Set<number>, maxFrame: number, racing = false) {
    this.#racing = racing
    this.#unsent = unsent
    this.#lacking = lacking
    this.#maxFrame = maxFrame
  }

  /** True if the client waits for the answer to its handshake. */
  get shaking(): boolean {
    return this.#asked !== null && !this.#shaken
  }

  /** True after a handshake was sent, good or bad. */
  get shaken(): boolean {
    return this.#shaken
  }

  /** Takes bytes that the client sent. */
  read(bytes: Uint8Array): void {
    if (this.#asked === null && /^[a-z]{4}$/.test(Buffer.from(bytes).toString('latin1'))) {
      this.asksWord = true
      return
    }
    this.#framer.push(bytes)
    while (this.#framer.next()) {
      const { reader } = this.#framer
      if (this.#asked === null) this.#asked = readConnectRequest(reader).sessionId
      else this.#onRequest(reader.int(), reader.int(), reader)
    }
  }

  #onRequest(xid: number, opcode: number, reader: Reader): void {
    if (xid <= 0) return void this.#controls.push(xid)
    const call = isLookUp(opcode, reader) ? new Call(op.exists, true, this.#lacking) : this.#called(opcode)
    if (call === undefined) return
    call.xid = xid
    if (this.#undecided) this.#leaveOpen(call)
    this.#due.push(call)
  }

  /** Lets a request become anything: the client has read the answers in an order that is not known here. */
  #leaveOpen(call: Call): void {
    call.settlement = { kind: 'any' }
    this.#lacking.add(call.operation.code)
  }

  /**
   * Takes the call that a request comes from. The last request of a session is its own: nobody has called it. A call that
   * was settled on its way here was answered early, or lost with the connection: nobody waits for an answer to it.
   */
  #called(opcode: number): Call | undefined {
    while (this.#unsent[0]?.settled && this.#unsent[0].operation.code !== opcode) this.#unsent.shift()
    if (this.#unsent[0]?.operation.code !== opcode) return undefined
    const call = this.#unsent.shift()
    return call?.settled ? undefined : call
  }

  /**
   * Takes note that the client settles a call. Over a socket, its request may come later, or never: then an answer that
   * went out before it was read may be an answer to it.
   */
  settles(call: Call): void {
    if (this.#undecided && this.#unsent.includes(call)) this.#leaveOpen(call)
  }

  /** Answers a four-letter word, with text or with anything else. */
  answerWord(random: Random): Buffer {
    if (random.below(2) === 0) return Buffer.from('Zookeeper version: 3.9.3\nMode: follower\n')
    return mutate(random.pick(EVENTS), random, EVENTS)
  }

  /** Answers the handshake: one time in eight with a mutant, whose length the client believes like any other. */
  shake(random: Random): HostileFrame {
    this.#shaken = true
    const hostile = this.#makeHandshake(random)
    this.follow(hostile.bytes)
    return hostile
  }

  #makeHandshake(random: Random): HostileFrame {
    const mutated = random.below(8) === 0
    if (mutated) {
      return {
        bytes: framed(mutate(random.pick(CONNECT_RESPONSES), random, CONNECT_RESPONSES), random),
        mutated,
      }
    }
    const writer = new Writer(64)
    const sessionId = this.#asked || BigInt(1 + random.below(2 ** 30))
    const passwd = Buffer.alloc(16, 7)
    writeConnectResponse(writer, { protocolVersion: 0, timeOut: 30_000, sessionId, passwd, readOnly: false })
    const body = writer.written()
    const bytes = Buffer.allocUnsafe(body.length + 4)
    bytes.writeInt32BE(body.length)
    bytes.set(body, 4)
    return { bytes, mutated }
  }

  /** Makes the next frame up. @param paths those of the client's watches. */
  next(random: Random, paths: readonly string[]): HostileFrame {
    const hostile = this.#make(random, paths)
    this.follow(hostile.bytes)
    return hostile
  }

  #make(random: Random, paths: readonly string[]): HostileFrame {
    const choice = random.below(16)
    const mutated = random.below(3) !== 0
    if (this.#controls.length > 0 && choice < 12) return this.#answerControl(random, random.below(6) === 0)
    if (this.#due.length > 0 && choice < 13) return this.#answer(random, mutated)
    const event = random.pick(EVENTS)
    if (choice < 15 && paths.length > 0 && !mutated) {
      return { bytes: framed(eventFor(random.pick(paths), event), random), mutated }
    }
    return { bytes: framed(mutate(event, random, EVENTS), random), mutated: true }
  }

  #answerControl(random: Random, mutated: boolean): HostileFrame {
    const xid = this.#controls.shift()!
    const writer = new Writer(16)
    writeReplyHeader(writer, { xid, zxid: 1n, err: mutated ? -random.below(130) : 0 })
    return { bytes: framed(Buffer.from(writer.written()), random), mutated }
  }

  #answer(random: Random, mutated: boolean): HostileFrame {
    const call = this.#due[0]!
    const pool: readonly Recorded[] = REPLIES.get(call.operation.code) ?? EVENTS
    const reply = random.pick(pool)
    if (!mutated) return { bytes: framed(withXid(reply.bytes, call.xid), random), mutated }
    const xids = [call.xid + 1, call.xid - 1, 0, -1, -2, -4, -8, 2 ** 31 - 1, this.#due.at(-1)!.xid]
    const xid = random.below(16) === 0 ? random.pick(xids) : call.xid
    return { bytes: framed(withXid(mutate(reply, random, pool), xid), random), mutated }
  }

  /** Follows the stream as the protocol has it, and notes what each request may become. @param bytes what was sent next. */
  follow(bytes: Buffer): void {
    this.#sent = this.#sent.length === 0 ? bytes : Buffer.concat([this.#sent, bytes])
    this.claimed = 0
    while (!this.#over) {
      const skipped = Math.min(this.#toSkip, this.#sent.length)
      this.#toSkip -= skipped
      this.#sent = this.#sent.subarray(skipped)
      if (this.#sent.length < 4) return
      const length = this.#sent.readInt32BE()
      if (length < 0) return this.#end()
      this.claimed = Math.max(this.claimed, length)
      const isLong = length > this.#maxFrame
      const size = isLong ? HEADER : length
      if (this.#sent.length < 4 + size) return
      if (this.#greeted) this.#judgeFrame(this.#sent.subarray(4, 4 + size), isLong)
      this.#greeted = true
      this.#sent = this.#sent.subarray(4 + size)
      this.#toSkip = length - size
    }
  }

  #judgeFrame(frame: Buffer, isLong: boolean): void {
    if (frame.length < HEADER) return this.#end()
    const xid = frame.readInt32BE()
    if (xid <= 0 && isLong) return this.#end()
    if (xid > 0) return this.#judgeReply(xid, frame, isLong)
    if (xid === Xid.notification && !isDecodable(frame, readWatcherEvent)) this.#end()
  }

  #judgeReply(xid: number, frame: Buffer, isLong: boolean): void {
    const err = frame.readInt32BE(12)
    // A server that does not know an operation says so at once, before the replies to earlier requests.
    const at = err === ErrorNumber.UNIMPLEMENTED ? this.#due.findIndex(due => due.xid === xid) : 0
    const call = this.#due[at]
    // Over a socket, the request may be on its way here: then this is an answer to it, which nobody can tell from a true one.
    if (call === undefined && this.#racing) {
      this.#undecided = true
      // To the client it may be in order, and then it reads on: the next frames may answer those that are due.
      for (const due of this.#due) this.#leaveOpen(due)
    }
    if (call?.xid !== xid) return this.#end()
    this.#due.splice(at, 1)
    const { operation } = call
    if (err === ErrorNumber.UNIMPLEMENTED) this.#lacking.add(operation.code)
    if (err !== 0) call.settlement = err === operation.noneOn ? { kind: 'none' } : { kind: 'error', err }
    else if (isLong) return
    else if (!isDecodable(frame, reader => operation.readResponse(reader))) this.#end()
    else call.settlement = { kind: 'result', body: frame }
  }

  #end(): void {
    this.#over = true
  }
}

/** Tells whether a request is one of the client's own, by which it learns what a refused create misses. */
function isLookUp(opcode: number, reader: Reader): boolean {
  return opcode === op.exists.code && !ASKED.has(op.exists.readRequest(reader).path)
}

function isDecodable(frame: Buffer, read: (reader: Reader) => unknown): boolean {
  try {
    read(new Reader(frame.subarray(HEADER)))
    return true
  } catch {
    return false
  }
}
