import { arch, hostname, release, type, userInfo } from 'node:os'
import type { Session } from '../database/sessions.ts'
import type { Watcher } from '../database/watches.ts'
import { hex } from '../long.ts'
import { membershipText } from '../membership/membership.ts'
import { releaseOf } from '../release.ts'
import type { ClientConnection } from './client-connection.ts'
import type { ServerCore } from './server-core.ts'

/** Makes the answer. @param argument the bytes that came with the word. */
type Answer = (core: ServerCore, argument: Uint8Array) => string

/** The place of the directories that an in-memory server does not have. */
const NO_DIRECTORY = '(in memory)'
/** The settings of an ensemble that an in-memory one does not need. */
const ENSEMBLE_LIMITS = ['initLimit=10', 'syncLimit=5', 'electionAlg=3']
const MASK_BYTES = 8
const NOT_SERVING = 'This ZooKeeper instance is not currently serving requests\n'

function version(core: ServerCore): string {
  const behaviour = core.settings.release
  const date = behaviour.buildDateIsIso ? '2026-01-01 00:00 UTC' : '01/01/2026 00:00 GMT'
  return `${releaseOf(behaviour)}-zookit, built on ${date}`
}

function lines(...texts: string[]): string {
  return texts.map(text => `${text}\n`).join('')
}

function describeConnection(connection: ClientConnection, brief: boolean): string {
  const { transport, requests, received, session } = connection
  const counts = `queued=0,recved=${received},sent=${requests.sent}`
  const address = `/${transport.remoteAddress}:${transport.remotePort}`
  if (brief || session === null) return ` ${address}[1](${counts})`
  const state = `sid=${hex(session.id)},est=${connection.establishedAt},to=${session.timeout}`
  return ` ${address}[1](${counts},${state})`
}

function describeConnections(core: ServerCore, brief: boolean): string[] {
  return [...core.connections].map(connection => describeConnection(connection, brief))
}

/** Returns the number of znodes as Apache's servers count them: the root twice, once for each of its names `/` and ``. */
function nodeCount({ database }: ServerCore): number {
  return database.tree.size + 1
}

function srvr(core: ServerCore): string {
  const { statistics, connections, database } = core
  const { min, average, max } = statistics.latency
  return lines(
    `Latency min/avg/max: ${min}/${average}/${max}`,
    `Received: ${statistics.received}`,
    `Sent: ${statistics.sent}`,
    `Connections: ${connections.size}`,
    'Outstanding: 0',
    `Zxid: ${hex(database.lastZxid)}`,
    `Mode: ${core.role}`,
    `Node count: ${nodeCount(core)}`,
  )
}

function head(core: ServerCore): string {
  const readOnly = core.mode === 'read-only' ? ['READ-ONLY mode; serving only read-only clients'] : []
  return lines(`Zookeeper version: ${version(core)}`, ...readOnly)
}

function mntr(core: ServerCore): string {
  const { statistics, connections, database } = core
  const values: Record<string, string | number> = {
    version: version(core),
    server_state: core.role,
    avg_latency: statistics.latency.average,
    max_latency: statistics.latency.max,
    min_latency: statistics.latency.min,
    packets_received: statistics.received,
    packets_sent: statistics.sent,
    num_alive_connections: connections.size,
    outstanding_requests: 0,
    znode_count: nodeCount(core),
    watch_count: database.watches.size,
    ephemerals_count: database.tree.ephemeralCount,
    global_sessions: core.sequencer?.tracker.size ?? 0,
    local_sessions: core.localSessions.size,
    ...(core.settings.release.mntrHasUptime && { uptime: core.uptime }),
  }
  return lines(...Object.entries(values).map(([key, value]) => `zk_${key}\t${value}`))
}

function conf(core: ServerCore): string {
  const {
    release: behaviour,
    schemes,
    tickTime,
    maxClientCnxns,
    minSessionTimeout,
    maxSessionTimeout,
    serverId,
  } = core.settings
  const { confHasSizes, confHasBacklog } = behaviour
  // x509 exists where the server speaks TLS.
  const secure = schemes.x509
  return lines(
    `clientPort=${secure ? -1 : core.clientPort}`,
    ...(confHasSizes ? [`secureClientPort=${secure ? core.clientPort : -1}`] : []),
    `dataDir=${NO_DIRECTORY}`,
    ...(confHasSizes ? ['dataDirSize=0'] : []),
    `dataLogDir=${NO_DIRECTORY}`,
    ...(confHasSizes ? ['dataLogSize=0'] : []),
    `tickTime=${tickTime}`,
    `maxClientCnxns=${maxClientCnxns}`,
    `minSessionTimeout=${minSessionTimeout}`,
    `maxSessionTimeout=${maxSessionTimeout}`,
    ...(confHasBacklog ? ['clientPortListenBacklog=-1'] : []),
    `serverId=${serverId}`,
    ...ensembleLines(core),
  ).concat(membershipLines(core))
}

function ensembleLines({ ensemble, settings }: ServerCore): string[] {
  if (ensemble === null) return []
  const line = ensemble.membership.servers.get(settings.serverId)
  return [
    ...ENSEMBLE_LIMITS,
    `electionPort=${line?.electionPort ?? 0}`,
    `quorumPort=${line?.quorumPort ?? 0}`,
    `peerType=${line?.votes === false ? 1 : 0}`,
  ]
}

