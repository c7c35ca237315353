import { type RequestLimits, type Secret, ZooKeeperError } from '@zookit/connection'
import type { WatchListener } from './events.ts'

/** What is stored in a node: text goes out as UTF-8; null and empty are told apart. */
export type Data = string | Uint8Array | null

/** What every request takes. */
export interface RequestOptions extends RequestLimits {
  /**
   * How often the request may be sent again after a connection was lost over it. Default 0; for reads what
   * `connect` was told in `retryReads`. For a write this says that it may be applied twice.
   */
  retry?: number | undefined
}

/** What a read that can leave a watch takes. */
export interface ReadOptions extends RequestOptions {
  /** Is told once: of the next change, or that the watch was lost. */
  watch?: WatchListener | undefined
}

/** What a conditional write takes. */
export interface VersionOptions extends RequestOptions {
  /** The version that the node must have; -1, the default, is any. */
  version?: number | undefined
}

/** An error for an argument that is refused before anything is sent. */
export function badArgument(message: string, operation?: string, path?: string): ZooKeeperError {
  return new ZooKeeperError('BAD_ARGUMENTS', { message, operation, path, outcome: 'not-sent' })
}

/** The bytes of `data`. @throws ZooKeeperError BAD_ARGUMENTS for what is neither text nor bytes nor null. */
export function toBytes(data: Data): Uint8Array | null {
  if (data === null || data instanceof Uint8Array) return data
  if (typeof data !== 'string') throw badArgument(`data is text, bytes or null, not ${describe(data)}`)
  if (!data.isWellFormed()) throw badArgument('the text has a lone surrogate, which UTF-8 cannot say')
  return Buffer.from(data)
}

/** The bytes of a credential, or the function that will have them. @throws ZooKeeperError BAD_ARGUMENTS. */
export function toSecret(auth: string | Secret): Secret {
  if (typeof auth === 'string') return Buffer.from(auth)
  if (auth instanceof Uint8Array || typeof auth === 'function') return auth
  throw badArgument('auth is text, bytes or a function')
}

/** The version to expect. @throws ZooKeeperError BAD_ARGUMENTS for what is no 32-bit integer. */
export function toVersion(version: number | undefined): number {
  if (version === undefined) return -1
  // A version that went wrong must not turn into "any".
  if ((version | 0) !== version) throw badArgument(`a version is a 32-bit integer, not ${describe(version)}`)
  return version
}

/** @throws ZooKeeperError BAD_ARGUMENTS, which says what is wrong. */
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

/** Whether it quacks like one: signals of another realm do. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  const signal = value as Partial<AbortSignal> | null
  return typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function'
}

/** A value, as an error message can show it without giving away what is in it. */
export function describe(value: unknown): string {
  if (typeof value === 'string')
    return value.length > 40 ? `${JSON.stringify(value.slice(0, 40))}...` : JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Uint8Array) return 'bytes'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
