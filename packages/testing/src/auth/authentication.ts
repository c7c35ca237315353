import type { Id } from '@zookit/jute'
import { digestId } from './acl.ts'

/** Returns the ids that an auth packet gives its connection; null when the packet is refused. */
export function authenticate(
  superDigest: string | null,
  address: string,
  scheme: string,
  auth: Uint8Array | null,
): Id[] | null {
  if (scheme === 'ip') return [{ scheme, id: address }]
  if (scheme !== 'digest' || auth === null) return null
  const id = digestId(auth)
  const own: Id = { scheme, id }
  return id === superDigest ? [{ scheme: 'super', id: '' }, own] : [own]
}

/** Returns `ids` with those of `more` that it lacks. */
export function withIds(ids: readonly Id[], more: readonly Id[]): Id[] {
  const fresh = more.filter(
    ({ scheme, id }) => !ids.some(known => known.scheme === scheme && known.id === id),
  )
  return [...ids, ...fresh]
}
