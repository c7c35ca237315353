import { parentOf, type ZooKeeper } from '@zookit/client'
import type { ContenderInfo, Contention } from './contention.ts'
import { Deadline, type Limits } from './deadline.ts'
import { badArgument, codeOf } from './errors.ts'
import { NodeHandle, type OwnNode } from './handle.ts'
import type { RecipeOptions } from './options.ts'
import type { WhenSuspended } from './ownership.ts'

/** What locks are made with that can be asked for. */
export interface RevocableOptions extends RecipeOptions {
  /** Whether locks heed `revoke`: each then watches its own node. Default false. */
  revocable?: boolean | undefined
}

/** Who is to be asked: a contender as it is listed, or its path. */
export type Revocable = string | Pick<ContenderInfo, 'path'>

/** What Curator's Revoker puts into a node. */
const REVOKE = '__REVOKE__'

/** A lock that its holder may be asked for. */
export class RevocableHandle extends NodeHandle {
  #isRevoked = false
  #controller: AbortController | null = null

  /** @param revocable whether it is told. */
  constructor(zk: ZooKeeper, node: OwnNode, whenSuspended: WhenSuspended, revocable: boolean) {
    super(zk, node, whenSuspended)
    if (revocable) this.watchNode(data => this.#onData(data))
  }

  /**
   * Aborted when somebody has asked for the lock, where that was made `revocable`; also when that was while it still waited.
   * It stays held until it is released.
   */
  get revoked(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#isRevoked) this.#controller.abort()
    }
    return this.#controller.signal
  }

  #onData(data: Buffer | null): void {
    if (data?.toString() !== REVOKE) return
    this.#isRevoked = true
    this.#controller?.abort()
  }
}

/**
 * Asks for a lock in Curator's way: the data of a contender's node becomes `__REVOKE__`.
 *
 * @param who null: whoever holds it.
 * @param holders those of the contenders that hold it.
 * @returns how many have been asked: those that have gone meanwhile are none.
 */
export async function revoke(
  zk: ZooKeeper,
  path: string,
  contention: Contention,
  who: Revocable | null,
  holders: (contenders: readonly ContenderInfo[]) => readonly ContenderInfo[],
  limits: Limits,
): Promise<number> {
  using deadline = new Deadline(zk.environment, limits, { operation: 'revoke', path })
  deadline.check()
  const asked = who === null ? holders(await deadline.race(contention.list('revoke'))) : [who]
  const paths = asked.map(one => (typeof one === 'string' ? one : one.path))
  const stranger = paths.find(one => parentOf(one) !== path)
  if (stranger !== undefined) throw badArgument(`it is no contender's node below ${path}`, stranger)
  const answers = await deadline.race(Promise.all(paths.map(one => ask(zk, one))))
  return answers.filter(isThere => isThere).length
}

async function ask(zk: ZooKeeper, path: string): Promise<boolean> {
  try {
    await zk.setData(path, REVOKE)
    return true
  } catch (error) {
    if (codeOf(error) === 'NO_NODE') return false
    throw error
  }
}
