import { checks, parentOf, type ZooKeeper } from '@zookit/client'
import { refuse } from './arguments.ts'
import { type MethodArguments, optional, takes } from './checked-methods.ts'
import type { ContenderInfo } from './contender-reader.ts'
import type { Contention } from './contention.ts'
import { Deadline, type Limits } from './deadline.ts'
import { badArgument, codeOf } from './errors.ts'
import { NodeHandle } from './handle.ts'
import type { RecipeOptions } from './options.ts'
import type { OwnNode, WhenSuspended } from './ownership.ts'

/** Options of locks that can be revoked. */
export interface RevocableOptions extends RecipeOptions {
  /** True if locks obey `revoke`: each then watches its own znode. Default false. */
  revocable?: boolean | undefined
}

/** A contender as it is listed, or its path. */
export type Revocable = string | Pick<ContenderInfo, 'path'>

/** The data that Curator's Revoker writes. */
const REVOKE = '__REVOKE__'

/** A lock whose holder can be asked to release it. */
export class RevocableHandle extends NodeHandle {
  #isRevoked = false
  #controller: AbortController | null = null

  /** @param revocable true if it watches its znode for `revoke`. @param token default: the czxid of the znode. */
  constructor(
    zk: ZooKeeper,
    node: OwnNode,
    whenSuspended: WhenSuspended,
    revocable: boolean,
    token: bigint = node.czxid,
  ) {
    super(zk, node, whenSuspended, token)
    if (revocable) this.watchNode(data => this.#onData(data))
  }

  /**
   * Aborted when somebody has called `revoke` for this lock, also while it still waited, if it was created as
   * `revocable`. The lock stays held until it is released.
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
 * Asks for a lock as Curator does: sets the data of a contender's znode to `__REVOKE__`.
 *
 * @param who a contender, or a function that picks contenders.
 * @returns the number of contenders that were asked. Those that left meanwhile do not count.
 */
export async function revoke(
  zk: ZooKeeper,
  path: string,
  contention: Contention,
  who: Revocable | ((contenders: readonly ContenderInfo[]) => readonly ContenderInfo[]),
  limits: Limits,
): Promise<number> {
  using deadline = new Deadline(zk, limits, { operation: 'revoke', path })
  deadline.check()
  const asked = typeof who === 'function' ? who(await deadline.race(contention.list('revoke'))) : [who]
  const paths = asked.map(one => (typeof one === 'string' ? one : one.path))
  refuse('revoke', path, () => {
    const stranger = paths.find(one => parentOf(one) !== path)
    if (stranger === undefined) return
    const reason = badArgument(`the path is not that of a contender below ${path}`)
    throw checks.withSubject(reason, 'revoke', stranger)
  })
  deadline.workGoesOn()
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

/** The arguments of a method `revoke`. */
export const REVOKE_ARGUMENTS: MethodArguments = takes([
  'the contender',
  optional(
    checks.mustBe('a contender, its path, or null', value => {
      return (
        value === null || typeof value === 'string' || typeof (value as { path?: unknown }).path === 'string'
      )
    }),
  ),
])
