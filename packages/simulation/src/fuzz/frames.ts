import {
  AddWatchMode,
  type AnyOperation,
  op,
  Reader,
  readWatcherEvent,
  Writer,
  writeReplyHeader,
  writeWatcherEvent,
  Xid,
} from '@zookit/jute'
import { type DissectedField, dissectFrame } from '@zookit/jute/dissect'
import { loadWireFixtures } from '@zookit/test-fixtures/wire'
import { mutant, type Random } from '../../../jute/test/fuzz/mutate.ts'

/** One field of a recorded frame that has no fields inside it. */
interface Span {
  readonly type: string
  readonly offset: number
  readonly length: number
}

/** A frame of a real server or client, without its length, and where its fields are. */
export interface Recorded {
  readonly bytes: Buffer
  readonly spans: readonly Span[]
}

/** A request of a real client, decoded: what a client of ours can be told to send. */
export interface RecordedBody {
  readonly operation: AnyOperation
  readonly body: unknown
}

type Side = 'client' | 'server'

function leaves(fields: readonly DissectedField[]): Span[] {
  return fields.flatMap(field =>
    field.children.length > 0
      ? leaves(field.children)
      : [{ type: field.type, offset: field.offset, length: field.length }],
  )
}

function recorded(bytes: Buffer, side: Side, opcode?: number): Recorded {
  const handshake = opcode === undefined
  const { fields } = dissectFrame(bytes, { side, handshake, opcode, showSecrets: true })
  return { bytes, spans: leaves(fields) }
}

const fixtures = loadWireFixtures()

export const CONNECT_REQUESTS: readonly Recorded[] = fixtures.handshakes.map(each =>
  recorded(each.request, 'client'),
)
export const CONNECT_RESPONSES: readonly Recorded[] = fixtures.handshakes.map(each =>
  recorded(each.reply, 'server'),
)
export const REQUESTS: readonly Recorded[] = fixtures.calls.map(call =>
  recorded(call.request, 'client', call.opcode),
)
export const EVENTS: readonly Recorded[] = fixtures.events.flatMap(({ events }) =>
  events.map(({ frame }) => recorded(frame, 'server', 0)),
)

/** The replies of real servers, by the opcode of the request. */
export const REPLIES: ReadonlyMap<number, readonly Recorded[]> = (() => {
  const replies = new Map<number, Recorded[]>()
  for (const { opcode, reply } of fixtures.calls) {
    if (reply === null) continue
    const list = replies.get(opcode) ?? []
    list.push(recorded(reply, 'server', opcode))
    replies.set(opcode, list)
  }
  return replies
})()

const ALL: readonly Buffer[] = [
  ...fixtures.calls.flatMap(({ request, reply }) => (reply === null ? [request] : [request, reply])),
  ...fixtures.events.flatMap(({ events }) => events.map(({ frame }) => frame)),
]

/** The operations that a session sends by itself, or that end it. */
const OWN = new Set<string>(['ping', 'auth', 'sasl', 'setWatches', 'setWatches2', 'closeSession'])

const MODES = new Set<number>(Object.values(AddWatchMode))

/** Every recorded request that a caller can make. */
export const BODIES: readonly RecordedBody[] = fixtures.calls.flatMap(({ opcode, request }) => {
  const operation = op.operations.find(row => row.code === opcode)
  if (operation === undefined || OWN.has(operation.name) || operation.xid !== 0) return []
  try {
    const body = operation.readRequest(new Reader(request.subarray(8)))
    operation.writeRequest(new Writer(64), body)
    // A session refuses a mode that no server knows, before it sends anything.
    const { mode = 0 } = body as { mode?: number }
    return operation === op.addWatch && !MODES.has(mode) ? [] : [{ operation, body }]
  } catch {
    // A request that the server was to refuse as malformed.
    return []
  }
})

/** Values at which decoders of a field of four bytes go wrong. */
const INTS = [-1, 0, 1, -2, 5, 0xff, 0xffff, 0x100000, 2 ** 31 - 1, -(2 ** 31), -101, -112, -115, -118, -124]
const LONGS = [0n, -1n, 1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 0xffff_ffffn]

/** Changes one field and keeps the others where they are, or exchanges it for a field of the same type of another frame. */
function changeField(frame: Recorded, random: Random, pool: readonly Recorded[]): Buffer {
  if (frame.spans.length === 0) return frame.bytes
  const { type, offset, length } = random.pick(frame.spans)
  if (random.below(3) === 0) {
    const other = random.pick(pool)
    const spans = other.spans.filter(span => span.type === type)
    if (spans.length > 0) {
      const span = random.pick(spans)
      const piece = other.bytes.subarray(span.offset, span.offset + span.length)
      return Buffer.concat([frame.bytes.subarray(0, offset), piece, frame.bytes.subarray(offset + length)])
    }
  }
  const copy = Buffer.from(frame.bytes)
  if (length === 8) copy.writeBigInt64BE(random.pick(LONGS), offset)
  else if (length === 4) copy.writeInt32BE(random.pick(INTS), offset)
  else if (length > 4 && random.below(2) === 0)
    copy[offset + 4 + random.below(length - 4)] = random.below(256)
  else if (length >= 4) copy.writeInt32BE(length - 4 + random.below(3) - 1, offset)
  else if (length > 0) copy[offset] = random.below(256)
  return copy
}

/** Makes a mutant of a frame: of one of its fields as a rule, else of any of its bytes, or of noise. */
export function mutate(frame: Recorded, random: Random, pool: readonly Recorded[]): Buffer {
  const choice = random.below(8)
  if (choice < 6) return changeField(frame, random, pool)
  return choice === 6 ? mutant([frame.bytes], random) : mutant(ALL, random)
}

/** Makes a reply's body of another xid, in place. A frame that is too short for a header stays as it is. */
export function withXid(bytes: Buffer, xid: number): Buffer {
  const copy = Buffer.from(bytes)
  if (copy.length >= 4) copy.writeInt32BE(xid)
  return copy
}

/** Makes the frame of an event for a path. */
export function eventFor(path: string, event: Recorded): Buffer {
  const reader = new Reader(event.bytes)
  reader.take(16)
  const { type, state } = readWatcherEvent(reader)
  const writer = new Writer(64)
  writeReplyHeader(writer, { xid: Xid.notification, zxid: 1n, err: 0 })
  writeWatcherEvent(writer, { type, state, path })
  return Buffer.from(writer.written())
}

/** Puts the length before a frame; sometimes, with a chance, a wrong one. */
export function framed(bytes: Buffer, random: Random): Buffer {
  const whole = Buffer.allocUnsafe(bytes.length + 4)
  const wrong = random.below(400) === 0
  whole.writeInt32BE(wrong ? random.pick(INTS) : bytes.length)
  whole.set(bytes, 4)
  return whole
}
