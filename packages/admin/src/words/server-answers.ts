import { decimal, Fields, linesOf, pairs, splitAt } from '../values.ts'
import type {
  Configuration,
  ConfiguredMember,
  Latency,
  Monitor,
  ServerStat,
  ServerSummary,
} from './answers.ts'
import { parseConnection } from './client-answers.ts'

const READ_ONLY = /^READ-ONLY mode/m
const MEMBER = /^server\.(\d+)$/

/** Splits `1/2.5/3` into numbers. */
function three(text: string | null): [number | null, number | null, number | null] {
  const [first, second, third] = (text ?? '').split('/')
  return [decimal(first), decimal(second), decimal(third)]
}

/** Returns the release that a server's version begins with. */
export function releaseIn(build: string): string {
  return /^\d+(\.\d+)*(-(alpha|beta|SNAPSHOT)[^-,]*)?/.exec(build)?.[0] ?? build
}

/** Parses the answer to `srvr`; null if the text is something else. */
export function parseSummary(text: string): ServerSummary | null {
  const fields = new Fields(pairs(linesOf(text), ':'))
  const build = fields.text('Zookeeper version')
  if (build === null) return null
  const [min, avg, max] = three(fields.text('Latency min/avg/max'))
  const proposals = fields.text('Proposal sizes last/min/max')
  const [last, smallest, largest] = three(proposals)
  return {
    version: releaseIn(build),
    build,
    mode: fields.text('Mode'),
    readOnly: READ_ONLY.test(text),
    latency: { min, avg, max },
    received: fields.number('Received'),
    sent: fields.number('Sent'),
    connections: fields.number('Connections'),
    outstanding: fields.number('Outstanding'),
    zxid: fields.hex('Zxid'),
    znodes: fields.number('Node count'),
    proposals: proposals === null ? null : { last, min: smallest, max: largest },
    other: fields.others(),
  }
}

/** Parses the answer to `stat`, which is that to `srvr` with the clients in it; null if the text is something else. */
export function parseStat(text: string): ServerStat | null {
  const lines = linesOf(text)
  const isClient = (line: string): boolean => line.startsWith(' ')
  const rest = lines.filter(line => !isClient(line) && line !== 'Clients:' && !READ_ONLY.test(line))
  const summary = parseSummary(rest.join('\n'))
  if (summary === null) return null
  const clients = lines.filter(isClient).map(parseConnection)
  if (clients.includes(null)) return null
  return { ...summary, readOnly: READ_ONLY.test(text), clients: clients.filter(client => client !== null) }
}

/** Parses the answer to `mntr`; null if the text is something else. */
export function parseMonitor(text: string): Monitor | null {
  const entries = pairs(linesOf(text), '\t')
  if (entries.length === 0 || entries.some(([name]) => !name.startsWith('zk_'))) return null
  return monitorOf(entries.map(([name, text]) => [name.slice('zk_'.length), text]))
}

/** Names what a server measures. @returns null if the fields have no version. */
export function monitorOf(entries: Iterable<readonly [string, string]>): Monitor | null {
  const fields = new Fields(entries)
  const build = fields.text('version')
  if (build === null) return null
  const latency: Latency = {
    min: fields.number('min_latency'),
    avg: fields.number('avg_latency'),
    max: fields.number('max_latency'),
  }
  return {
    version: releaseIn(build),
    build,
    mode: fields.text('server_state'),
    peerState: fields.text('peer_state'),
    latency,
    received: fields.number('packets_received'),
    sent: fields.number('packets_sent'),
    connections: fields.number('num_alive_connections'),
    outstanding: fields.number('outstanding_requests'),
    znodes: fields.number('znode_count'),
    watches: fields.number('watch_count'),
    ephemerals: fields.number('ephemerals_count'),
    dataSize: fields.number('approximate_data_size'),
    openFiles: fields.number('open_file_descriptor_count'),
    maxFiles: fields.number('max_file_descriptor_count'),
    globalSessions: fields.number('global_sessions'),
    localSessions: fields.number('local_sessions'),
    uptime: fields.number('uptime'),
    quorumSize: fields.number('quorum_size'),
    learners: fields.number('learners') ?? fields.number('followers'),
    syncedFollowers: fields.number('synced_followers'),
    syncedObservers: fields.number('synced_observers'),
    pendingSyncs: fields.number('pending_syncs'),
    authFailures: fields.number('auth_failed_count'),
    other: fields.others(),
  }
}

/** Parses a line `server.1=host:port:port:role;host:port`; null if the text is something else. */
function parseMember(line: string): ConfiguredMember | null {
  const [name, spec] = splitAt(line, '=') ?? ['', '']
  const id = MEMBER.exec(name)?.[1]
  if (id === undefined) return null
  const [servers = '', client] = spec.split(';')
  const role = servers.split('|')[0]!.endsWith(':observer') ? 'observer' : 'participant'
  return { id: Number(id), spec, role, client: client?.trim() || null }
}

/** Parses the answer to `conf`; null if the text is something else. */
export function parseConfiguration(text: string): Configuration | null {
  const [settings = '', membership = ''] = text.split(/^membership: *$/m)
  const fields = new Fields(pairs(linesOf(settings), '='))
  const clientPort = fields.number('clientPort')
  if (clientPort === null) return null
  const lines = linesOf(membership)
  return {
    clientPort,
    secureClientPort: fields.number('secureClientPort'),
    dataDir: fields.text('dataDir'),
    dataLogDir: fields.text('dataLogDir'),
    tickTime: fields.number('tickTime'),
    maxClientCnxns: fields.number('maxClientCnxns'),
    minSessionTimeout: fields.number('minSessionTimeout'),
    maxSessionTimeout: fields.number('maxSessionTimeout'),
    serverId: fields.number('serverId'),
    initLimit: fields.number('initLimit'),
    syncLimit: fields.number('syncLimit'),
    electionPort: fields.number('electionPort'),
    quorumPort: fields.number('quorumPort'),
    members: lines.map(parseMember).filter(member => member !== null),
    version: new Fields(pairs(lines, '=')).hex('version'),
    other: fields.others(),
  }
}
