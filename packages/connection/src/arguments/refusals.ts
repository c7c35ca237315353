import { ZooKeeperError } from '../errors.ts'
import { describe, func } from './checks.ts'

/** Makes the error of an argument that is refused before anything is sent. */
export function badArguments(operation: string | undefined, message: string, path?: string): ZooKeeperError {
  return new ZooKeeperError('BAD_ARGUMENTS', { operation, path, message, outcome: 'not-sent' })
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
