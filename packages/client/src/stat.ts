import type { Stat } from '@zookit/jute'
import { describe, fields } from './checks.ts'
import { InvalidArgument } from './invalid-argument.ts'

/** Returns the time of the znode's creation, by the clock of the leader at that time. @throws BAD_ARGUMENTS. */
export function createdAt(stat: Pick<Stat, 'ctime'>): Date {
  return new Date(field(stat, 'ctime', 'number'))
}

/**
 * Returns the time of the last setData, or of the creation, by the clock of the leader at that time.
 *
 * @throws BAD_ARGUMENTS.
 */
export function modifiedAt(stat: Pick<Stat, 'mtime'>): Date {
  return new Date(field(stat, 'mtime', 'number'))
}

/**
 * Returns true for an ephemeral znode. False for container and TTL znodes: no session owns them.
 *
 * @throws BAD_ARGUMENTS.
 */
export function isEphemeral(stat: Pick<Stat, 'ephemeralOwner'>): boolean {
  return field(stat, 'ephemeralOwner', 'bigint') !== 0n
}

/** Reads a field of a Stat. A Stat that went through JSON has text in the place of its bigints. */
function field<Name extends keyof Stat>(stat: Pick<Stat, Name>, name: Name, kind: string): Stat[Name] {
  const value = fields(stat)[name]
  if (typeof value === kind) return value as Stat[Name]
  throw new InvalidArgument(`a Stat with ${name}, a ${kind}, is needed; ${name} is ${describe(value)}`)
}
