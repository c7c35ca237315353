/** The reason why bytes do not decode, or a value does not encode. */
export type JuteErrorCode =
  /** A field needs more bytes than the frame has left. */
  | 'TRUNCATED'
  /** A length or count is negative (and not the -1 of null), or larger than the bytes that are left. */
  | 'BAD_LENGTH'
  /** A null where the record has none. */
  | 'UNEXPECTED_NULL'
  /** A frame longer than the limit, on the way in or out. */
  | 'FRAME_TOO_LARGE'
  /** A value of a union, such as a multi's operation type, that the protocol does not know. */
  | 'UNKNOWN_TYPE'
  /** A string with a lone surrogate, which UTF-8 cannot express. */
  | 'BAD_STRING'

/** Marks the errors of every copy of this package. */
const BRAND: symbol = Symbol.for('@zookit/jute JuteError')

/** Bytes that are not what the protocol says, or a value that it cannot carry. */
export class JuteError extends Error {
  override readonly name = 'JuteError'
  /** The reason, for programs. */
  readonly code: JuteErrorCode
  /** The offset in the buffer at which the reader or writer was; -1 where none applies. */
  readonly offset: number

  /** @param offset the place in the buffer, in bytes; absent where none applies. */
  constructor(code: JuteErrorCode, message: string, offset = -1) {
    super(message)
    this.code = code
    this.offset = offset
  }

  static {
    Object.defineProperty(JuteError.prototype, BRAND, { value: true })
  }

  /** Returns whether a value is a JuteError, also one of another copy of this package or of another realm. */
  static is(value: unknown): value is JuteError {
    return typeof value === 'object' && value !== null && BRAND in value
  }
}
