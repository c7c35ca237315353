import { ZooKeeperError } from '@zookit/connection'

/** Bytes below which a request is not suspected: a server whose `jute.maxbuffer` were smaller could not work. */
const SUSPECT_SIZE = 1024

/** Number of times that the server may close the connection over a request that was the oldest unanswered one. */
const MOST_AS_OLDEST = 1

/** Number of times that the server may close the connection over a request at all: the client's others may be in front. */
const MOST_LOSSES = 4

/**
 * Tells when a request that is repeated after each lost connection is itself the reason: a server closes the connection over
 * a request that is larger than its `jute.maxbuffer`. Repeated without an end, such a request would take the connection from
 * everybody who shares the client.
 *
 * A request is convicted when the server has closed the connection twice over it while it was the oldest request without an
 * answer; or five times while others were older.
 */
export class Suspicion {
  #losses = 0
  #lossesAsOldest = 0

  /** True if the server has closed the connection over the request since it was answered last. */
  get isRaised(): boolean {
    return this.#losses > 0
  }

  /**
   * Counts the failure of an attempt.
   *
   * @returns REQUEST_TOO_LARGE, which is not retryable and has that failure as its cause, if the request is the reason; else
   *   null.
   */
  verdict(error: unknown): ZooKeeperError | null {
    if (!ZooKeeperError.is(error) || error.olderUnanswered === undefined) return null
    const { requestSize = 0 } = error
    if (requestSize < SUSPECT_SIZE) return null
    this.#losses++
    if (error.olderUnanswered === 0) this.#lossesAsOldest++
    const isTooMuch = this.#lossesAsOldest > MOST_AS_OLDEST || this.#losses > MOST_LOSSES
    return isTooMuch ? tooLarge(error, requestSize, this.#losses) : null
  }

  /** Forgets everything, after an answer. */
  clear(): void {
    this.#losses = this.#lossesAsOldest = 0
  }
}

function tooLarge(cause: ZooKeeperError, size: number, losses: number): ZooKeeperError {
  const { operation, path, outcome } = cause
  const message = `the server closed the connection ${losses} times in a row over this request of ${size} bytes: the server's jute.maxbuffer may be smaller. Send less, or raise jute.maxbuffer on all servers`
  return new ZooKeeperError('REQUEST_TOO_LARGE', { message, operation, path, cause, outcome })
}
