import { readdirSync, readFileSync } from 'node:fs'

/** A value as Java showed it: 64-bit integers are decimal strings, buffers are `{ hex }`. */
export type JavaValue =
  | null
  | boolean
  | number
  | string
  | { readonly hex: string }
  | readonly JavaValue[]
  | JavaRecord

/** A record field by field, under the names of jute's definition. */
export interface JavaRecord {
  readonly [field: string]: JavaValue
}

/** The result that Apache's client made of a reply. */
export interface WireOutcome {
  /** The xid of the reply header. It and the zxid are absent where the client sent the request by itself and shows neither. */
  readonly xid?: number
  readonly zxid?: bigint
  readonly err: number
  /** Null if there is no body, as after any error. */
  readonly response: JavaRecord | null
}

/** One request and its reply; frames come without their four length bytes. */
export interface WireCall {
  /** Unique, such as `create: NODE_EXISTS`; an error's name stands where the reply is one. */
  readonly name: string
  /** The operation's name, such as `getData`; `unknown` for an opcode that no server knows. */
  readonly operation: string
  readonly opcode: number
  /** The version of the server that answered. */
  readonly server: string
  readonly request: Buffer
  /** Null where the server never answers. */
  readonly reply: Buffer | null
  /** The request record that Java's client wrote; null if it has no body or Java did not show it. */
  readonly sent: JavaRecord | null
  /** Null where there is no reply. */
  readonly expect: WireOutcome | null
}

export interface WireHandshake {
  readonly name: string
  readonly server: string
  /** A ConnectRequest. */
  readonly request: Buffer
  /** A ConnectResponse. */
  readonly reply: Buffer
  /** The ConnectRequest's fields; without `readOnly` where the byte was not sent. */
  readonly sent: JavaRecord
  /** The ConnectResponse's fields, or `{ timeOut: 0, expired: true }`. */
  readonly expect: JavaRecord
}

export interface WireEvent {
  readonly frame: Buffer
  readonly expect: { readonly type: number; readonly state: number; readonly path: string }
}

/** Events that one connection got in this order. */
export interface WireEvents {
  readonly name: string
  readonly server: string
  readonly events: readonly WireEvent[]
}

/** All frames of one connection, in the order in which they passed. */
export interface WireStream {
  readonly name: string
  readonly server: string
  /** `sessionId`, and how many requests were pipelined. */
  readonly expect: JavaRecord
  /** The frames with their four length bytes, unlike everywhere else. */
  readonly frames: readonly { readonly from: 'client' | 'server'; readonly bytes: Buffer }[]
}

export interface WireFixtures {
  readonly calls: readonly WireCall[]
  readonly handshakes: readonly WireHandshake[]
  readonly events: readonly WireEvents[]
  readonly streams: readonly WireStream[]
}

/** A fixture as JSON has it: buffers as hex, zxids as decimal strings. */
type Stored<T> = T extends Buffer
  ? string
  : T extends bigint
    ? string
    : T extends readonly (infer Item)[]
      ? readonly Stored<Item>[]
      : T extends object
        ? { readonly [Key in keyof T]: Stored<T[Key]> }
        : T

const DIRECTORY = new URL('../wire/', import.meta.url)

function read<T>(file: string): readonly Stored<T>[] {
  return JSON.parse(readFileSync(new URL(file, DIRECTORY), 'utf8'))
}

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')

function call({ request, reply, expect, sent, ...rest }: Stored<WireCall>): WireCall {
  return {
    ...rest,
    request: bytes(request),
    reply: reply === null ? null : bytes(reply),
    sent: sent as JavaRecord | null,
    expect: expect && outcome(expect),
  }
}

function outcome({ zxid, response, ...rest }: Stored<WireOutcome>): WireOutcome {
  const body = response as JavaRecord | null
  return { ...rest, response: body, ...(zxid !== undefined && { zxid: BigInt(zxid) }) }
}

function handshake({ request, reply, sent, expect, ...rest }: Stored<WireHandshake>): WireHandshake {
  return {
    ...rest,
    request: bytes(request),
    reply: bytes(reply),
    sent: sent as JavaRecord,
    expect: expect as JavaRecord,
  }
}

/** Reads every frame recorded from real servers; `README.md` tells how they were made. */
export function loadWireFixtures(): WireFixtures {
  const special = new Set(['handshake.json', 'events.json', 'stream.json'])
  const operations = readdirSync(DIRECTORY).filter(file => file.endsWith('.json') && !special.has(file))
  return {
    calls: operations.sort().flatMap(file => read<WireCall>(file).map(call)),
    handshakes: read<WireHandshake>('handshake.json').map(handshake),
    events: read<WireEvents>('events.json').map(({ events, ...rest }) => ({
      ...rest,
      events: events.map(({ frame, expect }) => ({ frame: bytes(frame), expect })),
    })),
    streams: read<WireStream>('stream.json').map(({ frames, expect, ...rest }) => ({
      ...rest,
      expect: expect as JavaRecord,
      frames: frames.map(frame => ({ from: frame.from, bytes: bytes(frame.bytes) })),
    })),
  }
}

/**
 * Restates a decoded value as Java shows it, so that the two can be compared by deep equality: bigints as decimal
 * strings, bytes as `{ hex }`, and numbers as decimal strings where Java has a 64-bit integer.
 *
 * @param value what was decoded
 * @param like Java's reading, which tells the 64-bit fields that a decoder gives as numbers
 */
export function inJavaTerms(value: unknown, like: JavaValue | undefined): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return typeof like === 'string' ? String(value) : value
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString('hex') }
  if (Array.isArray(value)) return value.map((item, index) => inJavaTerms(item, part(like, index)))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, inJavaTerms(item, part(like, key))]),
  )
}

function part(value: JavaValue | undefined, key: string | number): JavaValue | undefined {
  return typeof value === 'object' && value !== null ? (value as JavaRecord)[key] : undefined
}
