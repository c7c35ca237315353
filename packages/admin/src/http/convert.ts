import { Fields } from '../values.ts'
import type {
  ClientConnection,
  Configuration,
  PathSessions,
  ServerSummary,
  SessionPaths,
  TreeDigest,
} from '../words/answers.ts'
import { parseConnections } from '../words/client-answers.ts'
import { releaseIn } from '../words/server-answers.ts'
import type { LastSnapshot, Leadership, Observer, SessionDump, Voter, ZabState } from './answers.ts'
import { isObject, type Json, type JsonObject } from './json.ts'

/** Returns the scalar fields of an object as texts. Those that are null or have a structure are left out. */
export function entriesOf(object: JsonObject): [string, string][] {
  return Object.entries(object)
    .filter(([, value]) => value !== null && typeof value !== 'object')
    .map(([name, value]) => [name, String(value)])
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

function texts(value: Json | undefined): string[] {
  return list(value).map(String)
}

function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}

/** Returns an integer of 64 bits: Java prints ids with a sign, ZooKeeper's text formats without. */
function long(value: Json | undefined): bigint | null {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : null
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : null
}

/** Returns a session id as `ZooKeeper.session.id` has it. */
function sessionId(value: Json | undefined): bigint {
  return BigInt.asUintN(64, long(value) ?? 0n)
}

function fieldsOf(value: Json | undefined): Fields {
  return new Fields(entriesOf(object(value)))
}

/** @returns null if the answer is something else. */
export function toSummary(answer: JsonObject): ServerSummary | null {
  const { version, server_stats: stats, proposal_stats: proposals } = answer
  if (typeof version !== 'string' || !isObject(stats)) return null
  const fields = fieldsOf(stats)
  const sizes = fieldsOf(proposals)
  const zxid = long(stats.last_processed_zxid)
  fields.text('last_processed_zxid')
  return {
    version: releaseIn(version),
    build: version,
    mode: fields.text('server_state'),
    readOnly: answer.read_only === true,
    latency: {
      min: fields.number('min_latency'),
      avg: fields.number('avg_latency'),
      max: fields.number('max_latency'),
    },
    received: fields.number('packets_received'),
    sent: fields.number('packets_sent'),
    connections: fields.number('num_alive_client_connections'),
    outstanding: fields.number('outstanding_requests'),
    zxid,
    znodes: fieldsOf(answer).number('node_count'),
    proposals: isObject(proposals)
      ? {
          last: sizes.number('last_buffer_size'),
          min: sizes.number('min_buffer_size'),
          max: sizes.number('max_buffer_size'),
        }
      : null,
    other: fields.others(),
  }
}

/** Returns the connections of a list. */
export function toConnections(value: Json | undefined): ClientConnection[] {
  return list(value).map(each => toConnection(object(each)))
}

function toConnection(connection: JsonObject): ClientConnection {
  const address = String(connection.remote_socket_address ?? '')
  const [place] = parseConnections(` ${address}[0]()`) ?? []
  const fields = fieldsOf(connection)
  const id = long(connection.session_id)
  for (const name of ['remote_socket_address', 'session_id', 'last_zxid']) fields.text(name)
  return {
    host: place?.host ?? address,
    port: place?.port ?? null,
    reading: ((fields.number('interest_ops') ?? 0) & 1) === 1,
    queued: fields.number('outstanding_requests'),
    received: fields.number('packets_received'),
    sent: fields.number('packets_sent'),
    sessionId: id === null || id === 0n ? null : BigInt.asUintN(64, id),
    lastOperation: fields.text('last_operation'),
    established: fields.number('established'),
    timeout: fields.number('session_timeout'),
    lastXid: fields.number('last_cxid'),
    lastZxid: long(connection.last_zxid),
    lastResponse: fields.number('last_response_time'),
    lastLatency: fields.number('last_latency'),
    latency: {
      min: fields.number('min_latency'),
      avg: fields.number('avg_latency'),
      max: fields.number('max_latency'),
    },
    other: fields.others(),
  }
}

