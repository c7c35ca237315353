import {
  AddWatchMode,
  readAddWatchRequest,
  readCheckWatchesRequest,
  readRemoveWatchesRequest,
  readSetWatches,
  readSetWatches2,
} from '@zookit/jute'
import { Err } from '../error-codes.ts'
import type { Handlers } from './handlers.ts'
import { anyNull, readWithNulls } from './null-strings.ts'
import type { HeaderOnlyHandler, ReadHandler } from './read-context.ts'

/** The handlers of the requests about watches that have a body in their reply. */
export const watchRequests: Handlers<ReadHandler> = {
  /** Sets the watch. The znode need not exist, and no permission is needed. */
  addWatch(context, reader, out) {
    const request = readWithNulls(reader, readAddWatchRequest, anyNull)
    const { path, mode }: { path: string | null; mode: number } = request
    if (mode !== AddWatchMode.persistent && mode !== AddWatchMode.persistentRecursive) {
      return Err.MARSHALLING_ERROR
    }
    // Apache's server accepts null, which no event has.
    if (path !== null) context.database.watches.addPersistent(path, context.watcher, mode)
    out.int(Err.OK)
    return Err.OK
  },
}

/** The handlers of the requests about watches whose reply is a header alone. */
export const headerOnlyWatchRequests: Handlers<HeaderOnlyHandler> = {
  /** Tells if there is such a watch. Before 3.9 a server looks at every parent too, and fails on a path without a slash. */
  checkWatches(context, reader) {
    const { path, type } = readCheckWatchesRequest(reader)
    const { watches } = context.database
    const fails = !context.settings.release.modesCoexist && path !== '' && !path.includes('/')
    if (!watches.hasType(type) || fails) return Err.MARSHALLING_ERROR
    return watches.contains(path, context.watcher, type) ? Err.OK : Err.NO_WATCHER
  },

  removeWatches(context, reader) {
    const { path, type } = readWithNulls(reader, readRemoveWatchesRequest, anyNull)
    const { watches } = context.database
    if (!watches.hasType(type)) return Err.MARSHALLING_ERROR
    return watches.remove(path, context.watcher, type) ? Err.OK : Err.NO_WATCHER
  },

  /** Sends the events for missed changes before the reply. */
  setWatches(context, reader) {
    const { database, watcher } = context
    database.watches.catchUp(watcher, readSetWatches(reader), database.tree)
    return Err.OK
  },

  /** Does what setWatches does, with persistent and recursive watches. */
  setWatches2(context, reader) {
    const { database, watcher } = context
    database.watches.catchUp(watcher, readSetWatches2(reader), database.tree)
    return Err.OK
  },
}
