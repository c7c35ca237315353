import { type ZooKeeper, ZooKeeperError } from '@zookit/client'

/** The service under test: adds one to the number in a znode, also while other clients do the same. */
export async function increment(zk: ZooKeeper, path: string): Promise<number> {
  for (;;) {
    const { data, stat } = await zk.getData(path)
    const next = Number(data) + 1
    try {
      await zk.setData(path, String(next), { version: stat.version })
      return next
    } catch (error) {
      if (!(ZooKeeperError.is(error) && error.code === 'BAD_VERSION')) throw error
    }
  }
}
