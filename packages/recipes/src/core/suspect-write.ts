import { Suspicion, type ZooKeeper } from '@zookit/client'
import PQueue from 'p-queue'
import { codeOf } from './errors.ts'
import { perClient } from './per-client.ts'

/** Sends the suspects of one client one at a time: each loss is then that write's own. */
const suspects = perClient(() => new PQueue({ concurrency: 1 }))

/**
 * A write that is repeated after a lost connection, and that may itself be the reason. After a loss, such writes of a client
 * are repeated one at a time.
 */
export class SuspectWrite {
  readonly #zk: ZooKeeper
  readonly #suspicion = new Suspicion()

  constructor(zk: ZooKeeper) {
    this.#zk = zk
  }

  /**
   * Makes one attempt. The first one is made before this returns.
   *
   * @throws what the write throws; REQUEST_TOO_LARGE, which is not retryable, in place of CONNECTION_LOSS when it is given
   *   up.
   */
  async send<Result>(write: () => Promise<Result>): Promise<Result> {
    try {
      const result = await (this.#suspicion.isRaised ? suspects(this.#zk).add(write) : write())
      this.#suspicion.clear()
      return result as Result
    } catch (error) {
      throw this.#suspicion.verdict(error) ?? error
    }
  }
}

/** Returns whether an error says that a write can never succeed, whatever the connection. */
export function isImpossible(error: unknown): boolean {
  return codeOf(error) === 'REQUEST_TOO_LARGE' || codeOf(error) === 'BAD_ARGUMENTS'
}
