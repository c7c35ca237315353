import { ZooKeeperError } from '../errors.ts'
import { describe, func } from './checks.ts'

/** Makes the error of an argument that is refused before anything is sent. */
export function badArguments(operation: string | undefined, message: string, path?: string): ZooKeeperError {
  return new ZooKeeperError('BAD_ARGUMENTS', { operation, path, message, outcome: 'not-sent' })
}

/** Tells what is wrong with a call of more arguments than it takes; null if there are not too many. */
export function surplusFault(count: number, most: number): string | null {
  if (count <= most) return null
  const takes = most === 1 ? '1 argument' : `${most} arguments`
  return `too many arguments: it takes ${most === 0 ? 'none' : takes}, and no callback`
}

/** Checks the number of a call's arguments. @throws ZooKeeperError BAD_ARGUMENTS. */
export function checkCount(operation: string, count: number, most: number): void {
  const fault = surplusFault(count, most)
  if (fault !== null) throw badArguments(operation, fault)
}

/** Checks the arguments of a call of `on` or `off`. @throws ZooKeeperError BAD_ARGUMENTS. */
export function checkListener(
  operation: 'on' | 'off',
  names: readonly PropertyKey[],
  args: ArrayLike<unknown>,
): void {
  if (args.length > 2) throw badArguments(operation, 'too many arguments: it takes an event and a listener')
  if (!names.includes(args[0] as PropertyKey)) {
    const known = names.map(String).join(', ')
    throw badArguments(operation, `there is no event ${describe(args[0])}; the events are ${known}`)
  }
  const fault = func(args[1])
  if (fault !== null) throw badArguments(operation, `the listener ${fault}`)
}
