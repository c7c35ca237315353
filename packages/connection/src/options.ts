import types from 'node:util/types'
import { DEFAULT_MAX_FRAME } from '@zookit/jute'
import {
  atLeast,
  type Check,
  fields,
  flag,
  isObject,
  mustBe,
  type OptionTable,
  oneOf,
  optionsFault,
  optionTable,
  secretly,
  whole,
} from './arguments/checks.ts'
import { badArguments, checkCount, surplusFault } from './arguments/refusals.ts'
import { saslFault } from './auth/sasl.ts'
import type { SaslOptions } from './auth/sasl-options.ts'
import { type Environment, nodeEnvironment } from './environment.ts'
import type { ZooKeeperError } from './errors.ts'
import type { ServerAddress } from './link/server-address.ts'
import type { TlsOptions } from './link/transport.ts'
import { debugTopics } from './observe/debug-topics.ts'
import type { QueueLimits } from './requests/outgoing-requests.ts'
import type { Grace } from './servers/seen-history.ts'

/** The identity of a session. A process that has it can take the session over: keep it secret. */
export interface SessionIdentity {
  id: bigint
  password: Buffer
  /** The session timeout that the server granted, in milliseconds: expiry is reckoned from it. Default `sessionTimeout`. */
  timeout?: number
}

/** The identity that asks a server for a new session. */
export const NO_SESSION: SessionIdentity = { id: 0n, password: Buffer.alloc(16) }

/** Options of a session. Every time is in milliseconds. */
export interface SessionOptions {
  /** The servers of the ensemble, tried in random order unless `shuffle` is false. */
  servers: readonly ServerAddress[]
  /** The DNS name of an SRV record that lists the servers, instead of `servers`. */
  srv?: string | null
  /** The requested session timeout. The server clamps it, usually to 2 to 20 ticks. Default 30 000. */
  sessionTimeout?: number
  /** The session to take over. */
  session?: SessionIdentity
  /** True to accept a server that has lost its quorum, for reads. Default false. */
  readOnly?: boolean
  /** True to replace an expired session by a new one. Default true. */
  renew?: boolean
  /** Node's TLS options, or a function that is called for each attempt; null (the default) for plain TCP. */
  tls?: TlsOptions | (() => TlsOptions | Promise<TlsOptions>) | null
  /**
   * The identity to present by SASL right after each handshake, before anything else; a function is called for each attempt.
   * Null (the default) for none.
   */
  sasl?: SaslOptions | (() => SaslOptions | Promise<SaslOptions>) | null
  /** True to allow secrets of `addAuth` and DIGEST-MD5 on connections that are neither encrypted nor local. Default false. */
  allowInsecureAuth?: boolean
  /** The fate of a request that is made while there is no connection. Default `wait`. */
  whenDisconnected?: 'wait' | 'reject'
  /** The number of requests on the wire at a time. Default 1000, a server's own default limit for all its clients. */
  maxInFlight?: number
  /** The bytes of requests that may wait to be sent: a request is taken while fewer wait. Default 64 MiB. */
  maxQueuedBytes?: number
  /**
   * The fate of a request that finds the queue full: `reject` (the default) fails it with QUEUE_FULL; `wait` keeps it, not
   * encoded yet and without a bound, until there is room.
   */
  whenFull?: 'wait' | 'reject'
  /** The longest request, in bytes. Default 1 048 575, as the server's `jute.maxbuffer`. */
  maxRequestSize?: number
  /** The longest reply, in bytes. A request with a longer one fails with RESPONSE_TOO_LARGE. Default 1 048 575; raise it with the server's `jute.maxbuffer`. */
  maxResponseSize?: number
  /** The pauses between attempts: random, up to `initial` at first; the bound doubles each time all servers have failed, up to `max`. Default 200 and 5000. */
  backoff?: { initial: number; max: number }
  /**
   * The time for which a leader may tell that it is behind what this client has seen, as after a loss of data, before the
   * newest zxid is forgotten. Default `sessionTimeout`, at least 15 000; Infinity for never. Where no server tells why it refuses a new
   * session (`srvr` is forbidden), it is this time as well, by default 10 session timeouts, at least 60 000.
   */
  zxidGrace?: number
  /** True to try the servers in random order. Default true. */
  shuffle?: boolean
  /**
   * True to add the place where a request was made to the stack of its error. It costs each request the time of a stack
   * trace, some microseconds. Default false, or true if the environment variable ZOOKIT_DEBUG has `stacks`.
   */
  callSites?: boolean
  /** The longest time that `close()` waits for the server. Default 5000. */
  closeTimeout?: number
  /** The clock, timers, random numbers, resolver and sockets. Default Node's. */
  environment?: Environment
}

