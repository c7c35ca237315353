export type { AnyOperation, Outcome } from '@zookit/jute'
export { whenAborted } from './abort.ts'
export type { Secret } from './auth/credentials.ts'
export {
  type AttemptTrace,
  attemptChannel,
  type RequestTrace,
  requestChannel,
  type StateTrace,
  stateChannel,
  type UnknownEventTrace,
  unknownEventChannel,
} from './diagnostics.ts'
export { Emitter } from './emitter.ts'
export { type Environment, nodeEnvironment, type Timer } from './environment.ts'
export {
  type ErrorCode,
  type ErrorDetails,
  type LocalErrorCode,
  ZooKeeperError,
} from './errors.ts'
export type { TlsOptions, Transport, TransportHandler, TransportTarget } from './link/transport.ts'
export type { SessionIdentity, SessionOptions } from './options.ts'
export type { RequestLimits } from './requests/limits.ts'
export type { PipelineLimits } from './requests/pipeline.ts'
export {
  type ConnectString,
  ConnectStringError,
  DEFAULT_PORT,
  formatServer,
  parseConnectString,
  type ServerAddress,
} from './servers/connect-string.ts'
export { type RequestOptions, Session, type SessionEvents } from './session.ts'
export { isLive, nextState, type SessionState, type SessionTrigger, transitions } from './session-state.ts'
export { type RemovableWatch, type RemoveWatchesOptions, removeWatches } from './watches/remove-watches.ts'
export { type WatchEvent, type Watcher, type WatchName, WatchRegistry } from './watches/watch-registry.ts'
