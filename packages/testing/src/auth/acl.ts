import { createHash } from 'node:crypto'
import { type ACL, type Id, Perm } from '@zookit/jute'
import { Err } from '../error-codes.ts'
import { addressMatches, isAddressBlock } from './ip-address.ts'

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
}

function isValidId(id: Id, settings: SchemeSettings): boolean {
  switch (id.scheme) {
    case 'digest':
      return /^[^:]*:[^:]+$/.test(id.id)
    case 'ip':
      return isAddressBlock(id.id)
    case 'sasl':
      return settings.sasl
    case 'x509':
      return settings.x509
    default:
      return false
  }
}

function idMatches(own: Id, wanted: Id): boolean {
  if (own.scheme !== wanted.scheme) return false
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
  requested: readonly ACL[] | null,
  ids: readonly Id[],
  settings: SchemeSettings,
): ACL[] | number {
  if (requested === null) return settings.nullAclError
  if (requested.length === 0) return Err.INVALID_ACL
  const resolved: ACL[] = []
  for (const entry of requested) {
    if (isWorld(entry.id)) {
      addUnique(resolved, entry)
    } else if (entry.id.scheme === 'auth') {
      const own = ids.filter(isAuthenticated)
      if (own.length === 0) return Err.INVALID_ACL
      for (const id of own) addUnique(resolved, { perms: entry.perms, id })
    } else {
      if (!isValidId(entry.id, settings)) return Err.INVALID_ACL
      addUnique(resolved, entry)
    }
  }
  return resolved
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
