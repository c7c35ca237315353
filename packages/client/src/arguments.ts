import types from 'node:util/types'
import type { RequestLimits } from '@zookit/connection'
import { abortSignal, type Check, describe, func, mustBe, type OptionTable, optionTable } from './checks.ts'
import type { WatchListener } from './events.ts'
import { InvalidArgument } from './invalid-argument.ts'

/** The data of a znode. Text is sent as UTF-8. Null differs from empty data. */
export type Data = string | Uint8Array | null

/** The options of every request. */
export interface RequestOptions extends RequestLimits {
  /**
   * The number of times that the request may be sent again after its connection was lost. Default 0; for reads the
   * `retryReads` of `connect`. A write with `retry` may be applied twice.
   * A request over which the server closes the connection twice in a row is given up: REQUEST_TOO_LARGE.
   */
  retry?: number | undefined
}

/** The options of a read that can set a watch. */
export interface ReadOptions extends RequestOptions {
  /** A listener that is called once: for the next change, or for the end of the watch without one. */
  watch?: WatchListener | undefined
}

/** The options of a conditional write. */
export interface VersionOptions extends RequestOptions {
  /** The version that the znode must have; -1, the default, accepts any. */
  version?: number | undefined
}

/** The check of a version: a version that is not valid must not become -1, "any". */
export const version: Check = mustBe(
  'a 32-bit integer',
  value => typeof value === 'number' && (value | 0) === value,
)

const timeout: Check = mustBe(
  'a number of milliseconds above 0',
  value => typeof value === 'number' && value > 0,
)

const retry: Check = mustBe('a whole number from 0', value => Number.isInteger(value) && Number(value) >= 0)

/** The checks of the options of every request. */
export const REQUEST_CHECKS: Readonly<Record<keyof RequestOptions, Check>> = {
  signal: abortSignal,
  timeout,
  retry,
}

/** The checks of the options of an operation that consists of several requests. */
export const LIMIT_CHECKS: Readonly<Record<'signal' | 'timeout', Check>> = { signal: abortSignal, timeout }

/** The options of every request. */
export const REQUEST_OPTIONS: OptionTable = optionTable('{ timeout: 5000 }', REQUEST_CHECKS)

/** The options of a read that can set a watch. */
export const READ_OPTIONS: OptionTable = optionTable('{ watch: listener }', {
  watch: func,
  ...REQUEST_CHECKS,
})

/** The options of a conditional write. */
export const VERSION_OPTIONS: OptionTable = optionTable('{ version: 3 }', { version, ...REQUEST_CHECKS })

/** The check of a znode's data. */
export const dataCheck: Check = value => {
  if (value === null || types.isUint8Array(value)) return null
  if (typeof value !== 'string') return `must be text, bytes or null, not ${describe(value)}`
  return value.isWellFormed() ? null : 'contains a lone surrogate, which UTF-8 cannot encode'
}

/** Returns the bytes of `data`. @throws InvalidArgument unless it is text, bytes or null. */
export function toBytes(data: Data): Uint8Array | null {
  if (data === null || types.isUint8Array(data)) return data
  const fault = dataCheck(data)
  if (fault !== null) throw new InvalidArgument(`the data ${fault}`)
  return Buffer.from(data)
}
