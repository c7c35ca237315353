import assert from 'node:assert'
import { ACL, type AclEntry } from '../values/acl.ts'
import { CreateMode } from '../values/create-mode.ts'

/** The longest data of a znode, in bytes. */
const LONGEST_DATA = 1024 * 1024

/** An optional argument of `create` and `mkdirp`: data, ACL or mode, told apart by their types. */
export type CreateArgument = Buffer | AclEntry[] | number

/** The arguments of `create`, sorted. */
export interface NodeArguments {
  data: Buffer | null
  acls: AclEntry[]
  mode: number
}

/** Sorts the optional arguments by their types. The last of a type counts; those of other types are ignored. */
export function sortArguments(values: readonly unknown[]): NodeArguments {
  const sorted: NodeArguments = { data: null, acls: ACL.OPEN_ACL_UNSAFE, mode: CreateMode.PERSISTENT }
  for (const value of values) {
    if (Array.isArray(value)) sorted.acls = value
    else if (typeof value === 'number') sorted.mode = value
    else if (Buffer.isBuffer(value)) sorted.data = value
  }
  assert(sorted.acls.length > 0, 'the ACL must be a non-empty array')
  return sorted
}

/** Returns the last function among optional arguments. @throws AssertionError if there is none. */
export function callbackAmong<Callback>(values: readonly unknown[]): Callback {
  const callback = values.findLast(value => typeof value === 'function')
  checkCallback(callback)
  return callback as Callback
}

/** @throws AssertionError. */
export function checkCallback(callback: unknown): void {
  assert(typeof callback === 'function', 'the callback must be a function')
}

/** @throws AssertionError. */
export function checkVersion(version: unknown): void {
  assert(typeof version === 'number', 'the version must be a number; -1 accepts any')
}

/**
 * Checks data and copies it: the caller may change its own at once.
 *
 * @param isEncodedNow true where the request is made before anything else runs: a copy would be the second one.
 * @throws AssertionError.
 */
export function copyOf(data: unknown, isEncodedNow = false): Buffer | null {
  checkData(data)
  if (data === null || data === undefined) return null
  assert(
    data.length <= LONGEST_DATA,
    `the data has ${data.length} bytes, and must not have more than ${LONGEST_DATA}`,
  )
  return isEncodedNow ? data : Buffer.from(data)
}

/** @throws AssertionError. */
export function checkData(data: unknown): asserts data is Buffer | null | undefined {
  assert(
    data === null || data === undefined || Buffer.isBuffer(data),
    'the data must be a Buffer, null or undefined',
  )
}
