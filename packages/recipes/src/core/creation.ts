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

/** Znodes that were created together: the first one, and those that accompany it. */
export interface CreatedTogether extends Created {
  readonly companions: readonly string[]
}

/**
 * Creates ephemeral sequential znodes in one transaction, with numbers that follow each other: nobody's number is between
 * them. The request is made before this returns.
 *
 * @param prefixes of the names: the first one is that of the contender.
 * @throws as a multi; UNIMPLEMENTED as `createContender`.
 */
export async function createTogether(
  zk: ZooKeeper,
  prefixes: readonly string[],
  data: Data,
  acl: readonly ACL[] | undefined,
): Promise<CreatedTogether> {
  const mode = 'ephemeral-sequential'
  if (withoutCreate2.has(zk)) {
    const paths = await zk.multi(prefixes.map(path => ({ type: 'create', path, data, mode, acl }) as const))
    return await lookAt(zk, paths)
  }
  const creates = prefixes.map(path => ({ type: 'createWithStat', path, data, mode, acl }) as const)
  const created = await zk.multi(creates).catch(error => {
    const code = codeOf(error)
    if (code !== 'UNIMPLEMENTED' && code !== 'MARSHALLING_ERROR') throw error
    // A server before 3.5 cannot read such a multi, and says so in one of two ways.
    withoutCreate2.add(zk)
    throw new ZooKeeperError('UNIMPLEMENTED', { operation: 'create', cause: error, outcome: 'rejected' })
  })
  const [path = '', ...companions] = created.map(one => one.path)
  const stat = created[0]?.stat ?? null
  // Within a multi, servers before 3.8.2 do not return the Stat of what they create.
  return stat === null ? await lookAt(zk, [path, ...companions]) : { path, stat, companions }
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
  return await lookAt(zk, [await zk.create(prefix, data, { mode: 'ephemeral-sequential', acl })])
}

async function lookAt(
  zk: ZooKeeper,
  [path = '', ...companions]: readonly string[],
): Promise<CreatedTogether> {
  const stat = await zk.exists(path).catch(() => null)
  if (stat !== null) return { path, stat, companions }
  // The znode exists but its Stat is not known: the caller looks it up as after an unanswered create.
  throw new ZooKeeperError('CONNECTION_LOSS', { operation: 'create', path, outcome: 'unknown' })
}
