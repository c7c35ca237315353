import { ZooKeeperError } from '@zookit/connection'
import type { Stat } from '@zookit/jute'
import { LIMIT_CHECKS, type RequestOptions } from './arguments.ts'
import { BULK_CONCURRENCY } from './bulk/bulk-reads.ts'
import {
  type Check,
  checkOptions,
  flag,
  func,
  type OptionTable,
  oneOf,
  optionTable,
  whole,
} from './checks.ts'
import { withSubject } from './invalid-argument.ts'
import { validatePath } from './path.ts'
import type { ReadTree, TreeRead } from './read-tree.ts'

/** The options of an operation on a whole tree. `signal` and `timeout` apply to each of its requests. */
export interface TreeOptions extends Pick<RequestOptions, 'signal' | 'timeout'> {
  /** The number of requests of each kind in flight. Default 32; of listings for `walk` and `removeTree` up to 512. */
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
  /** True reads the data of each znode, too, and lists only those that have children. Default false. */
  data?: boolean | undefined
}

/** A znode of a tree. */
export interface TreeNode {
  path: string
  /** The znode's Stat when it was read: of the same moment as its data if these are read, else as the list of its children. */
  stat: Stat
}

/** A znode of a tree with its data. */
export interface DataNode extends TreeNode {
  data: Buffer | null
}

/** Reads that were requested together. */
interface Reads {
  readonly promise: Promise<readonly (TreeRead | null)[]>
  /** The results, once they are there: most znodes then need no turn of their own. */
  results: readonly (TreeRead | null)[] | undefined
}

/** A znode whose turn is still to come. */
interface Visit {
  path: string
  /** The number of its ancestors within the tree. */
  depth: number
  /** The reads among which its own is, requested before its turn. */
  reads: Reads | undefined
  /** The index of its own among them. */
  index: number
  /** The znode itself, once its children are on the stack: it is visited next time. */
  znode: DataNode | undefined
}

/** Bytes that are read before their turn at each level of the tree, about, and the znodes that are read in any case. */
const BYTES_AHEAD = 4 * 1024 * 1024
const LEAST_AHEAD = 32
/** Bytes that the name of a child takes, about. */
const NAME_BYTES = 64

/** The checks of the options of an operation on a whole tree. */
export const TREE_CHECKS: Readonly<Record<keyof TreeOptions, Check>> = {
  ...LIMIT_CHECKS,
  concurrency: whole(1),
}

const WALK_OPTIONS: OptionTable = optionTable("{ order: 'post' }", {
  order: oneOf('pre', 'post'),
  onDenied: func,
  data: flag,
  ...TREE_CHECKS,
})

/** Tells how many of the next znodes are read before their turn: fewer where those of the same depth are large. */
class Ahead {
  readonly #most: number
  /** The znodes of each depth so far, and their bytes. */
  readonly #levels: { znodes: number; bytes: number }[] = []

  constructor(most: number) {
    this.#most = most
  }

  /** Notes a znode that was read. */
  add(depth: number, { children, data }: TreeRead): void {
    this.#levels[depth] ??= { znodes: 0, bytes: 0 }
    const level = this.#levels[depth]
    level.znodes++
    level.bytes += children.length * NAME_BYTES + (data?.length ?? 0)
  }

