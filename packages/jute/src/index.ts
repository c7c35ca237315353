export { JuteError, type JuteErrorCode } from './errors.ts'
export { DEFAULT_MAX_FRAME, Framer } from './framer.ts'
export {
  AddWatchMode,
  CreateFlag,
  EventType,
  KeeperState,
  OpCode,
  Perm,
  ServerOpCode,
  WatcherType,
  Xid,
} from './generated/constants.ts'
export {
  ErrorNumber,
  type ErrorRow,
  errorTable,
  type KnownErrorCode,
  type Outcome,
} from './generated/errors.ts'
export * as op from './generated/operations.ts'
export * from './generated/records.ts'
export { withJson } from './json.ts'
export { longAt, longNumberAt, setLongAt, setLongNumberAt } from './longs.ts'
export {
  type MultiOperation,
  type MultiReadOperation,
  type MultiRequest,
  type MultiResponse,
  type MultiResult,
  readMultiRequest,
  readMultiResponse,
  readSameResults,
  writeMultiRequest,
  writeMultiResponse,
  writeSameReads,
} from './multi.ts'
export type { AnyOperation, Operation, OperationKind, WatchKind } from './operation.ts'
export { Reader, readUstring } from './reader.ts'
export { Writer, writeUstring } from './writer.ts'
