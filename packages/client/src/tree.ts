import { ZooKeeperError } from '@zookit/connection'
import type { ACL } from '@zookit/jute'
import PQueue from 'p-queue'
import { badArgument } from './arguments.ts'
import { validatePath } from './path.ts'
import { isEphemeral } from './stat.ts'
import { concurrencyOf, type TreeNode, type TreeOptions, walk } from './walk.ts'
import type { ZnodeOperations } from './znode-requests.ts'

export { walk }

/** How a tree is copied. */
export interface CopyTreeOptions extends TreeOptions {
  /** Who may do what with the copies. Default: as with the originals. */
  acl?: readonly ACL[] | undefined
}

/** What is copied of a node. */
interface Original {
  path: string
  data: Buffer | null
  acl: readonly ACL[]
}

/** Deletes a node and all below it, children first. See `ZooKeeper.removeTree`. */
export async function removeTree(
  zk: ZnodeOperations,
  root: string,
  options: TreeOptions = {},
): Promise<number> {
  const { signal, timeout } = options
  if (root === '/') throw badArgument('it would delete everything', 'removeTree', root)
  const writes = new OrderedWrites(concurrencyOf(options))
  try {
    for await (const { path } of walk(zk, root, { ...options, order: 'post' })) {
      if (!(await writes.add(() => zk.delete(path, { signal, timeout }), 'NO_NODE'))) break
    }
  } catch (error) {
    if (!isNoNode(error)) writes.fail(error)
  }
  return writes.finish()
}

/** Copies a node and all below it, parents first. See `ZooKeeper.copyTree`. */
export async function copyTree(
  zk: ZnodeOperations,
  from: string,
  to: string,
  options: CopyTreeOptions = {},
): Promise<number> {
  const { signal, timeout } = options
  validatePath(from)
  validatePath(to)
  if (to === '/') throw badArgument('the root is there already', 'copyTree', to)
  if (isWithin(to, from)) throw badArgument(`a tree cannot be copied into itself, ${from}`, 'copyTree', to)
  const concurrency = concurrencyOf(options)
  const writes = new OrderedWrites(concurrency)
  const read = (node: TreeNode) => readOriginal(zk, node, options)
  try {
    for await (const original of inOrder(walk(zk, from, options), concurrency, read)) {
      if (original === null) continue
      const { path, data, acl } = original
      const target = `${to}${path.slice(from.length)}`
      if (!(await writes.add(() => zk.create(target, data, { acl, signal, timeout })))) break
      // What is there already is not added to.
      if (target === to) await writes.idle()
    }
  } catch (error) {
    writes.fail(error)
  }
  return writes.finish()
}

/** Null for what is not copied: an ephemeral node is its session's, and a node may have gone meanwhile. */
async function readOriginal(
  zk: ZnodeOperations,
  { path, stat }: TreeNode,
  { acl, signal, timeout }: CopyTreeOptions,
): Promise<Original | null> {
  if (isEphemeral(stat)) return null
  try {
    const limits = { signal, timeout }
    const [node, list] = await Promise.all([
      zk.getData(path, limits),
      acl ? { acl } : zk.getAcl(path, limits),
    ])
    if (!acl && list.acl.some(isMasked)) throw masked(path)
    return { path, data: node.data, acl: list.acl }
  } catch (error) {
    if (isNoNode(error)) return null
    throw error
  }
}

/** Without ADMIN a server shows `user:x` in a hash's place. Copied, such an entry would fit nobody. */
function isMasked({ id }: ACL): boolean {
  return id.scheme === 'digest' && id.id.endsWith(':x')
}

function masked(path: string): ZooKeeperError {
  const message =
    'its ACL cannot be copied without ADMIN, under which alone the server shows it; say which acl to set'
  return new ZooKeeperError('NO_AUTH', { message, operation: 'copyTree', path })
}

function isWithin(path: string, root: string): boolean {
  return root === '/' || path === root || path.startsWith(`${root}/`)
}

function isNoNode(error: unknown): boolean {
  return error instanceof ZooKeeperError && error.code === 'NO_NODE'
}

/** What `read` makes of the values, in their order, with no more than `ahead` being read at a time. */
async function* inOrder<Value, Result>(
  values: AsyncIterable<Value>,
  ahead: number,
  read: (value: Value) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const pending: Promise<Result>[] = []
  for await (const value of values) {
    const result = read(value)
    // It is looked at in its turn, which may not come.
    result.catch(() => {})
    if (pending.push(result) >= ahead) yield await pending.shift()!
  }
  for (const result of pending) yield await result
}

/** Writes that are sent in the order in which they are added, so many at a time, until one fails. */
class OrderedWrites {
  readonly #queue: PQueue
  readonly #concurrency: number
  /** The first failure; those that follow may be of its making. */
  #failure: { error: unknown } | undefined
  #done = 0

  constructor(concurrency: number) {
    this.#concurrency = concurrency
    this.#queue = new PQueue({ concurrency })
  }

  /**
   * Adds a write, when there is room.
   *
   * @param harmless the code of a failure that is none.
   * @returns whether more are wanted: false when one has failed.
   */
  async add(write: () => Promise<unknown>, harmless?: string): Promise<boolean> {
    await this.#queue.onSizeLessThan(this.#concurrency)
    if (this.#failure) return false
    const onDone = () => void this.#done++
    const onFailed = (error: unknown) => {
      if (!(error instanceof ZooKeeperError) || error.code !== harmless) this.fail(error)
    }
    void this.#queue.add(() => write().then(onDone, onFailed))
    return true
  }

  /** Something else has failed: no more are sent. */
  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /** Resolves when there is no answer to wait for. */
  idle(): Promise<void> {
    return this.#queue.onIdle()
  }

  /** How many were done, when all are. @throws the first failure. */
  async finish(): Promise<number> {
    await this.idle()
    if (this.#failure) throw this.#failure.error
    return this.#done
  }
}
