import { type ACL, acl, ZooKeeperError } from '@zookit/client'

/** Makes the error of an invalid request. */
export function badRequest(message: string): ZooKeeperError {
  return new ZooKeeperError('BAD_ARGUMENTS', { message, outcome: 'not-sent' })
}

/**
 * Parses an ACL: entries `scheme:id:perms`, separated by commas or lines. The page never sees the digest of a password, so an entry
 * `digest:user:perms` keeps the one that the user has in the present ACL.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS.
 */
export function parseAcl(text: string, present: readonly ACL[]): ACL[] {
  const entries = text
    .split(/[,\n]/)
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
  if (entries.length === 0) throw badRequest('an ACL has at least one entry, such as world:anyone:cdrwa')
  return entries.map(entry => parseEntry(entry, present))
}

function parseEntry(entry: string, present: readonly ACL[]): ACL {
  const [first, last] = [entry.indexOf(':'), entry.lastIndexOf(':')]
  if (first < 0 || first === last) throw badRequest(`an entry of an ACL is scheme:id:perms, not '${entry}'`)
  const [scheme, id, perms] = [entry.slice(0, first), entry.slice(first + 1, last), entry.slice(last + 1)]
  if (!/^[cdrwa]+$/.test(perms)) throw badRequest(`permissions are letters of cdrwa, not '${perms}'`)
  if (scheme !== 'digest' || id.includes(':')) return acl(perms, scheme, id)
  const known = present.find(each => each.id.scheme === 'digest' && each.id.id.split(':')[0] === id)
  if (known === undefined)
    throw badRequest(
      `the ACL has no user '${id}' yet: name the digest of the password too, digest:${id}:DIGEST:${perms}`,
    )
  return acl(perms, scheme, known.id.id)
}