function membershipLines({ ensemble, settings }: ServerCore): string {
  if (ensemble === null || !settings.release.configNode) return ''
  return `membership: \n${membershipText(ensemble.membership)}`
}

/** Sets the trace mask. Without its eight bytes there is no answer. */
function stmk(core: ServerCore, argument: Uint8Array): string {
  if (argument.length < MASK_BYTES) return ''
  core.traceMask = Buffer.from(argument).readBigInt64BE()
  return String(core.traceMask)
}

function dump(core: ServerCore): string {
  const { tree } = core.database
  const buckets: [number, Session[]][] = core.sequencer?.tracker.byExpiry() ?? []
  const sessions = buckets.flatMap(([time, all]) => [
    `${all.length} expire in ${Math.round(time - core.clock.now())} ms:`,
    ...all.map(({ id }) => `\t${hex(id)}`),
  ])
  const owners = tree.ephemeralOwners()
  const ephemerals = owners.flatMap(owner => [
    `${hex(owner)}:`,
    ...tree.ephemeralsOf(owner).map(path => `\t${path}`),
  ])
  const total = buckets.reduce((sum, [, all]) => sum + all.length, 0)
  return lines(
    'SessionTracker dump:',
    `Session Sets (${buckets.length})/(${total}):`,
    ...sessions,
    'ephemeral nodes dump:',
    `Sessions with Ephemerals (${owners.length}):`,
    ...ephemerals,
    'Connections dump:',
    ...describeConnections(core, true),
  )
}

function sessionsByWatcher(core: ServerCore): Map<Watcher, string> {
  return new Map(
    [...core.connections].map(connection => [connection.requests, hex(connection.requests.sessionId)]),
  )
}

function wchc(core: ServerCore): string {
  const names = sessionsByWatcher(core)
  const { byWatcher } = core.database.watches.data
  return lines(
    ...[...byWatcher].flatMap(([watcher, paths]) => [
      names.get(watcher) ?? '',
      ...[...paths].map(path => `\t${path}`),
    ]),
    '',
  )
}

function wchp(core: ServerCore): string {
  const names = sessionsByWatcher(core)
  const { byPath } = core.database.watches.data
  return lines(
    ...[...byPath].flatMap(([path, watchers]) => [
      path,
      ...[...watchers.keys()].map(watcher => `\t${names.get(watcher) ?? ''}`),
    ]),
    '',
  )
}

function wchs(core: ServerCore): string {
  const { data } = core.database.watches
  return lines(
    `${data.watcherCount} connections watching ${data.byPath.size} paths`,
    `Total watches:${data.size}`,
    '',
  )
}

function isro(core: ServerCore): string {
  if (core.mode === 'down') return 'null'
  return core.mode === 'read-only' ? 'ro' : 'rw'
}

function srst(core: ServerCore): string {
  core.statistics.received = 0
  core.statistics.sent = 0
  core.statistics.latency.reset()
  return lines('Server stats reset.')
}

function crst(core: ServerCore): string {
  for (const connection of core.connections) {
    connection.received = 0
    connection.requests.sent = 0
  }
  return lines('Connection stats reset.')
}

/** Returns the digests of the tree that are kept, by zxid: none before the 128th transaction. */
function hash({ settings, database }: ServerCore): string {
  if (!settings.release.hasDigests) return ''
  return lines(...database.digest.log.map(({ zxid, digest }) => `${zxid.toString(16)}: ${digest}`))
}

/** Returns the lines of `envi` that a server without a Java machine has. */
function envi(core: ServerCore): string {
  const { username, homedir } = userInfo()
  return lines(
    'Environment:',
    `zookeeper.version=${version(core)}`,
    `host.name=${hostname()}`,
    `os.name=${type()}`,
    `os.arch=${arch()}`,
    `os.version=${release()}`,
    `user.name=${username}`,
    `user.home=${homedir}`,
    `user.dir=${process.cwd()}`,
  )
}

/** The words that a server answers while it serves clients. */
const SERVING: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ['srvr', core => head(core) + srvr(core)],
  ['stat', core => head(core) + lines('Clients:', ...describeConnections(core, true), '') + srvr(core)],
  ['mntr', mntr],
  ['conf', conf],
  ['cons', core => lines(...describeConnections(core, false), '')],
  ['dump', dump],
  ['hash', hash],
  ['wchc', wchc],
  ['wchp', wchp],
  ['wchs', wchs],
  ['srst', srst],
  ['crst', crst],
  ['dirs', () => lines('datadir_size: 0', 'logdir_size: 0')],
])

/** The words that a server always answers. */
const ALWAYS: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ['ruok', () => 'imok'],
  ['isro', isro],
  ['envi', envi],
  ['gtmk', ({ traceMask }) => String(traceMask)],
  ['stmk', stmk],
])

/** Tells if the first four bytes of a connection are a command. */
export function isFourLetterWord(word: string): boolean {
  return SERVING.has(word) || ALWAYS.has(word)
}

/**
 * Returns the whole answer to a command. The connection closes after it.
 *
 * @param argument the bytes that came with the word.
 */
export function answerFourLetterWord(core: ServerCore, word: string, argument: Uint8Array): string {
  const allowed = core.settings.fourLetterWords
  if (allowed !== null && !allowed.has(word)) {
    return `${word} is not executed because it is not in the whitelist.\n`
  }
  const always = ALWAYS.get(word)
  if (always !== undefined) return always(core, argument)
  return core.mode === 'down' ? NOT_SERVING : (SERVING.get(word)?.(core, argument) ?? '')
}
