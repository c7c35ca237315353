import { type Data, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import PQueue from 'p-queue'
import { codeOf } from './errors.ts'
import { perClient } from './per-client.ts'

/** Bytes of data below which a write is not suspected: a server whose `jute.maxbuffer` were smaller could not work. */
const SUSPECT_SIZE = 1024

/** Number of times that the server may close the connection over a write that was its oldest unanswered request. */
const MOST_AS_OLDEST = 1

/** Number of times that the server may close the connection over a write at all: the client's others may be in front. */
const MOST_LOSSES = 4

/** Sends the suspects of one client one at a time: each loss is then that write's own. */
const suspects = perClient(() => new PQueue({ concurrency: 1 }))

/**
 * A write that is repeated after a lost connection, and that may itself be the reason: a server closes the connection over
 * a request that is larger than its `jute.maxbuffer`. Repeated without an end, such a write would take the connection from
 * everybody who shares the client.
 *
 * After a loss, large writes of a client are repeated one at a time. A write is given up when the server has closed the
 * connection twice over it while it was the oldest request without an answer; or five times while others were older.
 */
export class SuspectWrite {
  readonly #zk: ZooKeeper
  #losses = 0
  #lossesAsOldest = 0

  constructor(zk: ZooKeeper) {
    this.#zk = zk
  }

  /**
   * Makes one attempt. The first one is made before this returns.
   *
   * @param size bytes of data that the write carries.
   * @throws what the write throws; REQUEST_TOO_LARGE, which is not retryable, in place of CONNECTION_LOSS when it is given
   *   up.
   */
  async send<Result>(size: number, write: () => Promise<Result>): Promise<Result> {
    const isAlone = this.#losses > 0
    try {
      const result = await (isAlone ? suspects(this.#zk).add(write) : write())
      this.#losses = this.#lossesAsOldest = 0
      return result as Result
    } catch (error) {
      if (size >= SUSPECT_SIZE && this.#isTooMuch(error))
        throw tooLarge(error as ZooKeeperError, size, this.#losses)
      throw error
    }
  }

  /** Counts a loss. @returns whether there were too many. */
  #isTooMuch(error: unknown): boolean {
    if (!ZooKeeperError.is(error) || error.olderUnanswered === undefined) return false
    this.#losses++
    if (error.olderUnanswered === 0) this.#lossesAsOldest++
    return this.#lossesAsOldest > MOST_AS_OLDEST || this.#losses > MOST_LOSSES
  }
}

/** Returns the number of bytes of a znode's data. */
export function sizeOf(data: Data): number {
  return typeof data === 'string' ? Buffer.byteLength(data) : (data?.length ?? 0)
}

/** Returns whether an error says that a write can never succeed, whatever the connection. */
export function isImpossible(error: unknown): boolean {
  return codeOf(error) === 'REQUEST_TOO_LARGE' || codeOf(error) === 'BAD_ARGUMENTS'
}

function tooLarge(cause: ZooKeeperError, size: number, losses: number): ZooKeeperError {
  const { operation, path } = cause
  const message = `the server closed the connection ${losses} times in a row over this write of ${size} bytes: the server's jute.maxbuffer may be smaller. Write less data, or raise jute.maxbuffer on all servers`
  return new ZooKeeperError('REQUEST_TOO_LARGE', { message, operation, path, cause, outcome: 'unknown' })
}
