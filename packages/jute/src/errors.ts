/** What is wrong with bytes that do not decode, or with a value that does not encode. */
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
  /** A string with a lone surrogate, which UTF-8 cannot say. */
  | 'BAD_STRING'

/** Bytes that are not what the protocol says, or a value that it cannot carry. */
export class JuteError extends Error {
  override readonly name = 'JuteError'
  /** What is wrong, for programs. */
  readonly code: JuteErrorCode
  /** Where in the buffer the reader or writer stood; -1 where no offset applies. */
  readonly offset: number

  /** Where `offset` is absent, none applies. */
  constructor(code: JuteErrorCode, message: string, offset = -1) {
    super(message)
    this.code = code
    this.offset = offset
  }
}
