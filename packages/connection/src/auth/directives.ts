const QUOTE = '"'
const BACKSLASH = '\\'

/** The directives of a DIGEST-MD5 message, by name. A name may come more than once. */
export class Directives {
  readonly #values = new Map<string, string[]>()

  add(name: string, value: string): void {
    const key = name.toLowerCase()
    this.#values.set(key, [...(this.#values.get(key) ?? []), value])
  }

  /** Returns every value of a directive, in order. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** Returns the value of a directive. @throws Error unless it comes exactly once. */
  only(name: string): string {
    const values = this.all(name)
    if (values.length !== 1)
      throw new Error(`the server sent ${values.length} values of ${name} in place of one`)
    return values[0]!
  }
}

/**
 * Parses `name=value` and `name="quoted value"`, separated by commas (RFC 2831, 7.1). It looks at each character once.
 *
 * @throws Error if the text is malformed.
 */
export function parseDirectives(text: string): Directives {
  const directives = new Directives()
  for (let at = 0; at < text.length; at++) {
    const equals = text.indexOf('=', at)
    // Empty elements of the list are allowed: `a=b,,c=d`.
    const nextComma = text.indexOf(',', at)
    const end = equals === -1 ? text.length : equals
    if (nextComma !== -1 && nextComma < end && text.slice(at, nextComma).trim() === '') {
      at = nextComma
      continue
    }
    const name = text.slice(at, end).trim()
    if (equals === -1 && name === '') break
    if (equals === -1 || !/^[\w-]+$/.test(name)) throw malformed()
    at = skipSpace(text, equals + 1)
    const value = text[at] === QUOTE ? quotedAt(text, at) : plainAt(text, at)
    directives.add(name, value.text)
    at = skipSpace(text, value.end)
    if (at < text.length && text[at] !== ',') throw malformed()
  }
  return directives
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++
  return at
}

function plainAt(text: string, from: number): { text: string; end: number } {
  const comma = text.indexOf(',', from)
  const end = comma === -1 ? text.length : comma
  return { text: text.slice(from, end).trim(), end }
}

function quotedAt(text: string, from: number): { text: string; end: number } {
  let value = ''
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === QUOTE) return { text: value, end: at + 1 }
    if (text[at] === BACKSLASH) at++
    value += text[at] ?? ''
  }
  throw malformed()
}

function malformed(): Error {
  return new Error('the server sent a message that is not one of DIGEST-MD5')
}

/** Writes a value in quotes. */
export function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}
