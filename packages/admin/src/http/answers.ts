import type { Readable } from 'node:stream'
import type { OtherFields } from '../values.ts'
import type { ClientConnection, ServerSummary, SessionPaths } from '../words/answers.ts'

/** The connections of clients, by the port that they came to. */
export interface Connections {
  plain: ClientConnection[]
  secure: ClientConnection[]
}

/** The answer to `stats`. */
export type ServerStats = ServerSummary & Connections

/** Sessions by the time at which they expire, and their ephemeral znodes. */
export interface SessionDump {
  /** `time` is in milliseconds of the server's monotonic clock. */
  expiries: { time: number; sessionIds: bigint[] }[]
  ephemerals: SessionPaths[]
}

/** The newest snapshot on the server's disk. */
export interface LastSnapshot {
  zxid: bigint
  /** Milliseconds since 1970; null if they are not known. */
  savedAt: number | null
}

/** The leader that a member of an ensemble follows, or is. */
export interface Leadership {
  isLeader: boolean
  leaderId: number | null
  leaderHost: string | null
}

/** An observer that is connected to the server. */
export interface Observer {
  id: number | null
  address: string | null
  established: string | null
  queuedPackets: number | null
  received: number | null
  sent: number | null
  lastZxid: bigint | null
  other: OtherFields
}

/** A voting member of the ensemble. */
export interface Voter {
  id: number
  serverAddresses: string[]
  electionAddresses: string[]
  clientAddress: string | null
}

/** The state of the protocol between servers. A server that stands alone, or serves nobody, has no phase. */
export interface ZabState {
  /** `election`, `discovery`, `synchronization` or `broadcast`. */
  phase: string | null
  voting: boolean
  id: number | null
  isLeader: boolean
  zxid: bigint | null
  clientAddress: string | null
}

/** A snapshot that the server has written. */
export interface SnapshotInfo {
  /** The newest transaction in it; null if the server did not tell. */
  zxid: bigint | null
  /** Bytes. */
  size: number | null
}

/** A snapshot that the server sends. */
export interface SnapshotStream extends SnapshotInfo {
  /** The bytes of the snapshot. It fails with an AdminError unless all of them come. */
  stream: Readable
}
