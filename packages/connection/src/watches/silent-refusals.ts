import { type AnyOperation, op } from '@zookit/jute'
import { ZooKeeperError } from '../errors.ts'
import { formatServer, type ServerAddress } from '../server-address.ts'

/** The number of connections in a row that a server may close over the same request for watches. */
export const PATIENCE = 3

/**
 * The refusals of an addWatch by servers that close the connection over an operation which they do not know, without an
 * answer. Whoever wants the watch asks for it on every connection, and would take each of them from the whole session.
 *
 * A server closes connections when it stops, too. So only those count on which an addWatch was the oldest request without
 * an answer, several times in a row.
 */
export class SilentRefusals {
  /** The server of the newest connection. */
  server: ServerAddress | null = null
  #closed = 0
  #isRefused = false

  /** A connection has begun. */
  begin(server: ServerAddress): void {
    this.server = server
    this.#isRefused = false
  }

  /** A server has answered an addWatch, with whatever: it knows the operation. */
  onAnswer(): void {
    this.#closed = 0
  }

  /**
   * Judges an addWatch that a lost connection cut off; call it for the oldest one first. Those behind a refused one would
   * cost a connection each: they are refused with it.
   *
   * @returns the error for its caller.
   */
  judge(error: ZooKeeperError): ZooKeeperError {
    if (error.olderUnanswered === 0) this.#isRefused = ++this.#closed >= PATIENCE
    return this.#isRefused ? closedOver(op.addWatch, this.server, error.path) : error
  }
}

/** Makes the error of a watch over which a server has closed the connection too often. */
export function closedOver(
  { name, since }: AnyOperation,
  server: ServerAddress | null,
  path: string | undefined,
): ZooKeeperError {
  const where = server === null ? 'the server' : `the server ${formatServer(server)}`
  const what = `${where} closed the connection ${PATIENCE} times in a row when it was asked for this watch`
  if (name === op.setWatches.name) {
    const message = `${what}: its jute.maxbuffer may be too small for a SetWatches. Read again, with a watch`
    return new ZooKeeperError('CONNECTION_LOSS', { message, operation: name, path })
  }
  const message = `${what}: it seems not to know ${name}, which ZooKeeper has since ${since}. Watch with reads (getData, exists, getChildren), or update the server`
  return new ZooKeeperError('UNIMPLEMENTED', { message, operation: name, path, outcome: 'rejected' })
}
