import { ZooKeeperError } from '@zookit/connection'
import type { Stat } from '@zookit/jute'
import PQueue from 'p-queue'
import { badArgument, describe, type RequestOptions } from './arguments.ts'
import type { NodeOperations } from './node-operations.ts'
import type { Children } from './operations.ts'

/** What is done to a whole tree. `signal` and `timeout` are each request's. */
export interface TreeOptions extends Pick<RequestOptions, 'signal' | 'timeout'> {
  /** How many requests are under way at a time. Default 32. */
  concurrency?: number | undefined
}

/** How a tree is walked through. */
export interface WalkOptions extends TreeOptions {
  /** Whether a node comes before (`pre`, the default) or after (`post`) those below it. */
  order?: 'pre' | 'post' | undefined
}

/** A node of a tree. */
export interface TreeNode {
  path: string
  /** As it was when the node's children were listed. */
  stat: Stat
}

/** A node that is still to be come by. */
interface Visit {
  path: string
  /** Asked for ahead of its turn; null if the node has gone. */
  listing: Promise<Children | null> | undefined
  /** Set when all below it has been visited. */
  node: TreeNode | undefined
}

const CONCURRENCY = 32

/** The number of requests that options allow. @throws ZooKeeperError BAD_ARGUMENTS. */
export function concurrencyOf({ concurrency = CONCURRENCY }: TreeOptions): number {
  if (Number.isInteger(concurrency) && concurrency > 0) return concurrency
  throw badArgument(`concurrency is a whole number from 1, not ${describe(concurrency)}`)
}

/**
 * Visits a tree depth first, children in the order of their names. What comes next on the stack is asked for ahead, as
 * far as `concurrency` goes: for each level of the tree no more than that is held.
 */
export async function* walk(
  zk: NodeOperations,
  root: string,
  options: WalkOptions = {},
): AsyncGenerator<TreeNode, void, undefined> {
  const { order = 'pre', signal, timeout } = options
  if (order !== 'pre' && order !== 'post') throw badArgument(`order is pre or post, not ${describe(order)}`)
  const concurrency = concurrencyOf(options)
  const queue = new PQueue({ concurrency })
  const list = (path: string) => queue.add(() => listOf(zk, path, path === root, { signal, timeout }))
  const stack: Visit[] = [{ path: root, listing: undefined, node: undefined }]
  try {
    for (let visit = stack.pop(); visit; visit = stack.pop()) {
      if (visit.node) {
        yield visit.node
        continue
      }
      ask(visit, list)
      askAhead(stack, concurrency - 1, list)
      const listing = await visit.listing
      if (!listing) continue
      visit.node = { path: visit.path, stat: listing.stat }
      if (order === 'post') stack.push(visit)
      else yield visit.node
      for (const name of listing.children.sort().reverse()) stack.push(below(visit.path, name))
    }
  } finally {
    queue.clear()
  }
}

function below(path: string, name: string): Visit {
  return { path: path === '/' ? `/${name}` : `${path}/${name}`, listing: undefined, node: undefined }
}

function ask(visit: Visit, list: (path: string) => Promise<Children | null>): void {
  if (visit.listing) return
  visit.listing = list(visit.path)
  // It is looked at in its turn, which may not come.
  visit.listing.catch(() => {})
}

/** Asks for what comes next, as many as `count`. */
function askAhead(
  stack: readonly Visit[],
  count: number,
  list: (path: string) => Promise<Children | null>,
): void {
  const end = Math.max(stack.length - count, 0)
  for (let i = stack.length - 1; i >= end; i--) {
    const next = stack[i]!
    if (!next.node) ask(next, list)
  }
}

/** A node's children; null for a node below the root that has gone meanwhile. */
async function listOf(
  zk: NodeOperations,
  path: string,
  isRoot: boolean,
  options: RequestOptions,
): Promise<Children | null> {
  try {
    return await zk.getChildren(path, options)
  } catch (error) {
    if (!isRoot && error instanceof ZooKeeperError && error.code === 'NO_NODE') return null
    throw error
  }
}
