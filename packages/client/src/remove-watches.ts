import type { RemovableWatch } from '@zookit/connection'
import { LIMIT_CHECKS, type RequestOptions } from './arguments.ts'
import { checkArgument, checkOptions, flag, func, type OptionTable, oneOf, optionTable } from './checks.ts'
import type { WatchListener } from './events.ts'
import { refused } from './invalid-argument.ts'
import type { Requests } from './requests.ts'

/** The options of removeWatches. */
export interface RemoveWatchesOptions extends Pick<RequestOptions, 'signal' | 'timeout'> {
  /** Removes this listener's watch only. Default: all watches of the znode. */
  watch?: WatchListener | undefined
  /** Removes the watches from this client even if the server cannot be told. Default false. */
  local?: boolean | undefined
}

const OPTIONS: OptionTable = optionTable('{ local: true }', { watch: func, local: flag, ...LIMIT_CHECKS })

const kindCheck = oneOf('data', 'children', 'persistent', 'recursive', 'any')

/** Removes watches of a znode. See `ZooKeeper.removeWatches`. Rejects, never throws. */
export function removeWatches(
  requests: Requests,
  path: string,
  kind: RemovableWatch = 'any',
  options: RemoveWatchesOptions = {},
): Promise<void> {
  try {
    checkArgument('the kind', kind, kindCheck)
    checkOptions(options, OPTIONS)
    const { watch, local } = options
    const watcher = watch === undefined ? undefined : requests.watcher(watch)
    const serverPath = requests.resolve(path)
    const limits = requests.limits(options)
    return requests.session.watches.remove(serverPath, kind, { ...limits, watcher, local, path })
  } catch (error) {
    return refused(error, 'removeWatches', path)
  }
}
