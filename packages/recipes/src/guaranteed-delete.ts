import type { VersionOptions, ZooKeeper } from '@zookit/client'
import { checks, inspectAs } from '@zookit/client'
import { callOptions, checkCall, checkClient } from './core/arguments.ts'
import { BackgroundDeleter } from './core/background-deleter.ts'
import { checkMethods, takes, takesOnly } from './core/checked-methods.ts'
import { awaitWork, type Limits } from './core/deadline.ts'

/** Options of `delete`. */
export interface GuaranteedDeleteOptions extends Limits, Pick<VersionOptions, 'version'> {}

const DELETE = callOptions('{ version: 3 }', { version: checks.version })

/**
 * Deletes znodes with a guarantee: lost connections, expired sessions and busy servers delay a deletion but do not
 * end it. Only the end of the client ends it, or an error that no retry would change.
 *
 * While the answer to a deletion is lost, somebody may create the znode again: the next attempt deletes that one too,
 * unless a `version` tells them apart.
 */
export class GuaranteedDelete {
  readonly #zk: ZooKeeper
  readonly #pending = new Set<Promise<void>>()

  /** @throws ZooKeeperError BAD_ARGUMENTS. */
  constructor(zk: ZooKeeper) {
    checkClient('GuaranteedDelete', zk, arguments.length, 1)
    this.#zk = zk
  }

  /** Number of znodes that are still to be deleted. */
  get pending(): number {
    return this.#pending.size
  }

  /**
   * Deletes a znode. A znode that does not exist counts as deleted.
   *
   * @param options.version version that the znode must have. Default -1: any.
   * @param options.signal ends the wait; the deletion goes on in the background.
   * @param options.timeout milliseconds of the wait; the deletion goes on in the background.
   * @returns when the znode is gone.
   * @throws NOT_EMPTY; BAD_VERSION; NO_AUTH; BAD_ARGUMENTS; CLOSED, AUTH_FAILED or SESSION_EXPIRED: the client has
   *   ended first; ABORTED; REQUEST_TIMEOUT.
   */
  async delete(path: string, options: GuaranteedDeleteOptions = {}): Promise<void> {
    checkCall({ operation: 'delete', path }, options, DELETE)
    const { version, ...limits } = options
    const subject = { operation: 'delete', path }
    await awaitWork(this.#zk, limits, subject, () => {
      const deleting = BackgroundDeleter.of(this.#zk).remove(path, null, version)
      this.#pending.add(deleting)
      const done = (): void => void this.#pending.delete(deleting)
      deleting.then(done, done)
      return deleting
    })
  }

  /** Resolves when no deletion is pending, whatever the results. */
  async idle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending)
  }
}

checkMethods(GuaranteedDelete, { delete: takes(['the path', checks.text]), idle: takesOnly() })
inspectAs(GuaranteedDelete, ({ pending }) => `${pending} pending`)