/** The options with their defaults filled in. */
export type ResolvedOptions = Required<Omit<SessionOptions, 'session' | 'zxidGrace'>> & {
  session: SessionIdentity | null
  zxidGrace: Grace
} & QueueLimits

/** Fills the defaults in. */
export function resolveOptions(options: SessionOptions): ResolvedOptions {
  const sessionTimeout = options.sessionTimeout ?? 30_000
  return {
    servers: options.servers,
    srv: options.srv ?? null,
    sessionTimeout,
    session: options.session ?? null,
    readOnly: options.readOnly ?? false,
    renew: options.renew ?? true,
    tls: options.tls ?? null,
    sasl: options.sasl ?? null,
    allowInsecureAuth: options.allowInsecureAuth ?? false,
    whenDisconnected: options.whenDisconnected ?? 'wait',
    maxInFlight: options.maxInFlight ?? 1000,
    maxQueuedBytes: options.maxQueuedBytes ?? 64 * 1024 * 1024,
    whenFull: options.whenFull ?? 'reject',
    maxRequestSize: options.maxRequestSize ?? DEFAULT_MAX_FRAME,
    maxResponseSize: options.maxResponseSize ?? DEFAULT_MAX_FRAME,
    backoff: options.backoff ?? { initial: 200, max: 5000 },
    zxidGrace: {
      told: options.zxidGrace ?? Math.max(sessionTimeout, 15_000),
      untold: options.zxidGrace ?? Math.max(10 * sessionTimeout, 60_000),
    },
    shuffle: options.shuffle ?? true,
    callSites: options.callSites ?? debugTopics.has('stacks'),
    closeTimeout: options.closeTimeout ?? 5000,
    environment: options.environment ?? nodeEnvironment,
  }
}

const MAX_PORT = 65_535
/** The methods of an Environment. */
const METHODS = [
  'now',
  'wallTime',
  'bootTime',
  'setTimer',
  'defer',
  'random',
  'resolve',
  'resolveSrv',
  'open',
]

function isIdentity(value: unknown): boolean {
  const { id, password, timeout } = fields(value)
  const isTimeout = timeout === undefined || (Number.isInteger(timeout) && (timeout as number) > 0)
  return typeof id === 'bigint' && types.isUint8Array(password) && isTimeout
}

function isBackoff(value: unknown): boolean {
  const { initial, max } = fields(value)
  return typeof initial === 'number' && typeof max === 'number' && initial > 0 && max >= initial
}

function isServer(value: unknown): boolean {
  const { host, port, tlsName } = fields(value)
  const isPort = Number.isInteger(port) && Number(port) >= 1 && Number(port) <= MAX_PORT
  const isName = tlsName === undefined || typeof tlsName === 'string'
  return typeof host === 'string' && host !== '' && isPort && isName
}

function isServerList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isServer)
}

/** Tells a promise that was not awaited. */
function isThenable(value: unknown): boolean {
  return typeof fields(value).then === 'function'
}

/** The check of a list of servers, of which a session without an SRV record needs one at least. */
const serversCheck: Check = mustBe(
  'a list of at least one { host, port }',
  value => isServerList(value) && (value as unknown[]).length > 0,
)

