import { ZooKeeperError } from '@zookit/connection'
import type { ACL } from '@zookit/jute'
import type PQueue from 'p-queue'
import { aclCheck } from './acl.ts'
import type { RequestOptions } from './arguments.ts'
import { BATCH_CHARACTERS } from './bulk/read-batches.ts'
import { checkOptions, func, type OptionTable, optionTable } from './checks.ts'
import { type Asked, interimAcls } from './interim-acl.ts'
import { InvalidArgument, withSubject } from './invalid-argument.ts'
import { MultiError, type WriteOperation } from './multi.ts'
import { validatePath } from './path.ts'
import type { ReadTree } from './read-tree.ts'
import { isEphemeral } from './stat.ts'
import { type DataNode, hasCode, TREE_CHECKS, type TreeNode, type TreeOptions, walk } from './walk.ts'
import type { ZnodeOperations } from './znode-operations.ts'

/** The options of copyTree. */
export interface CopyTreeOptions extends TreeOptions {
  /** The ACL of the copies. Default: that of each original. */
  acl?: readonly ACL[] | undefined
  /**
   * Called before a copy is created with an interim ACL, whose last entry is that of this session: `auth`, or `ip` where the
   * session has no identity.
   */
  onInterim?: ((path: string, acl: readonly ACL[]) => void) | undefined
}

/** The parts of a znode that are copied. */
interface Original {
  path: string
  data: Buffer | null
  acl: readonly ACL[]
  /** True if znodes are to be created below its copy. */
  isParent: boolean
}

/** A copy whose own ACL is set at the end. */
interface Open {
  path: string
  acl: readonly ACL[]
}

const REMOVE_OPTIONS: OptionTable = optionTable('{ concurrency: 8 }', TREE_CHECKS)

const COPY_OPTIONS: OptionTable = optionTable('{ concurrency: 8 }', {
  acl: aclCheck,
  onInterim: func,
  ...TREE_CHECKS,
})

/** A client that deletes znodes, alone and together. */
export interface Deleter extends ZnodeOperations {
  multi(writes: readonly WriteOperation[], options?: RequestOptions): Promise<unknown>
}

/** The default number of requests of each kind in flight. A removal lists more: a listing is small. */
const CONCURRENCY = 32
/** The largest number of znodes that one request deletes. */
const BATCH = 128

/** Deletes a znode and all below it, children first. See `ZooKeeper.removeTree`. */
export async function removeTree(
  zk: Deleter,
  readTree: ReadTree,
  root: string,
  options: TreeOptions = {},
): Promise<number> {
  checkRemoval(root, options)
  const { signal, timeout, concurrency = CONCURRENCY } = options
  const writes = await OrderedWrites.open(concurrency)
  const limits = { signal, timeout }
  try {
    for await (const paths of inBatches(walk(readTree, root, { ...options, order: 'post' }))) {
      if (!(await writes.add(() => deleteTogether(zk, paths, limits, writes)))) break
    }
  } catch (error) {
    if (!hasCode(error, 'NO_NODE')) writes.fail(error)
  }
  return writes.finish()
}

/** Yields the paths of a walk in batches, each small enough for one request. */
async function* inBatches(nodes: AsyncIterable<TreeNode>): AsyncGenerator<string[], void, undefined> {
  let batch: string[] = []
  let characters = 0
  for await (const { path } of nodes) {
    if (batch.length === BATCH || characters + path.length > BATCH_CHARACTERS) {
      yield batch
      batch = []
      characters = 0
    }
    batch.push(path)
    characters += path.length
  }
  if (batch.length > 0) yield batch
}

/**
 * Deletes znodes with one request. Where the server refuses one of them, none is deleted: then each goes on its own, and those
 * that have gone meanwhile are no failure. Later batches are answered later, so what they send again stays behind this one.
 */
