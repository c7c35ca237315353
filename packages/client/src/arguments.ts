import { type RequestLimits, type Secret, ZooKeeperError } from '@zookit/connection'
import type { WatchListener } from './events.ts'

/** The data of a znode. Text is sent as UTF-8. Null differs from empty data. */
export type Data = string | Uint8Array | null

/** The options of every request. */
export interface RequestOptions extends RequestLimits {
  /**
   * The number of times that the request may be sent again after its connection was lost. Default 0; for reads the
   * `retryReads` of `connect`. A write with `retry` may be applied twice.
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

/** Makes the error for an argument that is refused before anything is sent. */
export function badArgument(message: string, operation?: string, path?: string): ZooKeeperError {
  return new ZooKeeperError('BAD_ARGUMENTS', { message, operation, path, outcome: 'not-sent' })
}

/** Returns the bytes of `data`. @throws ZooKeeperError BAD_ARGUMENTS unless it is text, bytes or null. */
export function toBytes(data: Data): Uint8Array | null {
  if (data === null || data instanceof Uint8Array) return data
  if (typeof data !== 'string') throw badArgument(`data is text, bytes or null, not ${describe(data)}`)
  if (!data.isWellFormed()) throw badArgument('the text contains a lone surrogate, which UTF-8 cannot encode')
  return Buffer.from(data)
}

/** Returns the bytes of a credential, or the function that provides them. @throws ZooKeeperError BAD_ARGUMENTS. */
export function toSecret(auth: string | Secret): Secret {
  if (typeof auth === 'string') return Buffer.from(auth)
  if (auth instanceof Uint8Array || typeof auth === 'function') return auth
  throw badArgument('auth is text, bytes or a function')
}

/** Returns the expected version, -1 by default. @throws ZooKeeperError BAD_ARGUMENTS unless it is a 32-bit integer. */
export function toVersion(version: number | undefined): number {
  if (version === undefined) return -1
  // An invalid version must not become -1, "any".
  if ((version | 0) !== version) throw badArgument(`a version is a 32-bit integer, not ${describe(version)}`)
  return version
}

/** Checks the options of a request. @throws ZooKeeperError BAD_ARGUMENTS, whose message names the option. */
export function checkRequestOptions({ signal, timeout, retry }: RequestOptions): void {
  if (timeout !== undefined && !(timeout > 0)) {
    throw badArgument(`timeout is a number of milliseconds above 0, not ${describe(timeout)}`)
  }
  if (retry !== undefined && !(Number.isInteger(retry) && retry >= 0)) {
    throw badArgument(`retry is a whole number from 0, not ${describe(retry)}`)
  }
  if (signal !== undefined && !isAbortSignal(signal)) {
    throw badArgument(`signal is an AbortSignal, not ${describe(signal)}`)
  }
}

/** Returns true for an AbortSignal, also one of another realm, which `instanceof` does not recognise. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  const signal = value as Partial<AbortSignal> | null
  return typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function'
}

/** Describes a value for an error message, without the contents of objects and bytes. */
export function describe(value: unknown): string {
  if (typeof value === 'string')
    return value.length > 40 ? `${JSON.stringify(value.slice(0, 40))}...` : JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Uint8Array) return 'bytes'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
