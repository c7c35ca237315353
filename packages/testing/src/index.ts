export { digestId } from './acl.ts'
export type { Log } from './activity.ts'
export { type Environment, systemEnvironment, type Timer } from './environment.ts'
export type { Arranged, RequestMatcher } from './faults.ts'
export type { ServerVersion } from './profile.ts'
export type { RecordedRequest } from './recorder.ts'
export {
  type ConnectionInfo,
  ServerControl,
  type SessionInfo,
  type WatchInfo,
  type WatchKind,
} from './server-control.ts'
export type { CoreOptions } from './settings.ts'
export type { ServerTlsOptions } from './tcp-listener.ts'
export { TestEnsemble, type TestEnsembleOptions, TestMember } from './test-ensemble.ts'
export { TestServer, type TestServerOptions } from './test-server.ts'
export type { SeedData, SeedTree } from './tree-snapshot.ts'