async function deleteTogether(
  zk: Deleter,
  paths: readonly string[],
  limits: RequestOptions,
  writes: OrderedWrites,
): Promise<void> {
  try {
    if (paths.length > 1) {
      await zk.multi(
        paths.map(path => ({ type: 'delete', path })),
        limits,
      )
      return writes.count(paths.length)
    }
  } catch (error) {
    // A request that is too long for `maxRequestSize` is not sent.
    if (!MultiError.is(error) && !hasCode(error, 'BAD_ARGUMENTS')) throw error
  }
  await Promise.all(paths.map(path => writes.settle(zk.delete(path, limits), { harmless: 'NO_NODE' })))
}

function checkRemoval(root: string, options: TreeOptions): void {
  try {
    checkOptions(options, REMOVE_OPTIONS)
    validatePath(root)
    if (root === '/') throw new InvalidArgument('the root cannot be removed: that would delete everything')
  } catch (error) {
    throw withSubject(error, 'removeTree', root)
  }
}

/** Copies a znode and all below it, parents first. See `ZooKeeper.copyTree`. */
export async function copyTree(
  zk: ZnodeOperations & Asked,
  readTree: ReadTree,
  from: string,
  to: string,
  options: CopyTreeOptions = {},
): Promise<number> {
  checkCopy(from, to, options)
  const { signal, timeout, concurrency = CONCURRENCY } = options
  const limits = { signal, timeout }
  const writes = await OrderedWrites.open(concurrency)
  const interim = interimAcls(zk, limits)
  const read = (node: DataNode) => readOriginal(zk, node, options)
  const open: Open[] = []
  try {
    for await (const original of inOrder(
      walk(readTree, from, { ...limits, concurrency: options.concurrency, data: true }),
      concurrency,
      read,
    )) {
      if (original === null) continue
      const { path, data, acl, isParent } = original
      const target = `${to}${path.slice(from.length)}`
      const first = isParent ? await interim(acl) : null
      if (first !== null) {
        open.push({ path: target, acl })
        options.onInterim?.(target, first.acl)
      }
      const settings = { ...limits, acl: first?.acl ?? acl }
      if (!(await writes.add(() => writes.settle(zk.create(target, data, settings))))) break
      // The copy of the root comes first and alone: if it exists already, nothing is added below it.
      if (target === to) await writes.idle()
    }
    // A copy that has its own ACL takes no more below it, which another run would have to add after a failure.
    await writes.idle()
    for (const { path, acl } of open.toReversed())
      if (!(await writes.add(() => writes.settle(zk.setAcl(path, acl, limits), { counted: 0 })))) break
  } catch (error) {
    writes.fail(error)
  }
  return writes.finish()
}

function checkCopy(from: string, to: string, options: CopyTreeOptions): void {
  try {
    checkOptions(options, COPY_OPTIONS)
    validatePath(from)
    validatePath(to)
    if (to === '/') throw new InvalidArgument('the root cannot be the target of a copy: it is there already')
    if (isWithin(to, from)) throw new InvalidArgument(`a tree cannot be copied into itself, ${from}`)
  } catch (error) {
    throw withSubject(error, 'copyTree', to)
  }
}

/** Reads the rest of a znode. Returns null if it is not copied: it is ephemeral, or it was deleted meanwhile. */
async function readOriginal(
  zk: ZnodeOperations,
  { path, stat, data }: DataNode,
  { acl, signal, timeout }: CopyTreeOptions,
): Promise<Original | null> {
  if (isEphemeral(stat)) return null
  try {
    const list = acl ? { acl } : await zk.getAcl(path, { signal, timeout })
    if (!acl && list.acl.some(isMasked)) throw masked(path)
    return { path, data, acl: list.acl, isParent: stat.numChildren > 0 }
  } catch (error) {
    if (hasCode(error, 'NO_NODE')) return null
    throw error
  }
}

