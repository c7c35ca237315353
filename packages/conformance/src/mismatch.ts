import { inspect, isDeepStrictEqual } from 'node:util'
import { ZooKeeperError } from '@zookit/client'
import { ErrorNumber, errorTable, type KnownErrorCode } from '@zookit/jute'

/** The difference between what a case expected and what came. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
  readonly expected: string
  readonly actual: string

  constructor(expected: string, actual: string) {
    super(`expected ${expected}, got ${actual}`)
    this.expected = expected
    this.actual = actual
  }
}

/** The end of a case that turns out not to apply to the servers. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable'
}

/** Returns a value for people. */
function show(value: unknown): string {
  if (Buffer.isBuffer(value)) return `${value.length} bytes ${value.toString('hex', 0, 64)}`
  return inspect(value, { depth: 6, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 200 })
}

/** @throws Mismatch when the two are not the same, deeply. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) throw new Mismatch(`${what}: ${show(expected)}`, show(actual))
}

/** @throws Mismatch unless the condition holds. */
export function holds(condition: boolean, what: string, actual: unknown): asserts condition {
  if (!condition) throw new Mismatch(what, show(actual))
}

/** Names an error by its code, or by its number where it has no code. `OK` is no error. */
export function errorName(errno: number): string {
  if (errno === ErrorNumber.OK) return 'OK'
  return errorTable.find(({ number }) => number === errno)?.code ?? `error ${errno}`
}

function describeError(errno: number): string {
  return `${errorName(errno)} (${errno})`
}

/** Waits for a request to be refused with an error. @throws Mismatch when it is not. */
export async function refused(
  request: Promise<unknown>,
  code: KnownErrorCode,
  what = 'the request',
): Promise<void> {
  const errno = ErrorNumber[code]
  const came = await request.then(
    value => `success: ${show(value)}`,
    (error: unknown) => {
      if (ZooKeeperError.is(error) && error.errno !== 0) return error.errno
      throw error
    },
  )
  if (came === errno) return
  throw new Mismatch(
    `${what} to be refused with ${describeError(errno)}`,
    typeof came === 'number' ? describeError(came) : came,
  )
}
