import type { OtherFields } from '../values.ts'

/** The role of a server. */
export type ServerMode = 'standalone' | 'leader' | 'follower' | 'observer' | 'read-only' | (string & {})

/** Latencies of requests in milliseconds, since the server started or its statistics were reset. */
export interface Latency {
  min: number | null
  avg: number | null
  max: number | null
}

/** The answer to `srvr`. A field that the server left out is null. */
export interface ServerSummary {
  /** The release, such as `3.9.5`. */
  version: string
  /** The release with its revision and build date, as the server tells it. */
  build: string
  mode: ServerMode | null
  /** True if the server takes only clients that accept a server without a quorum. */
  readOnly: boolean
  latency: Latency
  received: number | null
  sent: number | null
  connections: number | null
  outstanding: number | null
  zxid: bigint | null
  znodes: number | null
  /** The bytes of the newest, the smallest and the largest proposal; null unless the server leads. */
  proposals: { last: number | null; min: number | null; max: number | null } | null
  other: OtherFields
}

/** One connection of a client. What belongs to a session is null as long as there is none. */
export interface ClientConnection {
  host: string
  port: number | null
  /** True if the server reads from the connection: it does not while it answers a four-letter word. */
  reading: boolean
  queued: number | null
  received: number | null
  sent: number | null
  sessionId: bigint | null
  /** The newest operation, in four letters, such as `GETD`. */
  lastOperation: string | null
  /** The time at which the connection was made, in milliseconds since 1970. */
  established: number | null
  /** The session timeout in milliseconds. */
  timeout: number | null
  /** The xid of the newest request. */
  lastXid: number | null
  lastZxid: bigint | null
  /** The time of the newest response on the server's monotonic clock, in milliseconds. */
  lastResponse: number | null
  lastLatency: number | null
  latency: Latency
  other: OtherFields
}

/** The answer to `stat`. */
export interface ServerStat extends ServerSummary {
  clients: ClientConnection[]
}

/** The measurements of a server. Which fields there are depends on its release and role: a missing one is null. */
export interface Monitor {
  version: string
  build: string
  mode: ServerMode | null
  /** The phase of the protocol between servers, such as `leading - broadcast`. */
  peerState: string | null
  latency: Latency
  received: number | null
  sent: number | null
  connections: number | null
  outstanding: number | null
  znodes: number | null
  watches: number | null
  ephemerals: number | null
  /** Bytes of all znodes, approximately. */
  dataSize: number | null
  openFiles: number | null
  maxFiles: number | null
  globalSessions: number | null
  localSessions: number | null
  /** Milliseconds since the server started to serve. */
  uptime: number | null
  /** The voting members of the ensemble; the leader tells. */
  quorumSize: number | null
  /** The followers and observers that are connected to the leader. */
  learners: number | null
  syncedFollowers: number | null
  syncedObservers: number | null
  pendingSyncs: number | null
  authFailures: number | null
  /** All else, under the names that the server gives, without `zk_`. */
  other: OtherFields
}

/** A member of an ensemble as the configuration names it. */
export interface ConfiguredMember {
  id: number
  /** The whole specification: `host:port:port:role;host:port`. */
  spec: string
  role: 'participant' | 'observer'
  /** The address for clients; null if the configuration does not tell it. */
  client: string | null
}

/** The answer to `conf`. */
export interface Configuration {
  clientPort: number | null
  secureClientPort: number | null
  dataDir: string | null
  dataLogDir: string | null
  tickTime: number | null
  maxClientCnxns: number | null
  minSessionTimeout: number | null
  maxSessionTimeout: number | null
  serverId: number | null
  initLimit: number | null
  syncLimit: number | null
  electionPort: number | null
  quorumPort: number | null
  /** The ensemble; empty for a server that stands alone. */
  members: ConfiguredMember[]
  /** The version of the ensemble's configuration, a zxid. */
  version: bigint | null
  other: OtherFields
}

/** A session that a server knows. Followers know the timeout, the leader the time at which it would expire. */
export interface DumpedSession {
  id: bigint
  kind: 'global' | 'local'
  /** The text after `expire`, as the server prints it. */
  expires: string | null
  /** Milliseconds. */
  timeout: number | null
}

/** A session, and paths of it: its ephemeral znodes, or those that it watches. */
export interface SessionPaths {
  sessionId: bigint
  paths: string[]
}

/** A path, and the sessions that watch it. */
export interface PathSessions {
  path: string
  sessionIds: bigint[]
}

/** The answer to `dump`. */
export interface Dump {
  sessions: DumpedSession[]
  ephemerals: SessionPaths[]
}

/** The answer to `wchs`. It counts the watches on data and on existence, not those on children. */
export interface WatchSummary {
  connections: number
  paths: number
  watches: number
}

/** A line of the answer to `hash`: the digest of the whole tree after a transaction. */
export interface TreeDigest {
  zxid: bigint
  digest: bigint
}

/** The bytes that the server has on disk. */
export interface DirectorySizes {
  data: number
  log: number
}
