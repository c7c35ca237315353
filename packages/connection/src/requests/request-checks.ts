import { type AnyOperation, Reader, Writer } from '@zookit/jute'
import { abortSignal, describe, func, mustBe, optionsFault, optionTable, text } from '../arguments/checks.ts'
import { badArguments, surplusFault } from '../arguments/refusals.ts'
import type { ZooKeeperError } from '../errors.ts'

/** The options that a caller may give. */
const OPTIONS = optionTable('{ timeout: 5000 }', {
  watcher: func,
  signal: abortSignal,
  timeout: mustBe('a number of milliseconds above 0', value => typeof value === 'number' && value > 0),
  path: text,
})
const KINDS: Readonly<Record<string, string>> = {
  number: 'a whole number that the field has room for',
  bigint: 'a 64-bit bigint',
  boolean: 'true or false',
  string: 'text',
}

/** A value of a kind that its field does not have. */
class WrongKind extends Error {
  override readonly name = 'WrongKind'
}

/** Checks the fields of a record where a writer writes them: a wrong kind would be converted in silence, or throw. */
class Checker extends Writer {
  /** True once fields were written past the methods below. */
  isPassed = false

  override take(size: number): number {
    this.isPassed = true
    return super.take(size)
  }

  override boolean(value: boolean): this {
    return typeof value === 'boolean' ? this : wrong('true or false', value)
  }

  override int(value: number): this {
    return typeof value === 'number' && (value | 0) === value ? this : wrong('a 32-bit integer', value)
  }

  override long(value: bigint): this {
    return typeof value === 'bigint' && BigInt.asIntN(64, value) === value
      ? this
      : wrong('a 64-bit bigint', value)
  }

  override longNumber(value: number): this {
    return Number.isSafeInteger(value) ? this : wrong('an integer', value)
  }

  override ustring(value: string): this {
    if (typeof value !== 'string') return wrong('text', value)
    return value.isWellFormed() ? this : wrong('text without a lone surrogate', value)
  }

  override buffer(value: Uint8Array): this {
    return value instanceof Uint8Array ? this : wrong('bytes', value)
  }

  override vector<T>(values: readonly T[], element: (writer: Writer, value: T) => void): this {
    if (!Array.isArray(values)) return wrong('an array', values)
    for (const value of values) element(this, value)
    return this
  }

  override ustringVector(values: readonly string[]): this {
    return this.vector(values, (writer, value) => writer.ustring(value))
  }
}

const checker = new Checker(0)

/** Keeps its memory from one record to the next. */
const writer = new Writer()

/** The fields of a record. */
interface Shape {
  readonly names: readonly string[]
  /** Names of the fields that may hold a list of records, with the shape of these; null until one was seen. */
  readonly lists: ReadonlyMap<string, Shape | null>
}

/** The shapes that are known: a record is read back to find the one of its operation. */
const shapes = new WeakMap<AnyOperation, Shape>()

/**
 * Checks a request of a caller that no compiler has checked. A record is written to a writer that only looks at the
 * fields, so this knows every operation.
 *
 * @param count the number of all arguments of the call.
 * @returns the error for the caller; null if the request can be sent.
 */
export function faultOf(
  operation: AnyOperation,
  body: unknown,
  options: object | undefined,
  count: number,
): ZooKeeperError | null {
  if (typeof operation?.writeRequest !== 'function') {
    return badArguments(undefined, `the operation must be a row of op, not ${describe(operation)}`)
  }
  const message = surplusFault(count, 3) ?? faultInOptions(operation, options) ?? faultInBody(operation, body)
  if (message === null) return null
  const path =
    (options as { path?: unknown } | null | undefined)?.path ?? (body as { path?: unknown } | null)?.path
  return badArguments(operation.name, message, typeof path === 'string' ? path : undefined)
}

function faultInOptions(operation: AnyOperation, options: object | undefined): string | null {
  const fault = options === undefined ? null : optionsFault(options, OPTIONS)
  if (fault !== null) return fault
  const { watcher } = (options ?? {}) as Record<string, unknown>
  if (watcher === undefined && operation.watch === 'mode')
    return 'the option watcher is missing: the watch needs a listener'
  if (watcher !== undefined && operation.watch === null)
    return `the option watcher is for operations that set a watch: ${operation.name} sets none`
  return null
}

