import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ConnectOptions } from '@zookit/client'
import { UsageError } from '../program/errors.ts'
import type { GlobalOptions } from '../program/global-options.ts'
import { checkHosts } from './hosts.ts'
import type { Target } from './types.ts'
import { howToSet, variable } from './variable.ts'

type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_HOSTS = '127.0.0.1:2181'
const DEFAULT_TIMEOUT = 10_000
const CLOSE_TIMEOUT = 5000
/** The share of the time for a connection that a command which prints a secret may take: its failure is told in the rest. */
const SECRET_SHARE = 0.8

/** Returns the time to wait for a connection, and for each answer. */
export function timeoutOf(globals: GlobalOptions): number {
  return globals.timeout ?? DEFAULT_TIMEOUT
}

/**
 * Finds the ensemble that is meant: --hosts, --ensemble, ZOOKIT_HOSTS, ZOOKIT_ENSEMBLE, the default of the
 * configuration file, this machine; the first of them that is there.
 *
 * @throws UsageError.
 */
export async function resolveTarget(globals: GlobalOptions, env: Environment): Promise<Target> {
  const named = await namedTarget(globals, env)
  const base = named ?? { name: null, hosts: await hostsOf(globals, env), options: {} }
  const auth = globals.authEnv.map(name => identity(name, env))
  const tls = await tlsOf(globals)
  const sasl = saslOf(globals, env)
  const options: ConnectOptions = {
    ...base.options,
    connectTimeout: timeoutOf(globals),
    // A server that has not answered a request will hardly answer the close: --timeout is the longest wait for that, too.
    closeTimeout: Math.min(timeoutOf(globals), CLOSE_TIMEOUT),
    ...(auth.length > 0 && { auth: [...(base.options.auth ?? []), ...auth] }),
    ...(tls !== undefined && { tls }),
    ...(sasl !== undefined && { sasl }),
    ...(globals.sessionTimeout !== undefined && { sessionTimeout: globals.sessionTimeout }),
    ...(globals.readOnly && { readOnly: true }),
    ...(globals.insecureAuth && { allowInsecureAuth: true }),
  }
  return { ...base, options }
}

/** Returns the servers that no configuration file names. @throws UsageError. */
async function hostsOf({ hosts }: GlobalOptions, { ZOOKIT_HOSTS }: Environment): Promise<string> {
  const given = hosts ?? ZOOKIT_HOSTS
  if (given === undefined) return DEFAULT_HOSTS
  const place = hosts === undefined ? 'the environment variable ZOOKIT_HOSTS' : 'the servers (HOSTS)'
  await checkHosts(given, place, '--auth-env')
  return given
}

/** Returns the ensemble of the configuration file that is meant, or null. */
async function namedTarget(globals: GlobalOptions, env: Environment): Promise<Target | null> {
  if (globals.hosts !== undefined) {
    if (globals.ensemble === undefined) return null
    throw new UsageError('--hosts and --ensemble exclude each other', 'Give one of them.')
  }
  const name = globals.ensemble ?? (env.ZOOKIT_HOSTS === undefined ? env.ZOOKIT_ENSEMBLE : undefined)
  const file = configFile(globals, env)
  const isExplicit = globals.config !== undefined || env.ZOOKIT_CONFIG !== undefined
  if (!isExplicit && !existsSync(file)) {
    if (name === undefined) return null
    throw new UsageError(
      `there is no configuration file ${file} with the ensemble '${name}'`,
      'Write it, or use --hosts.',
    )
  }
  if (name === undefined && env.ZOOKIT_HOSTS !== undefined) return null
  const { readEnsemble } = await import('./config-file.ts')
  return await readEnsemble(file, name, { env, timeout: SECRET_SHARE * timeoutOf(globals) })
}

/** Returns the place of the configuration file. */
function configFile(globals: GlobalOptions, env: Environment): string {
  const base = env.XDG_CONFIG_HOME ?? join(env.HOME ?? homedir(), '.config')
  return globals.config ?? env.ZOOKIT_CONFIG ?? join(base, 'zookit', 'config.json')
}

/** Reads an identity from an environment variable. Its value is shown nowhere. */
function identity(name: string, env: Environment): { scheme: string; auth: string } {
  const value = env[name]
  const colon = value?.indexOf(':') ?? -1
  if (value !== undefined && colon > 0) return { scheme: value.slice(0, colon), auth: value.slice(colon + 1) }
  const fault = value === undefined ? 'is not set' : 'is not of the form scheme:credential'
  throw new UsageError(`--auth-env: ${variable(name)} ${fault}`, howToSet(name, 'digest:USER:PASSWORD'))
}

function saslOf(
  { saslUser, saslPasswordEnv, saslKerberos }: GlobalOptions,
  env: Environment,
): ConnectOptions['sasl'] | undefined {
  if ((saslUser === undefined) !== (saslPasswordEnv === undefined)) {
    throw new UsageError('--sasl-user and --sasl-password-env belong together', 'Give both.')
  }
  if (saslKerberos && saslUser !== undefined) {
    throw new UsageError('--sasl-kerberos and --sasl-user exclude each other', 'Give one of them.')
  }
  if (saslKerberos) return { mechanism: 'GSSAPI' }
  if (saslUser === undefined || saslPasswordEnv === undefined) return undefined
  const password = env[saslPasswordEnv]
  if (password !== undefined) return { mechanism: 'DIGEST-MD5', username: saslUser, password }
  throw new UsageError(
    `--sasl-password-env: ${variable(saslPasswordEnv)} is not set`,
    howToSet(saslPasswordEnv, 'PASSWORD'),
  )
}

async function tlsOf({ tlsCa, tlsCert, tlsKey }: GlobalOptions): Promise<ConnectOptions['tls'] | undefined> {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new UsageError('--tls-cert and --tls-key belong together', 'Give both.')
  }
  if (tlsCa === undefined && tlsCert === undefined) return undefined
  const { readTls } = await import('./tls-files.ts')
  return readTls({ ca: tlsCa, cert: tlsCert, key: tlsKey })
}
