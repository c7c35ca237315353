import { checks } from '@zookit/client'
import { badArgument } from '../core/errors.ts'
import { contendersOf } from '../core/names.ts'

/** Marker of the members' znodes. */
export const MARKER = 'member-'
const NAME = /^_c_[0-9a-f-]{36}-[0-9a-f]{16}-(.+)-member-[^a-z]*$/

/** Lists the members by name, each once: a member that came back may have two znodes for a while. */
export function membersOf(children: readonly string[]): string[] {
  const names = contendersOf(children, [MARKER]).map(({ name }) => NAME.exec(name)?.[1])
  const members = names.flatMap(name => (name === undefined ? [] : decoded(name)))
  return [...new Set(members)].sort()
}

/** Decodes a member's name; nothing where it is none of ours. */
function decoded(name: string): [string] | [] {
  try {
    return [decodeURIComponent(name)]
  } catch {
    return []
  }
}

/** Tells whether two sorted lists of members are the same. */
export function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index])
}

/** Returns the names of partitions by name, each once. @throws BAD_ARGUMENTS. */
export function checkNames(names: readonly string[], path: string): string[] {
  if (!Array.isArray(names))
    throw badArgument(`the option partitions must be an array of names, not ${checks.describe(names)}`, path)
  return [...new Set(names.map(name => checkMember(name, path)))].sort()
}

/** Returns the name of a partition or a member. @throws BAD_ARGUMENTS. */
export function checkMember(name: string, path: string): string {
  if (typeof name === 'string' && name !== '' && name.isWellFormed()) return name
  throw badArgument('a name must be a non-empty string without lone surrogates', path)
}