  /** Returns the lowest index on the stack of those that may be read. The next one is the last. */
  from(stack: readonly Visit[]): number {
    const end = Math.max(stack.length - this.#most, 0)
    let bytes = 0
    for (let i = stack.length - 1; i >= end; i--) {
      const level = this.#levels[stack[i]!.depth]
      bytes += level ? level.bytes / level.znodes : BYTES_AHEAD / LEAST_AHEAD
      if (bytes > BYTES_AHEAD && stack.length - i >= LEAST_AHEAD) return i
    }
    return end
  }
}

/**
 * Visits a tree depth first, children in the order of their names. Up to `concurrency` next znodes on the stack are
 * read before their turn, so that at most that many are held at each level of the tree.
 *
 * @param readTree reads znodes with the names of their children.
 */
export async function* walk(
  readTree: ReadTree,
  root: string,
  options: WalkOptions = {},
): AsyncGenerator<DataNode, void, undefined> {
  checkWalk(root, options)
  const { order = 'pre', concurrency = BULK_CONCURRENCY, signal, timeout, onDenied, data } = options
  const limits = { signal, timeout }
  const read = (paths: readonly string[]) => readTree.many(paths, { ...limits, concurrency, data })
  const one = (path: string) => readTree.one(path, { ...limits, data })
  const first = readsOf(one(root).then(only => [only]))
  const stack: Visit[] = [{ path: root, depth: 0, reads: first, index: 0, znode: undefined }]
  const ahead = new Ahead(concurrency)
  // Half of the znodes ahead are on their way while the other half has its turn.
  let left = 1
  for (let visit = stack.pop(); visit; visit = stack.pop()) {
    if (visit.znode) {
      yield visit.znode
      continue
    }
    if (visit.reads === undefined || --left <= 0) {
      stack.push(visit)
      left = ask(stack, ahead.from(stack), read) / 2
      stack.pop()
    }
    let found = visit.reads!.results?.[visit.index]
    if (found === undefined) {
      found = await resultOf(visit, one).catch((error: unknown) => {
        if (onDenied === undefined || visit.path === root || !hasCode(error, 'NO_AUTH')) throw error
        onDenied(visit.path, error)
        return null
      })
    }
    if (found === null) continue
    ahead.add(visit.depth, found)
    visit.znode = nodeOf(visit.path, found)
    if (order === 'post') stack.push(visit)
    else yield visit.znode
    for (const name of found.children.sort().reverse()) stack.push(below(visit, name))
  }
}

/** Makes what a walk yields: with data only where these were read. */
function nodeOf(path: string, { stat, data }: TreeRead): DataNode {
  return (data === undefined ? { path, stat } : { path, stat, data }) as DataNode
}

function checkWalk(root: string, options: WalkOptions): void {
  try {
    checkOptions(options, WALK_OPTIONS)
    validatePath(root)
  } catch (error) {
    throw withSubject(error, 'walk', root)
  }
}

function below({ path, depth }: Visit, name: string): Visit {
  const own = path === '/' ? `/${name}` : `${path}/${name}`
  return { path: own, depth: depth + 1, reads: undefined, index: 0, znode: undefined }
}

/** Requests the reads of the visits on the stack from an index on, as far as they are not requested. @returns their number. */
function ask(
  stack: readonly Visit[],
  from: number,
  read: (paths: readonly string[]) => Reads['promise'],
): number {
  const asked: Visit[] = []
  for (let i = stack.length - 1; i >= from; i--) {
    const next = stack[i]!
    if (!next.znode && next.reads === undefined) asked.push(next)
  }
  if (asked.length > 0) {
    const reads = readsOf(read(asked.map(({ path }) => path)))
    asked.forEach((one, index) => {
      one.reads = reads
      one.index = index
    })
  }
  return stack.length - from
}

function readsOf(promise: Reads['promise']): Reads {
  const reads: Reads = { promise, results: undefined }
  // Their turn may never come: then nobody else handles the rejection.
  promise.then(
    results => {
      reads.results = results
    },
    () => {},
  )
  return reads
}

/** Waits for the result of a visit; null for a znode below the root that was deleted meanwhile. */
async function resultOf(
  { path, reads, index }: Visit,
  one: (path: string) => Promise<TreeRead>,
): Promise<TreeRead | null> {
  try {
    return (await reads!.promise)[index]!
  } catch (error) {
    // Reads fail together. The znodes before the one that must not be read are visited all the same.
    if (!hasCode(error, 'NO_AUTH') || error.path === path) throw error
  }
  try {
    return await one(path)
  } catch (error) {
    if (hasCode(error, 'NO_NODE')) return null
    throw error
  }
}

function hasCode(error: unknown, code: string): error is ZooKeeperError {
  return ZooKeeperError.is(error) && error.code === code
}
