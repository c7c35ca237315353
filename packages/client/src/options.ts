import {
  type Environment,
  formatServer,
  nodeEnvironment,
  parseConnectString,
  type Secret,
  type ServerAddress,
  type SessionOptions,
} from '@zookit/connection'
import { badArgument, describe, isAbortSignal } from './arguments.ts'
import { Chroot } from './path.ts'
import type { RequestSettings } from './requests.ts'

/** The servers and the chroot, as an alternative to a connect string. */
export interface Ensemble {
  /** Some or all servers of the ensemble. */
  servers?: readonly ServerAddress[] | undefined
  /** The DNS name whose SRV records list the servers, instead of `servers`. */
  srv?: string | undefined
  /** The path that the client puts in front of all its paths, such as `/app`. Default none. */
  chroot?: string | undefined
}

/** An identity for `addAuth`. */
export interface AuthOptions {
  /** The scheme, such as `digest`. */
  scheme: string
  /** The credential, such as `user:password`; a function is called for each connection. */
  auth: string | Secret
}

/** Makes every option optional. An option that is undefined counts as absent. */
type Optional<Options> = { [Name in keyof Options]?: Options[Name] | undefined }

/** The options of connect. Every time is in milliseconds. */
export interface ConnectOptions extends Optional<Omit<SessionOptions, 'servers' | 'srv'>> {
  /** The time after which `connect` gives up. Default 30 000; Infinity never gives up. */
  connectTimeout?: number | undefined
  /** Gives `connect` up. It has no effect on the client afterwards: use `close`. */
  signal?: AbortSignal | undefined
  /** The identities to present before the first request, in this order. */
  auth?: readonly AuthOptions[] | undefined
  /** The timeout of requests that have no `timeout` of their own. Default Infinity. */
  requestTimeout?: number | undefined
  /** The number of times that a read is sent again after its connection was lost. Default 0. */
  retryReads?: number | undefined
}

/** The options of connect, checked and with their defaults. */
export interface Settings {
  session: SessionOptions
  requests: RequestSettings
  auth: readonly AuthOptions[]
  signal: AbortSignal | undefined
  connectTimeout: number
  environment: Environment
}

/** Returns null for a valid value, else a description of the valid ones. */
type Check = (value: unknown) => string | null

const MAX_INT = 0x7fffffff

/** A check for every option. */
const CHECKS: { readonly [Name in keyof Required<ConnectOptions>]: Check } = {
  sessionTimeout: whole(1),
  session: checkIdentity,
  readOnly: flag,
  renew: flag,
  tls: value => check(value === null || isObject(value) || typeof value === 'function', "Node's TLS options"),
  allowInsecureAuth: flag,
  whenDisconnected: oneOf('wait', 'reject'),
  maxInFlight: whole(1),
  maxQueuedBytes: atLeast(1),
  whenFull: oneOf('wait', 'reject'),
  maxRequestSize: whole(1),
  maxResponseSize: whole(1),
  backoff: checkBackoff,
  zxidGrace: atLeast(0),
  shuffle: flag,
  closeTimeout: whole(1),
  environment: value => check(typeof fields(value).now === 'function', 'an Environment'),
  connectTimeout: value => (value === Infinity ? null : whole(1)(value)),
  signal: value => check(isAbortSignal(value), 'an AbortSignal'),
  auth: checkAuth,
  requestTimeout: value => (value === Infinity ? null : whole(1)(value)),
  retryReads: whole(0),
}

/**
 * Checks the arguments of `connect`.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS, whose message names the option and says what it must be.
 */
export function resolveOptions(to: string | Ensemble, options: ConnectOptions): Settings {
  checkOptions(options)
  const { servers, srv, chroot } = typeof to === 'string' ? parse(to) : checkEnsemble(to)
  const { connectTimeout = 30_000, signal, auth = [], requestTimeout, retryReads } = options
  const environment = options.environment ?? nodeEnvironment
  return {
    // The spread comes last: adding properties to an object after a spread costs 4 us.
    session: { servers, srv, environment, ...(options as Omit<SessionOptions, 'servers'>) },
    requests: { chroot, requestTimeout, retryReads, now: () => environment.now() },
    auth,
    signal,
    connectTimeout,
    environment,
  }
}

/** Returns the servers of a new list, for `updateServers`. @throws ZooKeeperError BAD_ARGUMENTS. */
export function resolveServers(
  to: string | readonly ServerAddress[],
  chroot: string,
): readonly ServerAddress[] {
  if (typeof to !== 'string') return checkServers(to)
  const parsed = parse(to)
  if (parsed.srv !== null) throw badArgument('updateServers takes a list of servers, not an SRV record')
  if (parsed.chroot !== '' && parsed.chroot !== chroot) {
    throw badArgument(`the chroot stays ${describe(chroot)}, it cannot become ${describe(parsed.chroot)}`)
  }
  return parsed.servers
}

