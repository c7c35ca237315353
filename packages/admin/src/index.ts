export { AdminError, type AdminErrorCode, type AdminErrorDetails } from './admin-error.ts'
export { AdminServer } from './http/admin-server.ts'
export type {
  Connections,
  LastSnapshot,
  Leadership,
  Observer,
  ServerStats,
  SessionDump,
  SnapshotInfo,
  SnapshotStream,
  Voter,
  ZabState,
} from './http/answers.ts'
export type { Parameters } from './http/commands.ts'
export type { AdminAuth, AdminServerOptions } from './http/endpoint.ts'
export type { Json, JsonObject } from './http/json.ts'
export type { CallOptions, WordOptions } from './options.ts'
export type { ServerCertificate } from './status/certificate.ts'
export { type EnsembleStatus, ensembleStatus, type ServerStatus } from './status/ensemble-status.ts'
export { describeQuorum, type Quorum } from './status/quorum.ts'
export type { OtherFields, Value } from './values.ts'
export type {
  ClientConnection,
  Configuration,
  ConfiguredMember,
  DirectorySizes,
  Dump,
  DumpedSession,
  Latency,
  Monitor,
  PathSessions,
  ServerMode,
  ServerStat,
  ServerSummary,
  SessionPaths,
  TreeDigest,
  WatchSummary,
} from './words/answers.ts'
export { FourLetterWords } from './words/four-letter-words.ts'
