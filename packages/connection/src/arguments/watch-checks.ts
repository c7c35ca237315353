import { AddWatchMode, type AnyOperation } from '@zookit/jute'
import type { ZooKeeperError } from '../errors.ts'
import {
  abortSignal,
  describe,
  fields,
  flag,
  func,
  mustBe,
  type OptionTable,
  oneOf,
  optionsFault,
  optionTable,
  text,
} from './checks.ts'
import { badArguments } from './refusals.ts'

const REMOVAL: OptionTable = optionTable('{ local: true }', {
  watcher: func,
  local: flag,
  signal: abortSignal,
  timeout: mustBe('a number of milliseconds above 0', value => typeof value === 'number' && value > 0),
  path: text,
})

const kindCheck = oneOf('data', 'children', 'persistent', 'recursive', 'any')

/**
 * Returns the error of a request for a watch whose path or watcher is of the wrong kind; null if both are right. A path that
 * is no text would be encoded with a length that is no number, which the queue could not count any more.
 *
 * @param operation the operation, or the mode of an addWatch.
 */
export function watchFault(
  operation: AnyOperation | number,
  serverPath: unknown,
  options: unknown,
): ZooKeeperError | null {
  const { watcher } = fields(options)
  const isMode = operation === AddWatchMode.persistent || operation === AddWatchMode.persistentRecursive
  if (isMode || typeof (operation as AnyOperation | undefined)?.writeRequest === 'function') {
    if (typeof serverPath === 'string' && typeof watcher === 'function') return null
  }
  const name = isMode ? 'addWatch' : (operation as AnyOperation | undefined)?.name
  if (typeof serverPath !== 'string')
    return badArguments(name, `the path must be text, not ${describe(serverPath)}`)
  if (typeof watcher !== 'function')
    return badArguments(name, `the option watcher must be a function, not ${describe(watcher)}`, serverPath)
  return badArguments(
    undefined,
    `the operation must be a row of op, or a mode of addWatch, not ${describe(operation)}`,
    serverPath,
  )
}

/** Checks the arguments of a removal of watches. @throws ZooKeeperError BAD_ARGUMENTS. */
export function checkRemoval(serverPath: unknown, kind: unknown, options: unknown): void {
  const path = typeof serverPath === 'string' ? serverPath : undefined
  const pathFault = text(serverPath)
  if (pathFault !== null) throw badArguments('removeWatches', `the path ${pathFault}`)
  const kindFault = kindCheck(kind)
  const fault = kindFault === null ? optionsFault(options, REMOVAL) : `the kind ${kindFault}`
  if (fault !== null) throw badArguments('removeWatches', fault, path)
}
