import { types } from 'node:util'
import { saslFault } from '../auth/sasl.ts'
import type { ZooKeeperError } from '../errors.ts'
import type { SessionOptions } from '../options.ts'
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
} from './checks.ts'
import { badArguments } from './refusals.ts'

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
export function checkSessionOptions(options: SessionOptions): void {
  const { servers, srv } = fields(options)
  const fault = optionsFault(options, OPTIONS) ?? (typeof srv === 'string' ? null : serversFault(servers))
  if (fault !== null) throw badArguments('Session', fault)
}

function serversFault(servers: unknown): string | null {
  const fault = serversCheck(servers)
  return fault === null ? null : `the option servers ${fault}`
}

/** Checks a list of servers. @throws ZooKeeperError BAD_ARGUMENTS. */
export function checkServers(operation: string, servers: unknown): void {
  const fault = serversCheck(servers)
  if (fault !== null) throw badArguments(operation, `the servers ${fault}`)
}

const CLOSE: OptionTable = optionTable('{ keepSession: true }', { keepSession: flag })

/** Returns the error of options of `close` that are not valid; null if they are. */
export function closeFault(options: unknown): ZooKeeperError | null {
  const fault = optionsFault(options, CLOSE)
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
export function checkCredential(operation: 'addAuth' | 'removeAuth', name: unknown, secret: unknown): void {
  const fault = schemeCheck(name)
  if (fault !== null) throw badArguments(operation, `the scheme ${fault}`)
  const isOptional = operation === 'removeAuth' && secret === undefined
  const secretFault = isOptional ? null : secretCheck(secret)
  if (secretFault !== null) throw badArguments(operation, `auth ${secretFault}`)
}
