import { formatServer, type ServerAddress } from '@zookit/connection'
import { AdminError, type AdminErrorCode } from '../admin-error.ts'
import {
  checkCount,
  checkOptions,
  type ResolvedWordOptions,
  readServers,
  resolveWordOptions,
  WORD_OPTIONS,
  type WordOptions,
} from '../options.ts'
import type { Latency, ServerMode } from '../words/answers.ts'
import type { ServerCertificate } from './certificate.ts'
import { divisionOf } from './divided.ts'
import { type Findings, probe } from './probe.ts'
import { type Quorum, quorumOf } from './quorum.ts'
import { type DistinctLook, distinctLooks } from './same-server.ts'

/** The state of one server. What it did not tell is null. */
export interface ServerStatus {
  /** The address, `host:port`. */
  server: string
  /** The other names of it among those that the caller gave. */
  aliases: string[]
  /** `serving` clients, running but `not-serving` (most often without a quorum), or `unreachable`. */
  state: 'serving' | 'not-serving' | 'unreachable'
  mode: ServerMode | null
  version: string | null
  /** Milliseconds, since its statistics were reset. */
  latency: Latency | null
  connections: number | null
  outstanding: number | null
  received: number | null
  sent: number | null
  znodes: number | null
  watches: number | null
  ephemerals: number | null
  /** Bytes of all znodes, approximately. */
  dataSize: number | null
  /** Milliseconds. */
  uptime: number | null
  /** The newest transaction that it has applied, as `0x` and hexadecimal digits. */
  zxid: string | null
  /**
   * The transactions by which it is behind the server that is ahead. The servers answer one after the other, so that a
   * few are no sign of trouble while there are writes. Null if it did not tell, or is behind by a whole epoch.
   */
  zxidLag: number | null
  /** The leader's count of followers and observers that are in step with it; null from all others. */
  synced: { followers: number | null; observers: number | null } | null
  /** The certificate that it shows; null without TLS. */
  certificate: ServerCertificate | null
  /** The reason why it is not `serving`. */
  error: { code: AdminErrorCode; message: string } | null
  /** The four-letter words that its `4lw.commands.whitelist` forbids, so that fields are null. */
  forbidden: string[]
}

/** The state of an ensemble. The object is plain: JSON keeps all of it. */
export interface EnsembleStatus {
  /** The servers, in the order in which the caller named them. */
  servers: ServerStatus[]
  /** The leader, or the server that stands alone, as `host:port`; null if none of the servers is one, or they are `divided`. */
  leader: string | null
  /** The reason why the servers are not one ensemble; null if nothing speaks against it. */
  divided: string | null
  quorum: Quorum
  /** The newest transaction of all servers; null if they are `divided`. */
  zxid: string | null
  /** True if the servers are one ensemble, every one serves, and it takes writes. */
  healthy: boolean
  /** The time of the look, in ISO 8601. */
  at: string
}

const COUNTER_BITS = 32n

function show(zxid: bigint | null): string | null {
  return zxid === null ? null : `0x${zxid.toString(16)}`
}

/** Returns the transactions from one zxid to a newer one; null if another epoch lies between them. */
function lag(zxid: bigint | null, newest: bigint | null): number | null {
  if (zxid === null || newest === null || zxid >> COUNTER_BITS !== newest >> COUNTER_BITS) return null
  return Number(newest - zxid)
}

