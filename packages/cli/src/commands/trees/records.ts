import type { ACL, Stat, ZooKeeper } from '@zookit/client'
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

/** Znodes that are read together, before their turn. */
const AHEAD = 64

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
  for await (const paths of batchesOf(zk, root, reading)) {
    const found = readBatch(zk, paths, reading.limits)
    // Its turn may never come: then nobody else handles the rejection.
    found.catch(() => {})
    if (ahead) yield* inOrder(zk, ahead, reading)
    ahead = { paths, found }
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
  readonly paths: readonly string[]
  readonly found: Promise<(ZnodeRecord | null)[]>
}

async function* batchesOf(
  zk: ZooKeeper,
  root: string,
  { limits, leftOut }: Reading,
): AsyncGenerator<string[], void, undefined> {
  let batch: string[] = []
  for await (const { path } of zk.walk(root, { ...limits, onDenied: leftOut?.add })) {
    if (root === '/' && (path === '/zookeeper' || path.startsWith('/zookeeper/'))) continue
    if (batch.push(path) < AHEAD) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

async function readBatch(
  zk: ZooKeeper,
  paths: readonly string[],
  limits: Context['limits'],
): Promise<(ZnodeRecord | null)[]> {
  const [znodes, lists] = await Promise.all([
    zk.getMany(paths, limits),
    Promise.all(paths.map(path => readAcl(zk, path, limits, 'NO_NODE'))),
  ])
  return znodes.map((znode, i) => {
    const acl = lists[i]!
    return znode === null || acl === null ? null : { path: paths[i]!, ...znode, acl }
  })
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

/** Yields what a batch has found. Where one znode must not be read, they are read one by one. */
async function* inOrder(
  zk: ZooKeeper,
  { paths, found }: Batch,
  { limits, leftOut }: Reading,
): AsyncGenerator<ZnodeRecord, void, undefined> {
  try {
    for (const record of await found) if (record) yield record
    return
  } catch (error) {
    if (codeOf(error) !== 'NO_AUTH') throw error
  }
  for (const path of paths) {
    const [record] = await readBatch(zk, [path], limits).catch((error: unknown) => {
      if (leftOut === undefined || codeOf(error) !== 'NO_AUTH') throw error
      leftOut.add(path)
      return [null]
    })
    if (record) yield record
  }
}