function faultInBody(operation: AnyOperation, body: unknown): string | null {
  if (operation.xid !== 0) return 'the session sends this operation itself'
  checker.isPassed = false
  try {
    operation.writeRequest(checker.reset(), body)
    return checker.isPassed ? changedField(body, roundTrip(operation, body), '') : strayField(operation, body)
  } catch (error) {
    return nameField(operation, body, error)
  }
}

/** Finds a field of a valid record that the operation does not have; null if there is none. */
function strayField(operation: AnyOperation, body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null
  let shape = shapes.get(operation)
  if (shape === undefined || hasNews(body, shape)) {
    shape = shapeOf(roundTrip(operation, body))
    shapes.set(operation, shape)
  }
  return strayIn(body, shape, '')
}

/** Returns whether a record has a list of records whose shape is still unknown. */
function hasNews(body: object, { lists }: Shape): boolean {
  for (const [name, shape] of lists) {
    const value = (body as Record<string, unknown>)[name]
    if (shape === null && Array.isArray(value) && value.length > 0) return true
  }
  return false
}

/** Finds the shape of a record that was read. */
function shapeOf(record: unknown): Shape {
  const lists = new Map<string, Shape | null>()
  for (const [name, value] of Object.entries(record ?? {})) {
    if (Array.isArray(value)) lists.set(name, isRecord(value[0]) ? shapeOf(value[0]) : null)
    else if (isRecord(value)) lists.set(name, shapeOf(value))
    else if (value === null) lists.set(name, null)
  }
  return { names: Object.keys(record ?? {}), lists }
}

/** Each of its own fields is there, so it is enough to count. */
function strayIn(record: object, { names, lists }: Shape, within: string): string | null {
  let count = 0
  for (const _ in record) count++
  if (count !== names.length) {
    const other = Object.keys(record).find(name => !names.includes(name))
    if (other !== undefined) return stray(within + other, names)
  }
  for (const [name, shape] of lists) {
    const value = (record as Record<string, unknown>)[name]
    if (shape === null || value === null) continue
    for (const one of Array.isArray(value) ? value : [value]) {
      const fault = strayIn(one, shape, `${within}${name}.`)
      if (fault !== null) return fault
    }
  }
  return null
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
}

function stray(field: string, names: readonly string[]): string {
  const known = names.length === 0 ? 'it has none' : `the fields are ${names.join(', ')}`
  return `there is no field ${describe(field)}; ${known}`
}

/** Writes a record, and reads it as a server does. */
function roundTrip(operation: AnyOperation, body: unknown): unknown {
  operation.writeRequest(writer.reset(), body)
  return operation.readRequest(new Reader(writer.written()))
}

/** Finds a field that a server would read differently, or not at all; null if there is none. */
function changedField(given: unknown, read: unknown, field: string): string | null {
  if (read instanceof Uint8Array || given === read) return null
  if (typeof read !== 'object' || read === null || typeof given !== 'object' || given === null) {
    return `the field ${field} must be ${KINDS[typeof read] ?? 'a record'}, not ${describe(given)}`
  }
  for (const [name, value] of Object.entries(read)) {
    const path = field === '' ? name : `${field}.${name}`
    const fault = changedField((given as Record<string, unknown>)[name], value, path)
    if (fault !== null) return fault
  }
  const other = Object.keys(given).find(name => !Object.hasOwn(read, name))
  if (other === undefined) return null
  return stray(field === '' ? other : `${field}.${other}`, Object.keys(read))
}

/** Finds the field of a fault: the last one that was read before it. */
function nameField(operation: AnyOperation, body: unknown, error: unknown): string {
  if (typeof body !== 'object' || body === null) {
    return `the request must be a record of ${operation.name}, not ${describe(body)}`
  }
  let field = ''
  const follow = (record: object, prefix: string): object =>
    new Proxy(record, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof name === 'symbol' || (Array.isArray(target) && !/^\d/.test(name))) return value
        field = prefix + name
        const isRecord = typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
        return isRecord ? follow(value, `${field}.`) : value
      },
    })
  try {
    operation.writeRequest(checker, follow(body, ''))
  } catch (found) {
    if (found instanceof WrongKind) return `the field ${field} ${found.message}`
  }
  const reason = error instanceof Error ? error.message : String(error)
  return `the field ${field} is not valid: ${reason}`
}

function wrong(expected: string, value: unknown): never {
  throw new WrongKind(`must be ${expected}, not ${describe(value)}`)
}