function statusOf({ server, aliases, findings }: DistinctLook, newest: bigint | null): ServerStatus {
  const { summary, monitor, watches, certificate, error, forbidden } = findings
  const zxid = summary?.zxid ?? null
  const synced = { followers: monitor?.syncedFollowers ?? null, observers: monitor?.syncedObservers ?? null }
  return {
    server: formatServer(server),
    aliases: [...aliases],
    state: summary ? 'serving' : error?.code === 'NOT_SERVING' ? 'not-serving' : 'unreachable',
    mode: summary?.mode ?? null,
    version: summary?.version ?? null,
    latency: summary?.latency ?? null,
    connections: summary?.connections ?? null,
    outstanding: summary?.outstanding ?? null,
    received: summary?.received ?? null,
    sent: summary?.sent ?? null,
    znodes: summary?.znodes ?? null,
    watches: monitor?.watches ?? watches,
    ephemerals: monitor?.ephemerals ?? null,
    dataSize: monitor?.dataSize ?? null,
    uptime: monitor?.uptime ?? null,
    zxid: show(zxid),
    zxidLag: lag(zxid, newest),
    synced: summary?.mode === 'leader' ? synced : null,
    certificate,
    error: error && { code: error.code, message: error.message },
    forbidden,
  }
}

function newestOf(findings: readonly Findings[]): bigint | null {
  const all = findings.map(({ summary }) => summary?.zxid ?? null).filter(zxid => zxid !== null)
  return all.reduce<bigint | null>((newest, zxid) => (newest === null || zxid > newest ? zxid : newest), null)
}

/** Leaves out a name that is given again: it is one voter, and no second one beside itself. */
function distinct(servers: readonly ServerAddress[]): ServerAddress[] {
  return [...new Map(servers.map(server => [formatServer(server), server])).values()]
}

/** Looks at all servers at the same time, and tells which of their names reach the same one. */
async function lookAt(
  servers: readonly ServerAddress[],
  options: ResolvedWordOptions,
  now: number,
): Promise<DistinctLook[]> {
  const looking = Promise.all(servers.map(server => probe(server, options, now)))
  // A name is resolved for each word, too: one whose addresses are not known when all have answered stays for itself.
  const untold = looking.then(() => [])
  const resolving = servers.map(async ({ host }) => options.environment.resolve(host))
  const addresses = await Promise.all(
    resolving.map(each => Promise.race([each.catch((): string[] => []), untold])),
  )
  const findings = await looking
  return distinctLooks(
    servers.map((server, i) => ({ server, findings: findings[i]!, addresses: addresses[i]! })),
  )
}

/**
 * Looks at every server of an ensemble, all at the same time, with the four-letter words `srvr`, `mntr`, `conf` and, where
 * `mntr` is forbidden, `wchs`. A server that cannot be looked at is part of the answer: its `error` says why.
 *
 * @param hosts a connect string, whose chroot does not matter, or a list of servers. One that is named twice is counted once.
 * @param options `timeout` is that of all words to one server together.
 * @throws AdminError (as a rejection) BAD_ARGUMENTS or ABORTED, nothing else.
 */
export async function ensembleStatus(
  hosts: string | readonly ServerAddress[],
  options: WordOptions = {},
): Promise<EnsembleStatus> {
  checkCount('ensembleStatus', arguments.length, 2)
  checkOptions('ensembleStatus', options, WORD_OPTIONS)
  const resolved: ResolvedWordOptions = resolveWordOptions('ensembleStatus', options)
  const named = distinct(readServers('ensembleStatus', hosts))
  const now = resolved.environment.wallTime()
  const looks = await lookAt(named, resolved, now)
  if (resolved.signal?.aborted) {
    throw new AdminError('ABORTED', 'the signal was aborted', {
      command: 'ensembleStatus',
      cause: resolved.signal.reason,
    })
  }
  const servers = looks.map(({ server }) => server)
  const findings = looks.map(look => look.findings)
  const divided = divisionOf(servers, findings)
  const newest = divided === null ? newestOf(findings) : null
  const all = looks.map(look => statusOf(look, newest))
  const quorum = quorumOf(findings)
  const isOne = divided === null
  return {
    servers: all,
    leader: (isOne && all.find(({ mode }) => mode === 'leader' || mode === 'standalone')?.server) || null,
    divided,
    quorum: { ...quorum, has: isOne && quorum.has },
    zxid: show(newest),
    healthy: isOne && quorum.has && all.every(({ state }) => state === 'serving'),
    at: new Date(now).toISOString(),
  }
}
