import types from 'node:util/types'

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
 * Finds what is wrong with the options of a call. A property that is undefined counts as absent.
 *
 * `for in` makes no array of the names, which costs a request less than `Object.keys`. It also visits inherited
 * properties, which are read as options too. Unknown ones among them are not the caller's mistake.
 *
 * An object of a class, none of whose properties is an option, is a mistake: a promise that was not awaited, a Map, or an
 * AbortSignal in place of `{ signal }`. Taken for options, it would leave every default in force.
 *
 * @returns the fault, which names the option; null if there is none.
 */
export function optionsFault(options: unknown, table: OptionTable): string | null {
  if (!isObject(options)) return noObject(options, table)
  let isEmpty = true
  for (const name in options) {
    const check = table.checks.get(name)
    if (check === undefined) {
      if (Object.hasOwn(options, name)) return unknownName(name, table)
      continue
    }
    isEmpty = false
    const value = options[name]
    const fault = value === undefined ? null : check(value)
    if (fault !== null) return `the ${table.kind} ${name} ${fault}`
  }
  return isEmpty && !isPlain(options) ? noObject(options, table) : null
}

function noObject(value: unknown, { kind, example }: OptionTable): string {
  return `the ${kind}s must be an object such as ${example}, not ${describe(value)}`
}

function unknownName(name: string, { kind, checks }: OptionTable): string {
  const names = [...checks.keys()].join(', ')
  return `there is no ${kind} ${describe(name)}; the ${kind}s are ${names}`
}

/** Returns true for an object of no class, of any realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
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
  if (typeof value === 'object' && value !== null) return describeObject(value)
  return typeof value === 'function' ? 'a function' : String(value)
}

/** Names the class of an object, if it is one of the platform, such as `a Promise`. */
function describeObject(value: object): string {
  const name = Object.prototype.toString.call(value).slice('[object '.length, -1)
  if (name === 'Object') return 'an object'
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`
}

/** Quotes a text, and shortens a long one between two characters, never within one. */
function describeText(value: string): string {
  if (value.length <= LONGEST_SHOWN) return JSON.stringify(value)
  const cut = value.codePointAt(LONGEST_SHOWN - 1)! > 0xffff ? LONGEST_SHOWN - 1 : LONGEST_SHOWN
  return `${JSON.stringify(value.slice(0, cut))}...`
}
