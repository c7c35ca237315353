export type { AnyOperation, Outcome } from '@zookit/jute'
/** The checks of arguments, for packages that are built on this one. */
export * as checks from './arguments/index.ts'
export type { Secret } from './auth/credentials.ts'
export { hasSecret } from './auth/insecure.ts'
export type { SaslExchange, SaslMechanism, SaslServer, SaslStep } from './auth/mechanism.ts'
export { saslMechanism } from './auth/sasl.ts'
export type {
  DigestMd5Options,
  GssapiOptions,
  KerberosClient,
  KerberosModule,
  OwnMechanismOptions,
  Password,
  SaslOptions,
} from './auth/sasl-options.ts'
export { counted } from './counted.ts'
export {
  type AttemptTrace,
  attemptChannel,
  type RequestTrace,
  requestChannel,
  type SetWatchesTrace,
  type StateTrace,
  setWatchesChannel,
  stateChannel,
  type TracedSession,
  type UnknownEventTrace,
  unknownEventChannel,
  type WatchEventTrace,
  watchEventChannel,
} from './diagnostics.ts'
export { Emitter } from './emitter.ts'
export { type Environment, nodeEnvironment, type Timer } from './environment.ts'
export {
  type ErrorCode,
  type ErrorDetails,
  type LocalErrorCode,
  ZooKeeperError,
} from './errors.ts'
export { formatServer, isLoopback, type ServerAddress } from './link/server-address.ts'
export { type Leads, Suspension } from './link/suspension.ts'
export type { TlsOptions, Transport, TransportHandler, TransportTarget } from './link/transport.ts'
export { describeSession } from './observe/describe-session.ts'
export { inspectAs } from './observe/inspect.ts'
export {
  type Logger,
  type LogLevel,
  type LogOptions,
  type LogTopic,
  loggerFault,
  logSession,
} from './observe/log.ts'
export type { SessionHealth } from './observe/session-health.ts'
export type { SessionIdentity, SessionOptions } from './options.ts'
export { whenAborted } from './requests/abort.ts'
export type { QueueLimits } from './requests/outgoing-requests.ts'
export { type Receiver, resolveFor } from './requests/receiver.ts'
export type { RequestLimits, SendOptions } from './requests/request.ts'
export {
  type ConnectString,
  ConnectStringError,
  DEFAULT_PORT,
  parseConnectString,
} from './servers/connect-string.ts'
export { Session } from './session.ts'
export {
  isLive,
  nextState,
  type SessionEvents,
  type SessionState,
  type SessionTrigger,
  transitions,
} from './session-state.ts'
export type {
  RemovableWatch,
  RemoveWatchesOptions,
  RequestOptions,
  WatchRequestOptions,
} from './watches/watch-options.ts'
export type { WatchEvent, Watcher, WatchName } from './watches/watch-registry.ts'
export type { Watches } from './watches/watches.ts'
