import type { MultiHeader } from '../generated/records.ts'
import { JuteError } from '../index.ts'
import { lengthAt, unexpectedNull } from '../layout/bounds.ts'
import type { AnyLayout, JuteLayout, MultiLayout, RecordLayout, VectorLayout } from '../layout/types.ts'
import { meaningOf } from './meaning.ts'
import { bytesField } from './pieces.ts'
import type { DissectedField, Fault, FieldValue } from './types.ts'

/** The place of a value among the others. */
interface Place {
  readonly name: string
  /** The way from the top of the frame. */
  readonly path: string
  /** The record that it is a field of. */
  readonly record: string
  readonly hidden: boolean
}

/**
 * Walks through a frame's bytes as layouts describe them, and stops at the first field that does not fit.
 *
 * Invariant: `at` is where the next field begins, and after a fault where the undecoded bytes begin.
 */
export class Walker {
  at = 0
  fault: Fault | null = null
  /** True once a record with credentials was begun: bytes that no layout names may then be a credential. */
  sensitive = false
  readonly #bytes: Buffer
  readonly #base: number
  readonly #showSecrets: boolean

  /** @param base the offset in the stream of the first of `bytes`. */
  constructor(bytes: Buffer, base: number, showSecrets: boolean) {
    this.#bytes = bytes
    this.#base = base
    this.#showSecrets = showSecrets
  }

  /** The bytes that are left. */
  get remaining(): number {
    return this.#bytes.length - this.at
  }

  /** Reads the next field of the frame itself; null where nothing of it can be read. */
  top(name: string, layout: AnyLayout): DissectedField | null {
    return this.#walk(layout, { name, path: name, record: '', hidden: false })
  }

  /** Returns the rest, which no layout names; null where nothing is left. */
  rest(name: string, meaning: string, hide: boolean): DissectedField | null {
    const start = this.at
    this.at = this.#bytes.length
    if (start === this.at) return null
    const hidden = hide && !this.#showSecrets
    return bytesField(name, this.#base + start, this.#bytes.subarray(start), hidden, meaning)
  }

  /** Records that a field cannot be read. */
  fail(field: string, at: number, code: Fault['code'], reason: string): void {
    this.fault = { field, offset: this.#base + at, code, reason }
  }

  #walk(layout: AnyLayout, place: Place): DissectedField | null {
    switch (layout.kind) {
      case 'record':
        return this.#record(layout, place)
      case 'vector':
        return this.#vector(layout, place)
      case 'multi':
        return this.#multi(layout, place)
      default:
        return this.#leaf(layout as JuteLayout<FieldValue>, place)
    }
  }

  #leaf(layout: JuteLayout<FieldValue>, place: Place): DissectedField | null {
    const start = this.at
    const value = this.#try(layout, place, () => layout.decode(this.#bytes, start))
    if (this.fault) return null
    this.at += layout.getSpan(this.#bytes, start)
    if (place.hidden && value !== null) {
      const bytes = this.#bytes.subarray(start, start + 4)
      return this.#field(place, layout.typeName, start, { bytes })
    }
    const meaning = meaningOf(place.record, place.name, value)
    const bytes = this.#bytes.subarray(start, this.at)
    return this.#field({ ...place, hidden: false }, layout.typeName, start, { value, meaning, bytes })
  }

  #record(layout: RecordLayout<unknown>, place: Place): DissectedField | null {
    const start = this.at
    const children: DissectedField[] = []
    if (layout.secrets.length > 0) this.sensitive = true
    for (const field of layout.fields) {
      const name = field.property!
      const hidden = layout.secrets.includes(name) && !this.#showSecrets
      const path = `${place.path}.${name}`
      const child = this.#walk(field as AnyLayout, { name, path, record: layout.typeName, hidden })
      if (child) children.push(child)
      if (this.fault) break
    }
    return this.#container(place, layout.typeName, start, children)
  }

