import { type AnyOperation, Reader, Writer } from '@zookit/jute'
import { abortSignal, describe, func, mustBe, optionsFault, optionTable, text } from '../arguments/checks.ts'
import { badArguments } from '../arguments/refusals.ts'
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

/**
 * Checks a request of a caller that no compiler has checked. A record is written to a writer that only looks at the
 * fields, so this knows every operation.
 *
 * @returns the error for the caller; null if the request can be sent.
 */
export function faultOf(
  operation: AnyOperation,
  body: unknown,
  options: object | undefined,
): ZooKeeperError | null {
  if (typeof operation?.writeRequest !== 'function') {
    return badArguments(undefined, `the operation must be a row of op, not ${describe(operation)}`)
  }
  const message = faultInOptions(operation, options) ?? faultInBody(operation, body)
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
    const fault = checker.isPassed ? changedField(body, roundTrip(operation, body), '') : null
    if (fault !== null) return fault
  } catch (error) {
    return nameField(operation, body, error)
  }
  return null
}

/** Writes a record, and reads it as a server does. */
function roundTrip(operation: AnyOperation, body: unknown): unknown {
  const writer = new Writer()
  operation.writeRequest(writer, body)
  return operation.readRequest(new Reader(writer.written()))
}

/** Finds a field that a server would read differently; null if there is none. */
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
  return null
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
