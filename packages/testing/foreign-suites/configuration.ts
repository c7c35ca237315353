import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { ServerVersion, TestServerOptions } from '../src/index.ts'

/** The start of one server, as a stand-in program was asked for it. */
export interface StartRequest {
  /** Path of a file in the format of `zoo.cfg`. */
  readonly config: string
  /** The `-D` flags for Java. */
  readonly flags: readonly string[]
  /** The release to play. */
  readonly version: string
  /** Paths that the configuration names, by where their content is on this machine. Default: where they say. */
  readonly paths?: Readonly<Record<string, string>>
  /** The port in place of the configured one; 0 for any free one. */
  readonly port?: number
}

/** One server, as its `zoo.cfg` and its flags describe it. */
export interface Configuration {
  /** The directory for its data, which is empty in memory, and tells servers apart. */
  readonly dataDir: string
  /** 0 for any free port. */
  readonly port: number
  readonly id: number
  /** The lines that name the members of its ensemble; empty for a standalone server. */
  readonly members: readonly string[]
  readonly readOnlyMode: boolean
  readonly options: TestServerOptions
}

/** The lines of a properties file, as ZooKeeper takes them. */
function properties(text: string): Map<string, string> {
  const entries = text.split('\n').map(line => /^\s*([^#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line))
  return new Map(entries.flatMap(entry => (entry === null ? [] : [[entry[1]!, entry[2]!] as const])))
}

function flagsOf(flags: readonly string[]): Map<string, string> {
  return properties(flags.map(flag => flag.replace(/^-D(zookeeper\.)?/, '')).join('\n'))
}

/** The users of the `Server` section of a login file, for SASL DIGEST-MD5. */
function saslUsers(file: string | undefined): Record<string, string> | undefined {
  if (file === undefined) return undefined
  const users = [...readFileSync(file, 'utf8').matchAll(/user_(\w+)\s*=\s*"([^"]*)"/g)]
  return users.length === 0 ? undefined : Object.fromEntries(users.map(([, name, word]) => [name!, word!]))
}

function clientPort(settings: Map<string, string>, id: number): number {
  const ofMember = /;(?:.*:)?(\d+)$/.exec(settings.get(`server.${id}`) ?? '')?.[1]
  return Number(settings.get('clientPort') ?? settings.get('secureClientPort') ?? ofMember ?? 0)
}

function tls(settings: Map<string, string>, at: (path: string) => string): TestServerOptions['tls'] {
  const own = settings.get('ssl.keyStore.location')
  const isSecure = settings.has('secureClientPort') && !settings.has('clientPort')
  if (!isSecure || own === undefined || !own.endsWith('.pem')) return undefined
  const pem = readFileSync(at(own))
  const trusted = readFileSync(at(settings.get('ssl.trustStore.location') ?? own))
  const needed = settings.get('ssl.clientAuth') === 'need'
  return { key: pem, cert: pem, ca: trusted, requestCert: needed, rejectUnauthorized: needed }
}

function optional<T>(settings: Map<string, string>, key: string, read: (text: string) => T): T | undefined {
  const text = settings.get(key)
  return text === undefined ? undefined : read(text)
}

function idIn(dataDir: string): number {
  try {
    return Number(readFileSync(resolve(dataDir, 'myid'), 'utf8').trim())
  } catch {
    return 1
  }
}

function optionsOf(
  settings: Map<string, string>,
  version: string,
  at: (path: string) => string,
): TestServerOptions {
  const tickTime = Number(settings.get('tickTime') ?? 3000)
  const options: TestServerOptions = {
    version: version as ServerVersion,
    tickTime,
    minSessionTimeout: Number(settings.get('minSessionTimeout') ?? 2 * tickTime),
    maxSessionTimeout: Number(settings.get('maxSessionTimeout') ?? 20 * tickTime),
    reconfigEnabled: settings.get('reconfigEnabled') === 'true',
    extendedTypes: settings.get('extendedTypesEnabled') === 'true',
    containerCheckInterval: Number(settings.get('znode.container.checkIntervalMs') ?? 60_000),
    recordRequests: false,
  }
  const given: TestServerOptions = Object.fromEntries(
    Object.entries({
      superDigest: settings.get('DigestAuthenticationProvider.superDigest'),
      requireAuth: optional(settings, 'enforce.auth.schemes', text => text.split(',')),
      sasl: saslUsers(optional(settings, 'java.security.auth.login.config', at)),
      tls: tls(settings, at),
    }).filter(([, value]) => value !== undefined),
  )
  return { ...options, ...given }
}

/** Reads what one server is to be. @throws Error for files that are not there */
export function readConfiguration(request: StartRequest): Configuration {
  const at = (path: string): string => request.paths?.[path] ?? path
  const file = properties(readFileSync(request.config, 'utf8'))
  const settings = new Map([...file, ...flagsOf(request.flags)])
  const dataDir = at(file.get('dataDir') ?? dirname(request.config))
  const id = idIn(dataDir)
  const members = [...file]
    .filter(([key]) => /^server\.\d+$/.test(key))
    .map(([key, value]) => `${key}=${value}`)
  return {
    dataDir,
    port: request.port ?? clientPort(settings, id),
    id,
    members: members.length > 1 ? members.sort() : [],
    readOnlyMode: settings.get('readonlymode.enabled') === 'true',
    options: optionsOf(settings, request.version, at),
  }
}
