import { type ACL, type Created, type Data, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { codeOf } from './errors.ts'

/** What kind of node a recipe puts above its contenders. A container goes when the last one has gone. */
export type ParentMode = 'container' | 'persistent'

/** Clients whose servers have refused an operation: to ask again would cost the connection again. */
const withoutContainers = new WeakSet<ZooKeeper>()
const withoutCreate2 = new WeakSet<ZooKeeper>()

/**
 * Creates a recipe's node, and those above it, where they are missing. Containers need server 3.5.1: an older one
 * answers UNIMPLEMENTED and closes the connection, once; from then on this client makes persistent nodes.
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
 * Creates an ephemeral sequential node; the request is made before this returns.
 *
 * @throws as `createWithStat`; UNIMPLEMENTED once for a client whose server is older than 3.5: try again.
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
  // There is a node, but not yet all that is to be known of it: it is looked up as if the create had not been answered.
  throw new ZooKeeperError('CONNECTION_LOSS', { operation: 'create', path, outcome: 'unknown' })
}
