import { type ACL, formatAcl, type Stat } from '@zookit/client'
import type { AclView, StatView } from '../protocol.ts'

/** Formats a 64-bit number in hexadecimal, a negative one as its two's complement. */
export function hex(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16)}`
}

/** Returns the session that owns a znode, or null. */
export function ownerOf({ ephemeralOwner }: Pick<Stat, 'ephemeralOwner'>): string | null {
  return ephemeralOwner === 0n ? null : hex(ephemeralOwner)
}

/** Turns a Stat into what JSON can carry. */
export function statView(stat: Stat): StatView {
  const { ctime, mtime, version, cversion, aversion, dataLength, numChildren } = stat
  return {
    czxid: hex(stat.czxid),
    mzxid: hex(stat.mzxid),
    pzxid: hex(stat.pzxid),
    ctime,
    mtime,
    version,
    cversion,
    aversion,
    owner: ownerOf(stat),
    dataLength,
    numChildren,
  }
}

const VERBS: Readonly<Record<string, string>> = {
  c: 'create children',
  d: 'delete children',
  r: 'read',
  w: 'write',
  a: 'change the ACL',
}

/** Returns the people that an entry is for, in words. */
function subjectOf(scheme: string, id: string): string {
  if (scheme === 'world') return 'Everybody'
  if (scheme === 'auth') return 'Whoever created it'
  if (scheme === 'ip') return `Clients at the address ${id}`
  if (scheme === 'digest') return `The user ${id.split(':')[0]} (by password)`
  if (scheme === 'sasl') return `The user ${id} (by SASL)`
  if (scheme === 'x509') return `Whoever has the certificate of ${id}`
  if (scheme === 'super') return 'The superuser'
  return `The identity ${id} of the scheme ${scheme}`
}

/** Puts an ACL into words. */
export function aclViews(entries: readonly ACL[]): AclView[] {
  return entries.map(entry => {
    const { scheme, id } = entry.id
    const perms = formatAcl([entry]).slice(`${scheme}:${id}:`.length)
    const verbs = [...perms].map(letter => VERBS[letter] ?? letter)
    const can = perms === 'cdrwa' ? 'do everything' : verbs.length === 0 ? 'do nothing' : joined(verbs)
    // The digest of a password is not for a page: it can be tried against words.
    const shown = scheme === 'digest' ? id.split(':')[0]! : id
    return { scheme, id: shown, perms, words: `${subjectOf(scheme, id)} may ${can}.` }
  })
}

function joined(words: readonly string[]): string {
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
