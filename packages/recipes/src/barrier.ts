import { checks, inspectAs, parentOf, type ZooKeeper } from '@zookit/client'
import { checkRecipe, SHARED } from './core/arguments.ts'
import { BackgroundDeleter } from './core/background-deleter.ts'
import { checkMethods, takes } from './core/checked-methods.ts'
import { outcomeOf, retryRead } from './core/conditional-write.ts'
import { connected } from './core/connected.ts'
import { ensureParent } from './core/creation.ts'
import { Deadline, type Limits } from './core/deadline.ts'
import { codeOf, isTransient, withOutcome } from './core/errors.ts'
import { lookUntil } from './core/look.ts'
import { type RecipeOptions, type ResolvedOptions, resolveOptions } from './core/options.ts'
import { SuspectWrite } from './core/suspect-write.ts'
import { tellPath } from './core/tell.ts'

/** Options of a Barrier. */
export interface BarrierOptions extends Pick<RecipeOptions, 'data' | 'acl' | 'jitter'> {}

const OPTIONS = checks.optionTable('{ jitter: 100 }', {
  data: SHARED.data,
  acl: SHARED.acl,
  jitter: SHARED.jitter,
})

/**
 * A gate that everybody waits at while it is set. The barrier is one znode: it is set while the znode exists. The
 * process that created it may have ended.
 */
export class Barrier {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #options: ResolvedOptions

  /**
   * @param path the znode that is the barrier.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: BarrierOptions = {}) {
    checkRecipe('Barrier', { zk, path, options, count: arguments.length }, OPTIONS)
    this.path = path
    this.#zk = zk
    this.#options = resolveOptions(options)
  }

  /**
   * Sets the barrier. Does nothing if it is set already. Continues after lost connections: if the barrier was set and
   * removed by somebody else before the answer arrived, it is set again.
   *
   * @returns when it is set.
   * @throws ABORTED, REQUEST_TIMEOUT: it may be set nevertheless; NO_AUTH; CLOSED; AUTH_FAILED; SESSION_EXPIRED if
   *   the client does not renew its session.
   */
  async set(limits: Limits = {}): Promise<void> {
    using deadline = this.#deadline('set', limits)
    const suspect = new SuspectWrite(this.#zk)
    let isUnknown = false
    const noteLoss = (error: unknown): void => {
      isUnknown ||= outcomeOf(error) === 'unknown'
    }
    try {
      while (!(await this.#create(deadline, suspect, noteLoss))) await deadline.jitter(this.#options.jitter)
    } catch (error) {
      throw isUnknown ? withOutcome(error, 'unknown') : error
    }
  }

  /**
   * Removes the barrier: all waits end. Does nothing if it is not set.
   *
   * @param limits end the wait, not the removal, which goes on in the background until it is done.
   * @returns when the znode is gone.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH; NOT_EMPTY: the znode has children; what ends the client.
   */
  async remove(limits: Limits = {}): Promise<void> {
    using deadline = this.#deadline('remove', limits)
    const removing = BackgroundDeleter.of(this.#zk).remove(this.path, null)
    deadline.workGoesOn()
    await deadline.race(removing)
  }

  /** Returns whether the barrier is set, as the connected server sees it. Takes one round trip. */
  async isSet(limits: Limits = {}): Promise<boolean> {
    using deadline = this.#deadline('isSet', limits)
    return (await deadline.race(this.#zk.exists(this.path))) !== null
  }

  /**
   * Waits until the barrier is not set. Takes one round trip if it is not set. Continues after lost connections and
   * sessions.
   *
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH; CLOSED; AUTH_FAILED; SESSION_EXPIRED if the client does not renew its
   *   session.
   */
  async wait(limits: Limits = {}): Promise<void> {
    using deadline = this.#deadline('wait', limits)
    await lookUntil(this.#zk, deadline, this.#options.jitter, async waiter => {
      try {
        // getData, not exists: exists would leave a watch behind where no znode is.
        await waiter.watch(this.path, 'data', watch => this.#zk.getData(this.path, { watch }))
        return undefined
      } catch (error) {
        if (codeOf(error) === 'NO_NODE') return true
        throw error
      }
    })
  }

  /** Returns false if it must be tried again. */
  async #create(
    deadline: Deadline,
    suspect: SuspectWrite,
    noteLoss: (error: unknown) => void,
  ): Promise<boolean> {
    const { data, acl } = this.#options
    if (this.#zk.state !== 'connected') await deadline.wait(connected(this.#zk))
    try {
      deadline.workGoesOn()
      const create = (): Promise<string> => this.#zk.create(this.path, data, { acl })
      // One that waits for others when the call ends is not sent: it could undo a `remove` that follows.
      await deadline.race(suspect.send(create, deadline))
      return true
    } catch (error) {
      deadline.check()
      const code = codeOf(error)
      if (code === 'NODE_EXISTS') return true
      if (code !== 'NO_NODE') {
        if (!isTransient(error)) throw error
        noteLoss(error)
        return false
      }
      const parent = parentOf(this.path)!
      await retryRead(this.#zk, deadline, () => ensureParent(this.#zk, parent, 'persistent', acl))
      return await this.#create(deadline, suspect, noteLoss)
    }
  }

  #deadline(operation: string, limits: Limits): Deadline {
    return Deadline.begin(this.#zk, limits, { operation, path: this.path })
  }
}

checkMethods(Barrier, { set: takes(), remove: takes(), isSet: takes(), wait: takes() })
inspectAs(Barrier, tellPath)
