import { nameOf, type Stat, type ZooKeeper } from '@zookit/client'
import { BackgroundDeleter } from '../core/background-deleter.ts'
import { codeOf } from '../core/errors.ts'

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
export function giveBack(zk: ZooKeeper, place: Claim): Promise<void> {
  const { claim, holder, session } = place
  const attempt = async (): Promise<void> => {
    await zk.transaction().delete(holder).delete(claim).commit().catch(orClear(zk, place))
  }
  return BackgroundDeleter.of(zk).retry(session, attempt)
}

/**
 * Returns a handler for the failure of a transaction that ends a claim. If somebody else has deleted one of its two znodes, it
 * deletes the other one: the claim alone would keep the item from everybody, and the holder alone from being completed, for
 * as long as the session lives.
 *
 * @throws (by the handler) the failure; what a deletion throws.
 */
export function orClear(zk: ZooKeeper, { claim, holder }: Claim): (failure: unknown) => Promise<never> {
  return async failure => {
    if (codeOf(failure) !== 'NO_NODE') throw failure
    await zk.delete(holder).catch(unlessMissing)
    // The claim may be another consumer's by now: each names its holder.
    const { data } = await zk.getData(claim)
    if (data?.toString() === nameOf(holder)) await zk.delete(claim)
    throw failure
  }
}

function unlessMissing(error: unknown): void {
  if (codeOf(error) !== 'NO_NODE') throw error
}

/**
 * Withdraws a claim as `giveBack` does, so that it does not count as an attempt. It does count where the item's ACL does not
 * allow WRITE. @param data what the item holds.
 */
export async function giveBackUnseen(zk: ZooKeeper, place: Claim, data: Buffer | null): Promise<void> {
  const { item, claim, holder, session } = place
  const attempt = async (): Promise<void> => {
    const transaction = zk.transaction().delete(holder).delete(claim).setData(item, data)
    await transaction.commit().catch(orClear(zk, place))
  }
  try {
    await BackgroundDeleter.of(zk).retry(session, attempt)
  } catch {
    await giveBack(zk, place)
  }
}
