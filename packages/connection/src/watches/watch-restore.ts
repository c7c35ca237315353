import { op } from '@zookit/jute'
import { ZooKeeperError } from '../errors.ts'
import type { ServerAddress } from '../link/server-address.ts'
import type { ServerWatches } from './server-watches.ts'
import { encodeSetWatches, type SetWatchesContent } from './set-watches.ts'
import { closedOver, MOST_CLOSED } from './silent-refusals.ts'
import { LASTING } from './watch-options.ts'
import type { WatchRegistry } from './watch-registry.ts'

/** The setting of all watches on a new connection: the frames of SetWatches, their answers, and what comes of them. */
export class WatchRestore {
  readonly #registry: WatchRegistry
  readonly #server: ServerWatches
  /** The frames that the present connection has not answered, oldest first. */
  #unanswered: SetWatchesContent[] = []
  #answered = 0
  /** The place of the frame over which a server has closed the newest connections, and the number of those in a row. */
  #deadlyPlace = -1
  #closed = 0
  /** True from `begin` until the connection is lost. */
  isPresented = false

  constructor(registry: WatchRegistry, server: ServerWatches) {
    this.#registry = registry
    this.#server = server
  }

  /** The number of frames that the present connection has not answered. */
  get unanswered(): number {
    return this.#unanswered.length
  }

  /** True while every watch was set again on the present connection: replies and events tell what the server holds. */
  get isStanding(): boolean {
    return this.isPresented && this.#unanswered.length === 0
  }

  /** Sets every watch on a new connection. All frames have one zxid: events of one must not hide those of another. */
  begin(lastZxid: bigint, write: (frame: Buffer) => number): void {
    this.isPresented = true
    if (this.#registry.size === 0) return this.#server.closeHoles()
    const emit = (frame: Buffer, content: SetWatchesContent): number => {
      this.#unanswered.push(content)
      return write(frame)
    }
    // Those that no server has held for a while ask for changes since then. Before 3.9.0 lasting ones must come after them.
    for (const [watches, since] of this.#server.holes()) encodeSetWatches(watches, since, emit)
    encodeSetWatches(this.#server.allButHoles(), lastZxid, emit)
  }

  /** Awaits no answer any more: the connection is lost. */
  end(): void {
    this.#unanswered = []
    this.#answered = 0
    this.isPresented = false
  }

  /** Handles the answer to the oldest SetWatches. @returns true if it was the last one. */
  onAnswer(err: number): boolean {
    const content = this.#unanswered.shift()
    if (!content) {
      throw new ZooKeeperError('CONNECTION_LOSS', {
        message: 'the server answered a SetWatches that was not sent',
      })
    }
    this.#answered++
    const { pieces, lasting } = content
    if (err !== 0) {
      const { name } = lasting ? op.setWatches2 : op.setWatches
      for (const [kind, paths] of pieces) this.#server.onRefused(kind, paths)
      const error = ZooKeeperError.fromNumber(err, { operation: name })
      this.#registry.refused(pieces, () => error)
    } else if (lasting) {
      this.#registry.restored(pieces)
    }
    // A watcher may have left the connection, and the frames behind this one with it.
    if (!this.isStanding) return false
    this.#closed = 0
    this.#server.closeHoles()
    return true
  }

  /**
   * Handles a connection that the server has closed while the oldest SetWatches was the oldest of all without an answer.
   * When that has happened to it several times in a row, its watches are lost: every connection would end like this. Of a
   * SetWatches2 these are the lasting ones, without which it is one that all servers know.
   */
  onClosed(server: ServerAddress): void {
    const [content] = this.#unanswered
    if (content === undefined) return
    this.#closed = this.#deadlyPlace === this.#answered ? this.#closed + 1 : 1
    this.#deadlyPlace = this.#answered
    if (this.#closed < MOST_CLOSED) return
    this.#closed = 0
    const { pieces, lasting } = content
    const operation = lasting ? op.setWatches2 : op.setWatches
    const lost = lasting ? pieces.filter(([name]) => LASTING.includes(name)) : pieces
    this.#registry.refused(lost, path => closedOver(operation, server, path))
  }
}
