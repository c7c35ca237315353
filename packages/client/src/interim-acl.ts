import { ZooKeeperError } from '@zookit/connection'
import { type ACL, type ClientInfo, Perm } from '@zookit/jute'
import { acl, shown } from './acl.ts'
import { LIMIT_CHECKS, type RequestOptions } from './arguments.ts'
import {
  type Check,
  checkArgument,
  checkOptions,
  fields,
  mustBe,
  type OptionTable,
  optionTable,
} from './checks.ts'

/** The permissions with which a tree is put below a znode, compared with its original, given up, and the znode's own ACL is set. */
const INTERIM = 'cdra'
const INTERIM_BITS = Perm.CREATE | Perm.DELETE | Perm.READ | Perm.ADMIN

/** Schemes whose ids everybody has, or every program of a machine: `auth` does not stand for them. */
const SHARED: ReadonlySet<string> = new Set(['world', 'ip'])

/** The ACL of a znode until all below it is there. */
export interface InterimAcl {
  /** The entries: those of the znode's own ACL, then that of this session. */
  readonly acl: readonly ACL[]
  /** The entry of this session: `auth`, or `ip` with its address where it has no identity. */
  readonly own: ACL
}

/** A client that tells who it is. */
export interface Asked {
  whoAmI(options?: RequestOptions): Promise<ClientInfo[]>
}

const client: Check = mustBe('a client', value => typeof fields(value).whoAmI === 'function')
const LIMITS: OptionTable = optionTable('{ timeout: 5000 }', LIMIT_CHECKS)

/**
 * Makes a function that gives the interim ACL for a znode whose own ACL may forbid to create znodes below it, and null for one
 * that lets everybody or this session. The session asks once who it is: its identities get the interim permissions, or, where it has none,
 * its address.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS.
 */
export function interimAcls(
  zk: Asked,
  limits: Pick<RequestOptions, 'signal' | 'timeout'> = {},
): (own: readonly ACL[]) => Promise<InterimAcl | null> {
  checkArgument('the first argument', zk, client)
  checkOptions(limits, LIMITS)
  let entry: Promise<ACL> | undefined
  return async wanted => {
    if (wanted.some(letsCreate)) return null
    entry ??= zk.whoAmI(limits).then(entryFor, (error: unknown) => {
      // A server before 3.7 does not tell. It refuses `auth` of a session without an identity.
      if (ZooKeeperError.is(error) && error.code === 'UNIMPLEMENTED') return entryFor([])
      entry = undefined
      throw error
    })
    const own = await entry
    return { acl: [...wanted, own], own }
  }
}

/** Tells if an ACL is the interim one of a znode that is to have another, as a session that was cut off leaves it. @throws BAD_ARGUMENTS. */
export function isInterimAcl(there: readonly ACL[], wanted: readonly ACL[]): boolean {
  checkArgument('the ACL', there, shown)
  checkArgument('the ACL that is wanted', wanted, shown)
  return (
    there.length > wanted.length &&
    there.every((entry, i) => {
      const same = wanted[i]
      if (same === undefined) return entry.perms === INTERIM_BITS
      return entry.perms === same.perms && entry.id.scheme === same.id.scheme && entry.id.id === same.id.id
    })
  )
}

/** Tells if an entry is for everybody, or for every identity of this session, and lets them create. */
function letsCreate({ perms, id }: ACL): boolean {
  return (id.scheme === 'world' || id.scheme === 'auth') && (perms & Perm.CREATE) !== 0
}

function entryFor(identities: readonly ClientInfo[]): ACL {
  const address = identities.find(({ authScheme }) => authScheme === 'ip')?.user
  const hasOwn = identities.some(({ authScheme }) => !SHARED.has(authScheme))
  return hasOwn || address == null ? acl(INTERIM, 'auth', '') : acl(INTERIM, 'ip', address)
}
