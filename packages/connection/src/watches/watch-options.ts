import { type AnyOperation, WatcherType } from '@zookit/jute'
import type { RequestLimits, SendOptions } from '../requests/request.ts'
import type { Watcher, WatchName } from './watch-registry.ts'

/** The kinds of watches to remove. `data` includes those that wait for a znode to be created. */
export type RemovableWatch = 'data' | 'children' | 'persistent' | 'recursive' | 'any'

/** Options of a request. */
export interface RequestOptions extends RequestLimits {
  /** The listener of the watch that the request sets; required for addWatch. It implies `watch` for the reads. */
  watcher?: Watcher | undefined
  /** The path that errors name; by default that of the body. */
  path?: string | undefined
}

/** Options of a request that leaves a watch. */
export interface WatchRequestOptions extends RequestLimits {
  /** The listener of the watch. */
  watcher: Watcher
  /** The path that errors name; by default the server's. */
  path?: string | undefined
  /** Called when the reply tells that the server has the watch: ahead of every later reply and event. */
  onSet?: (() => void) | undefined
}

/** Options of the removal of watches. */
export interface RemoveWatchesOptions extends RequestLimits {
  /** Removes the watches of this watcher only; by default those of every watcher on the path. */
  watcher?: Watcher | undefined
  /** Removes the watches here even if the server cannot be told. */
  local?: boolean | undefined
  /** The path that errors name; by default the server's. */
  path?: string | undefined
}

/** Sends a request: all that the watches need of a session. */
export type SendRequest = (
  operation: AnyOperation,
  body: unknown,
  path: string,
  options?: SendOptions,
) => Promise<unknown>

/** The kinds of watches that stay until they are removed. */
export const LASTING: readonly WatchName[] = ['persistent', 'recursive']
/** The kinds of watches that an event ends. */
export const ONE_SHOT: readonly WatchName[] = ['data', 'exist', 'child']

/** The kinds of watches that a removal concerns. */
export const NAMES: Record<RemovableWatch, readonly WatchName[]> = {
  data: ['data', 'exist'],
  children: ['child'],
  persistent: ['persistent'],
  recursive: ['recursive'],
  any: ['data', 'exist', 'child', 'persistent', 'recursive'],
}

/** The type of watch for each kind to remove; servers know those of `persistent` and `recursive` from 3.9.0 on. */
export const TYPE_OF: Readonly<Record<RemovableWatch, number>> = {
  data: WatcherType.data,
  children: WatcherType.children,
  persistent: WatcherType.persistent,
  recursive: WatcherType.persistentRecursive,
  any: WatcherType.any,
}
