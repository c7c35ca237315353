import type { JuteErrorCode } from '../errors.ts'

/** The sender of the bytes. */
export type Side = 'client' | 'server'

/** The kind of a frame. The last two are no frames: a four-letter word, and a server's answer to one. */
export type FrameKind =
  | 'connect-request'
  | 'connect-response'
  | 'request'
  | 'reply'
  | 'notification'
  | 'four-letter-word'
  | 'text'

/** The value of a field. Records, vectors that are not null and multis have children instead. */
export type FieldValue = boolean | number | bigint | string | Buffer | null | undefined

/** One named piece of a frame. */
export interface DissectedField {
  /** The name in the record; `[0]`, `[1]` ... in a vector or multi. */
  readonly name: string
  /** The type as protocol-spec spells it; `bytes` for what no record names. */
  readonly type: string
  /** The position of its first byte in the stream. */
  readonly offset: number
  /** The bytes that it takes, with its length field and its children. */
  readonly length: number
  /** Undefined for a container, for an absent optional field, and where it is hidden. */
  readonly value: FieldValue
  /** The meaning of the value: the name of an operation, an error, an event type. Empty where it has none. */
  readonly meaning: string
  /** True if it is a credential, or may contain one, and is not shown. */
  readonly hidden: boolean
  /** The bytes that belong to it and to none of its children: a view. Of a hidden field, its length field at most. */
  readonly bytes: Buffer
  /** The fields inside it, in wire order. */
  readonly children: readonly DissectedField[]
}

/** The place where a frame cannot be decoded any further, and the reason. */
export interface Fault {
  /** The field that could not be read, by its way from the top: `body.acl[1].id.scheme`. */
  readonly field: string
  /** The position of that field's first byte in the stream. */
  readonly offset: number
  /** The code of the error that a codec would throw. */
  readonly code: JuteErrorCode
  /** The reason, for people. */
  readonly reason: string
}

/** One dissected frame. */
export interface DissectedFrame {
  /** The sender. */
  readonly side: Side
  /** The kind of frame. */
  readonly kind: FrameKind
  /** The operation as ZooKeeper spells it; null where there is none, or it is not known. */
  readonly operation: string | null
  /** Null in a handshake, in text, and where the header is cut off. */
  readonly xid: number | null
  /** The position of its first byte in the stream. */
  readonly offset: number
  /** All its bytes, with the length field where that is part of what was dissected. */
  readonly length: number
  /** `length` (of a stream), `header`, `body`, `trailing` or `undecoded`: those that there are, in wire order. */
  readonly fields: readonly DissectedField[]
  /** Null for a well-formed frame. What precedes the fault is in `fields` all the same. */
  readonly fault: Fault | null
}

/** The options of reading one frame. */
export interface FrameOptions {
  /** The sender. */
  readonly side: Side
  /** True for the first frame of its connection in its direction, which has no header. False if absent. */
  readonly handshake?: boolean | undefined
  /** The opcode of the request that a reply answers. Without it the body of a reply is left as bytes. */
  readonly opcode?: number | undefined
  /** The position of the frame in its stream, which is added to every offset. Default 0. */
  readonly offset?: number | undefined
  /** Shows passwords, auth data and SASL tokens. By default only their length is shown. */
  readonly showSecrets?: boolean | undefined
}

/** The options of reading a stream. */
export interface StreamOptions {
  /** True for a stream that begins with the handshake (or a four-letter word). True if absent. */
  readonly handshake?: boolean | undefined
  /** The opcodes of requests that were sent before the stream begins, by xid. */
  readonly requests?: Iterable<readonly [xid: number, opcode: number]> | undefined
  /** The longest frame, in bytes. `DEFAULT_MAX_FRAME` if absent. */
  readonly maxFrame?: number | undefined
  /** Shows passwords, auth data and SASL tokens. By default only their length is shown. */
  readonly showSecrets?: boolean | undefined
}