/** Returns true for an entry whose hash the server replaced by `x`, as it does without ADMIN. Nobody matches a copy. */
function isMasked({ id }: ACL): boolean {
  return id.scheme === 'digest' && id.id.endsWith(':x')
}

function masked(path: string): ZooKeeperError {
  const message =
    'the server shows the whole ACL of this znode to ADMIN only, so it cannot be copied; pass the option acl'
  return new ZooKeeperError('NO_AUTH', { message, operation: 'copyTree', path })
}

function isWithin(path: string, root: string): boolean {
  return root === '/' || path === root || path.startsWith(`${root}/`)
}

/** Yields the results of `read` in the order of the values, with at most `ahead` reads in flight. */
async function* inOrder<Value, Result>(
  values: AsyncIterable<Value>,
  ahead: number,
  read: (value: Value) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const pending: Promise<Result>[] = []
  for await (const value of values) {
    const result = read(value)
    // Its turn may never come: then nobody else handles the rejection.
    result.catch(() => {})
    if (pending.push(result) >= ahead) yield await pending.shift()!
  }
  for (const result of pending) yield await result
}

let queues: Promise<typeof import('p-queue')> | undefined

/**
 * Loads the queue when the first tree is written: it is a fourth of the time that an import takes. Later calls take no time: an
 * `import` of a loaded module asks the module loader again, which may run in a thread of its own.
 */
function loadQueues(): Promise<typeof import('p-queue')> {
  queues ??= import('p-queue')
  return queues
}

/** Sends writes in the order in which they are added, a limited number at a time, until one fails. */
class OrderedWrites {
  readonly #queue: PQueue
  readonly #concurrency: number
  /** The first failure. Later ones may be its consequences. */
  #failure: { error: unknown } | undefined
  #done = 0
  /** True if the outcome of a write is unknown. */
  #isUnknown = false

  private constructor(queue: PQueue) {
    this.#concurrency = queue.concurrency
    this.#queue = queue
  }

  static async open(concurrency: number): Promise<OrderedWrites> {
    const { default: Queue } = await loadQueues()
    return new OrderedWrites(new Queue({ concurrency }))
  }

  /**
   * Adds a write, and waits until there is room for it. The write says by itself what it has done, or rejects.
   *
   * @returns false when a write has failed: no more are accepted.
   */
  async add(write: () => Promise<void>): Promise<boolean> {
    await this.#queue.onSizeLessThan(this.#concurrency)
    if (this.#failure) return false
    void this.#queue.add(() => write().catch(error => this.#failed(error)))
    return true
  }

  /** Counts writes that have succeeded. */
  count(writes: number): void {
    this.#done += writes
  }

  /**
   * Waits for a write, and counts it.
   *
   * @param options.harmless the code of an error that does not count as a failure.
   * @param options.counted the number that it counts as. Default 1.
   */
  async settle(
    write: Promise<unknown>,
    { harmless, counted = 1 }: { harmless?: string; counted?: number } = {},
  ): Promise<void> {
    try {
      await write
      this.count(counted)
    } catch (error) {
      this.#failed(error, harmless)
    }
  }

  #failed(error: unknown, harmless?: string): void {
    if (ZooKeeperError.is(error) && error.outcome === 'unknown') this.#isUnknown = true
    if (!ZooKeeperError.is(error) || error.code !== harmless) this.fail(error)
  }

  /** Stops after a failure elsewhere: no more writes are sent. */
  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /** Resolves when no write is in flight. */
  idle(): Promise<void> {
    return this.#queue.onIdle()
  }

  /**
   * Waits for all writes and returns the number that succeeded.
   *
   * @throws the first failure. Its outcome is that of the whole: `unknown` if any write was applied, or may have been.
   */
  async finish(): Promise<number> {
    await this.idle()
    if (!this.#failure) return this.#done
    const { error } = this.#failure
    const isChanged = this.#done > 0 || this.#isUnknown
    throw isChanged && ZooKeeperError.is(error) ? error.afterSteps() : error
  }
}
