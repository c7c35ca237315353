import { IntBE, Layout, ns64be } from 'buffer-layout'
import { JuteError } from '../index.ts'
import { indeterminate, lengthAt, need, setLength, unexpectedNull } from './bounds.ts'
import type { BufferLayout, FieldLayout } from './types.ts'

/** Makes the layout of a signed 32-bit integer. */
export function int(property?: string): FieldLayout<number> {
  return new Int(property)
}

/** Makes the layout of a signed 64-bit integer, exact. */
export function long(property?: string): FieldLayout<bigint> {
  return new Long(property)
}

/** Makes the layout of a 64-bit time or duration in milliseconds: exact up to 2^53. */
export function longNumber(property?: string): FieldLayout<number> {
  return new LongNumber(property)
}

/** Makes the layout of one byte: 0 is false, anything else is true. */
export function boolean(property?: string): FieldLayout<boolean> {
  return new Bool(1, property)
}

/** Makes the layout of the last byte of a record that old peers do not send: undefined where the bytes end before it. */
export function optionalBoolean(property?: string): FieldLayout<boolean | undefined> {
  return new OptionalBool(-1, property)
}

/** Makes the layout of a string: an int32 byte length, then UTF-8. What is not UTF-8 becomes U+FFFD. */
export function ustring(property?: string): FieldLayout<string> {
  return new NonNull(new Text(property), property)
}

/** Makes the layout of a string or null, which is the length -1. */
export function nullableUstring(property?: string): FieldLayout<string | null> {
  return new Text(property)
}

/** Makes the layout of bytes: an int32 length, then as many. */
export function buffer(property?: string): BufferLayout<never> {
  return new NonNull<Buffer>(new Blob(property), property)
}

/** Makes the layout of bytes or null, which is the length -1. */
export function nullableBuffer(property?: string): BufferLayout<null> {
  return new Blob(property)
}

class Int extends IntBE {
  readonly kind = 'int'
  readonly typeName = 'int'
  readonly leastSpan = 4

  constructor(property?: string) {
    super(4, property)
  }

  override decode(bytes: Buffer, offset = 0): number {
    need(bytes, offset, 4)
    return super.decode(bytes, offset)
  }

  override encode(value: number, bytes: Buffer, offset = 0): number {
    need(bytes, offset, 4)
    return super.encode(value, bytes, offset)
  }
}

class Long extends Layout<bigint> {
  readonly kind = 'long'
  readonly typeName = 'long'
  readonly leastSpan = 8

  constructor(property?: string) {
    super(8, property)
  }

  override decode(bytes: Buffer, offset = 0): bigint {
    need(bytes, offset, 8)
    return bytes.readBigInt64BE(offset)
  }

  override encode(value: bigint, bytes: Buffer, offset = 0): number {
    need(bytes, offset, 8)
    bytes.writeBigInt64BE(value, offset)
    return 8
  }
}

const NEAR_LONG = ns64be()

class LongNumber extends Layout<number> {
  readonly kind = 'longNumber'
  readonly typeName = 'long'
  readonly leastSpan = 8

  constructor(property?: string) {
    super(8, property)
  }

  override decode(bytes: Buffer, offset = 0): number {
    need(bytes, offset, 8)
    return NEAR_LONG.decode(bytes, offset)
  }

  override encode(value: number, bytes: Buffer, offset = 0): number {
    need(bytes, offset, 8)
    return NEAR_LONG.encode(value, bytes, offset)
  }
}

class Bool extends Layout<boolean> {
  readonly kind = 'boolean'
  readonly typeName = 'boolean'
  readonly leastSpan: number = 1

  override decode(bytes: Buffer, offset = 0): boolean {
    need(bytes, offset, 1)
    return bytes[offset] !== 0
  }

  override encode(value: boolean, bytes: Buffer, offset = 0): number {
    need(bytes, offset, 1)
    bytes[offset] = value ? 1 : 0
    return 1
  }
}

class OptionalBool extends Layout<boolean | undefined> {
  readonly kind = 'boolean'
  readonly typeName = 'boolean'
  readonly leastSpan = 0

  override decode(bytes: Buffer, offset = 0): boolean | undefined {
    return offset < bytes.length ? bytes[offset] !== 0 : undefined
  }

  override encode(value: boolean | undefined, bytes: Buffer, offset = 0): number {
    if (value === undefined) return 0
    need(bytes, offset, 1)
    bytes[offset] = value ? 1 : 0
    return 1
  }

  override getSpan(bytes?: Buffer, offset = 0): number {
    if (bytes === undefined) return indeterminate()
    return offset < bytes.length ? 1 : 0
  }
}

/** An int32 byte length, -1 for null, and that many bytes. */
abstract class Counted<T> extends Layout<T | null> {
  readonly leastSpan = 4
  abstract readonly kind: 'ustring' | 'buffer'
  abstract readonly typeName: string

  constructor(property?: string) {
    super(-1, property)
  }

  protected abstract read(bytes: Buffer, start: number, end: number): T

  override decode(bytes: Buffer, offset = 0): T | null {
    const length = lengthAt(bytes, offset, 1)
    return length === -1 ? null : this.read(bytes, offset + 4, offset + 4 + length)
  }

  override getSpan(bytes?: Buffer, offset = 0): number {
    if (bytes === undefined) return indeterminate()
    return 4 + Math.max(0, lengthAt(bytes, offset, 1))
  }
}

class Text extends Counted<string> {
  readonly kind = 'ustring'
  readonly typeName = 'ustring'

  protected override read(bytes: Buffer, start: number, end: number): string {
    return bytes.toString('utf8', start, end)
  }

  override encode(value: string | null, bytes: Buffer, offset = 0): number {
    if (value === null) {
      setLength(bytes, offset, -1)
      return 4
    }
    if (!value.isWellFormed()) {
      throw new JuteError('BAD_STRING', 'a string with a lone surrogate cannot be sent', offset)
    }
    const length = Buffer.byteLength(value)
    need(bytes, offset, 4 + length)
    setLength(bytes, offset, length)
    bytes.write(value, offset + 4, 'utf8')
    return 4 + length
  }
}

class Blob extends Counted<Buffer> {
  readonly kind = 'buffer'
  readonly typeName = 'buffer'

  protected override read(bytes: Buffer, start: number, end: number): Buffer {
    return Buffer.from(bytes.subarray(start, end))
  }

  override encode(value: Uint8Array | null, bytes: Buffer, offset = 0): number {
    if (value === null) {
      setLength(bytes, offset, -1)
      return 4
    }
    need(bytes, offset, 4 + value.length)
    setLength(bytes, offset, value.length)
    bytes.set(value, offset + 4)
    return 4 + value.length
  }
}

/** A layout whose null is a malformed frame. */
class NonNull<T> extends Layout<T> {
  readonly kind: 'ustring' | 'buffer'
  readonly typeName: string
  readonly leastSpan = 4
  readonly nullable: Counted<T>

  constructor(nullable: Counted<T>, property?: string) {
    super(-1, property)
    this.nullable = nullable
    this.kind = nullable.kind
    this.typeName = nullable.typeName
  }

  override decode(bytes: Buffer, offset = 0): T {
    return this.nullable.decode(bytes, offset) ?? unexpectedNull(offset)
  }

  override encode(value: T, bytes: Buffer, offset = 0): number {
    return this.nullable.encode(value, bytes, offset)
  }

  override getSpan(bytes?: Buffer, offset = 0): number {
    return this.nullable.getSpan(bytes, offset)
  }
}
