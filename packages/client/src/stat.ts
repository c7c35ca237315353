import type { Stat } from '@zookit/jute'

/** When the node was created, by the clock of the leader of the time. */
export function createdAt(stat: Pick<Stat, 'ctime'>): Date {
  return new Date(stat.ctime)
}

/** When the node's data was last set, or the node created, by the clock of the leader of the time. */
export function modifiedAt(stat: Pick<Stat, 'mtime'>): Date {
  return new Date(stat.mtime)
}

/** Whether the node goes with the session `ephemeralOwner`. Container and TTL nodes have no owner: false. */
export function isEphemeral(stat: Pick<Stat, 'ephemeralOwner'>): boolean {
  return stat.ephemeralOwner !== 0n
}
