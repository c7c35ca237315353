import {
  AddWatchMode,
  readAddWatchRequest,
  readCheckWatchesRequest,
  readRemoveWatchesRequest,
  readSetWatches,
  readSetWatches2,
} from '@zookit/jute'
import { Err } from '../error-codes.ts'
import type { NoticeHandler, ReadHandler } from './read-context.ts'

/** addWatch. The znode need not exist, and no permission is asked. */
export const answerAddWatch: ReadHandler = (context, reader, out) => {
  const { path, mode } = readAddWatchRequest(reader)
  if (mode !== AddWatchMode.persistent && mode !== AddWatchMode.persistentRecursive) {
    return Err.MARSHALLING_ERROR
  }
  context.database.watches.addPersistent(path, context.watcher, mode)
  out.int(Err.OK)
  return Err.OK
}

/** checkWatches. Before 3.9 it walks up the path, and stumbles over one without a slash. */
export const answerCheckWatches: NoticeHandler = (context, reader) => {
  const { path, type } = readCheckWatchesRequest(reader)
  const { watches } = context.database
  const stumbles = !context.settings.profile.modesCoexist && path !== '' && !path.includes('/')
  if (!watches.hasType(type) || stumbles) return Err.MARSHALLING_ERROR
  return watches.contains(path, context.watcher, type) ? Err.OK : Err.NO_WATCHER
}

/** removeWatches. */
export const answerRemoveWatches: NoticeHandler = (context, reader) => {
  const { path, type } = readRemoveWatchesRequest(reader)
  const { watches } = context.database
  if (!watches.hasType(type)) return Err.MARSHALLING_ERROR
  return watches.remove(path, context.watcher, type) ? Err.OK : Err.NO_WATCHER
}

/** setWatches: the events that make up for missed ones go out before the reply. */
export const answerSetWatches: NoticeHandler = (context, reader) => {
  const { database, watcher } = context
  database.watches.catchUp(watcher, readSetWatches(reader), database.tree)
  return Err.OK
}

/** setWatches2: with the persistent kinds. */
export const answerSetWatches2: NoticeHandler = (context, reader) => {
  const { database, watcher } = context
  database.watches.catchUp(watcher, readSetWatches2(reader), database.tree)
  return Err.OK
}
