import { type ACL, Perm } from '@zookit/jute'
import { type Check, checkArgument, describe, fields, mustBe, secretly } from './checks.ts'
import { InvalidArgument } from './invalid-argument.ts'

/** The name of a permission. */
export type PermName = Lowercase<keyof typeof Perm>

/** Permissions: the bits of `Perm`, the letters of ZooKeeper's shell (`'cdrwa'`), or names. */
export type Perms = number | string | readonly PermName[]

/** The letters of ZooKeeper's shell, in its order. */
const LETTERS: ReadonlyMap<string, number> = new Map([
  ['c', Perm.CREATE],
  ['d', Perm.DELETE],
  ['r', Perm.READ],
  ['w', Perm.WRITE],
  ['a', Perm.ADMIN],
])

const NAMES: ReadonlyMap<string, number> = new Map(
  Object.entries(Perm).map(([name, bits]) => [name.toLowerCase(), bits]),
)

const wellFormed: Check = mustBe('text without a lone surrogate', isWellFormed)

/** Gives everybody all permissions. */
export const openAcl: readonly ACL[] = constant(Perm.ALL, 'world', 'anyone')

/** Lets everybody read and nobody change anything. */
export const readOnlyAcl: readonly ACL[] = constant(Perm.READ, 'world', 'anyone')

/**
 * Gives all permissions to the creator of the znode. The server replaces the entry by every identity that the session
 * has presented with addAuth. It refuses with INVALID_ACL if there is none.
 */
export const creatorAllAcl: readonly ACL[] = constant(Perm.ALL, 'auth', '')

/** Returns true for text that UTF-8 can encode: a lone surrogate would become another character silently. */
function isWellFormed(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed()
}

/**
 * Makes one entry of an ACL.
 *
 * @param scheme such as `'world'`, `'digest'`, `'ip'`, `'sasl'`, `'x509'` or `'auth'`.
 * @param id an id of that scheme: `'anyone'`, `digestId(user, password)`, `'10.0.0.0/8'`, ...
 * @throws ZooKeeperError BAD_ARGUMENTS if the permissions are empty, one of them does not exist, or `scheme` or `id` is
 *   no text.
 */
export function acl(perms: Perms, scheme: string, id: string): ACL {
  checkArgument('the scheme of an ACL', scheme, wellFormed)
  checkArgument('the id of an ACL', id, wellFormed)
  return { perms: permBits(perms), id: { scheme, id } }
}

/**
 * Makes the id of a `digest` entry, `user:base64(sha1(user:password))`. The ACL then holds no password. A server that is
 * configured for another hash (`zookeeper.DigestAuthenticationProvider.digestAlg`) does not recognise this one.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS if the user name contains a `:`, where the server would end the name.
 */
export function digestId(user: string, password: string): string {
  checkArgument('the user name', user, wellFormed)
  checkArgument('the password', password, secretly('text without a lone surrogate', isWellFormed))
  if (user.includes(':')) badAcl(`a user name must not contain a ":": ${describe(user)}`)
  // Loaded on first use: node:crypto takes a quarter of the time that an import of this package takes.
  const { createHash } = process.getBuiltinModule('node:crypto')
  return `${user}:${createHash('sha1').update(`${user}:${password}`, 'utf8').digest('base64')}`
}

const EXAMPLE = "acl('cdrwa', 'world', 'anyone')"

/** Formats entries for ZooKeeper's shell: `world:anyone:cdrwa`, separated by commas. @throws BAD_ARGUMENTS. */
export function formatAcl(entries: ACL | readonly ACL[]): string {
  const list: readonly ACL[] = Array.isArray(entries) ? entries : [entries as ACL]
  checkArgument('the ACL', list, shown)
  return list.map(({ perms, id }) => `${id.scheme}:${id.id}:${formatPerms(perms)}`).join(',')
}

/** The check of entries that a server may have sent: more than this package makes. */
export const shown: Check = mustBe(
  `entries such as ${EXAMPLE}`,
  list =>
    Array.isArray(list) &&
    list.every(entry => {
      const { perms, id } = fields(entry)
      return (
        Number.isInteger(perms) && typeof fields(id).scheme === 'string' && typeof fields(id).id === 'string'
      )
    }),
)

function formatPerms(perms: number): string {
  let letters = ''
  for (const [letter, bit] of LETTERS) if ((perms & bit) !== 0) letters += letter
  return letters
}

function permBits(perms: Perms): number {
  if (typeof perms === 'number') {
    if (!Number.isInteger(perms) || perms < 0 || perms > Perm.ALL) badAcl(`no such permissions: ${perms}`)
    return perms
  }
  if (typeof perms !== 'string' && !Array.isArray(perms)) {
    badAcl(`permissions are a number, letters such as "cdrwa", or a list of names, not ${describe(perms)}`)
  }
  const table = typeof perms === 'string' ? LETTERS : NAMES
  let bits = 0
  for (const perm of perms) bits |= table.get(perm) ?? badAcl(`no such permission: ${describe(perm)}`)
  if (bits === 0) badAcl('it grants no permission; write 0 if you mean that')
  return bits
}

function constant(perms: number, scheme: string, id: string): readonly ACL[] {
  const entry = acl(perms, scheme, id)
  Object.freeze(entry.id)
  return Object.freeze([Object.freeze(entry)])
}

function badAcl(reason: string): never {
  throw new InvalidArgument(`invalid ACL: ${reason}`)
}

/** The check of an ACL. A permission in letters would be encoded as 0, which locks everybody out. */
export const aclCheck: Check = value => {
  // These are shared by most calls, and frozen.
  if (value === openAcl || value === creatorAllAcl || value === readOnlyAcl) return null
  if (!Array.isArray(value)) return `must be a list of entries such as ${EXAMPLE}, not ${describe(value)}`
  for (const [index, entry] of value.entries()) {
    const fault = entryFault(entry)
    if (fault !== null)
      return `has an invalid entry at index ${index}: ${fault}; make entries such as ${EXAMPLE}`
  }
  return null
}

function entryFault(entry: unknown): string | null {
  const { perms, id } = fields(entry)
  const { scheme, id: name } = fields(id)
  if (!Number.isInteger(perms) || Number(perms) < 0 || Number(perms) > Perm.ALL) {
    return `perms must be bits from 0 to ${Perm.ALL}, not ${describe(perms)}`
  }
  if (isWellFormed(scheme) && isWellFormed(name)) return null
  return `id must be { scheme, id }, two texts, not ${describe(id)}`
}
