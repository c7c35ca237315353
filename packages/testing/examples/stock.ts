import type { ZooKeeper } from '@zookit/client'

/** A shop's stock, as text in one znode: what is left of each article. */
export type Stock = Record<string, number>

const PATH = '/stock'

/** Reads what is left of each article. */
export async function readStock(zk: ZooKeeper): Promise<Stock> {
  const { data } = await zk.getData(PATH)
  return JSON.parse(String(data)) as Stock
}

/**
 * Takes one piece of an article out of the stock. This is the service under test, and it has a fault.
 *
 * @returns false if nothing is left.
 */
export async function sell(zk: ZooKeeper, article: string): Promise<boolean> {
  const stock = await readStock(zk)
  const left = stock[article] ?? 0
  if (left === 0) return false
  // The fault: whoever has written since the read is overwritten. A `version` would refuse this write.
  await zk.setData(PATH, JSON.stringify({ ...stock, [article]: left - 1 }))
  return true
}