/** A check for every option of a session but the servers. */
export const SESSION_CHECKS: {
  readonly [Name in Exclude<keyof SessionOptions, 'servers' | 'srv'>]-?: Check
} = {
  sessionTimeout: whole(1),
  session: secretly(
    '{ id, password, timeout }, a bigint, bytes and milliseconds, such as `session` of another client',
    isIdentity,
  ),
  readOnly: flag,
  renew: flag,
  tls: secretly(
    "Node's TLS options, a function that returns them, or null",
    // A promise could be one of no options, and nothing may go in clear text in their place.
    value => value === null || typeof value === 'function' || (isObject(value) && !isThenable(value)),
  ),
  sasl: value => {
    if (value === null || typeof value === 'function') return null
    return isObject(value)
      ? saslFault(value)
      : 'must be { mechanism, ... }, a function that returns it, or null'
  },
  allowInsecureAuth: flag,
  whenDisconnected: oneOf('wait', 'reject'),
  maxInFlight: whole(1),
  maxQueuedBytes: atLeast(1),
  whenFull: oneOf('wait', 'reject'),
  maxRequestSize: whole(1),
  maxResponseSize: whole(1),
  backoff: mustBe('{ initial, max } in milliseconds, with 0 < initial <= max', isBackoff),
  zxidGrace: atLeast(0),
  shuffle: flag,
  callSites: flag,
  closeTimeout: whole(1),
  environment: mustBe('an Environment', value =>
    METHODS.every(name => typeof fields(value)[name] === 'function'),
  ),
}

const OPTIONS: OptionTable = optionTable("{ servers: [{ host: '127.0.0.1', port: 2181 }] }", {
  // With `srv` the list may be empty.
  servers: mustBe('a list of { host, port }', isServerList),
  srv: mustBe('a DNS name or null', value => value === null || (typeof value === 'string' && value !== '')),
  ...SESSION_CHECKS,
})

/** Checks what the constructor of a session got. @throws ZooKeeperError BAD_ARGUMENTS. */
export function checkSessionOptions(options: SessionOptions, count: number): void {
  const { servers, srv } = fields(options)
  checkCount('Session', count, 1)
  const fault = optionsFault(options, OPTIONS) ?? (typeof srv === 'string' ? null : serversFault(servers))
  if (fault !== null) throw badArguments('Session', fault)
}

function serversFault(servers: unknown): string | null {
  const fault = serversCheck(servers)
  return fault === null ? null : `the option servers ${fault}`
}

/** Checks a list of servers. @throws ZooKeeperError BAD_ARGUMENTS. */
export function checkServers(operation: string, servers: unknown, count: number): void {
  checkCount(operation, count, 1)
  const fault = serversCheck(servers)
  if (fault !== null) throw badArguments(operation, `the servers ${fault}`)
}

const CLOSE: OptionTable = optionTable('{ keepSession: true }', { keepSession: flag })

/** Returns the error of options of `close` that are not valid; null if they are. */
export function closeFault(options: unknown, count: number): ZooKeeperError | null {
  const fault = surplusFault(count, 1) ?? optionsFault(options, CLOSE)
  return fault === null ? null : badArguments('close', fault)
}

/** Returns true for the scheme of a credential. ACLs end it with a `:`. */
export function isScheme(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.isWellFormed() && !value.includes(':')
}

/** The check of a scheme. Its error does not show the value: it may be a secret in the wrong place. */
const schemeCheck: Check = secretly('text such as "digest", without a ":"', isScheme)

/** Returns true for the secret of a credential, and for a function that provides it. */
export function isSecret(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  return types.isUint8Array(value) || typeof value === 'function'
}

/** The check of a secret. Its error does not show the value. */
const secretCheck: Check = secretly('text without a lone surrogate, bytes or a function', isSecret)

/** Checks a credential. Only `removeAuth` takes one without a secret. @throws ZooKeeperError BAD_ARGUMENTS. */
export function checkCredential(
  operation: 'addAuth' | 'removeAuth',
  name: unknown,
  secret: unknown,
  count: number,
): void {
  checkCount(operation, count, 2)
  const fault = schemeCheck(name)
  if (fault !== null) throw badArguments(operation, `the scheme ${fault}`)
  const isOptional = operation === 'removeAuth' && secret === undefined
  const secretFault = isOptional ? null : secretCheck(secret)
  if (secretFault !== null) throw badArguments(operation, `auth ${secretFault}`)
}
