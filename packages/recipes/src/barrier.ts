import { parentOf, validatePath, type ZooKeeper } from '@zookit/client'
import { BackgroundDeleter } from './core/background-deleter.ts'
import { connected } from './core/connected.ts'
import { ensureParent } from './core/creation.ts'
import { Deadline, type Limits } from './core/deadline.ts'
import { codeOf, isTransient } from './core/errors.ts'
import { lookUntil } from './core/look.ts'
import { type RecipeOptions, type ResolvedOptions, resolveOptions } from './core/options.ts'

/** What a barrier is made with. */
export interface BarrierOptions extends Pick<RecipeOptions, 'data' | 'acl' | 'jitter'> {}

/**
 * Holds up everybody who comes to it, from the moment that it is set until it is removed. It is one node: it stands while
 * that is there, whoever has set it, and whether or not he lives.
 */
export class Barrier {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #options: ResolvedOptions

  /**
   * @param path the node that is the barrier.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: BarrierOptions = {}) {
    validatePath(path)
    this.path = path
    this.#zk = zk
    this.#options = resolveOptions(options, path)
  }

  /**
   * Sets it. Does nothing if it is set already. A lost connection is sat out; if the barrier was set and somebody has
   * removed it before that is known, it is set again.
   *
   * @returns when it is set.
   * @throws ABORTED, REQUEST_TIMEOUT: it may be set nevertheless; NO_AUTH; CLOSED; AUTH_FAILED; SESSION_EXPIRED: the
   *   client does not renew its session.
   */
  async set(limits: Limits = {}): Promise<void> {
    using deadline = this.#deadline('set', limits)
    while (!(await this.#create(deadline))) await deadline.jitter(this.#options.jitter)
  }

  /**
   * Removes it: all who wait go on. Does nothing if it is not set.
   *
   * @param limits end the wait, not the removal, which goes on in the background until it is done.
   * @returns when it is gone.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH; NOT_EMPTY: somebody has put nodes below it; and what ends the client.
   */
  async remove(limits: Limits = {}): Promise<void> {
    using deadline = this.#deadline('remove', limits)
    await deadline.race(BackgroundDeleter.of(this.#zk).remove(this.path, null))
  }

  /** Whether it is set, as the connected server knows it. One round trip. */
  async isSet(limits: Limits = {}): Promise<boolean> {
    using deadline = this.#deadline('isSet', limits)
    return (await deadline.race(this.#zk.exists(this.path))) !== null
  }

  /**
   * Waits until it is not set. One round trip if it is not; lost connections and sessions are sat out.
   *
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH; CLOSED; AUTH_FAILED; SESSION_EXPIRED: the client does not renew its
   *   session.
   */
  async wait(limits: Limits = {}): Promise<void> {
    using deadline = this.#deadline('wait', limits)
    await lookUntil(this.#zk, deadline, this.#options.jitter, async waiter => {
      try {
        // getData, not exists: that would leave a watch behind where there is no barrier.
        await waiter.watch(this.path, 'data', watch => this.#zk.getData(this.path, { watch }))
        return undefined
      } catch (error) {
        if (codeOf(error) === 'NO_NODE') return true
        throw error
      }
    })
  }

  /** False: it is to be tried again. */
  async #create(deadline: Deadline): Promise<boolean> {
    const { data, acl } = this.#options
    try {
      if (this.#zk.state !== 'connected') await deadline.race(connected(this.#zk))
      await deadline.race(this.#zk.create(this.path, data, { acl }))
      return true
    } catch (error) {
      deadline.check()
      const code = codeOf(error)
      if (code === 'NODE_EXISTS') return true
      if (code === 'NO_NODE')
        await deadline.race(ensureParent(this.#zk, parentOf(this.path)!, 'persistent', acl))
      else if (!isTransient(error)) throw error
      return false
    }
  }

  #deadline(operation: string, limits: Limits): Deadline {
    return Deadline.begin(this.#zk.environment, limits, { operation, path: this.path })
  }
}
