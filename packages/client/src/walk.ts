import { ZooKeeperError } from '@zookit/connection'
import type { Stat } from '@zookit/jute'
import { AnySignal } from './any-signal.ts'
import { LIMIT_CHECKS, type RequestOptions } from './arguments.ts'
import { BULK_CONCURRENCY } from './bulk/bulk-reads.ts'
import { NAME_BYTES } from './bulk/read-batches.ts'
import {
  type Check,
  checkOptions,
  flag,
  func,
  levels,
  type OptionTable,
  oneOf,
  optionTable,
  whole,
} from './checks.ts'
import { withSubject } from './invalid-argument.ts'
import { validatePath } from './path.ts'
import { BYTES_AHEAD, type ReadTree, type TreeRead } from './read-tree.ts'

/** The options of an operation on a whole tree. `signal` and `timeout` apply to each of its requests. */
export interface TreeOptions extends Pick<RequestOptions, 'signal' | 'timeout'> {
  /** The number of writes in flight, and of znodes that are read before their turn. Default: 32 writes, 1024 znodes. */
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
  /** True reads the data of each znode, too. Default false. */
  data?: boolean | undefined
  /** The number of levels below the root that are visited: 0 for the root alone. Default Infinity. */
  maxDepth?: number | undefined
}

/** A znode of a tree. */
export interface TreeNode {
  path: string
  /** The znode's Stat when it was read, with its data if these are read. Its children may have been listed a little later. */
  stat: Stat
}

/** A znode of a tree with its data. */
export interface DataNode extends TreeNode {
  data: Buffer | null
}

/** Reads that were requested together. */
interface Reads {
  readonly promise: Promise<readonly (TreeRead | null | undefined)[]>
  /** The results, once they are there: most znodes then need no turn of their own. Undefined: not read for want of room. */
  results: readonly (TreeRead | null | undefined)[] | undefined
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
  /** Its children in the order of their turns, once it is read and they are needed. */
  below: Visit[] | undefined
  /** The znode itself, once its children are on the stack: it is visited next time. */
  znode: DataNode | undefined
}

/** The znodes that are read before their turn in any case. */
const LEAST_AHEAD = 32
/** The znodes whose mean tells how large the next ones are, where they have become larger. */
const RECENT = 8

/** The checks of the options of an operation on a whole tree. */
export const TREE_CHECKS: Readonly<Record<keyof TreeOptions, Check>> = {
  ...LIMIT_CHECKS,
  concurrency: whole(1),
}

const WALK_OPTIONS: OptionTable = optionTable("{ order: 'post' }", {
  order: oneOf('pre', 'post'),
  onDenied: func,
  data: flag,
  maxDepth: levels,
  ...TREE_CHECKS,
})

/** The znodes that are read before their turn: fewer where those of the same depth are large. */
class Ahead {
  readonly #most: number
  readonly #maxDepth: number
  /** The znodes of each depth so far, and their bytes. */
  readonly #levels: { znodes: number; bytes: number; recent: number }[] = []
  #znodes = 0
  #bytes = 0

  constructor(most: number, maxDepth: number) {
    this.#most = most
    this.#maxDepth = maxDepth
  }

  /** Notes a znode that was read. */
  add(depth: number, read: TreeRead): void {
    this.#levels[depth] ??= { znodes: 0, bytes: 0, recent: 0 }
    const level = this.#levels[depth]
    const bytes = bytesOf(read)
    level.znodes++
    level.bytes += bytes
    level.recent += (bytes - level.recent) / RECENT
  }

