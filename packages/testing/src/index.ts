export { digestId } from './auth/acl.ts'
export type { SeedData, SeedTree } from './database/tree-snapshot.ts'
export { TestEnsemble, type TestEnsembleOptions, TestMember } from './ensemble/test-ensemble.ts'
export { type Environment, systemEnvironment, type Timer } from './environment.ts'
export type { RecordedRequest } from './faults/recorder.ts'
export type { PlannedFault, RequestMatcher } from './faults/request-faults.ts'
export type { ServerVersion } from './release.ts'
export type { Log } from './server/activity.ts'
export type { CommittedChange, CommittedTransaction, OnCommit } from './server/commits.ts'
export {
  type ConnectionInfo,
  ServerControl,
  type SessionInfo,
  type WatchInfo,
  type WatchKind,
} from './server/server-control.ts'
export type { CoreOptions } from './server/settings.ts'
export { TestServer, type TestServerOptions } from './test-server.ts'
export type { Accept, Listen, Listener, ListenerOptions, ServerTlsOptions } from './transport/listener.ts'
export type { Transport, TransportHandler } from './transport/transport.ts'
