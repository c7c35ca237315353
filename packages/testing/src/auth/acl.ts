import { createHash } from 'node:crypto'
import { type ACL, type Id, Perm } from '@zookit/jute'
import { Err } from '../error-codes.ts'
import { addressMatches, isAddressBlock } from './ip-address.ts'
import { isX500Name } from './x500-name.ts'

/** A znode's access control list. Lists with the same entries are one object. */
export interface AclList {
  readonly entries: readonly ACL[]
  /** The permissions of `world:anyone`. They settle most checks without a look at the caller. */
  readonly worldPerms: number
}

const WORLD: Id = { scheme: 'world', id: 'anyone' }

function isWorld(id: Id): boolean {
  return id.scheme === 'world' && id.id === 'anyone'
}

/** The ACL lists of a tree. Znodes with the same entries share one list. */
export class AclStore {
  readonly #byKey = new Map<string, AclList>()
  readonly #world: (AclList | undefined)[] = []

  /** Returns the one list with these entries. */
  intern(entries: readonly ACL[]): AclList {
    const first = entries[0]
    if (entries.length === 1 && first !== undefined && isWorld(first.id)) return this.world(first.perms)
    const key = JSON.stringify(entries.map(({ perms, id }) => [perms, id.scheme, id.id]))
    let list = this.#byKey.get(key)
    if (list === undefined) {
      list = { entries, worldPerms: 0 }
      for (const entry of entries) {
        if (isWorld(entry.id)) list = { entries, worldPerms: list.worldPerms | entry.perms }
      }
      this.#byKey.set(key, list)
    }
    return list
  }

  /** Returns the list with one entry, for `world:anyone`. */
  world(perms: number): AclList {
    return (this.#world[perms & Perm.ALL] ??= { entries: [{ perms, id: WORLD }], worldPerms: perms })
  }
}

/** The schemes that an ACL may name in addition to `world`, `auth`, `ip` and `digest`. */
export interface SchemeSettings {
  readonly sasl: boolean
  readonly x509: boolean
  /** The error number that refuses a null ACL. */
  readonly nullAclError: number
  /** The error number that refuses an entry with a null scheme. */
  readonly nullSchemeError: number
}

/** An entry of an ACL as a request sends it: both strings can be null. */
export interface RequestedAcl {
  readonly perms: number
  readonly id: { readonly scheme: string | null; readonly id: string | null }
}

/** Tells if Apache's KerberosName can parse an id: a name without an `@`, or `service/host@realm`. */
function isKerberosName(id: string): boolean {
  return !id.includes('@') || /^[^/@]*(\/[^/@]*)?@[^/@]*$/.test(id)
}

function isValidId(id: Id, settings: SchemeSettings): boolean {
  switch (id.scheme) {
    case 'digest':
      return /^[^:]*:[^:]+$/.test(id.id)
    case 'ip':
      return isAddressBlock(id.id)
    case 'sasl':
      return settings.sasl && isKerberosName(id.id)
    case 'x509':
      return settings.x509 && isX500Name(id.id)
    default:
      return false
  }
}

function idMatches(own: Id, wanted: Id): boolean {
  if (own.scheme !== wanted.scheme) return false
  // Apache's SASLAuthenticationProvider lets a user of this name pass every entry of its scheme.
  if (own.scheme === 'sasl' && own.id === 'super') return true
  return own.scheme === 'ip' ? addressMatches(own.id, wanted.id) : own.id === wanted.id
}

/** Tells if a client with these ids has one of `perms`. An empty list allows everything, as in Apache's server. */
export function permits(list: AclList, perms: number, ids: readonly Id[]): boolean {
  if ((list.worldPerms & perms) !== 0 || list.entries.length === 0) return true
  for (const id of ids) {
    if (id.scheme === 'super') return true
  }
  for (const entry of list.entries) {
    if ((entry.perms & perms) === 0) continue
    for (const id of ids) {
      if (idMatches(id, entry.id)) return true
    }
  }
  return false
}

function isAuthenticated(id: Id): boolean {
  return id.scheme === 'digest' || id.scheme === 'sasl' || id.scheme === 'x509'
}

/**
 * Resolves the ACL of a request: drops duplicates and replaces `auth` by the client's own ids.
 *
 * @returns the entries; or an error number for a list that is null, empty, or has an id that the server refuses.
 */
export function resolveAcl(
  requested: readonly RequestedAcl[] | null,
  ids: readonly Id[],
  settings: SchemeSettings,
): ACL[] | number {
  if (requested === null) return settings.nullAclError
  if (requested.length === 0) return Err.INVALID_ACL
  const resolved: ACL[] = []
  for (const { perms, id } of requested) {
    if (id.scheme === null) return settings.nullSchemeError
    if (id.scheme === 'auth') {
      const own = ids.filter(isAuthenticated)
      if (own.length === 0) return Err.INVALID_ACL
      for (const ownId of own) addUnique(resolved, { perms, id: ownId })
      continue
    }
    const refusal = checkId(id.scheme, id.id, settings)
    if (refusal !== Err.OK) return refusal
    addUnique(resolved, { perms, id: { scheme: id.scheme, id: id.id as string } })
  }
  return resolved
}

/** Returns the error number that refuses an id; OK for a valid one. Apache's server fails on a null id of its schemes. */
function checkId(scheme: string, id: string | null, settings: SchemeSettings): number {
  if (id === null) return hasScheme(scheme, settings) ? Err.MARSHALLING_ERROR : Err.INVALID_ACL
  return isWorld({ scheme, id }) || isValidId({ scheme, id }, settings) ? Err.OK : Err.INVALID_ACL
}

function hasScheme(scheme: string, settings: SchemeSettings): boolean {
  if (scheme === 'sasl' || scheme === 'x509') return settings[scheme]
  return scheme === 'world' || scheme === 'digest' || scheme === 'ip'
}

function addUnique(list: ACL[], { perms, id }: ACL): void {
  const known = list.some(
    other => other.perms === perms && other.id.scheme === id.scheme && other.id.id === id.id,
  )
  if (!known) list.push({ perms, id })
}

/** Returns the list as a client without ADMIN sees it: the hash of a digest id is `x`. */
export function maskDigests(entries: readonly ACL[]): ACL[] {
  return entries.map(({ perms, id }) =>
    id.scheme === 'digest'
      ? { perms, id: { scheme: id.scheme, id: id.id.replace(/:.*/s, ':x') } }
      : { perms, id },
  )
}

/**
 * Returns the ACL id of a user in the digest scheme.
 *
 * @param userAndPassword `user:password`, as the client authenticates with it.
 */
export function digestId(userAndPassword: string | Uint8Array): string {
  const user = Buffer.from(userAndPassword).toString().split(':', 1)[0]
  return `${user}:${createHash('sha1').update(userAndPassword).digest('base64')}`
}
