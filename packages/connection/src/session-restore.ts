import { op } from '@zookit/jute'
import type { Credentials } from './auth/credentials.ts'
import { ZooKeeperError } from './errors.ts'
import { type Rearmed, rearm } from './watches/set-watches.ts'
import type { WatchRegistry } from './watches/watch-registry.ts'

/**
 * What a new connection has to go through before requests may use it: the credentials, in the order in which
 * they were added, then the watches. Both are answered before `done`.
 */
export class Restoration {
  readonly #credentials: Credentials
  readonly #watches: WatchRegistry
  readonly #done: () => void
  /** The watches that the server has not answered, frame by frame, oldest first. */
  readonly #rearmed: Rearmed[] = []

  constructor(credentials: Credentials, watches: WatchRegistry, done: () => void) {
    this.#credentials = credentials
    this.#watches = watches
    this.#done = done
  }

  /** Sends everything. All frames carry one zxid: events of the first must not hide what the others missed. */
  begin(lastZxid: bigint, write: (frame: Buffer) => number): void {
    this.#credentials.present(write)
    if (this.#watches.size > 0) {
      rearm(this.#watches, lastZxid, (frame, rearmed) => {
        this.#rearmed.push(rearmed)
        return write(frame)
      })
    }
    this.#check()
  }

  onAuthAccepted(): void {
    this.#credentials.accepted()
    this.#check()
  }

  /** Answers come in the order in which the frames were sent. One-shot watches that stand again need no word. */
  onWatchesAnswered(err: number): void {
    const rearmed = this.#rearmed.shift()
    if (!rearmed) throw new ZooKeeperError('CONNECTION_LOSS', { message: 'an answer to no SetWatches' })
    if (err !== 0) this.#refused(rearmed, err)
    else if (rearmed.lasting) this.#watches.restored(rearmed.pieces)
    this.#check()
  }

  #refused({ pieces, lasting }: Rearmed, err: number): void {
    const { name } = lasting ? op.setWatches2 : op.setWatches
    this.#watches.refused(pieces, ZooKeeperError.fromNumber(err, { operation: name }))
  }

  #check(): void {
    if (this.#rearmed.length === 0 && this.#credentials.unanswered === 0) this.#done()
  }
}
