import { DEFAULT_MAX_FRAME } from '@zookit/jute'
import { Err } from '../error-codes.ts'
import type { PipelineSettings } from '../operations/prepare.ts'
import { type Profile, profileOf, type ServerVersion } from '../profile.ts'
import type { Log } from './activity.ts'

/** What a server's core is told: everything of its options that is not sockets. */
export interface CoreOptions {
  /** Milliseconds of a tick, the unit in which sessions expire. Default 200. */
  tickTime?: number
  /** The shortest session timeout granted, in milliseconds. Default two ticks. */
  minSessionTimeout?: number
  /** The longest session timeout granted, in milliseconds. Default 60 000. */
  maxSessionTimeout?: number
  /** Whether the server takes reads only, as a member of an ensemble that is cut off. Default false. */
  readOnly?: boolean
  /** The release that is played: which operations exist, and how some behave. Default `3.9`. */
  version?: ServerVersion
  /**
   * Whether events reach only those who may READ the znode. Default: as in the release; distributions have
   * patched it into older ones (ZOOKEEPER-4799).
   */
  filterEvents?: boolean
  /**
   * Whether reconfig is allowed, and then refused as by a server that stands alone (-6). Default false, as
   * Apache's: refused as disabled (-123).
   */
  reconfigEnabled?: boolean
  /** TTL nodes. Default true. */
  extendedTypes?: boolean
  /** The digest id, as `digestId` makes it, that passes every ACL. Default: there is none. */
  superDigest?: string
  /** The longest frame taken, in bytes: `jute.maxbuffer`. Default 1 048 575. */
  maxBuffer?: number
  /** Schemes of which a client must have passed one before anything else (-124 and close). Default: none. */
  requireAuth?: readonly string[]
  /** Passwords by user name for SASL DIGEST-MD5. Default: the server has no SASL. */
  sasl?: Readonly<Record<string, string>>
  /** Hard limits of quotas are kept (-125). Default false. */
  enforceQuota?: boolean
  /** Milliseconds between two looks for container and TTL nodes to remove. Default 1 000. */
  containerCheckInterval?: number
  /** Four-letter words answered. Default: all that there are. */
  fourLetterWords?: readonly string[]
  /** The server's id, which session ids begin with. Default 0 for a lone server. */
  serverId?: number
  /** Takes a line for each connection and session that comes and goes. Default: nobody is told. */
  log?: Log
  /** Whether `log` gets a line for each request, too. Default true. */
  logRequests?: boolean
  /** Whether `requests()` works; keeping the bytes costs up to 1 MiB and some 100 ns for each request. Default true. */
  recordRequests?: boolean
}

/** Options with every default filled in. */
export interface CoreSettings extends PipelineSettings {
  readonly filterEvents: boolean
  readonly tickTime: number
  readonly minSessionTimeout: number
  readonly maxSessionTimeout: number
  readonly superDigest: string | null
  readonly maxBuffer: number
  readonly requireAuth: readonly string[]
  readonly sasl: ReadonlyMap<string, string> | null
  readonly containerCheckInterval: number
  readonly fourLetterWords: ReadonlySet<string> | null
  readonly serverId: number
  readonly recordRequests: boolean
  readonly log: Log | null
  readonly logRequests: boolean
}

function nullAclError({ refusesNullAcl }: Profile): number {
  return refusesNullAcl ? Err.INVALID_ACL : Err.MARSHALLING_ERROR
}

/** Fills in the defaults. Throws a RangeError for a version that is none. */
export function resolveSettings(options: CoreOptions, tls: boolean): CoreSettings {
  const tickTime = options.tickTime ?? 200
  const sasl = options.sasl === undefined ? null : new Map(Object.entries(options.sasl))
  const profile = profileOf(options.version ?? '3.9')
  return {
    profile,
    filterEvents: options.filterEvents ?? profile.eventsNeedRead,
    schemes: { sasl: sasl !== null, x509: tls, nullAclError: nullAclError(profile) },
    extendedTypes: options.extendedTypes ?? true,
    enforceQuota: options.enforceQuota ?? false,
    reconfigEnabled: options.reconfigEnabled ?? false,
    tickTime,
    minSessionTimeout: options.minSessionTimeout ?? tickTime * 2,
    maxSessionTimeout: options.maxSessionTimeout ?? 60_000,
    superDigest: options.superDigest ?? null,
    maxBuffer: options.maxBuffer ?? DEFAULT_MAX_FRAME,
    requireAuth: options.requireAuth ?? [],
    sasl,
    containerCheckInterval: options.containerCheckInterval ?? 1000,
    fourLetterWords: options.fourLetterWords === undefined ? null : new Set(options.fourLetterWords),
    serverId: options.serverId ?? 0,
    recordRequests: options.recordRequests ?? true,
    log: options.log ?? null,
    logRequests: options.log !== undefined && (options.logRequests ?? true),
  }
}
