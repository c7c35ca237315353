import type { ACL, DataNode, Stat, ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { CommandError, codeOf } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import type { LeftOut } from './left-out.ts'

/** A znode with all that belongs to it. */
export interface ZnodeRecord {
  readonly path: string
  readonly data: Buffer | null
  readonly acl: readonly ACL[]
  readonly stat: Stat
}

/** The znodes whose ACLs are read together, before their turn. */
const AHEAD = 256

/** Arguments of a reading beside the tree. */
interface Reading {
  readonly limits: Context['limits']
  /** Hears of znodes that must not be read. Undefined: the first of them ends it. */
  readonly leftOut?: LeftOut
}

/** Reads a tree, parents first, in the order of the paths. Leaves ZooKeeper's own znodes out, unless they are the root. */
export async function* readRecords(
  zk: ZooKeeper,
  root: string,
  reading: Reading,
): AsyncGenerator<ZnodeRecord, void, undefined> {
  let ahead: Batch | undefined
  for await (const nodes of batchesOf(zk, root, reading)) {
    const acls = Promise.all(nodes.map(({ path }) => readAcl(zk, path, reading.limits, 'NO_NODE')))
    // Its turn may never come: then nobody else handles the rejection.
    acls.catch(() => {})
    if (ahead) yield* inOrder(zk, ahead, reading)
    ahead = { nodes, acls }
  }
  if (ahead) yield* inOrder(zk, ahead, reading)
}

/**
 * Reads a tree to make another one of it. The server shows a digest's hash to whoever has ADMIN only, and an ACL without it
 * would let nobody in.
 *
 * @throws CommandError for an ACL that is not shown whole.
 */
export async function* readOriginals(
  zk: ZooKeeper,
  root: string,
  reading: Reading,
): AsyncGenerator<ZnodeRecord, void, undefined> {
  for await (const record of readRecords(zk, root, reading)) {
    if (record.acl.some(({ id }) => id.scheme === 'digest' && id.id.endsWith(':x')))
      throw notShownWhole(record.path)
    yield record
  }
}

/** Makes the error for a znode whose ACL no copy can have. */
export function notShownWhole(path: string): CommandError {
  return new CommandError(
    `the server shows the whole ACL of ${path} to ADMIN only, so it cannot be copied`,
    ExitCode.noAuth,
    'Add an identity that has ADMIN on it: --auth-env, or `addauth`.',
    { code: 'NO_AUTH', path, outcome: 'rejected' },
  )
}

interface Batch {
  readonly nodes: readonly DataNode[]
  /** Their ACLs; null for a znode that was deleted meanwhile. */
  readonly acls: Promise<readonly (readonly ACL[] | null)[]>
}

async function* batchesOf(
  zk: ZooKeeper,
  root: string,
  { limits, leftOut }: Reading,
): AsyncGenerator<DataNode[], void, undefined> {
  let batch: DataNode[] = []
  for await (const node of zk.walk(root, { ...limits, data: true, onDenied: leftOut?.add })) {
    const { path } = node
    if (root === '/' && (path === '/zookeeper' || path.startsWith('/zookeeper/'))) continue
    if (batch.push(node) < AHEAD) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** Reads an ACL. @param without the error's code for which there is none. @returns null then. */
export async function readAcl(
  zk: ZooKeeper,
  path: string,
  limits: Context['limits'],
  without: 'NO_NODE' | 'NO_AUTH',
): Promise<readonly ACL[] | null> {
  try {
    return (await zk.getAcl(path, limits)).acl
  } catch (error) {
    if (codeOf(error) === without) return null
    throw error
  }
}

/** Yields what a batch has found. Where the ACL of one znode must not be read, they are read one by one. */
async function* inOrder(
  zk: ZooKeeper,
  { nodes, acls }: Batch,
  reading: Reading,
): AsyncGenerator<ZnodeRecord, void, undefined> {
  const all = await acls.catch((error: unknown) => {
    if (codeOf(error) !== 'NO_AUTH') throw error
  })
  for (const [index, node] of nodes.entries()) {
    const acl = all ? all[index]! : await aclOrLeftOut(zk, node.path, reading)
    if (acl !== null) yield { ...node, acl }
  }
}

async function aclOrLeftOut(
  zk: ZooKeeper,
  path: string,
  { limits, leftOut }: Reading,
): Promise<readonly ACL[] | null> {
  try {
    return await readAcl(zk, path, limits, 'NO_NODE')
  } catch (error) {
    if (leftOut === undefined || codeOf(error) !== 'NO_AUTH') throw error
    leftOut.add(path)
    return null
  }
}