function checkOptions(options: ConnectOptions): void {
  if (!isObject(options)) throw badArgument(`the options are an object, not ${describe(options)}`, 'connect')
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(CHECKS, name)) throw badArgument(`there is no option ${describe(name)}`, 'connect')
    const value = options[name as keyof ConnectOptions]
    const fault = value === undefined ? null : CHECKS[name as keyof ConnectOptions](value)
    if (fault !== null) throw badArgument(`the option ${name} must be ${fault}`, 'connect')
  }
}

function parse(text: string): { servers: readonly ServerAddress[]; srv: string | null; chroot: string } {
  try {
    const parsed = parseConnectString(text)
    new Chroot(parsed.chroot)
    return parsed
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    throw badArgument(cause, 'connect')
  }
}

function checkEnsemble(to: Ensemble): {
  servers: readonly ServerAddress[]
  srv: string | null
  chroot: string
} {
  if (!isObject(to))
    throw badArgument(`the first argument is a connect string or { servers }, not ${describe(to)}`, 'connect')
  for (const name of Object.keys(to)) {
    if (!['servers', 'srv', 'chroot'].includes(name)) {
      throw badArgument(`an ensemble has servers, srv and chroot, but no ${describe(name)}`, 'connect')
    }
  }
  const { servers, srv, chroot } = to
  if ((servers === undefined) === (srv === undefined)) {
    throw badArgument('pass either servers or srv', 'connect')
  }
  const { path } = new Chroot(chroot ?? '')
  if (servers !== undefined) return { servers: checkServers(servers), srv: null, chroot: path }
  return { servers: [], srv: parse(`dns-srv://${srv}`).srv, chroot: path }
}

/** Checks servers by the rules of the connect string: a host with a `,` or a `/` could be read as something else. */
function checkServers(servers: readonly ServerAddress[]): readonly ServerAddress[] {
  if (!Array.isArray(servers) || servers.length === 0) {
    throw badArgument('servers must be a list of at least one { host, port }', 'connect')
  }
  return servers.map(checkServer)
}

function checkServer(server: ServerAddress): ServerAddress {
  const { host, port } = fields(server)
  if (typeof host !== 'string' || typeof port !== 'number') {
    throw badArgument(`a server is { host, port }, not ${describe(server)}`, 'connect')
  }
  const text = formatServer({ host, port })
  const parsed = parse(text).servers[0]
  if (parsed?.host === host && parsed.port === port) return parsed
  throw badArgument(`no such server: ${describe(text)}`, 'connect')
}

function checkIdentity(value: unknown): string | null {
  const { id, password } = fields(value)
  const right = typeof id === 'bigint' && password instanceof Uint8Array
  return check(right, '{ id, password }, a bigint and bytes, such as another client has in its `session`')
}

function checkBackoff(value: unknown): string | null {
  const { initial, max } = fields(value)
  const right = typeof initial === 'number' && typeof max === 'number' && initial > 0 && max >= initial
  return check(right, '{ initial, max } in milliseconds, with 0 < initial <= max')
}

function checkAuth(value: unknown): string | null {
  const right = Array.isArray(value) && value.every(isAuth)
  return check(right, 'a list of { scheme, auth }, where auth is text, bytes or a function')
}

function isAuth(value: unknown): boolean {
  const { scheme, auth } = fields(value)
  if (typeof scheme !== 'string') return false
  return typeof auth === 'string' || auth instanceof Uint8Array || typeof auth === 'function'
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the properties of an object, and none of anything else. */
function fields(value: unknown): Record<string, unknown> {
  return isObject(value) ? (value as Record<string, unknown>) : {}
}

function flag(value: unknown): string | null {
  return check(typeof value === 'boolean', 'true or false')
}

function whole(least: number): Check {
  const expected = `a whole number from ${least} to 2^31-1`
  return value =>
    check(Number.isInteger(value) && Number(value) >= least && Number(value) <= MAX_INT, expected)
}

function atLeast(least: number): Check {
  return value => check(typeof value === 'number' && value >= least, `a number from ${least}`)
}

function oneOf(...values: string[]): Check {
  const expected = values.map(value => JSON.stringify(value)).join(' or ')
  return value => check(values.includes(value as string), expected)
}

/** Returns null for a valid value, else `expected`. */
function check(right: boolean, expected: string): string | null {
  return right ? null : expected
}
