import type { ACL, Stat, ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { CommandError, codeOf } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'

/** A znode with all that belongs to it. */
export interface ZnodeRecord {
  readonly path: string
  readonly data: Buffer | null
  readonly acl: readonly ACL[]
  readonly stat: Stat
}

/** Znodes that are read before their turn. */
const AHEAD = 64

/** Reads a tree, parents first, in the order of the paths. Leaves ZooKeeper's own znodes out, unless they are the root. */
export async function* readRecords(
  zk: ZooKeeper,
  root: string,
  limits: Context['limits'],
): AsyncGenerator<ZnodeRecord, void, undefined> {
  const pending: Promise<ZnodeRecord | null>[] = []
  for await (const { path } of zk.walk(root, limits)) {
    if (root === '/' && (path === '/zookeeper' || path.startsWith('/zookeeper/'))) continue
    const record = readRecord(zk, path, limits)
    // Its turn may never come: then nobody else handles the rejection.
    record.catch(() => {})
    if (pending.push(record) < AHEAD) continue
    const next = await pending.shift()
    if (next) yield next
  }
  for (const record of pending) {
    const next = await record
    if (next) yield next
  }
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
  limits: Context['limits'],
): AsyncGenerator<ZnodeRecord, void, undefined> {
  for await (const record of readRecords(zk, root, limits)) {
    if (record.acl.some(({ id }) => id.scheme === 'digest' && id.id.endsWith(':x'))) {
      throw new CommandError(
        `the server shows the whole ACL of ${record.path} to ADMIN only, so it cannot be copied`,
        ExitCode.noAuth,
        'Add an identity that has ADMIN on it: --auth-env, or `addauth`.',
      )
    }
    yield record
  }
}

/** @returns null if it was deleted meanwhile. */
async function readRecord(
  zk: ZooKeeper,
  path: string,
  limits: Context['limits'],
): Promise<ZnodeRecord | null> {
  try {
    const [{ data, stat }, { acl }] = await Promise.all([zk.getData(path, limits), zk.getAcl(path, limits)])
    return { path, data, acl, stat }
  } catch (error) {
    if (codeOf(error) === 'NO_NODE') return null
    throw error
  }
}
