import type { Id } from '@zookit/jute'
import { digestId } from './acl.ts'

/** The settings that an auth packet is checked with. */
export interface AuthSettings {
  readonly superDigest: string | null
  /** The names of the `ensemble` scheme; null if the server does not have it. */
  readonly ensembleNames: ReadonlySet<string> | null
}

/**
 * Returns the ids that an auth packet gives its connection; null when the packet is refused; `other ensemble` when the
 * client means another ensemble, so that it gets no answer and tries the next server.
 */
export function authenticate(
  { superDigest, ensembleNames }: AuthSettings,
  address: string,
  scheme: string,
  auth: Uint8Array | null,
): Id[] | 'other ensemble' | null {
  if (scheme === 'ip') return [{ scheme, id: address }]
  if (scheme === 'ensemble' && ensembleNames !== null) {
    const name = Buffer.from(auth ?? []).toString()
    return name === '' || ensembleNames.has(name) ? [] : 'other ensemble'
  }
  if (scheme !== 'digest' || auth === null) return null
  const id = digestId(auth)
  const own: Id = { scheme, id }
  return id === superDigest ? [{ scheme: 'super', id: '' }, own] : [own]
}

/** Returns the ids that a SASL exchange gives its connection. */
export function saslIds({ saslSuperUser }: { readonly saslSuperUser: string | null }, user: string): Id[] {
  const own: Id = { scheme: 'sasl', id: user }
  return user === saslSuperUser ? [own, { scheme: 'super', id: '' }] : [own]
}

/** Returns `ids` with those of `more` that it lacks. */
export function withIds(ids: readonly Id[], more: readonly Id[]): Id[] {
  const fresh = more.filter(
    ({ scheme, id }) => !ids.some(known => known.scheme === scheme && known.id === id),
  )
  return [...ids, ...fresh]
}
