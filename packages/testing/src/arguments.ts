import { types } from 'node:util'

/** Checks a value. Returns null if it is valid, else what it must be: `must be a number from 0`. */
export type Check = (value: unknown) => string | null

const MAX_PORT = 65_535

/** A check for every option, by name. The type checker keeps the list complete. */
export type OptionChecks<Options> = { readonly [Name in keyof Required<Options>]: Check }

function mustBe(expected: string, isValid: (value: unknown) => boolean): Check {
  return value => (isValid(value) ? null : `must be ${expected}, not ${describe(value)}`)
}

export const flag: Check = mustBe('true or false', value => typeof value === 'boolean')
export const text: Check = mustBe('text', value => typeof value === 'string')
export const func: Check = mustBe('a function', value => typeof value === 'function')
export const record: Check = mustBe('an object', isRecord)
export const texts: Check = mustBe(
  'a list of texts',
  value => Array.isArray(value) && value.every(one => typeof one === 'string'),
)
export const ports: Check = mustBe('a list of ports from 0 to 65535', value => {
  return Array.isArray(value) && value.every(one => whole(0, MAX_PORT)(one) === null)
})
export const passwords: Check = mustBe(
  'an object of passwords by user name',
  value => isRecord(value) && Object.values(value as object).every(one => typeof one === 'string'),
)
export const bytes: Check = mustBe('bytes', value => types.isUint8Array(value))
export const sessionId: Check = mustBe('a session id, which is a bigint', value => typeof value === 'bigint')
export const resetOptions: Check = mustBe('{ reset: true }, or left out', value => {
  return isRecord(value) && Object.entries(value as object).every(isReset)
})
export const integer: Check = mustBe('a whole number', Number.isInteger)
/** The check of an option that is checked where it is used. */
export const checkedLater: Check = () => null

function isReset([name, value]: [string, unknown]): boolean {
  return name === 'reset' && (value === undefined || typeof value === 'boolean')
}

/** Makes the check of an argument that may be left out. */
export function optional(check: Check): Check {
  return value => (value === undefined ? null : check(value))
}

/** Makes a check for a number. */
export function atLeast(least: number): Check {
  return mustBe(`a number from ${least}`, value => typeof value === 'number' && value >= least)
}

/** Makes a check for a whole number. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Check {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`
  const isWithin = (value: number): boolean => Number.isInteger(value) && value >= least && value <= most
  return mustBe(`a whole number ${range}`, value => typeof value === 'number' && isWithin(value))
}

/**
 * Refuses an option that does not exist, and a value of the wrong kind: a misspelt option would leave the default
 * silently.
 *
 * @throws TypeError with the code BAD_ARGUMENTS.
 */
export function checkOptions(
  operation: string,
  options: unknown,
  checks: Readonly<Record<string, Check>>,
): void {
  if (!isRecord(options))
    throw badArguments(
      operation,
      `the options must be an object such as { port: 2181 }, not ${describe(options)}`,
    )
  for (const [name, value] of Object.entries(options as object)) {
    if (!Object.hasOwn(checks, name)) {
      const all = Object.keys(checks).sort().join(', ')
      throw badArguments(operation, `there is no option ${JSON.stringify(name)}; the options are ${all}`)
    }
    const fault = value === undefined ? null : checks[name]!(value)
    if (fault !== null) throw badArguments(operation, `the option ${name} ${fault}`)
  }
}

/** The names of the methods of a class. */
type MethodName<Instance> = {
  [Name in keyof Instance & string]: Instance[Name] extends (...args: never[]) => unknown ? Name : never
}[keyof Instance & string]

/** A check for every argument of each method. The type checker keeps the list complete. */
export type CallChecks<Instance, Other extends string = never> = {
  readonly [Name in Exclude<MethodName<Instance>, Other>]: readonly Check[]
}

/**
 * Makes the methods of a class refuse surplus arguments and those of the wrong kind: `blackhole()` without its argument would
 * turn the fault off.
 */
export function checkCalls<Instance, Other extends string = never>(
  type: { readonly prototype: Instance },
  calls: CallChecks<Instance, Other>,
): void {
  for (const [name, checks] of Object.entries<readonly Check[]>(calls)) {
    const property = Object.getOwnPropertyDescriptor(type.prototype, name)!
    const method = property.value as (...args: unknown[]) => unknown
    const isAsync = Object.prototype.toString.call(method) === '[object AsyncFunction]'
    const value = function (this: unknown, ...args: unknown[]): unknown {
      const fault = callFault(checks, args)
      if (fault === null) return method.apply(this, args)
      const error = badArguments(name, fault)
      if (isAsync) return Promise.reject(error)
      throw error
    }
    Object.defineProperty(type.prototype, name, { ...property, value })
  }
}

function callFault(checks: readonly Check[], args: readonly unknown[]): string | null {
  if (args.length > checks.length) return `too many arguments: it takes ${checks.length}`
  for (const [index, check] of checks.entries()) {
    const fault = check(args[index])
    if (fault !== null) return `argument ${index + 1} ${fault}`
  }
  return null
}

/** Makes the error of an argument that is not valid. */
export function badArguments(operation: string, reason: string): TypeError {
  return Object.assign(new TypeError(`BAD_ARGUMENTS (${operation}): ${reason}`), { code: 'BAD_ARGUMENTS' })
}

/** Describes a value for an error message, without the contents of objects. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'bigint') return `${value}n`
  return typeof value === 'function' ? 'a function' : String(value)
}

/** Returns true for an object that is no list, no bytes, and neither a promise nor a collection. */
function isRecord(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    return false
  return !types.isPromise(value) && !types.isMap(value) && !types.isSet(value) && !types.isDate(value)
}
