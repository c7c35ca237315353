import type { MultiHeader } from '../generated/records.ts'

/** The kinds of layout: one value of a jute type, or a container of others. */
export type LayoutKind = FieldKind | 'vector' | 'record' | 'multi'

/** The kinds that have no parts. */
export type FieldKind = 'boolean' | 'int' | 'long' | 'longNumber' | 'ustring' | 'buffer'

/**
 * A buffer-layout `Layout`: the form of a value of type `T` in bytes.
 *
 * This interface describes buffer-layout's class, which comes without types. A layout of this package can be a field of
 * a buffer-layout `struct`, and the other way round.
 */
export interface Layout<T> {
  /** The bytes that a value takes; -1 where that depends on the value. */
  readonly span: number
  /** The name that the value has in the structure around it. */
  readonly property: string | undefined
  /**
   * Reads a value.
   *
   * @param bytes what is read: nothing past its end.
   * @param offset where the value begins, in bytes; 0 if absent.
   * @throws JuteError where the bytes are not a value.
   */
  decode(bytes: Buffer, offset?: number): T
  /**
   * Writes a value.
   *
   * @param bytes what is written to: it does not grow.
   * @param offset where the value is to begin, in bytes; 0 if absent.
   * @returns how many bytes the value took.
   * @throws JuteError `TRUNCATED` where the value does not fit, `BAD_STRING` for a lone surrogate.
   */
  encode(value: T, bytes: Buffer, offset?: number): number
  /**
   * Returns the bytes that the value at `offset` takes. Where `span` is not negative, no bytes are needed to say so.
   *
   * @throws RangeError without bytes, where the span depends on them; JuteError where they are not a value.
   */
  getSpan(bytes?: Buffer, offset?: number): number
  /** Returns the same layout under another name. */
  replicate(property: string): this
}

/** A layout of this package: a buffer-layout `Layout` with more facts. */
export interface JuteLayout<T> extends Layout<T> {
  /** The kind of value. */
  readonly kind: LayoutKind
  /** The type as protocol-spec writes it: `ustring`, `vector<ACL>`, `Stat`. */
  readonly typeName: string
  /** The fewest bytes that a value can take: what bounds a vector's count before anything is read. */
  readonly leastSpan: number
}

/** A value without parts. */
export interface FieldLayout<T> extends JuteLayout<T> {
  readonly kind: FieldKind
}

/** An int32 byte length (-1 for null), then bytes. What is decoded is a copy. */
export interface BufferLayout<Null> extends FieldLayout<Buffer | Null> {
  encode(value: Uint8Array | Null, bytes: Buffer, offset?: number): number
}

/** An int32 count (-1 for null), then the elements one after the other. */
export interface VectorLayout<T, Null> extends JuteLayout<T[] | Null> {
  readonly kind: 'vector'
  /** True if the count -1 is a value (null). */
  readonly nullable: boolean
  /** The layout of an element. */
  readonly elementLayout: Layout<T>
  encode(value: readonly T[] | Null, bytes: Buffer, offset?: number): number
}

/** Fields one after the other: a buffer-layout `Structure`. */
export interface RecordLayout<T> extends JuteLayout<T> {
  readonly kind: 'record'
  /** The layouts of the fields in wire order. Each has its name in `property`. */
  readonly fields: readonly Layout<unknown>[]
  /** The names of the fields that nobody should print. */
  readonly secrets: readonly string[]
}

/** A run of `{ MultiHeader, body }` pairs, closed by the header whose `done` is true. */
export interface MultiLayout<T> extends JuteLayout<T> {
  readonly kind: 'multi'
  /** The layout of the header before each body. */
  readonly header: RecordLayout<MultiHeader>
  /** The layout of the body for each type that a header can name; null where there are no bytes. */
  readonly bodies: ReadonlyMap<number, Layout<unknown> | null>
}

/** Any layout, to be told apart by its `kind`, which those of other makers do not have. */
export type AnyLayout =
  | FieldLayout<unknown>
  | VectorLayout<unknown, null>
  | RecordLayout<unknown>
  | MultiLayout<unknown>
  | (Layout<unknown> & { readonly kind?: undefined })

/** The bodies of an operation; null where it has none. */
export interface OperationLayouts {
  /** The operation as ZooKeeper spells it. */
  readonly name: string
  /** The body of a request. */
  readonly request: RecordLayout<unknown> | MultiLayout<unknown> | null
  /** The body of a reply. */
  readonly response: RecordLayout<unknown> | MultiLayout<unknown> | null
}
