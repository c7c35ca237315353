import { joinPath, type ZooKeeper, ZooKeeperError } from '@zookit/client'

/** A znode, as it was read. */
export interface TreeNode {
  readonly data: string | null
  readonly mzxid: string
  readonly ephemeralOwner: bigint
}

/** Znodes by path. */
export type Tree = ReadonlyMap<string, TreeNode>

/** Reads the whole tree but ZooKeeper's own part, after a sync. Nobody may write meanwhile but those who end. */
export async function readTree(zk: ZooKeeper): Promise<Tree> {
  await zk.sync('/')
  const tree = new Map<string, TreeNode>()
  const read = async (path: string): Promise<void> => {
    const found = await Promise.all([zk.getData(path), zk.getChildren(path)]).catch(isGone)
    if (found === null) return
    const [{ data, stat }, { children }] = found
    const { mzxid, ephemeralOwner } = stat
    tree.set(path, { data: data?.toString() ?? null, mzxid: String(mzxid), ephemeralOwner })
    await Promise.all(children.map(name => read(joinPath(path, name))))
  }
  const { children } = await zk.getChildren('/')
  const top = children.filter(name => name !== 'zookeeper')
  await Promise.all(top.map(name => read(joinPath('/', name))))
  return tree
}

/** Returns null for a znode that has ended with its session before it was read. @throws every other error. */
function isGone(error: unknown): null {
  if (ZooKeeperError.is(error) && error.code === 'NO_NODE') return null
  throw error
}
