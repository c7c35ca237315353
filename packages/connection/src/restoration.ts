import { op } from '@zookit/jute'
import type { Credentials } from './credentials.ts'
import { ZooKeeperError } from './errors.ts'
import { armsLasting, rearm, watchesOf } from './rearm.ts'
import type { WatchRegistry } from './watch-registry.ts'

/**
 * What a new connection has to go through before requests may use it: the credentials, in the order in which
 * they were added, then the watches. Both are answered before `done`.
 */
export class Restoration {
  readonly #credentials: Credentials
  readonly #watches: WatchRegistry
  readonly #done: () => void
  /** The frames of watches that the server has not answered, oldest first. */
  readonly #frames: Buffer[] = []

  constructor(credentials: Credentials, watches: WatchRegistry, done: () => void) {
    this.#credentials = credentials
    this.#watches = watches
    this.#done = done
  }

  /** Sends everything. All frames carry one zxid: events of the first must not hide what the others missed. */
  begin(lastZxid: bigint, write: (frame: Buffer) => void): void {
    this.#credentials.present(write)
    rearm(this.#watches, lastZxid, frame => {
      this.#frames.push(frame)
      write(frame)
    })
    this.#check()
  }

  onAuthAccepted(): void {
    this.#credentials.accepted()
    this.#check()
  }

  /** Answers come in the order in which the frames were sent. One-shot watches that stand again need no word. */
  onWatchesAnswered(err: number): void {
    const frame = this.#frames.shift()
    if (!frame) throw new ZooKeeperError('CONNECTION_LOSS', { message: 'an answer to no SetWatches' })
    if (err !== 0) this.#refused(frame, err)
    else if (armsLasting(frame)) this.#watches.restored(watchesOf(frame))
    this.#check()
  }

  #refused(frame: Buffer, err: number): void {
    const { name } = armsLasting(frame) ? op.setWatches2 : op.setWatches
    this.#watches.refused(watchesOf(frame), ZooKeeperError.fromNumber(err, { operation: name }))
  }

  #check(): void {
    if (this.#frames.length === 0 && this.#credentials.unanswered === 0) this.#done()
  }
}
