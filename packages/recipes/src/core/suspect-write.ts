import { type Data, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import PQueue from 'p-queue'
import { codeOf } from './errors.ts'
import { perClient } from './per-client.ts'

/** Bytes of data below which a write is not suspected: a server whose `jute.maxbuffer` were smaller could not work. */
const SUSPECT_SIZE = 1024

/** Number of times that the connection may be lost over a write that is in flight alone. */
const MOST_LOSSES = 2

/** Sends the suspects of one client one at a time: each loss is then that write's own. */
const suspects = perClient(() => new PQueue({ concurrency: 1 }))

/**
 * A write that is repeated after a lost connection, and that may itself be the reason: a server closes the connection over
 * a request that is larger than its `jute.maxbuffer`. Repeated without an end, such a write would take the connection from
 * everybody who shares the client.
 *
 * After a loss, large writes of a client are repeated one at a time. If the connection is lost over one of them twice more
 * in a row, it is given up.
 */
export class SuspectWrite {
  readonly #zk: ZooKeeper
  #losses = 0

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
      this.#losses = 0
      return result as Result
    } catch (error) {
      if (codeOf(error) !== 'CONNECTION_LOSS' || size < SUSPECT_SIZE) throw error
      if ((error as ZooKeeperError).outcome === 'unknown' && ++this.#losses > MOST_LOSSES) {
        throw tooLarge(error as ZooKeeperError, size, this.#losses)
      }
      throw error
    }
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
  const message = `the connection was lost ${losses} times in a row over this write of ${size} bytes: the server's jute.maxbuffer may be smaller. Write less data, or raise jute.maxbuffer on all servers`
  return new ZooKeeperError('REQUEST_TOO_LARGE', { message, operation, path, cause, outcome: 'unknown' })
}
