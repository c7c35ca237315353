import { type ACL, joinPath, type ZooKeeper } from '@zookit/client'
import { ensureParent } from '../core/creation.ts'
import { type Contender, contendersOf } from '../core/names.ts'

/** The znodes of a queue: its items, each with its holder below it, and the claims on them. */
export interface Layout {
  readonly root: string
  readonly items: string
  readonly claims: string
}

export function layoutOf(root: string): Layout {
  return { root, items: joinPath(root, 'items'), claims: joinPath(root, 'claims') }
}

/** Returns the path of the queue of a queue's dead letters. */
export function deadLettersOf(root: string): string {
  return joinPath(root, 'dead')
}

/** Creates missing znodes. They are not containers: an empty queue is a queue. */
export async function ensureLayout(
  zk: ZooKeeper,
  layout: Layout,
  acl: readonly ACL[] | undefined,
): Promise<void> {
  const { items, claims } = layout
  await Promise.all([items, claims].map(path => ensureParent(zk, path, 'persistent', acl)))
}

/** An item, as its name tells. */
export interface Candidate extends Contender {
  /** Lower comes first: a priority, or the time from which the item is due. 0 if the name has none. */
  readonly rank: number
}

export const MARKER = 'item-'

/** `..-r-5-item-0000000001`: the rank stands before the marker, in decimal digits. */
const RANK = /-r(-?\d{1,16})-item-[^a-z]*$/

/** Makes the part of an item's name that tells its rank, a whole number. */
export function rankDetail(rank: number): string {
  return rank === 0 ? '' : `r${rank}-`
}

/** Returns the items among a znode's children, by rank, and in the order of their arrival within one rank. */
export function candidatesOf(children: readonly string[]): Candidate[] {
  const candidates = contendersOf(children, [MARKER]).map(contender => ({
    ...contender,
    rank: Number(RANK.exec(contender.name)?.[1] ?? 0),
  }))
  return candidates.sort((a, b) => a.rank - b.rank)
}
