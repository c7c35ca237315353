import { type SetWatches2, Xid } from '@zookit/jute'
import { type Credentials, encodeControl } from './credentials.ts'
import { ZooKeeperError } from './errors.ts'
import { rearmOperation, type WatchRegistry } from './watch-registry.ts'

/**
 * What a new connection has to go through before requests may use it: the credentials, in the order in which
 * they were added, then the watches. Both are answered before `done`.
 */
export class Restoration {
  readonly #credentials: Credentials
  readonly #watches: WatchRegistry
  readonly #done: () => void
  /** The chunks of watches that the server has not answered, oldest first. */
  #chunks: SetWatches2[] = []

  constructor(credentials: Credentials, watches: WatchRegistry, done: () => void) {
    this.#credentials = credentials
    this.#watches = watches
    this.#done = done
  }

  /** Sends everything. All chunks carry one zxid: events of the first must not hide what the others missed. */
  begin(lastZxid: bigint, write: (frame: Buffer) => void): void {
    this.#credentials.present(write)
    this.#chunks = this.#watches.chunks(lastZxid)
    for (const chunk of this.#chunks) write(encodeControl(Xid.setWatches, rearmOperation(chunk), chunk))
    this.#check()
  }

  onAuthAccepted(): void {
    this.#credentials.accepted()
    this.#check()
  }

  /** Answers come in the order in which the chunks were sent. */
  onWatchesAnswered(err: number): void {
    const chunk = this.#chunks.shift()
    if (!chunk) throw new ZooKeeperError('CONNECTION_LOSS', { message: 'an answer to no SetWatches' })
    if (err === 0) this.#watches.restored(chunk)
    else
      this.#watches.refused(chunk, ZooKeeperError.fromNumber(err, { operation: rearmOperation(chunk).name }))
    this.#check()
  }

  #check(): void {
    if (this.#chunks.length === 0 && this.#credentials.unanswered === 0) this.#done()
  }
}
