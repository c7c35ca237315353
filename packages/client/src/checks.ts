import { types } from 'node:util'
import { InvalidArgument } from './invalid-argument.ts'

/** Checks a value. Returns null if it is valid, else what is wrong, as a predicate: `must be true or false, not 1`. */
export type Check = (value: unknown) => string | null

/** The options of a method, or the fields of an object that it takes: a check for each by name. */
export interface OptionTable {
  readonly checks: ReadonlyMap<string, Check>
  /** An example of the object, for the error about a value that is no object. */
  readonly example: string
  /** The word for a property, in errors. */
  readonly kind: 'option' | 'field'
}

const LONGEST_SHOWN = 40
const MAX_INT = 0x7fffffff

/** Makes the table of a method's options. */
export function optionTable(example: string, checks: Readonly<Record<string, Check>>): OptionTable {
  return { checks: new Map(Object.entries(checks)), example, kind: 'option' }
}

/** Makes the table of the fields of an object. */
export function fieldTable(example: string, checks: Readonly<Record<string, Check>>): OptionTable {
  return { checks: new Map(Object.entries(checks)), example, kind: 'field' }
}

/**
 * Checks the options of a call. A property that is undefined counts as absent.
 *
 * `for in` makes no array of the names, which costs a request less than `Object.keys`. It also visits inherited
 * properties, which are read as options too. Unknown ones among them are not the caller's mistake.
 *
 * @throws InvalidArgument, which names the option.
 */
export function checkOptions(options: unknown, table: OptionTable): void {
  if (!isObject(options)) throw noObject(options, table)
  for (const name in options) {
    const check = table.checks.get(name)
    if (check === undefined) {
      if (Object.hasOwn(options, name)) throw unknownName(name, table)
      continue
    }
    const value = options[name]
    const fault = value === undefined ? null : check(value)
    if (fault !== null) throw new InvalidArgument(`the ${table.kind} ${name} ${fault}`)
  }
}

function noObject(value: unknown, { kind, example }: OptionTable): InvalidArgument {
  return new InvalidArgument(`the ${kind}s must be an object such as ${example}, not ${describe(value)}`)
}

function unknownName(name: string, { kind, checks }: OptionTable): InvalidArgument {
  const names = [...checks.keys()].join(', ')
  return new InvalidArgument(`there is no ${kind} ${describe(name)}; the ${kind}s are ${names}`)
}

/** Checks one argument. @throws InvalidArgument, which names it. */
export function checkArgument(name: string, value: unknown, check: Check): void {
  const fault = check(value)
  if (fault !== null) throw new InvalidArgument(`${name} ${fault}`)
}

/** Makes a check from a condition and a description of the valid values. */
export function mustBe(expected: string, isValid: (value: unknown) => boolean): Check {
  return value => (isValid(value) ? null : `must be ${expected}, not ${describe(value)}`)
}

/** Makes a check whose error does not show the value, which may be secret. */
export function secretly(expected: string, isValid: (value: unknown) => boolean): Check {
  return value => (isValid(value) ? null : `must be ${expected}`)
}

export const flag: Check = mustBe('true or false', value => typeof value === 'boolean')

export const text: Check = mustBe('text', value => typeof value === 'string')

/** The check of a property whose value is checked where it is used. */
export const checkedLater: Check = () => null

export const func: Check = mustBe('a function', value => typeof value === 'function')

export const abortSignal: Check = mustBe('an AbortSignal', isAbortSignal)

/** Makes a check for a whole number of 32 bits. */
export function whole(least: number): Check {
  return mustBe(
    `a whole number from ${least} to 2^31-1`,
    value => Number.isInteger(value) && Number(value) >= least && Number(value) <= MAX_INT,
  )
}

export function atLeast(least: number): Check {
  return mustBe(`a number from ${least}`, value => typeof value === 'number' && value >= least)
}

export function oneOf(...values: readonly string[]): Check {
  const expected = values.map(value => JSON.stringify(value)).join(' or ')
  return mustBe(expected, value => values.includes(value as string))
}

/** Returns true for an object that is not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the properties of an object, and none of anything else. */
export function fields(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {}
}

/** Returns true for an AbortSignal, also one of another realm, which `instanceof` does not recognise. */
function isAbortSignal(value: unknown): value is AbortSignal {
  const signal = value as Partial<AbortSignal> | null
  return typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function'
}

/** Describes a value for an error message, without the contents of objects and bytes. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return describeText(value)
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return 'an array'
  if (types.isUint8Array(value)) return 'bytes'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/** Quotes a text, and shortens a long one between two characters, never within one. */
function describeText(value: string): string {
  if (value.length <= LONGEST_SHOWN) return JSON.stringify(value)
  const cut = value.codePointAt(LONGEST_SHOWN - 1)! > 0xffff ? LONGEST_SHOWN - 1 : LONGEST_SHOWN
  return `${JSON.stringify(value.slice(0, cut))}...`
}