  /**
   * Chooses the znodes to read now: those of the next turns that were not requested. The children of a znode that was read
   * come right behind it.
   *
   * @param stack the visits to come, the next one last.
   * @returns the chosen visits, and the number of turns for which everything is requested then.
   */
  choose(stack: readonly Visit[]): { chosen: Visit[]; turns: number } {
    const chosen: Visit[] = []
    this.#znodes = this.#bytes = 0
    for (let i = stack.length - 1; i >= 0 && this.#choose(stack[i]!, chosen); i--);
    return { chosen, turns: this.#znodes }
  }

  /** Goes through a znode and what is known to be below it. @returns false when there is no room for more. */
  #choose(visit: Visit, chosen: Visit[]): boolean {
    if (visit.znode !== undefined) return true
    if (!this.#takes(visit)) return false
    if (!isRequested(visit)) chosen.push(visit)
    return (visitsBelow(visit, this.#maxDepth) ?? []).every(next => this.#choose(next, chosen))
  }

  /** Counts a znode if there is room for it. */
  #takes({ depth, reads, index }: Visit): boolean {
    const level = this.#levels[depth]
    const found = reads?.results?.[index]
    const usual = level ? Math.max(level.bytes / level.znodes, level.recent) : BYTES_AHEAD / LEAST_AHEAD
    const bytes = this.#bytes + (found ? bytesOf(found) : usual)
    if (this.#znodes >= this.#most || (bytes > BYTES_AHEAD && this.#znodes >= LEAST_AHEAD)) return false
    this.#znodes++
    this.#bytes = bytes
    return true
  }
}

/**
 * Visits a tree depth first, children in the order of their names. Up to `concurrency` next znodes are read before their turn,
 * so that at most about that many are held at each level of the tree.
 *
 * @param readTree reads znodes with the names of their children.
 * @param left is aborted when nobody waits for the next znode any more.
 */
export async function* walk(
  readTree: ReadTree,
  root: string,
  options: WalkOptions = {},
  left?: AbortSignal,
): AsyncGenerator<DataNode, void, undefined> {
  checkWalk(root, options)
  const { order = 'pre', concurrency = BULK_CONCURRENCY, timeout, onDenied, data } = options
  const { maxDepth = Infinity } = options
  // Aborted at the end, whatever that is: reads that were not sent are taken back then.
  const ended = new AbortController()
  const { signal } = new AnySignal([options.signal, left, ended.signal])
  const reader = readTree({ signal, timeout, concurrency, data })
  const read = (paths: readonly string[]) => reader.many(paths)
  const permitted = (visit: Visit) =>
    resultOf(visit, path => reader.one(path)).catch((error: unknown) => {
      if (onDenied === undefined || visit.path === root || !hasCode(error, 'NO_AUTH')) throw error
      onDenied(visit.path, error)
      return null
    })
  const first = readsOf(reader.one(root).then(only => [only]))
  const stack: Visit[] = [{ ...visitOf(root, 0), reads: first }]
  const ahead = new Ahead(concurrency, maxDepth)
  // Half of the znodes ahead are on their way while the other half has its turn.
  let turnsLeft = 1
  try {
    for (let visit = stack.pop(); visit; visit = stack.pop()) {
      if (visit.znode) {
        yield visit.znode
        continue
      }
      if (!isRequested(visit) || --turnsLeft <= 0) {
        stack.push(visit)
        const { chosen, turns } = ahead.choose(stack)
        ask(chosen, read)
        turnsLeft = turns / 2
        stack.pop()
      }
      let found = visit.reads!.results?.[visit.index]
      if (found === undefined) found = await permitted(visit)
      if (found === null) continue
      if (found === undefined) {
        // It is requested again, now that it comes first.
        stack.push(visit)
        continue
      }
      ahead.add(visit.depth, found)
      visit.znode = nodeOf(visit.path, found)
      if (order === 'post') stack.push(visit)
      else yield visit.znode
      const next = visit.below ?? below(visit, found, maxDepth)
      for (let i = next.length - 1; i >= 0; i--) stack.push(next[i]!)
      // In the order `post` it stays on the stack, and must not keep what the others are done with.
      visit.below = visit.reads = undefined
    }
  } finally {
    ended.abort()
  }
}

/** Returns the bytes that a znode takes, about. */
function bytesOf({ children, data }: TreeRead): number {
  return children.length * NAME_BYTES + (data?.length ?? 0)
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

function visitOf(path: string, depth: number): Visit {
  return { path, depth, reads: undefined, index: 0, below: undefined, znode: undefined }
}

/** Makes the visits of the children of a znode, in their order; none below the last level. */
function below({ path, depth }: Visit, { children }: TreeRead, maxDepth: number): Visit[] {
  if (depth >= maxDepth) return []
  const prefix = path === '/' ? path : `${path}/`
  return children.sort().map(name => visitOf(prefix + name, depth + 1))
}

/** Returns the visits of the children of a znode; undefined while it is not read. */
function visitsBelow(visit: Visit, maxDepth: number): Visit[] | undefined {
  const found = visit.reads?.results?.[visit.index]
  if (found && found.children.length > 0) visit.below ??= below(visit, found, maxDepth)
  return visit.below
}

/** Requests the reads of some visits. */
function ask(visits: readonly Visit[], read: (paths: readonly string[]) => Reads['promise']): void {
  if (visits.length === 0) return
  const reads = readsOf(read(visits.map(({ path }) => path)))
  visits.forEach((visit, index) => {
    visit.reads = reads
    visit.index = index
  })
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

/** Tells whether a visit's read is requested or done. */
function isRequested({ reads, index }: Visit): boolean {
  return reads !== undefined && (reads.results === undefined || reads.results[index] !== undefined)
}

/**
 * Waits for the result of a visit; null for a znode below the root that was deleted meanwhile, undefined for one that was not
 * read.
 */
async function resultOf(
  { path, reads, index }: Visit,
  one: (path: string) => Promise<TreeRead>,
): Promise<TreeRead | null | undefined> {
  try {
    return (await reads!.promise)[index]
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

/** Tells whether an error is one of this client with a code. */
export function hasCode(error: unknown, code: string): error is ZooKeeperError {
  return ZooKeeperError.is(error) && error.code === code
}
