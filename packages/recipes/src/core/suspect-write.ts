import { Suspicion, whenAborted, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import PQueue from 'p-queue'
import type { Deadline } from './deadline.ts'
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
   * @param deadline its signal ends the wait for others, not the write itself.
   * @throws what the write throws; REQUEST_TOO_LARGE, which is not retryable, in place of CONNECTION_LOSS when it is given
   *   up; ABORTED, with the outcome `not-sent`, if it still waits for others when the deadline passes.
   */
  async send<Result>(write: () => Promise<Result>, deadline?: Pick<Deadline, 'signal'>): Promise<Result> {
    try {
      const result = await (this.#suspicion.isRaised ? this.#sendInTurn(write, deadline?.signal) : write())
      this.#suspicion.clear()
      return result
    } catch (error) {
      throw this.#suspicion.verdict(error) ?? error
    }
  }

  // A `signal` of p-queue's would end the write as well, and hide its outcome.
  #sendInTurn<Result>(write: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    return new Promise((resolve, reject) => {
      let isOver = false
      const onAbort = (): void => {
        isOver = true
        reject(new ZooKeeperError('ABORTED', { outcome: 'not-sent', cause: signal?.reason }))
      }
      if (signal?.aborted) return onAbort()
      const ignoreAbort = signal && whenAborted(signal, onAbort)
      void suspects(this.#zk).add(async () => {
        ignoreAbort?.()
        if (!isOver) await write().then(resolve, reject)
      })
    })
  }
}

/** Returns whether an error says that a write can never succeed, whatever the connection. */
export function isImpossible(error: unknown): boolean {
  return codeOf(error) === 'REQUEST_TOO_LARGE' || codeOf(error) === 'BAD_ARGUMENTS'
}
