import { type ACL, type Created, type Data, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { codeOf } from './errors.ts'

/** Kind of znode that a recipe creates above its contenders. The server deletes an empty container. */
export type ParentMode = 'container' | 'persistent'

/** Clients whose servers have refused an operation. Another try would cost the connection again. */
const withoutContainers = new WeakSet<ZooKeeper>()
const withoutCreate2 = new WeakSet<ZooKeeper>()

/**
 * Creates a recipe's znode and its missing ancestors. Containers need server 3.5.1. An older server answers
 * UNIMPLEMENTED and closes the connection, once; after that this client creates persistent znodes.
 */
export async function ensureParent(
  zk: ZooKeeper,
  path: string,
  mode: ParentMode,
  acl: readonly ACL[] | undefined,
): Promise<void> {
  if (mode === 'container' && !withoutContainers.has(zk)) {
    try {
      return await zk.ensurePath(path, { mode, acl })
    } catch (error) {
      if (codeOf(error) !== 'UNIMPLEMENTED') throw error
      withoutContainers.add(zk)
    }
  }
  await zk.ensurePath(path, { acl })
}

/**
 * Creates an ephemeral sequential znode. The request is made before this returns.
 *
 * @throws as `createWithStat`; UNIMPLEMENTED, once for each client whose server is older than 3.5: try again.
 */
export function createContender(
  zk: ZooKeeper,
  prefix: string,
  data: Data,
  acl: readonly ACL[] | undefined,
): Promise<Created> {
  if (withoutCreate2.has(zk)) return createThenLook(zk, prefix, data, acl)
  return zk.createWithStat(prefix, data, { mode: 'ephemeral-sequential', acl }).catch(error => {
    if (codeOf(error) === 'UNIMPLEMENTED') withoutCreate2.add(zk)
    throw error
  })
}

async function createThenLook(
  zk: ZooKeeper,
  prefix: string,
  data: Data,
  acl: readonly ACL[] | undefined,
): Promise<Created> {
  const path = await zk.create(prefix, data, { mode: 'ephemeral-sequential', acl })
  const stat = await zk.exists(path).catch(() => null)
  if (stat !== null) return { path, stat }
  // The znode exists but its Stat is not known: the caller looks it up as after an unanswered create.
  throw new ZooKeeperError('CONNECTION_LOSS', { operation: 'create', path, outcome: 'unknown' })
}
