import { Layout, Structure } from 'buffer-layout'
import { indeterminate, leastSpanOf, lengthAt, setLength, unexpectedNull } from './bounds.ts'
import type { RecordLayout, Layout as Shape, VectorLayout } from './types.ts'

/**
 * Makes the layout of a list of values of one layout: an int32 count, then the elements.
 *
 * @param elementLayout any layout, also one made with buffer-layout; an element takes at least one byte.
 */
export function vector<T>(elementLayout: Shape<T>, property?: string): VectorLayout<T, never> {
  return new NonNullVector<T>(elementLayout, property)
}

/** Makes the layout of a list or null, which is the count -1. */
export function nullableVector<T>(elementLayout: Shape<T>, property?: string): VectorLayout<T, null> {
  return new NullableVector<T>(elementLayout, property)
}

/**
 * Makes the layout of an object: its fields one after the other.
 *
 * @param name the record's name.
 * @param fields the fields in wire order; each must have a property name.
 * @param secrets the fields that nobody should print.
 */
export function record<T extends object>(
  name: string,
  fields: readonly Shape<unknown>[],
  secrets: readonly string[] = [],
): RecordLayout<T> {
  return new RecordStructure<T>(name, fields, secrets)
}

function typeNameOf(layout: Shape<unknown> & { readonly typeName?: string }): string {
  return layout.typeName ?? layout.constructor.name
}

abstract class Vector<T, Null> extends Layout<T[] | Null> {
  readonly kind = 'vector'
  abstract readonly nullable: boolean
  readonly typeName: string
  readonly leastSpan = 4
  readonly elementLayout: Shape<T>

  constructor(elementLayout: Shape<T>, property?: string) {
    super(-1, property)
    this.elementLayout = elementLayout
    this.typeName = `vector<${typeNameOf(elementLayout)}>`
  }

  protected read(bytes: Buffer, offset: number): T[] | null {
    const count = lengthAt(bytes, offset, leastSpanOf(this.elementLayout))
    if (count === -1) return null
    const elements: T[] = []
    let at = offset + 4
    for (let i = 0; i < count; i++) {
      elements.push(this.elementLayout.decode(bytes, at))
      at += this.elementLayout.getSpan(bytes, at)
    }
    return elements
  }

  protected write(values: readonly T[] | null, bytes: Buffer, offset: number): number {
    setLength(bytes, offset, values === null ? -1 : values.length)
    let at = offset + 4
    for (const value of values ?? []) at += this.elementLayout.encode(value, bytes, at)
    return at - offset
  }

  override getSpan(bytes?: Buffer, offset = 0): number {
    if (bytes === undefined) return indeterminate()
    const count = lengthAt(bytes, offset, leastSpanOf(this.elementLayout))
    let at = offset + 4
    for (let i = 0; i < count; i++) at += this.elementLayout.getSpan(bytes, at)
    return at - offset
  }
}

class NullableVector<T> extends Vector<T, null> {
  readonly nullable = true

  override decode(bytes: Buffer, offset = 0): T[] | null {
    return this.read(bytes, offset)
  }

  override encode(value: readonly T[] | null, bytes: Buffer, offset = 0): number {
    return this.write(value, bytes, offset)
  }
}

class NonNullVector<T> extends Vector<T, never> {
  readonly nullable = false

  override decode(bytes: Buffer, offset = 0): T[] {
    return this.read(bytes, offset) ?? unexpectedNull(offset)
  }

  override encode(value: readonly T[], bytes: Buffer, offset = 0): number {
    return this.write(value, bytes, offset)
  }
}

/**
 * buffer-layout's Structure reads; writing and measuring are ours. Its `encode` steps back a byte for an
 * absent value of varying size, and its `getSpan` turns every error into 'indeterminate span'.
 */
class RecordStructure<T extends object> extends Structure<T> {
  readonly kind = 'record'
  readonly typeName: string
  readonly leastSpan: number
  readonly secrets: readonly string[]

  constructor(name: string, fields: readonly Shape<unknown>[], secrets: readonly string[]) {
    super(fields as readonly Layout[])
    this.typeName = name
    this.secrets = secrets
    this.leastSpan = fields.reduce((sum, field) => sum + leastSpanOf(field), 0)
  }

  override encode(value: T, bytes: Buffer, offset = 0): number {
    const values = value as { [property: string]: unknown }
    let at = offset
    for (const field of this.fields) at += field.encode(values[field.property!], bytes, at)
    return at - offset
  }

  override getSpan(bytes?: Buffer, offset = 0): number {
    if (this.span >= 0) return this.span
    if (bytes === undefined) return indeterminate()
    let at = offset
    for (const field of this.fields) at += field.getSpan(bytes, at)
    return at - offset
  }
}
