import {
  type ACL,
  type Data,
  type NodeData,
  parentOf,
  type Stat,
  type ZooKeeper,
  ZooKeeperError,
} from '@zookit/client'
import { connected } from './connected.ts'
import type { Deadline } from './deadline.ts'
import { codeOf, isEnd, isTransient, withOutcome } from './errors.ts'
import { perClient } from './per-client.ts'
import { SerialQueue } from './serial-queue.ts'
import { SuspectWrite } from './suspect-write.ts'

/** Longest pause in milliseconds before a request to a busy server is repeated. */
const PAUSE = 100

/**
 * Reads a znode, in a state no older than this call: a `sync` goes first, in the same flush. Continues after lost
 * connections.
 *
 * @returns null if the znode does not exist.
 * @throws ABORTED; REQUEST_TIMEOUT; what ends the client; NO_AUTH.
 */
export async function readLatest(zk: ZooKeeper, path: string, deadline: Deadline): Promise<NodeData | null> {
  const [, node] = await retryRead(zk, deadline, () => Promise.all([zk.sync(path), orNull(zk.getData(path))]))
  return node
}

/**
 * The reads of a client that its own full queue has refused. They are repeated one at a time: each consists of several
 * requests, and many that are repeated at once keep the queue so full that none of them ever gets in all of its requests.
 */
const crowds = perClient(() => new SerialQueue())

/** Repeats what does no harm when it is done twice, such as a read, until it is answered. @throws as `readLatest`. */
export async function retryRead<Result>(
  zk: ZooKeeper,
  deadline: Deadline,
  read: () => Promise<Result>,
): Promise<Result> {
  const attempt = (): Promise<{ result: Result } | null> => readUnlessFull(zk, deadline, read)
  for (let done = await attempt(); ; done = await crowds(zk).run(deadline, attempt)) {
    if (done !== null) return done.result
  }
}

/** Repeats a read until it is answered, or the client's queue has no room for it: then the result is null. */
async function readUnlessFull<Result>(
  zk: ZooKeeper,
  deadline: Deadline,
  read: () => Promise<Result>,
): Promise<{ result: Result } | null> {
  for (;;) {
    deadline.check()
    if (zk.state !== 'connected') await deadline.wait(connected(zk))
    try {
      return { result: await deadline.race(read()) }
    } catch (error) {
      deadline.check()
      if (!isTransient(error)) throw error
      if (isEnd(error)) await deadline.wait(connected(zk))
      await deadline.jitter(PAUSE)
      if (codeOf(error) === 'QUEUE_FULL') return null
    }
  }
}

/**
 * Sets a znode's data if the znode still has a version. If the connection was lost under the write, the znode is
 * read: if nobody has written since, the write is repeated; if another writer has certainly been quicker, the result
 * is null.
 *
 * @returns the new Stat; null if the znode has another version or does not exist.
 * @throws ABORTED, REQUEST_TIMEOUT and what ends the client, with the outcome of the write; CONNECTION_LOSS or
 *   SESSION_EXPIRED with the outcome `unknown` if the present data may or may not be ours; NO_AUTH; QUOTA_EXCEEDED;
 *   REQUEST_TOO_LARGE.
 */
export async function writeIf(
  zk: ZooKeeper,
  path: string,
  data: Data,
  version: number,
  deadline: Deadline,
): Promise<Stat | null> {
  const { signal } = deadline
  const suspect = new SuspectWrite(zk)
  for (;;) {
    deadline.check()
    try {
      return await suspect.send(() => zk.setData(path, data, { version, signal }), deadline)
    } catch (error) {
      if (codeOf(error) === 'BAD_VERSION' || codeOf(error) === 'NO_NODE') return null
      checkEnd(deadline, error)
      if (!isTransient(error)) throw error
      const node = await readAfter(error, zk, path, deadline)
      if (!isStillDue(node, data, version, error)) return null
    }
  }
}

/** Reads a znode after a write that has failed. @throws as `readLatest`, with the outcome of the write. */
function readAfter(
  error: unknown,
  zk: ZooKeeper,
  path: string,
  deadline: Deadline,
): Promise<NodeData | null> {
  return readLatest(zk, path, deadline).catch(failure => {
    throw outcomeOf(error) === 'unknown' ? withOutcome(failure, 'unknown') : failure
  })
}

/**
 * Finds out, after an unanswered write, whether to repeat it. Returns false if another writer was quicker.
 *
 * @param node the znode, read after the write; null if it does not exist.
 * @throws the write's error, if neither is certain.
 */
function isStillDue(node: NodeData | null, data: Data, version: number, error: unknown): boolean {
  if (node !== null && node.stat.version === version) return true
  if (outcomeOf(error) !== 'unknown') return false
  const isNext = node?.stat.version === nextVersion(version)
  if (isNext && !isSame(node.data, data)) return false
  throw error
}

/** Throws the error of the deadline, with the outcome of the request, if the deadline has ended the request. */
export function checkEnd(deadline: Deadline, error: unknown): void {
  deadline.note(error)
  try {
    deadline.check()
  } catch (end) {
    throw withOutcome(end, outcomeOf(error))
  }
}

/**
 * Creates a znode and its missing ancestors, if it does not exist.
 *
 * @returns false if it exists already.
 * @throws as `writeIf`.
 */
export async function createIf(
  zk: ZooKeeper,
  path: string,
  data: Data,
  acl: readonly ACL[] | undefined,
  deadline: Deadline,
): Promise<boolean> {
  const { signal } = deadline
  const suspect = new SuspectWrite(zk)
  for (;;) {
    deadline.check()
    try {
      await suspect.send(() => zk.create(path, data, { acl, signal }), deadline)
      return true
    } catch (error) {
      if (codeOf(error) === 'NODE_EXISTS') return false
      checkEnd(deadline, error)
      if (codeOf(error) === 'NO_NODE') {
        await retryRead(zk, deadline, () => zk.ensurePath(parentOf(path)!, { acl }))
      } else if (!isTransient(error)) {
        throw error
      } else {
        const isThere = (await readAfter(error, zk, path, deadline)) !== null
        if (isThere && outcomeOf(error) === 'unknown') throw error
      }
    }
  }
}

/** Returns the outcome of a request that has failed. */
export function outcomeOf(error: unknown): ZooKeeperError['outcome'] {
  return ZooKeeperError.is(error) ? error.outcome : 'unknown'
}

/** Returns the version after this one. Versions are 32-bit and wrap around. */
export function nextVersion(version: number): number {
  return (version + 1) | 0
}

/** Returns whether a znode's data equals other data. */
export function isSame(present: Buffer | null, data: Data): boolean {
  if (present === null || data === null) return present === data
  return present.equals(typeof data === 'string' ? Buffer.from(data) : data)
}

/** Returns null in the place of a znode that does not exist. */
export function orNull(reading: Promise<NodeData>): Promise<NodeData | null> {
  return reading.catch(error => {
    if (codeOf(error) === 'NO_NODE') return null
    throw error
  })
}
