import { type AnyOperation, ErrorNumber, type Outcome, op } from '@zookit/jute'
import { ZooKeeperError } from '../errors.ts'
import { formatServer, type ServerAddress } from '../link/server-address.ts'
import type { RefusalReason } from '../requests/request.ts'

/** The number of connections in a row that a server may close over the same request for watches. */
export const MOST_CLOSED = 3

/**
 * The refusals of an addWatch by servers that do not know the operation: most answer and close the connection, some close
 * it without an answer. A caller that needs the watch requests it again on every connection. Without this class each watch
 * ends one connection of the whole session, and in the second case every connection.
 *
 * A server closes connections when it stops, too. So only those without an answer count on which an addWatch was the
 * oldest request, several times in a row.
 */
export class SilentRefusals {
  /** The server of the newest connection. */
  #server: ServerAddress | null = null
  #closed = 0
  /** The reason of the refusal on this connection; null while there is none. */
  #refusal: 'answer' | 'silence' | null = null
  #waiting = new AbortController()

  /** The signal for the addWatches that are made now: it refuses those that still wait when others are refused. */
  get waiting(): AbortSignal {
    return this.#waiting.signal
  }

  /** Notes that a connection has begun. */
  begin(server: ServerAddress): void {
    this.#server = server
    this.#refusal = null
  }

  /** Notes that a server has answered an addWatch: it does not close connections over it without an answer. */
  onAnswer(err: number): void {
    this.#closed = 0
    if (err === ErrorNumber.UNIMPLEMENTED) this.#refusal = 'answer'
  }

  /**
   * Evaluates an addWatch that a lost connection cut off; call it for the oldest one first. Those behind a refused one would
   * cost a connection each: they are refused with it.
   *
   * @returns the error for its caller.
   */
  judge(error: ZooKeeperError): ZooKeeperError {
    if (this.#refusal === null && error.olderUnanswered === 0 && ++this.#closed >= MOST_CLOSED)
      this.#refusal = 'silence'
    return this.#refusal === null ? error : this.#errorFor(this.#refusal, error.path, 'rejected')
  }

  /**
   * Refuses the addWatches that wait for the next connection, if this one has refused others: each one that is
   * sent would cost a connection. Call it when every one that was sent is judged.
   */
  refuseWaiting(): void {
    const refusal = this.#refusal
    if (refusal === null) return
    const waiting = this.#waiting
    this.#waiting = new AbortController()
    const reason: RefusalReason = path => this.#errorFor(refusal, path, 'not-sent')
    waiting.abort(reason)
  }

  #errorFor(refusal: 'answer' | 'silence', path: string | undefined, outcome: Outcome): ZooKeeperError {
    if (refusal === 'silence') return closedOver(op.addWatch, this.#server, path, outcome)
    return ZooKeeperError.fromNumber(ErrorNumber.UNIMPLEMENTED, {
      operation: op.addWatch.name,
      path,
      outcome,
    })
  }
}

/** Makes the error of a watch over which a server has closed the connection too often. */
export function closedOver(
  { name, since }: AnyOperation,
  server: ServerAddress | null,
  path: string | undefined,
  outcome: Outcome = 'rejected',
): ZooKeeperError {
  const where = server === null ? 'the server' : `the server ${formatServer(server)}`
  const what = `${where} closed the connection ${MOST_CLOSED} times in a row when it was asked for this watch`
  if (name === op.setWatches.name) {
    const message = `${what}: its jute.maxbuffer may be too small for a SetWatches. Read again, with a watch`
    return new ZooKeeperError('CONNECTION_LOSS', { message, operation: name, path })
  }
  const message = `${what}: it seems not to know ${name}, which ZooKeeper has since ${since}. Watch with reads (getData, exists, getChildren), or update the server`
  return new ZooKeeperError('UNIMPLEMENTED', { message, operation: name, path, outcome })
}
