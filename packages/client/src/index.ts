export {
  type AttemptTrace,
  attemptChannel,
  ConnectStringError,
  type ErrorCode,
  type ErrorDetails,
  formatServer,
  type LocalErrorCode,
  type Outcome,
  parseConnectString,
  type RemovableWatch,
  type RequestTrace,
  requestChannel,
  type Secret,
  type ServerAddress,
  Session,
  type SessionEvents,
  type SessionIdentity,
  type SessionOptions,
  type SessionState,
  type StateTrace,
  stateChannel,
  type UnknownEventTrace,
  unknownEventChannel,
  ZooKeeperError,
} from '@zookit/connection'
export { type ACL, type ClientInfo, type Id, type KnownErrorCode, Perm, type Stat } from '@zookit/jute'
export {
  acl,
  creatorAllAcl,
  digestId,
  formatAcl,
  openAcl,
  type PermName,
  type Perms,
  readOnlyAcl,
} from './acl.ts'
export type { Data, ReadOptions, RequestOptions, VersionOptions } from './arguments.ts'
export {
  type ConfigAddress,
  type EnsembleConfig,
  type EnsembleMember,
  type PeerAddress,
  parseConfig,
} from './config.ts'
export { connect } from './connect.ts'
export type { CreateOptions, NodeOptions } from './create.ts'
export type { CreateMode, SequentialMode, TtlMode } from './create-mode.ts'
export type { NodeEvent, OneShotEvent, ResyncReason, StreamEvent, WatchListener } from './events.ts'
export type { Created } from './operations.ts'
export type { AuthOptions, ConnectOptions, Ensemble } from './options.ts'
export { Chroot, joinPath, nameOf, parentOf, validatePath } from './path.ts'
export type { SessionInfo } from './session-info.ts'
export { createdAt, isEphemeral, modifiedAt } from './stat.ts'
export { ZooKeeper } from './zookeeper.ts'
