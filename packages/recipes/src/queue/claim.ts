import type { Stat, ZooKeeper } from '@zookit/client'
import { BackgroundDeleter } from '../core/background-deleter.ts'

/** The znodes of a claimed item. */
export interface Claim {
  readonly item: string
  /** Exists once, whoever creates it: it gives the item to one consumer. */
  readonly claim: string
  /** Path of a znode with a unique name below the item: it distinguishes an old claim from a new one, and the item counts it. */
  readonly holder: string
  readonly session: bigint
}

/**
 * Returns how often an item was taken. Each consumer creates a znode below the item, and the item's Stat counts these
 * permanently: its `cversion` is twice the number of creations, less the number of children. An item that was given back
 * unseen was written once for it.
 */
export function attemptsOf({ cversion, numChildren, version }: Stat): number {
  return Math.max((cversion + numChildren) / 2 - version, 1)
}

/** Withdraws a claim in one step, by its own holder's znode, so that it is never another consumer's claim. */
export function giveBack(zk: ZooKeeper, { claim, holder, session }: Claim): Promise<void> {
  const attempt = async (): Promise<void> => {
    await zk.transaction().delete(holder).delete(claim).commit()
  }
  return BackgroundDeleter.of(zk).retry(session, attempt)
}

/**
 * Withdraws a claim as `giveBack` does, so that it does not count as an attempt. It does count where the item's ACL does not
 * allow WRITE. @param data what the item holds.
 */
export async function giveBackUnseen(zk: ZooKeeper, place: Claim, data: Buffer | null): Promise<void> {
  const { item, claim, holder, session } = place
  const attempt = async (): Promise<void> => {
    await zk.transaction().delete(holder).delete(claim).setData(item, data).commit()
  }
  try {
    await BackgroundDeleter.of(zk).retry(session, attempt)
  } catch {
    await giveBack(zk, place)
  }
}
