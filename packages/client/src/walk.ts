import { ZooKeeperError } from '@zookit/connection'
import type { Stat } from '@zookit/jute'
import { LIMIT_CHECKS, type RequestOptions } from './arguments.ts'
import { type Check, checkOptions, func, type OptionTable, oneOf, optionTable, whole } from './checks.ts'
import { withSubject } from './invalid-argument.ts'
import type { ListMany } from './list-many.ts'
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
  /**
   * Called for a znode below the root whose children must not be listed (NO_AUTH). The walk goes on without it and those
   * below it. Without this function the walk ends there.
   */
  onDenied?: ((path: string, error: ZooKeeperError) => void) | undefined
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
  /** The listings among which that of its children is, requested before its turn. */
  listings: ReturnType<ListMany> | undefined
  /** The index of its own among them. */
  index: number
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
  onDenied: func,
  ...TREE_CHECKS,
})

/**
 * Visits a tree depth first, children in the order of their names. The next `concurrency` znodes on the stack are
 * listed before their turn, so that at most that many listings are held at each level of the tree.
 *
 * @param listMany lists many znodes of the same client.
 */
export async function* walk(
  zk: ZnodeOperations,
  listMany: ListMany,
  root: string,
  options: WalkOptions = {},
): AsyncGenerator<TreeNode, void, undefined> {
  checkWalk(root, options)
  const { order = 'pre', concurrency = CONCURRENCY, signal, timeout, onDenied } = options
  const limits = { signal, timeout }
  const list = (paths: readonly string[]) => listMany(paths, { ...limits, concurrency })
  const first = zk.getChildren(root, limits).then(children => [children])
  const stack: Visit[] = [{ path: root, listings: first, index: 0, znode: undefined }]
  let taken = 0
  for (let visit = stack.pop(); visit; visit = stack.pop()) {
    if (visit.znode) {
      yield visit.znode
      continue
    }
    // Half of them are on their way while the other half has its turn.
    if (visit.listings === undefined || ++taken >= concurrency / 2) {
      ask(visit, stack, concurrency, list)
      taken = 0
    }
    const listing = await listingOf(zk, visit, limits).catch((error: unknown) => {
      if (onDenied === undefined || visit.path === root || !hasCode(error, 'NO_AUTH')) throw error
      onDenied(visit.path, error)
      return null
    })
    if (!listing) continue
    visit.znode = { path: visit.path, stat: listing.stat }
    if (order === 'post') stack.push(visit)
    else yield visit.znode
    for (const name of listing.children.sort().reverse()) stack.push(below(visit.path, name))
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
  const own = path === '/' ? `/${name}` : `${path}/${name}`
  return { path: own, listings: undefined, index: 0, znode: undefined }
}

/** Requests the listings of a visit and of the next ones on the stack, `count` in all, as far as they are not requested. */
function ask(
  visit: Visit,
  stack: readonly Visit[],
  count: number,
  list: (paths: readonly string[]) => ReturnType<ListMany>,
): void {
  const asked = visit.listings === undefined ? [visit] : []
  const end = Math.max(stack.length - count + 1, 0)
  for (let i = stack.length - 1; i >= end; i--) {
    const next = stack[i]!
    if (!next.znode && next.listings === undefined) asked.push(next)
  }
  if (asked.length === 0) return
  const listings = list(asked.map(({ path }) => path))
  // Their turn may never come: then nobody else handles the rejection.
  listings.catch(() => {})
  asked.forEach((one, index) => {
    one.listings = listings
    one.index = index
  })
}

/** Returns the list of a znode's children; null for a znode below the root that was deleted meanwhile. */
async function listingOf(
  zk: ZnodeOperations,
  { path, listings, index }: Visit,
  limits: RequestOptions,
): Promise<Children | null> {
  try {
    return (await listings!)[index]!
  } catch (error) {
    // Listings fail together. The znodes before the one that must not be listed are visited all the same.
    if (!hasCode(error, 'NO_AUTH') || error.path === path) throw error
  }
  try {
    return await zk.getChildren(path, limits)
  } catch (error) {
    if (hasCode(error, 'NO_NODE')) return null
    throw error
  }
}

function hasCode(error: unknown, code: string): error is ZooKeeperError {
  return ZooKeeperError.is(error) && error.code === code
}