  #vector(layout: VectorLayout<unknown, null>, place: Place): DissectedField | null {
    const start = this.at
    const count = this.#try(layout, place, () => {
      const least = (layout.elementLayout as JuteLayout<unknown>).leastSpan
      const counted = lengthAt(this.#bytes, start, least)
      return counted === -1 && !layout.nullable ? unexpectedNull(start) : counted
    })
    if (count === undefined) return null
    this.at += 4
    const bytes = this.#bytes.subarray(start, this.at)
    if (count === -1) return this.#field(place, layout.typeName, start, { value: null, bytes })
    const children: DissectedField[] = []
    for (let i = 0; i < count && this.fault === null; i++) {
      const name = `[${i}]`
      const child = this.#walk(layout.elementLayout as AnyLayout, { ...place, name, path: place.path + name })
      if (child) children.push(child)
    }
    const meaning = count === 1 ? '1 element' : `${count} elements`
    return this.#field(place, layout.typeName, start, { children, bytes, meaning })
  }

  #multi(layout: MultiLayout<unknown>, place: Place): DissectedField | null {
    const start = this.at
    const entries: DissectedField[] = []
    for (let done = false; !done && this.fault === null; ) {
      const name = `[${entries.length}]`
      const entry: Place = { name, path: place.path + name, record: '', hidden: false }
      const { type, done: last } = this.#peekHeader(layout)
      done = last
      const field = last
        ? this.#record(layout.header, { ...entry, name: 'end', path: `${place.path}.end` })
        : this.#entry(layout, type, entry)
      if (field) entries.push(field)
    }
    return this.#container(place, layout.typeName, start, entries)
  }

  /** Returns a header that is cut off counts as one more entry: reading that finds the fault. */
  #peekHeader({ header }: MultiLayout<unknown>): MultiHeader {
    if (this.remaining < header.span) return { type: -1, done: false, err: -1 }
    return header.decode(this.#bytes, this.at)
  }

  #entry(layout: MultiLayout<unknown>, type: number, place: Place): DissectedField | null {
    const start = this.at
    const header = this.#record(layout.header, { ...place, name: 'header', path: `${place.path}.header` })
    const children = header ? [header] : []
    const body = layout.bodies.get(type)
    if (this.fault === null && body === undefined) {
      this.fail(`${place.path}.header.type`, start, 'UNKNOWN_TYPE', `a multi has no type ${type}`)
    } else if (this.fault === null && body) {
      const field = this.#walk(body as AnyLayout, { ...place, name: 'body', path: `${place.path}.body` })
      if (field) children.push(field)
    }
    return this.#container(place, 'entry', start, children)
  }

  /** Returns a container; null where a fault left nothing of it. */
  #container(
    place: Place,
    type: string,
    start: number,
    children: readonly DissectedField[],
  ): DissectedField | null {
    if (this.fault && children.length === 0) return null
    return this.#field(place, type, start, { children })
  }

  #field(
    { name, hidden }: Place,
    type: string,
    start: number,
    rest: { [Key in 'value' | 'meaning' | 'bytes' | 'children']?: DissectedField[Key] | undefined },
  ): DissectedField {
    const { value, meaning = '', bytes = this.#bytes.subarray(start, start), children = [] } = rest
    const offset = this.#base + start
    return { name, type, offset, length: this.at - start, value, meaning, hidden, bytes, children }
  }

  /** Runs `read` and returns its result; undefined, and a fault, where it throws. */
  #try<T>(layout: JuteLayout<unknown>, place: Place, read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!JuteError.is(error)) throw error
      this.fail(place.path, this.at, error.code, this.#reason(error.code, layout))
      return undefined
    }
  }

  #reason(code: JuteError['code'], layout: JuteLayout<unknown>): string {
    const left = this.remaining
    if (code === 'TRUNCATED') return `${layout.leastSpan} bytes wanted, ${left} left`
    if (code === 'UNEXPECTED_NULL') return `null, where ${layout.typeName} has none`
    const what = layout.kind === 'vector' ? 'a count' : 'a length'
    return `${what} of ${this.#bytes.readInt32BE(this.at)}, ${left - 4} bytes left`
  }
}
