import { type ZooKeeper, ZooKeeperError } from '@zookit/client'
import type { AclView, ChildrenView, RowView, ZnodeView } from '../protocol.ts'
import type { Modes } from '../traffic/modes.ts'
import { quotaFields } from './quota.ts'
import { aclViews, ownerOf, statView } from './views.ts'

/** Reads all that a page shows of a znode. @throws ZooKeeperError NO_NODE, NO_AUTH. */
export async function readZnode(zk: ZooKeeper, path: string, modes: Modes): Promise<ZnodeView> {
  const [{ data, stat }, acl, quota] = await Promise.all([
    zk.getData(path),
    readAcl(zk, path),
    quotaFields(zk, path),
  ])
  return {
    path,
    data: data === null ? null : data.toString('base64'),
    stat: statView(stat),
    ...acl,
    ...quota,
    mode: modes.of(path),
    at: Date.now(),
  }
}

async function readAcl(zk: ZooKeeper, path: string): Promise<{ acl: AclView[]; aclError: string | null }> {
  try {
    const { acl } = await zk.getAcl(path)
    return { acl: aclViews(acl), aclError: null }
  } catch (error) {
    if (!ZooKeeperError.is(error) || error.code !== 'NO_AUTH') throw error
    return { acl: [], aclError: error.message }
  }
}

/** Lists the children of a znode, sorted by name. */
export async function readChildren(zk: ZooKeeper, path: string): Promise<ChildrenView> {
  const { children, stat } = await zk.getChildren(path)
  return { path, children: children.sort(), stat: statView(stat) }
}

/** Reads the marks of rows. */
export async function readRows(zk: ZooKeeper, paths: readonly string[], modes: Modes): Promise<RowView[]> {
  const stats = await zk.existsMany([...paths])
  return paths.map((path, i) => {
    const stat = stats[i]
    if (!stat) return { path, stat: null, mode: null }
    const { numChildren, dataLength, version } = stat
    return { path, stat: { owner: ownerOf(stat), numChildren, dataLength, version }, mode: modes.of(path) }
  })
}
