import type { JuteErrorCode } from '../errors.ts'

/** Who sent the bytes. */
export type Side = 'client' | 'server'

/** What a frame is. The last two are no frames: a four-letter word, and what a server says to one. */
export type FrameKind =
  | 'connect-request'
  | 'connect-response'
  | 'request'
  | 'reply'
  | 'notification'
  | 'four-letter-word'
  | 'text'

/** What a field can hold. Records, vectors that are not null and multis hold their children instead. */
export type FieldValue = boolean | number | bigint | string | Buffer | null | undefined

/** One named piece of a frame. */
export interface DissectedField {
  /** As the record spells it; `[0]`, `[1]` ... in a vector or multi. */
  readonly name: string
  /** As records.jute spells it; `bytes` for what no record names. */
  readonly type: string
  /** Where it begins, in bytes from the start of the stream. */
  readonly offset: number
  /** The bytes that it takes, with its length field and its children. */
  readonly length: number
  /** Undefined for a container, for an absent optional field, and where it is hidden. */
  readonly value: FieldValue
  /** What the value stands for: the name of an operation, an error, an event type. Empty where nothing is to be said. */
  readonly meaning: string
  /** Whether it is a credential, or may contain one, and is not shown. */
  readonly hidden: boolean
  /** The bytes that belong to it and to none of its children: a view. Of a hidden field, its length field at most. */
  readonly bytes: Buffer
  /** What it contains, in wire order. */
  readonly children: readonly DissectedField[]
}

/** Where and why a frame stops making sense. */
export interface Fault {
  /** The field that could not be read, by its way from the top: `body.acl[1].id.scheme`. */
  readonly field: string
  /** Where that field begins, in bytes from the start of the stream. */
  readonly offset: number
  /** What kind of error a codec would throw. */
  readonly code: JuteErrorCode
  /** In words. */
  readonly reason: string
}

/** One frame, taken apart. */
export interface DissectedFrame {
  /** Who sent it. */
  readonly side: Side
  /** What it is. */
  readonly kind: FrameKind
  /** The operation as ZooKeeper spells it; null where there is none, or it is not known. */
  readonly operation: string | null
  /** Null in a handshake, in text, and where the header is cut off. */
  readonly xid: number | null
  /** Where it begins, in bytes from the start of the stream. */
  readonly offset: number
  /** All its bytes, with the length field where that is part of what was dissected. */
  readonly length: number
  /** `length` (of a stream), `header`, `body`, `trailing` or `undecoded`: those that there are, in wire order. */
  readonly fields: readonly DissectedField[]
  /** Null for a well-formed frame. What precedes the fault is in `fields` all the same. */
  readonly fault: Fault | null
}

/** How one frame is to be read. */
export interface FrameOptions {
  /** Who sent it. */
  readonly side: Side
  /** Whether it is the first frame of its connection in its direction: those have no header. False if absent. */
  readonly handshake?: boolean | undefined
  /** For a reply: the opcode of the request that it answers. Without it the body of a reply is left as bytes. */
  readonly opcode?: number | undefined
  /** Where the frame stands in its stream: added to every offset. 0 if absent. */
  readonly offset?: number | undefined
  /** Whether to show passwords, auth data and SASL tokens. By default only their length is shown. */
  readonly showSecrets?: boolean | undefined
}

/** How a stream is to be read. */
export interface StreamOptions {
  /** Whether the stream begins with the handshake (or a four-letter word). True if absent. */
  readonly handshake?: boolean | undefined
  /** The opcodes of requests that were sent before the stream begins, by xid. */
  readonly requests?: Iterable<readonly [xid: number, opcode: number]> | undefined
  /** The longest frame, in bytes. `DEFAULT_MAX_FRAME` if absent. */
  readonly maxFrame?: number | undefined
  /** Whether to show passwords, auth data and SASL tokens. By default only their length is shown. */
  readonly showSecrets?: boolean | undefined
}
