import { createHash } from 'node:crypto'
import { authorityPem, certificate } from './certificates.ts'
import type { ServerOptions, TlsOptions } from './options.ts'

/** The address of one server of an ensemble for the others. */
export interface MemberAddress {
  id: number
  host: string
  quorumPort: number
  electionPort: number
  clientHost: string
  clientPort: number
  role: 'participant' | 'observer'
}

/** The paths and addresses of the machine that runs a server, as that server sees them. */
export interface ServerPlace {
  /** Absolute path of the directory that will hold the plan's files. */
  confDir: string
  /** Absolute path of the directory for snapshots and logs. */
  dataDir: string
  clientHost: string
  clientPort: number
  securePort: number | undefined
  adminPort: number | undefined
  /** Set for a member of an ensemble. */
  ensemble: { id: number; members: readonly MemberAddress[] } | undefined
}

interface PlannedFile {
  name: string
  content: string
}

/** The files and flags from which one server is started. */
export interface ServerPlan {
  /** Files for `confDir`; `zoo.cfg` is one of them. */
  files: PlannedFile[]
  /** `-D` and other flags for Java. */
  jvmFlags: string[]
  /** The content of `myid` in the data directory, for a member of an ensemble. */
  myid: number | undefined
}

/** Limits in ticks. A follower gives a frozen leader up after `syncLimit`, so this is 4 seconds by default. */
const ENSEMBLE_TICKS = { initLimit: 100, syncLimit: 20 }

/**
 * A read-only server cannot create a global session: without local ones it answers a ConnectRequest with a bare
 * reply header that says NOT_READONLY.
 */
const LOCAL_SESSIONS = { localSessionsEnabled: true, localSessionsUpgradingEnabled: true }

function tlsOptions(options: ServerOptions): TlsOptions | undefined {
  return options.tls === true ? {} : options.tls === false ? undefined : options.tls
}

/** Tells whether these options ask for a second, encrypted client port. */
export function wantsTls(options: ServerOptions): boolean {
  return tlsOptions(options) !== undefined
}

/** Returns the line of the dynamic configuration that describes a member, such as `server.1=127.0.0.1:1:2:participant;127.0.0.1:3`. */
export function memberSpec(member: MemberAddress): string {
  const { id, host, quorumPort, electionPort, role, clientHost, clientPort } = member
  return `server.${id}=${host}:${quorumPort}:${electionPort}:${role};${clientHost}:${clientPort}`
}

function adminLines(options: ServerOptions, place: ServerPlace): Record<string, string | number | boolean> {
  return {
    'admin.enableServer': true,
    'admin.serverAddress': place.clientHost,
    'admin.serverPort': place.adminPort!,
    ...(options.admin === 'https' && { 'admin.forceHttps': true }),
  }
}

function configLines(options: ServerOptions, place: ServerPlace): Record<string, string | number | boolean> {
  const tickTime = options.tickTime ?? 200
  const lines: Record<string, string | number | boolean> = {
    tickTime,
    dataDir: place.dataDir,
    minSessionTimeout: options.minSessionTimeout ?? 2 * tickTime,
    maxSessionTimeout: options.maxSessionTimeout ?? 60_000,
    maxClientCnxns: options.maxClientCnxns ?? 0,
    'admin.enableServer': false,
    '4lw.commands.whitelist': '*',
    extendedTypesEnabled: options.extendedTypesEnabled ?? true,
    reconfigEnabled: options.reconfigEnabled ?? false,
  }
  if (options.standaloneEnabled !== undefined) lines.standaloneEnabled = options.standaloneEnabled
  if (options.readOnlyMode) Object.assign(lines, LOCAL_SESSIONS)
  if (place.adminPort !== undefined) Object.assign(lines, adminLines(options, place))
  if (place.ensemble) {
    Object.assign(lines, ENSEMBLE_TICKS, { dynamicConfigFile: `${place.confDir}/members.cfg` })
    if (place.ensemble.members.length === 1) lines.standaloneEnabled = false
  } else {
    Object.assign(lines, { clientPort: place.clientPort, clientPortAddress: place.clientHost })
  }
  if (place.securePort !== undefined) {
    Object.assign(lines, { secureClientPort: place.securePort, secureClientPortAddress: place.clientHost })
  }
  return Object.assign(lines, options.config)
}

