import { AssertionError } from 'node:assert'

/** The fields of a Stat whose values differ from run to run. */
const VARYING = new Set(['czxid', 'mzxid', 'pzxid', 'ctime', 'mtime'])

/** The fields of the original's Stat that its own codec needs. */
const INTERNAL = new Set(['specification', 'chrootPath'])

function describeObject(value: object): string {
  const fields = Object.entries(value)
    .filter(([name]) => !INTERNAL.has(name))
    .map(([name, field]) => `${name}: ${VARYING.has(name) ? `${field.length} bytes` : describe(field)}`)
  return `{ ${fields.join(', ')} }`
}

/** Servers list names in no order. */
function inOrder(values: readonly unknown[]): readonly unknown[] {
  return values.every(value => typeof value === 'string') ? [...values].sort() : values
}

/** Describes an argument of a callback, so that what two clients hand out can be compared. */
function describe(value: unknown): string {
  if (Buffer.isBuffer(value)) {
    const isId = value.length === 8 && value.some(byte => byte !== 0)
    return isId ? 'Buffer of 8 bytes' : `Buffer ${JSON.stringify(value.toString('latin1'))}`
  }
  if (value instanceof Error) return `${String(value)} ${describeObject({ ...value })}`
  if (Array.isArray(value)) return `[${inOrder(value).map(describe).join(', ')}]`
  if (typeof value === 'object' && value !== null) return describeObject(value)
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

/** The record of what a client has called, in order. */
export class Transcript {
  readonly lines: string[] = []

  add(label: string, ...values: unknown[]): void {
    this.lines.push([label, ...values.map(describe)].join(' '))
  }

  /** Makes a listener that is recorded. */
  listener(label: string): (...values: unknown[]) => void {
    return (...values) => this.add(label, ...values)
  }

  /**
   * Makes a call, and records its callback with all arguments, or what it throws.
   *
   * @returns when the callback has been called.
   */
  call(label: string, make: (callback: (...values: unknown[]) => void) => void): Promise<unknown[]> {
    return new Promise(resolve => {
      const callback = (...values: unknown[]): void => {
        this.add(label, ...values)
        resolve(values)
      }
      try {
        make(callback)
      } catch (error) {
        const kind =
          error instanceof AssertionError ? 'AssertionError' : Object.prototype.toString.call(error)
        this.add(`${label} throws`, kind)
        resolve([])
      }
    })
  }
}
