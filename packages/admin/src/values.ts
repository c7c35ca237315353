/** A value of a field that this release does not know: a number where it is one, else its text. */
export type Value = number | bigint | string

/** The fields that this release does not know, under the names that the server gives them. */
export type OtherFields = Readonly<Record<string, Value>>

/** Bound for the digits: no number of 64 bits has more, so a longer text is refused before it costs time. */
const INTEGER = /^-?\d{1,20}$/
const DECIMAL = /^-?\d{1,400}(\.\d{1,400})?([eE][-+]?\d{1,3})?$/
const HEX = /^(0x)?[0-9a-fA-F]{1,16}$/

/** Returns an integer as a number, or as a bigint where a number would lose digits. */
export function integer(text: string): number | bigint | null {
  if (!INTEGER.test(text)) return null
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : BigInt(text)
}

/** Returns a decimal number; null for everything else. */
export function decimal(text: string | undefined): number | null {
  return text !== undefined && DECIMAL.test(text) ? Number(text) : null
}

/** Returns a hexadecimal number of 64 bits, with `0x` or without; null for everything else. */
export function hex(text: string | undefined): bigint | null {
  return text !== undefined && HEX.test(text) ? BigInt(text.startsWith('0x') ? text : `0x${text}`) : null
}

/** Returns a value as a number where it is one. */
function value(text: string): Value {
  return integer(text) ?? decimal(text) ?? text
}

/** The fields of an answer: each is taken once, and what is left is unknown. */
export class Fields {
  readonly #left: Map<string, string>

  constructor(entries: Iterable<readonly [string, string]>) {
    this.#left = new Map(entries)
  }

  /** Takes a field as it is. */
  text(name: string): string | null {
    const text = this.#left.get(name)
    this.#left.delete(name)
    return text ?? null
  }

  /** Takes a field as a number; null if it is missing or something else. */
  number(name: string): number | null {
    return this.#take(name, decimal)
  }

  /** Takes a field as a hexadecimal number of 64 bits. */
  hex(name: string): bigint | null {
    return this.#take(name, hex)
  }

  /** Returns the fields that were not taken. */
  others(): OtherFields {
    return Object.fromEntries([...this.#left].map(([name, text]) => [name, value(text)]))
  }

  /** Leaves a field whose value is not of the kind among the others, so that nothing is lost. */
  #take<T>(name: string, read: (text: string | undefined) => T | null): T | null {
    const taken = read(this.#left.get(name))
    if (taken !== null) this.#left.delete(name)
    return taken
  }
}

/** Splits a text into lines, and leaves empty ones out. */
export function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter(line => line.trim() !== '')
}

/** Splits `name=value` at the first separator; null if there is none. */
export function splitAt(line: string, separator: string): [string, string] | null {
  const index = line.indexOf(separator)
  if (index < 0) return null
  return [line.slice(0, index).trim(), line.slice(index + separator.length).trim()]
}

/** Splits every line at its first separator. Lines without one are left out. */
export function pairs(lines: readonly string[], separator: string): [string, string][] {
  return lines.map(line => splitAt(line, separator)).filter(pair => pair !== null)
}
