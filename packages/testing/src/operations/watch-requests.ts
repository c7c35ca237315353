import {
  AddWatchMode,
  readAddWatchRequest,
  readCheckWatchesRequest,
  readRemoveWatchesRequest,
  readSetWatches,
  readSetWatches2,
} from '@zookit/jute'
import { Err } from '../error-codes.ts'
import { anyNull, readWithNulls } from './null-strings.ts'
import type { HeaderOnlyHandler, ReadHandler } from './read-context.ts'

/** Answers addWatch. The znode need not exist, and no permission is needed. */
export const answerAddWatch: ReadHandler = (context, reader, out) => {
  const request = readWithNulls(reader, readAddWatchRequest, anyNull)
  const { path, mode }: { path: string | null; mode: number } = request
  if (mode !== AddWatchMode.persistent && mode !== AddWatchMode.persistentRecursive) {
    return Err.MARSHALLING_ERROR
  }
  // Apache's server accepts null, which no event has.
  if (path !== null) context.database.watches.addPersistent(path, context.watcher, mode)
  out.int(Err.OK)
  return Err.OK
}

/** Answers checkWatches. Before 3.9 it walks up the path and fails on one without a slash. */
export const answerCheckWatches: HeaderOnlyHandler = (context, reader) => {
  const { path, type } = readCheckWatchesRequest(reader)
  const { watches } = context.database
  const fails = !context.settings.release.modesCoexist && path !== '' && !path.includes('/')
  if (!watches.hasType(type) || fails) return Err.MARSHALLING_ERROR
  return watches.contains(path, context.watcher, type) ? Err.OK : Err.NO_WATCHER
}

/** Answers removeWatches. */
export const answerRemoveWatches: HeaderOnlyHandler = (context, reader) => {
  const { path, type } = readWithNulls(reader, readRemoveWatchesRequest, anyNull)
  const { watches } = context.database
  if (!watches.hasType(type)) return Err.MARSHALLING_ERROR
  return watches.remove(path, context.watcher, type) ? Err.OK : Err.NO_WATCHER
}

/** Answers setWatches. The events for missed changes come before the reply. */
export const answerSetWatches: HeaderOnlyHandler = (context, reader) => {
  const { database, watcher } = context
  database.watches.catchUp(watcher, readSetWatches(reader), database.tree)
  return Err.OK
}

/** Answers setWatches2, which has persistent and recursive watches, too. */
export const answerSetWatches2: HeaderOnlyHandler = (context, reader) => {
  const { database, watcher } = context
  database.watches.catchUp(watcher, readSetWatches2(reader), database.tree)
  return Err.OK
}