/** Reads the members from `votingView` and `initialConfiguration`. @returns null if the answer is something else. */
export function toConfiguration(answer: JsonObject): Configuration | null {
  const fields = fieldsOf(answer)
  const clientPort = fields.number('client_port')
  if (clientPort === null) return null
  fields.text('command')
  return {
    clientPort,
    secureClientPort: fields.number('secure_client_port'),
    dataDir: fields.text('data_dir'),
    dataLogDir: fields.text('data_log_dir'),
    tickTime: fields.number('tick_time'),
    maxClientCnxns: fields.number('max_client_cnxns'),
    minSessionTimeout: fields.number('min_session_timeout'),
    maxSessionTimeout: fields.number('max_session_timeout'),
    serverId: fields.number('server_id'),
    initLimit: fields.number('init_limit'),
    syncLimit: fields.number('sync_limit'),
    electionPort: fields.number('election_port'),
    quorumPort: fields.number('quorum_port'),
    members: [],
    version: null,
    other: fields.others(),
  }
}

/** Returns the paths by session, of an object whose keys are ids. */
export function toSessionPaths(value: Json | undefined): SessionPaths[] | null {
  if (!isObject(value)) return null
  return Object.entries(value).map(([id, paths]) => ({ sessionId: sessionId(id), paths: texts(paths) }))
}

/** Returns the sessions by path. */
export function toPathSessions(value: Json | undefined): PathSessions[] | null {
  if (!isObject(value)) return null
  return Object.entries(value).map(([path, ids]) => ({ path, sessionIds: list(ids).map(sessionId) }))
}

/** @returns null if the answer is something else. */
export function toDump(answer: JsonObject): SessionDump | null {
  const times = answer.expiry_time_to_session_ids
  const ephemerals = toSessionPaths(answer.session_id_to_ephemeral_paths)
  if (!isObject(times) || ephemerals === null) return null
  const expiries = Object.entries(times).map(([time, ids]) => ({
    time: Number(time),
    sessionIds: list(ids).map(sessionId),
  }))
  return { expiries, ephemerals }
}

/** @returns null if the answer is something else. */
export function toDigests({ digests }: JsonObject): TreeDigest[] | null {
  if (!Array.isArray(digests)) return null
  return digests.map(each => {
    const { zxid, digest } = object(each)
    return { zxid: long(zxid) ?? 0n, digest: long(digest) ?? 0n }
  })
}

/** @returns null if the answer is something else. */
export function toLastSnapshot(answer: JsonObject): LastSnapshot | null {
  const fields = fieldsOf(answer)
  const zxid = fields.hex('zxid')
  const seconds = fields.number('timestamp')
  // The leader of a fresh ensemble tells of the second 0, a server that has no snapshot of -1.
  return zxid === null ? null : { zxid, savedAt: seconds !== null && seconds > 0 ? seconds * 1000 : null }
}

/** @returns null if the answer is something else. */
export function toLeadership(answer: JsonObject): Leadership | null {
  if (typeof answer.is_leader !== 'boolean') return null
  const fields = fieldsOf(answer)
  return {
    isLeader: answer.is_leader,
    leaderId: fields.number('leader_id'),
    leaderHost: fields.text('leader_ip') || null,
  }
}

/** @returns null if the answer is something else. */
export function toObservers(answer: JsonObject): Observer[] | null {
  if (!Array.isArray(answer.observers)) return null
  return answer.observers.map(each => {
    const fields = fieldsOf(each)
    const lastZxid = long(object(each).last_zxid)
    fields.text('last_zxid')
    return {
      id: fields.number('sid'),
      address: fields.text('remote_socket_address'),
      established: fields.text('established'),
      queuedPackets: fields.number('queued_packets'),
      received: fields.number('packets_received'),
      sent: fields.number('packets_sent'),
      lastZxid,
      other: fields.others(),
    }
  })
}

/** @returns null if the answer is something else. */
export function toVoters({ current_config: config }: JsonObject): Voter[] | null {
  if (!isObject(config)) return null
  return Object.entries(config).map(([id, value]) => {
    const voter = object(value)
    return {
      id: Number(id),
      serverAddresses: texts(voter.server_addresses),
      electionAddresses: texts(voter.election_addresses),
      clientAddress: fieldsOf(voter).text('client_address') || null,
    }
  })
}

/** @returns null if the answer is something else. */
export function toZabState(answer: JsonObject): ZabState | null {
  if (typeof answer.voting !== 'boolean') return null
  const fields = fieldsOf(answer)
  return {
    phase: fields.text('zabstate') || null,
    voting: answer.voting,
    id: fields.number('myid'),
    isLeader: answer.is_leader === true,
    zxid: fields.hex('last_zxid'),
    clientAddress: fields.text('client_address'),
  }
}
