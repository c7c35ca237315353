import types from 'node:util/types'
import {
  checks,
  type Environment,
  formatServer,
  nodeEnvironment,
  parseConnectString,
  type Secret,
  type ServerAddress,
  type SessionOptions,
} from '@zookit/connection'
import {
  abortSignal,
  type Check,
  checkedLater,
  checkOptions,
  describe,
  fields,
  fieldTable,
  flag,
  type OptionTable,
  optionTable,
  secretly,
  text,
  whole,
} from './checks.ts'
import { InvalidArgument } from './invalid-argument.ts'
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
  auth: Secret
}

/** Makes every option optional. An option that is undefined counts as absent. */
type Optional<Options> = { [Name in keyof Options]?: Options[Name] | undefined }

/** The options of connect. Every time is in milliseconds. */
export interface ConnectOptions extends Optional<Omit<SessionOptions, 'servers' | 'srv'>> {
  /** The time after which `connect` gives up. Default 30 000; Infinity never gives up. */
  connectTimeout?: number | undefined
  /** Gives `connect` up. It has no effect on the client afterwards: use `close`. */
  signal?: AbortSignal | undefined
  /** Creates the znodes of the chroot that do not exist, within `connectTimeout`. Default false. */
  createChroot?: boolean | undefined
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
  createChroot: boolean
  environment: Environment
}

const orInfinity = (value: unknown): string | null => (value === Infinity ? null : whole(1)(value))

/** A check for every option. */
const CHECKS: { readonly [Name in keyof Required<ConnectOptions>]: Check } = {
  ...checks.SESSION_CHECKS,
  connectTimeout: orInfinity,
  signal: abortSignal,
  createChroot: flag,
  auth: secretly(
    'a list of { scheme, auth }, where auth is text, bytes or a function',
    value => Array.isArray(value) && value.every(isAuth),
  ),
  requestTimeout: orInfinity,
  retryReads: whole(0),
}

const ENSEMBLE: OptionTable = fieldTable('{ servers, chroot }', {
  servers: checkedLater,
  srv: text,
  chroot: text,
})

const OPTIONS: OptionTable = optionTable('{ sessionTimeout: 10_000 }', CHECKS)

/**
 * Checks the arguments of `connect`.
 *
 * @throws InvalidArgument, whose message names the option and says what it must be.
 */
export function resolveOptions(to: string | Ensemble, options: ConnectOptions): Settings {
  checkOptions(options, OPTIONS)
  const { servers, srv, chroot } = typeof to === 'string' ? parse(to) : checkEnsemble(to)
  const { connectTimeout = 30_000, createChroot = false, signal, auth = [], ...others } = options
  const { requestTimeout, retryReads, ...session } = others
  const environment = options.environment ?? nodeEnvironment
  return {
    // The spread comes last: adding properties to an object after a spread costs 4 us.
    session: { servers, srv, environment, ...(session as Omit<SessionOptions, 'servers'>) },
    requests: { chroot, requestTimeout, retryReads, now: () => environment.now() },
    auth,
    signal,
    connectTimeout,
    createChroot,
    environment,
  }
}

/** Returns the servers of a new list, for `updateServers`. @throws InvalidArgument. */
export function resolveServers(
  to: string | readonly ServerAddress[],
  chroot: string,
): readonly ServerAddress[] {
  if (typeof to !== 'string') return checkServers(to)
  const parsed = parse(to)
  if (parsed.srv !== null)
    throw new InvalidArgument('updateServers takes a list of servers, not an SRV record')
  if (parsed.chroot !== '' && parsed.chroot !== chroot) {
    throw new InvalidArgument(
      `the chroot stays ${describe(chroot)}, it cannot become ${describe(parsed.chroot)}`,
    )
  }
  return parsed.servers
}

function parse(connectString: string): {
  servers: readonly ServerAddress[]
  srv: string | null
  chroot: string
} {
  try {
    const parsed = parseConnectString(connectString)
    new Chroot(parsed.chroot)
    return parsed
  } catch (error) {
    if (InvalidArgument.is(error)) throw error
    throw new InvalidArgument(types.isNativeError(error) ? error.message : String(error))
  }
}

function checkEnsemble(to: Ensemble): {
  servers: readonly ServerAddress[]
  srv: string | null
  chroot: string
} {
  if (typeof to !== 'object' || to === null) {
    throw new InvalidArgument(
      `the first argument must be a connect string or { servers }, not ${describe(to)}`,
    )
  }
  checkOptions(to, ENSEMBLE)
  const { servers, srv, chroot } = to
  if ((servers === undefined) === (srv === undefined)) {
    throw new InvalidArgument('pass either servers or srv')
  }
  const { path } = new Chroot(chroot ?? '')
  if (servers !== undefined) return { servers: checkServers(servers), srv: null, chroot: path }
  return { servers: [], srv: parse(`dns-srv://${srv}`).srv, chroot: path }
}

/** Checks servers by the rules of the connect string: a host with a `,` or a `/` could be read as something else. */
function checkServers(servers: readonly ServerAddress[]): readonly ServerAddress[] {
  if (!Array.isArray(servers) || servers.length === 0) {
    throw new InvalidArgument(
      `servers must be a list of at least one { host, port }, not ${Array.isArray(servers) ? 'an empty one' : describe(servers)}`,
    )
  }
  return servers.map(checkServer)
}

function checkServer(server: ServerAddress): ServerAddress {
  const { host, port } = fields(server)
  if (typeof host !== 'string' || typeof port !== 'number') {
    throw new InvalidArgument(`a server is { host, port }, not ${describe(server)}`)
  }
  const address = formatServer({ host, port })
  const parsed = parse(address).servers[0]
  if (parsed?.host === host && parsed.port === port) return parsed
  throw new InvalidArgument(`no such server: ${describe(address)}`)
}

function isAuth(value: unknown): boolean {
  const { scheme, auth } = fields(value)
  return checks.isScheme(scheme) && checks.isSecret(auth)
}
