import type { VersionOptions, ZooKeeper } from '@zookit/client'
import { BackgroundDeleter } from './core/background-deleter.ts'
import { Deadline, type Limits } from './core/deadline.ts'

/** What a guaranteed deletion takes. */
export interface GuaranteedDeleteOptions extends Limits, Pick<VersionOptions, 'version'> {}

/**
 * Deletes nodes for certain: lost connections, expired sessions and busy servers put a deletion off, they do not end
 * it. Only the end of the client does, or what no further attempt would change.
 *
 * Somebody may create a node anew while the answer to its deletion is lost: the next attempt deletes that too, unless
 * a `version` tells them apart.
 */
export class GuaranteedDelete {
  readonly #zk: ZooKeeper
  readonly #pending = new Set<Promise<void>>()

  constructor(zk: ZooKeeper) {
    this.#zk = zk
  }

  /** How many nodes are still to be deleted. */
  get pending(): number {
    return this.#pending.size
  }

  /**
   * Deletes a node. A node that is not there is as good as deleted.
   *
   * @param options.version the version that the node must have; -1, the default, is any.
   * @param options.signal, options.timeout end the wait; the deletion goes on in the background.
   * @returns when the node is gone.
   * @throws NOT_EMPTY; BAD_VERSION; NO_AUTH; BAD_ARGUMENTS; CLOSED, AUTH_FAILED or SESSION_EXPIRED: the client has
   *   ended before; ABORTED; REQUEST_TIMEOUT.
   */
  async delete(path: string, options: GuaranteedDeleteOptions = {}): Promise<void> {
    const { version, ...limits } = options
    using deadline = new Deadline(this.#zk.environment, limits, { operation: 'delete', path })
    const deleting = BackgroundDeleter.of(this.#zk).remove(path, null, version)
    this.#pending.add(deleting)
    const done = (): void => void this.#pending.delete(deleting)
    deleting.then(done, done)
    await deadline.race(deleting)
  }

  /** Resolves when nothing is left to be deleted, whatever has become of it. */
  async idle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending)
  }
}
