export { AdminError, type AdminErrorCode, type AdminErrorDetails } from './admin-error.ts'
export type { CallOptions, WordOptions } from './options.ts'
export type { ServerCertificate } from './status/certificate.ts'
export { type EnsembleStatus, ensembleStatus, type ServerStatus } from './status/ensemble-status.ts'
export type { Quorum } from './status/quorum.ts'
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
