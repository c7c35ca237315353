import type { Stat } from '@zookit/jute'

/** Returns the time of the znode's creation, by the clock of the leader at that time. */
export function createdAt(stat: Pick<Stat, 'ctime'>): Date {
  return new Date(stat.ctime)
}

/** Returns the time of the last setData, or of the creation, by the clock of the leader at that time. */
export function modifiedAt(stat: Pick<Stat, 'mtime'>): Date {
  return new Date(stat.mtime)
}

/** Returns true for an ephemeral znode. False for container and TTL znodes: no session owns them. */
export function isEphemeral(stat: Pick<Stat, 'ephemeralOwner'>): boolean {
  return stat.ephemeralOwner !== 0n
}
