import { ZooKeeperError } from '@zookit/connection'
import type { Stat } from '@zookit/jute'
import PQueue from 'p-queue'
import { LIMIT_CHECKS, type RequestOptions } from './arguments.ts'
import { type Check, checkOptions, type OptionTable, oneOf, optionTable, whole } from './checks.ts'
import { withSubject } from './invalid-argument.ts'
import type { Children } from './operations.ts'
import { validatePath } from './path.ts'
import type { ZnodeOperations } from './znode-operations.ts'

/** The options of an operation on a whole tree. `signal` and `timeout` apply to each of its requests. */
export interface TreeOptions extends Pick<RequestOptions, 'signal' | 'timeout'> {
  /** The number of requests in flight. Default 32. */
  concurrency?: number | undefined
}

/** The options of a walk. */
export interface WalkOptions extends TreeOptions {
  /** `pre`, the default, visits a znode before those below it; `post` visits it after them. */
  order?: 'pre' | 'post' | undefined
}

/** A znode of a tree. */
export interface TreeNode {
  path: string
  /** The znode's Stat when its children were listed. */
  stat: Stat
}

/** A znode whose turn is still to come. */
interface Visit {
  path: string
  /** The listing of its children, requested before its turn; null if the znode was deleted. */
  listing: Promise<Children | null> | undefined
  /** The znode itself, once its children are on the stack: it is visited next time. */
  znode: TreeNode | undefined
}

/** The default number of requests in flight. */
export const CONCURRENCY = 32

/** The checks of the options of an operation on a whole tree. */
export const TREE_CHECKS: Readonly<Record<keyof TreeOptions, Check>> = {
  ...LIMIT_CHECKS,
  concurrency: whole(1),
}

const WALK_OPTIONS: OptionTable = optionTable("{ order: 'post' }", {
  order: oneOf('pre', 'post'),
  ...TREE_CHECKS,
})

/**
 * Visits a tree depth first, children in the order of their names. The next `concurrency` znodes on the stack are
 * listed before their turn, so that at most that many listings are held at each level of the tree.
 */
export async function* walk(
  zk: ZnodeOperations,
  root: string,
  options: WalkOptions = {},
): AsyncGenerator<TreeNode, void, undefined> {
  checkWalk(root, options)
  const { order = 'pre', concurrency = CONCURRENCY, signal, timeout } = options
  const queue = new PQueue({ concurrency })
  const list = (path: string) => queue.add(() => listOf(zk, path, path === root, { signal, timeout }))
  const stack: Visit[] = [{ path: root, listing: undefined, znode: undefined }]
  try {
    for (let visit = stack.pop(); visit; visit = stack.pop()) {
      if (visit.znode) {
        yield visit.znode
        continue
      }
      ask(visit, list)
      askAhead(stack, concurrency - 1, list)
      const listing = await visit.listing
      if (!listing) continue
      visit.znode = { path: visit.path, stat: listing.stat }
      if (order === 'post') stack.push(visit)
      else yield visit.znode
      for (const name of listing.children.sort().reverse()) stack.push(below(visit.path, name))
    }
  } finally {
    queue.clear()
  }
}

function checkWalk(root: string, options: WalkOptions): void {
  try {
    checkOptions(options, WALK_OPTIONS)
    validatePath(root)
  } catch (error) {
    throw withSubject(error, 'walk', root)
  }
}

function below(path: string, name: string): Visit {
  return { path: path === '/' ? `/${name}` : `${path}/${name}`, listing: undefined, znode: undefined }
}

function ask(visit: Visit, list: (path: string) => Promise<Children | null>): void {
  if (visit.listing) return
  visit.listing = list(visit.path)
  // Its turn may never come: then nobody else handles the rejection.
  visit.listing.catch(() => {})
}

/** Requests the listings of the next `count` znodes. */
function askAhead(
  stack: readonly Visit[],
  count: number,
  list: (path: string) => Promise<Children | null>,
): void {
  const end = Math.max(stack.length - count, 0)
  for (let i = stack.length - 1; i >= end; i--) {
    const next = stack[i]!
    if (!next.znode) ask(next, list)
  }
}

/** Lists a znode's children; null for a znode below the root that was deleted meanwhile. */
async function listOf(
  zk: ZnodeOperations,
  path: string,
  isRoot: boolean,
  options: RequestOptions,
): Promise<Children | null> {
  try {
    return await zk.getChildren(path, options)
  } catch (error) {
    if (!isRoot && ZooKeeperError.is(error) && error.code === 'NO_NODE') return null
    throw error
  }
}
