import { type ACL, acl, formatAcl } from '@zookit/client'
import { UsageError } from '../program/errors.ts'

/** Parses an ACL as zkCli.sh takes it: `world:anyone:cdrwa,digest:user:hash:r`. @throws UsageError. */
export function parseAcl(text: string): ACL[] {
  return text.split(',').map(parseEntry)
}

function parseEntry(entry: string): ACL {
  const [first, last] = [entry.indexOf(':'), entry.lastIndexOf(':')]
  if (first < 0 || first === last) {
    throw new UsageError(
      `an entry of an ACL is scheme:id:perms, not '${entry}'`,
      'Such as world:anyone:cdrwa.',
    )
  }
  const perms = entry.slice(last + 1)
  if (!/^[cdrwa]+$/.test(perms)) {
    throw new UsageError(
      `permissions are letters of cdrwa, not '${perms}'`,
      'Create, delete, read, write, admin.',
    )
  }
  return acl(perms, entry.slice(0, first), entry.slice(first + 1, last))
}

/** Formats an ACL as zkCli.sh does: two lines an entry, the second with the letters. */
export function formatAclLines(entries: readonly ACL[]): string {
  return entries.map(entry => `'${entry.id.scheme},'${entry.id.id}\n: ${permsOf(entry)}`).join('\n')
}

/** Returns the letters of an entry. */
function permsOf(entry: ACL): string {
  return formatAcl(entry).slice(`${entry.id.scheme}:${entry.id.id}:`.length)
}

/** Puts an ACL into JSON. */
export function aclToJson(entries: readonly ACL[]): { scheme: string; id: string; perms: string }[] {
  return entries.map(entry => ({ ...entry.id, perms: permsOf(entry) }))
}