function tlsProperties(tls: TlsOptions, confDir: string): Record<string, string> {
  return {
    'zookeeper.serverCnxnFactory': 'org.apache.zookeeper.server.NettyServerCnxnFactory',
    'zookeeper.ssl.keyStore.location': `${confDir}/server.pem`,
    'zookeeper.ssl.keyStore.type': 'PEM',
    'zookeeper.ssl.trustStore.location': `${confDir}/trust.pem`,
    'zookeeper.ssl.trustStore.type': 'PEM',
    'zookeeper.ssl.clientAuth': tls.clientAuth ?? 'none',
  }
}

/** Returns the properties for HTTPS of AdminServer, which shows the certificate that the members of an ensemble show each other. */
function adminTlsProperties(confDir: string): Record<string, string> {
  return {
    'zookeeper.ssl.quorum.keyStore.location': `${confDir}/server.pem`,
    'zookeeper.ssl.quorum.keyStore.type': 'PEM',
    'zookeeper.ssl.quorum.trustStore.location': `${confDir}/trust.pem`,
    'zookeeper.ssl.quorum.trustStore.type': 'PEM',
  }
}

function saslProperties(required: boolean, confDir: string): Record<string, string> {
  return {
    'java.security.auth.login.config': `${confDir}/jaas.conf`,
    'zookeeper.authProvider.sasl': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider',
    ...(required && { 'zookeeper.sessionRequireClientSASLAuth': 'true' }),
  }
}

function superDigest(password: string): string {
  return `super:${createHash('sha1').update(`super:${password}`).digest('base64')}`
}

function properties(options: ServerOptions, confDir: string): Record<string, string> {
  const tls = tlsOptions(options)
  return {
    // Durability across a power cut is no test's business, and fsync is most of a small write's time.
    'zookeeper.forceSync': 'no',
    'zookeeper.jmx.log4j.disable': 'true',
    'java.awt.headless': 'true',
    'znode.container.checkIntervalMs': String(options.containerCheckInterval ?? 200),
    ...(options.readOnlyMode && { 'readonlymode.enabled': 'true' }),
    ...(options.superPassword !== undefined && {
      'zookeeper.DigestAuthenticationProvider.superDigest': superDigest(options.superPassword),
    }),
    ...(options.requireAuth && {
      'zookeeper.enforce.auth.enabled': 'true',
      'zookeeper.enforce.auth.schemes': options.requireAuth.join(','),
    }),
    ...(options.admin === 'https' && adminTlsProperties(confDir)),
    ...(options.sasl && saslProperties(options.sasl.required ?? false, confDir)),
    ...(tls && tlsProperties(tls, confDir)),
    ...options.properties,
  }
}

function jaasFile(users: Readonly<Record<string, string>>): string {
  const entries = Object.entries(users).map(
    ([name, password]) => `  user_${name}=${JSON.stringify(password)}`,
  )
  return `Server {\n  org.apache.zookeeper.server.auth.DigestLoginModule required\n${entries.join('\n')};\n};\n`
}

function files(options: ServerOptions, place: ServerPlace): PlannedFile[] {
  const lines = Object.entries(configLines(options, place)).map(([key, value]) => `${key}=${value}\n`)
  const result: PlannedFile[] = [{ name: 'zoo.cfg', content: lines.join('') }]
  if (place.ensemble) {
    result.push({
      name: 'members.cfg',
      content: place.ensemble.members.map(m => `${memberSpec(m)}\n`).join(''),
    })
  }
  if (options.sasl) result.push({ name: 'jaas.conf', content: jaasFile(options.sasl.users) })
  const tls = tlsOptions(options)
  if (tls || options.admin === 'https') {
    const shown = certificate(tls?.certificate ?? 'server')
    result.push({ name: 'server.pem', content: `${shown.cert}${shown.key}` })
    result.push({ name: 'trust.pem', content: authorityPem() })
  }
  return result
}

/** Writes the configuration of one server for the place where it is to run. */
export function planServer(options: ServerOptions, place: ServerPlace): ServerPlan {
  const flags = Object.entries(properties(options, place.confDir)).map(([key, value]) => `-D${key}=${value}`)
  return {
    files: files(options, place),
    jvmFlags: [
      '-Xshare:auto',
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      '-Xmx256m',
      ...flags,
      ...(options.jvmFlags ?? []),
    ],
    myid: place.ensemble?.id,
  }
}
