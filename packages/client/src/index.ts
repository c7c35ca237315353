export {
  type AttemptTrace,
  attemptChannel,
  ConnectStringError,
  counted,
  type DigestMd5Options,
  type Environment,
  type ErrorCode,
  type ErrorDetails,
  formatServer,
  type GssapiOptions,
  inspectAs,
  type Leads,
  type LocalErrorCode,
  type Logger,
  type LogLevel,
  type LogOptions,
  type LogTopic,
  nodeEnvironment,
  type Outcome,
  type OwnMechanismOptions,
  type Password,
  parseConnectString,
  type RemovableWatch,
  type RequestTrace,
  requestChannel,
  type SaslExchange,
  type SaslMechanism,
  type SaslOptions,
  type SaslServer,
  type SaslStep,
  type Secret,
  type ServerAddress,
  Session,
  type SessionEvents,
  type SessionHealth,
  type SessionIdentity,
  type SessionOptions,
  type SessionState,
  type SetWatchesTrace,
  type StateTrace,
  Suspension,
  setWatchesChannel,
  stateChannel,
  type TlsOptions,
  type TracedSession,
  type UnknownEventTrace,
  unknownEventChannel,
  type WatchEventTrace,
  watchEventChannel,
  whenAborted,
  ZooKeeperError,
} from '@zookit/connection'
export {
  type ACL,
  type ACL as Acl,
  type ClientInfo,
  type Id,
  type KnownErrorCode,
  Perm,
  type Stat,
  StatRecord,
} from '@zookit/jute'
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
export { AnySignal } from './any-signal.ts'
/** The checks of arguments that every method uses, for packages that are built on this client. */
export * as checks from './argument-checks.ts'
export type { Data, ReadOptions, RequestOptions, VersionOptions } from './arguments.ts'
export type { BulkOptions, ChildrenData, Found, GetManyOptions, ManyOptions } from './bulk/bulk-reads.ts'
export type { PulledPairs } from './bulk/pulled-pairs.ts'
export { ReadBatches } from './bulk/read-batches.ts'
export {
  type EnsembleConfig,
  type EnsembleMember,
  formatMember,
  type PeerAddress,
  parseConfig,
} from './config.ts'
export { connect } from './connect.ts'
export type { CreateOptions, NodeOptions } from './create.ts'
export type { CreateMode, SequentialMode, TtlMode } from './create-mode.ts'
export type { ConfigNode, ReconfigOptions, Reconfiguration } from './ensemble.ts'
export type { EnsurePathOptions } from './ensure-path.ts'
export { EventQueue } from './event-queue.ts'
export type { NodeEvent, OneShotEvent, ResyncReason, StreamEvent, WatchListener } from './events.ts'
export { type InterimAcl, interimAcls, isInterimAcl } from './interim-acl.ts'
export type { JsonData } from './json.ts'
export { logTo } from './log-to.ts'
export {
  type CreatedTogether,
  MultiError,
  type MultiReadResults,
  type MultiResults,
  type ReadOperation,
  type ReadResults,
  type WriteOperation,
  type WriteResults,
} from './multi.ts'
export type { Children, Created, NodeAcl, NodeData } from './operations.ts'
export type { AuthOptions, ConnectOptions, Ensemble } from './options.ts'
export { joinPath, nameOf, parentOf, validatePath } from './path.ts'
export { PulledEvents } from './pulled-events.ts'
export type { RemoveWatchesOptions } from './remove-watches.ts'
export type { RequestSettings } from './requests.ts'
export { type Schema, SchemaError, type SchemaIssue } from './schema.ts'
export type { SessionInfo } from './session-info.ts'
export { createdAt, isEphemeral, modifiedAt } from './stat.ts'
export { Suspicion } from './suspicion.ts'
export type { Transaction } from './transaction.ts'
export type { CopyTreeOptions } from './tree.ts'
export { TypedZnode, type UpdateOptions } from './typed-znode.ts'
export type { DataNode, TreeNode, TreeOptions, WalkOptions } from './walk.ts'
export type { Watch, WatchOptions } from './watch.ts'
export { ZooKeeper } from './zookeeper.ts'
