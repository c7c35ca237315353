import { JuteError } from '../index.ts'
import type { Layout } from './types.ts'

/** Throws unless `size` bytes stand at `offset`. */
export function need(bytes: Buffer, offset: number, size: number): void {
  const left = Math.max(0, bytes.length - offset)
  if (size > left) throw new JuteError('TRUNCATED', `${size} bytes wanted at ${offset}, ${left} left`, offset)
}

/** Reads a length or count at `offset`, whose parts take at least `leastSpan` bytes each; -1 for null. */
export function lengthAt(bytes: Buffer, offset: number, leastSpan: number): number {
  need(bytes, offset, 4)
  const length = bytes.readInt32BE(offset)
  const left = bytes.length - offset - 4
  if (length < -1 || length * leastSpan > left) {
    throw new JuteError('BAD_LENGTH', `length ${length} at ${offset}, ${left} bytes left`, offset)
  }
  return length
}

/** Writes a length or count. */
export function setLength(bytes: Buffer, offset: number, length: number): void {
  need(bytes, offset, 4)
  bytes.writeInt32BE(length, offset)
}

export function unexpectedNull(offset: number): never {
  throw new JuteError('UNEXPECTED_NULL', `null at ${offset}`, offset)
}

/** Returns the fewest bytes of a value: for a layout of another maker its span, or one byte where that varies. */
export function leastSpanOf(layout: Layout<unknown> & { readonly leastSpan?: number }): number {
  return layout.leastSpan ?? Math.max(1, layout.span)
}

/** Throws the error that buffer-layout throws for a span that depends on the bytes. */
export function indeterminate(): never {
  throw new RangeError('indeterminate span')
}
