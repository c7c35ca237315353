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
import { codeOf, isEnd, isTransient } from './errors.ts'

/** The longest pause before a busy server is asked again, in milliseconds. */
const PAUSE = 100

/**
 * Reads a node, no older than this call: a `sync` goes ahead in the same flush. Lost connections are sat out.
 *
 * @returns null if there is no node.
 * @throws ABORTED; REQUEST_TIMEOUT; what ends the client; NO_AUTH.
 */
export async function readLatest(zk: ZooKeeper, path: string, deadline: Deadline): Promise<NodeData | null> {
  const [, node] = await retryRead(zk, deadline, () => Promise.all([zk.sync(path), orNull(zk.getData(path))]))
  return node
}

/** Does what changes nothing until it has been answered. @throws as `readLatest`. */
export async function retryRead<Result>(
  zk: ZooKeeper,
  deadline: Deadline,
  read: () => Promise<Result>,
): Promise<Result> {
  for (;;) {
    deadline.check()
    if (zk.state !== 'connected') await deadline.race(connected(zk))
    try {
      return await deadline.race(read())
    } catch (error) {
      deadline.check()
      if (!isTransient(error)) throw error
      if (isEnd(error)) await deadline.race(connected(zk))
      await deadline.jitter(PAUSE)
    }
  }
}

/**
 * Sets a node's data if the node still has a version. A write whose connection was lost is looked into: if nobody
 * has written since, it is made again; if somebody has certainly been quicker, that is the answer.
 *
 * @returns the new Stat; null: it has another version, or is not there.
 * @throws what `deadline` says, and what ends the client, with the outcome of the write; CONNECTION_LOSS or SESSION_EXPIRED
 *   with the outcome `unknown`: it cannot be told whether what is there now is ours; NO_AUTH; QUOTA_EXCEEDED.
 */
export async function writeIf(
  zk: ZooKeeper,
  path: string,
  data: Data,
  version: number,
  deadline: Deadline,
): Promise<Stat | null> {
  for (;;) {
    deadline.check()
    try {
      return await zk.setData(path, data, { version, signal: deadline.signal })
    } catch (error) {
      if (codeOf(error) === 'BAD_VERSION' || codeOf(error) === 'NO_NODE') return null
      checkEnd(deadline, error)
      if (!isTransient(error)) throw error
      if (!(await isStillDue(zk, path, data, version, deadline, error))) return null
    }
  }
}

/** After a write that was cut off: true if it is to be made again, false if somebody was quicker. @throws the error. */
async function isStillDue(
  zk: ZooKeeper,
  path: string,
  data: Data,
  version: number,
  deadline: Deadline,
  error: unknown,
): Promise<boolean> {
  const isSent = outcomeOf(error) === 'unknown'
  const node = await readLatest(zk, path, deadline).catch(failure => {
    throw isSent ? withOutcome(failure, 'unknown') : failure
  })
  if (node !== null && node.stat.version === version) return true
  if (!isSent) return false
  const isNext = node?.stat.version === nextVersion(version)
  if (isNext && !isSame(node.data, data)) return false
  throw error
}

/** The error, if it is not the limits of the call that have ended a request; else theirs, with the outcome of the request. */
export function checkEnd(deadline: Deadline, error: unknown): void {
  try {
    deadline.check()
  } catch (end) {
    throw withOutcome(end, outcomeOf(error))
  }
}

/** An error, and what has become of the write that it has ended. */
export function withOutcome(error: unknown, outcome: ZooKeeperError['outcome']): unknown {
  if (!(error instanceof ZooKeeperError) || error.outcome === outcome) return error
  const { code, operation, path, errno } = error
  const message = outcome === 'unknown' ? 'it ended while a write was on its way' : 'it ended before a write'
  return new ZooKeeperError(code, { message, operation, path, cause: error, errno, outcome })
}

/**
 * Creates a node, and those above it, where there is none.
 *
 * @returns false if there is one already.
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
  for (;;) {
    deadline.check()
    try {
      await zk.create(path, data, { acl, signal })
      return true
    } catch (error) {
      if (codeOf(error) === 'NODE_EXISTS') return false
      checkEnd(deadline, error)
      if (codeOf(error) === 'NO_NODE') {
        await retryRead(zk, deadline, () => zk.ensurePath(parentOf(path)!, { acl }))
      } else if (!isTransient(error)) {
        throw error
      } else {
        const isThere = (await readLatest(zk, path, deadline)) !== null
        if (isThere && outcomeOf(error) === 'unknown') throw error
      }
    }
  }
}

/** What has become of a request. */
export function outcomeOf(error: unknown): ZooKeeperError['outcome'] {
  return error instanceof ZooKeeperError ? error.outcome : 'unknown'
}

/** Versions are counted in an int, which wraps around. */
function nextVersion(version: number): number {
  return (version + 1) | 0
}

/** Whether a node has certain data. */
export function isSame(present: Buffer | null, data: Data): boolean {
  if (present === null || data === null) return present === data
  return present.equals(typeof data === 'string' ? Buffer.from(data) : data)
}

function orNull(reading: Promise<NodeData>): Promise<NodeData | null> {
  return reading.catch(error => {
    if (codeOf(error) === 'NO_NODE') return null
    throw error
  })
}
