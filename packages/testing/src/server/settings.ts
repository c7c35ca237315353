import { DEFAULT_MAX_FRAME } from '@zookit/jute'
import { Err } from '../error-codes.ts'
import type { OperationSettings } from '../operations/prepare.ts'
import { behaviourOf, type ReleaseBehaviour, type ServerVersion } from '../release.ts'
import type { Log } from './activity.ts'
import type { OnCommit } from './commits.ts'

/** The options of a server, except those of its sockets. */
export interface CoreOptions {
  /** The tick in milliseconds. Sessions expire at multiples of it. Default 200. */
  tickTime?: number
  /** The shortest session timeout granted, in milliseconds. Default two ticks. */
  minSessionTimeout?: number
  /** The longest session timeout granted, in milliseconds. Default 60 000. */
  maxSessionTimeout?: number
  /** True for a read-only server, as a member that is cut off from its ensemble. Default false. */
  readOnly?: boolean
  /** The ZooKeeper release whose operations and behaviour the server has. Default `3.9`. */
  version?: ServerVersion
  /**
   * True if events reach only clients that may READ the znode. Default: as in the release. Distributions have patched
   * it into older releases (ZOOKEEPER-4799).
   */
  filterEvents?: boolean
  /**
   * True if reconfig is enabled: an ensemble carries it out, a standalone server refuses it with UNIMPLEMENTED (-6).
   * Default false, as in Apache's server: it is refused with RECONFIG_DISABLED (-123).
   */
  reconfigEnabled?: boolean
  /** True if TTL znodes can be created. Default true. */
  extendedTypes?: boolean
  /** The digest id of the superuser, as `digestId` returns it. The superuser passes every ACL. Default: none. */
  superDigest?: string
  /** The most connections from one address; one more is closed at once. 0 for no limit. Default 0. */
  maxClientCnxns?: number
  /**
   * Milliseconds after which a connection without a handshake is closed. Default 10 000, and no limit before 3.5.
   * Apache's server has the same default (`zookeeper.nio.sessionlessCnxnTimeout`) and looks every 10 s: it closes after
   * 10 to 20 s.
   */
  handshakeTimeout?: number
  /** The longest accepted frame in bytes, as `jute.maxbuffer`. Default 1 048 575. */
  maxBuffer?: number
  /**
   * The schemes of which a client must pass one before its first request. Other clients get
   * SESSION_CLOSED_REQUIRE_SASL_AUTH (-124), and their connection closes. Default: none.
   */
  requireAuth?: readonly string[]
  /** The passwords by user name for SASL DIGEST-MD5. Default: the server has no SASL. */
  sasl?: Readonly<Record<string, string>>
  /**
   * The name of the SASL user who is the superuser, as `zookeeper.superUser`. Default: none. The SASL user `super` passes
   * every entry of the scheme `sasl`, as on Apache's server.
   */
  saslSuperUser?: string
  /** True if a client whose SASL exchange fails keeps its connection, without an id. Default false. */
  allowSaslFailedClients?: boolean
  /**
   * The names that a client may give in the `ensemble` scheme, which Apache's servers have from 3.6 on. Default: the
   * server does not have the scheme.
   */
  ensembleNames?: readonly string[]
  /** True if hard quotas are enforced with QUOTA_EXCEEDED (-125). Default false. */
  enforceQuota?: boolean
  /** Milliseconds between two searches for container and TTL znodes to delete. Default 60 000, as in Apache's server. */
  containerCheckInterval?: number
  /** The four-letter words that the server answers. Default: all. */
  fourLetterWords?: readonly string[]
  /** The server's id, the first byte of its session ids. Default 0. */
  serverId?: number
  /** Takes a line for each connection and session that opens or ends. Default: no log. */
  log?: Log
  /** True if `log` takes a line for each request, too. Default true. */
  logRequests?: boolean
  /** True if `requests()` works. Recording costs up to 1 MiB of memory and some 100 ns for each request. Default true. */
  recordRequests?: boolean
  /** Called with every transaction that changed something, once, in the order of the zxids. Default: nobody is told. */
  onCommit?: OnCommit
}

/** The options of a server with every default filled in. */
export interface CoreSettings extends OperationSettings {
  readonly filterEvents: boolean
  readonly tickTime: number
  readonly minSessionTimeout: number
  readonly maxSessionTimeout: number
  readonly superDigest: string | null
  readonly ensembleNames: ReadonlySet<string> | null
  readonly maxClientCnxns: number
  readonly handshakeTimeout: number
  readonly maxBuffer: number
  readonly requireAuth: readonly string[]
  readonly sasl: ReadonlyMap<string, string> | null
  readonly saslSuperUser: string | null
  readonly allowSaslFailedClients: boolean
  readonly containerCheckInterval: number
  readonly fourLetterWords: ReadonlySet<string> | null
  readonly serverId: number
  readonly recordRequests: boolean
  readonly log: Log | null
  readonly logRequests: boolean
  readonly onCommit: OnCommit | null
}

function nullAclError({ refusesNullAcl }: ReleaseBehaviour): number {
  return refusesNullAcl ? Err.INVALID_ACL : Err.MARSHALLING_ERROR
}

function nullSchemeError({ refusesNullScheme }: ReleaseBehaviour): number {
  return refusesNullScheme ? Err.INVALID_ACL : Err.MARSHALLING_ERROR
}

/**
 * Fills in the defaults.
 *
 * @param tls true if the server speaks TLS.
 * @throws RangeError for a version that is not 3.N or 3.N.P.
 */
export function resolveSettings(options: CoreOptions, tls: boolean): CoreSettings {
  const tickTime = options.tickTime ?? 200
  const sasl = options.sasl === undefined ? null : new Map(Object.entries(options.sasl))
  const release = behaviourOf(options.version ?? '3.9')
  return {
    release,
    filterEvents: options.filterEvents ?? release.eventsNeedRead,
    schemes: {
      sasl: sasl !== null,
      x509: tls,
      nullAclError: nullAclError(release),
      nullSchemeError: nullSchemeError(release),
    },
    extendedTypes: options.extendedTypes ?? true,
    enforceQuota: options.enforceQuota ?? false,
    reconfigEnabled: options.reconfigEnabled ?? false,
    tickTime,
    minSessionTimeout: options.minSessionTimeout ?? tickTime * 2,
    maxSessionTimeout: options.maxSessionTimeout ?? 60_000,
    superDigest: options.superDigest ?? null,
    ensembleNames: options.ensembleNames === undefined ? null : new Set(options.ensembleNames),
    maxClientCnxns: options.maxClientCnxns ?? 0,
    handshakeTimeout:
      options.handshakeTimeout ?? (release.limitsHandshake ? 10_000 : Number.POSITIVE_INFINITY),
    maxBuffer: options.maxBuffer ?? DEFAULT_MAX_FRAME,
    requireAuth: options.requireAuth ?? [],
    sasl,
    saslSuperUser: options.saslSuperUser ?? null,
    allowSaslFailedClients: options.allowSaslFailedClients ?? false,
    containerCheckInterval: options.containerCheckInterval ?? 60_000,
    fourLetterWords: options.fourLetterWords === undefined ? null : new Set(options.fourLetterWords),
    serverId: options.serverId ?? 0,
    recordRequests: options.recordRequests ?? true,
    log: options.log ?? null,
    logRequests: options.log !== undefined && (options.logRequests ?? true),
    onCommit: options.onCommit ?? null,
  }
}
