import {
  checks,
  type Environment,
  formatServer,
  nodeEnvironment,
  parseConnectString,
  type ServerAddress,
  type TlsOptions,
} from '@zookit/connection'
import { AdminError } from './admin-error.ts'

/** The bounds of a call. */
export interface CallOptions {
  /** The longest time for the whole answer, in milliseconds. Default 5000. */
  timeout?: number
  /** The longest answer that is read, in bytes. Default 16 MiB. */
  maxBytes?: number
  /** Ends the call when it is aborted. */
  signal?: AbortSignal
}

/** The options of four-letter words. */
export interface WordOptions extends CallOptions {
  /** Node's TLS options for the port of encrypted clients; null, the default, for plain TCP. */
  tls?: TlsOptions | null
  /** The clock, timers, resolver and sockets. Default Node's. */
  environment?: Environment
}

/** The options with their defaults filled in. */
export interface ResolvedCall {
  timeout: number
  maxBytes: number
  signal: AbortSignal | null
}

/** The options of four-letter words with their defaults filled in. */
export type ResolvedWordOptions = ResolvedCall & { tls: TlsOptions | null; environment: Environment }

const TIMEOUT = 5000
const MAX_BYTES = 16 * 1024 * 1024
/** The longest delay of a timer. */
const MAX_TIMEOUT = 0x7fff_ffff

export const CALL_OPTIONS: readonly string[] = ['timeout', 'maxBytes', 'signal']
export const WORD_OPTIONS: readonly string[] = [...CALL_OPTIONS, 'tls', 'environment']

/** Makes the error of a wrong argument. */
export function badArgument(operation: string, reason: string): AdminError {
  return new AdminError('BAD_ARGUMENTS', reason, { command: operation })
}

/** Checks the number of a call's arguments. @throws AdminError BAD_ARGUMENTS. */
export function checkCount(operation: string, count: number, most: number): void {
  const fault = checks.surplusFault(count, most)
  if (fault !== null) throw badArgument(operation, fault)
}

/** Makes the methods of a class refuse more arguments than they take: none, or the number that is given for them. */
export function refuseSurplus(
  type: { readonly prototype: object },
  takes: Readonly<Record<string, number>>,
): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(type.prototype))) {
    const method = property.value as (...args: unknown[]) => Promise<unknown>
    if (name === 'constructor' || typeof method !== 'function') continue
    const value = async function (this: unknown, ...args: unknown[]): Promise<unknown> {
      checkCount(name, args.length, takes[name] ?? 0)
      return await method.apply(this, args)
    }
    Object.defineProperty(type.prototype, name, { ...property, value })
  }
}

/** Checks that `value` is an object that has no option but the known ones. */
export function checkOptions(operation: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badArgument(operation, 'the options must be an object')
  }
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue
    throw badArgument(operation, `there is no option '${name}'; there are ${known.join(', ')}`)
  }
}

function checkPositive(operation: string, name: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw badArgument(operation, `${name} must be an integer from 1 to ${max}, not ${String(value)}`)
}

/** Checks the bounds of a call, and fills the defaults in. */
export function resolveCall(operation: string, options: CallOptions): ResolvedCall {
  const { timeout = TIMEOUT, maxBytes = MAX_BYTES, signal = null } = options
  if (signal !== null && !(signal instanceof AbortSignal)) {
    throw badArgument(operation, 'signal must be an AbortSignal')
  }
  return {
    timeout: checkPositive(operation, 'timeout', timeout, MAX_TIMEOUT),
    maxBytes: checkPositive(operation, 'maxBytes', maxBytes, Number.MAX_SAFE_INTEGER),
    signal,
  }
}

/** Checks the options of four-letter words, and fills the defaults in. */
export function resolveWordOptions(operation: string, options: WordOptions): ResolvedWordOptions {
  const { tls = null, environment = nodeEnvironment } = options
  if (tls !== null && typeof tls !== 'object') {
    throw badArgument(operation, "tls must be an object of Node's TLS options, or null")
  }
  return { ...resolveCall(operation, options), tls, environment }
}

/**
 * Reads servers: a connect string, whose chroot does not matter, or a list.
 *
 * @throws AdminError BAD_ARGUMENTS.
 */
export function readServers(operation: string, hosts: string | readonly ServerAddress[]): ServerAddress[] {
  if (typeof hosts === 'string') return parseHosts(operation, hosts)
  if (!Array.isArray(hosts) || hosts.length === 0) {
    throw badArgument(
      operation,
      "hosts must be a connect string such as 'a:2181,b:2181', or a list of { host, port }",
    )
  }
  return hosts.flatMap(({ host, port }) => parseHosts(operation, formatServer({ host, port })))
}

function parseHosts(operation: string, hosts: string): ServerAddress[] {
  try {
    const { servers, srv } = parseConnectString(hosts)
    if (srv === null) return servers
  } catch (cause) {
    throw new AdminError('BAD_ARGUMENTS', (cause as Error).message, { command: operation, cause })
  }
  throw badArgument(operation, 'look the SRV records up first: this takes the servers themselves')
}
