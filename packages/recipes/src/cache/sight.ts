import type { NodeEvent, ResyncReason, Watch, WatchListener, ZooKeeper } from '@zookit/client'
import { codeOf } from '../core/errors.ts'

/** Who is told of what happens in a tree. */
export interface Onlooker {
  onEvent(event: NodeEvent): void
  /** Changes may have gone unseen: everything is to be read again. */
  onGap(reason: ResyncReason): void
  /** The watch is gone, with an error or without one. */
  onBlind(error?: unknown): void
}

/** How many events may come in one read of the connection: a chunk of 64 KiB has far fewer. */
const BUFFER = 65_536

/** Clients whose servers have refused a lasting watch: to ask again would cost the connection again. */
const shortSighted = new WeakSet<ZooKeeper>()

/** Whether the client's servers are known to have no lasting watches: those before 3.6. */
export function isShortSighted(zk: ZooKeeper): boolean {
  return shortSighted.has(zk)
}

/** Takes an error for what it says of the server. @returns whether it says that there are no lasting watches. */
export function noteRefusal(zk: ZooKeeper, error: unknown): boolean {
  if (codeOf(error) !== 'UNIMPLEMENTED') return false
  shortSighted.add(zk)
  return true
}

/** What sees the changes of a tree. It is there before whatever is read after it was made. */
export interface Sight {
  /** What reads leave at the nodes that they read; undefined where one watch sees all. */
  readonly watch: WatchListener | undefined
  close(): Promise<void>
}

/** One watch for all, which stays. */
export class LastingSight implements Sight {
  readonly watch: undefined
  readonly #watch: Watch
  readonly #onlooker: Onlooker
  #closed = false

  constructor(zk: ZooKeeper, path: string, recursive: boolean, onlooker: Onlooker) {
    this.#watch = zk.watch(path, { recursive, buffer: BUFFER })
    this.#onlooker = onlooker
    void this.#follow()
  }

  close(): Promise<void> {
    this.#closed = true
    return this.#watch.close()
  }

  async #follow(): Promise<void> {
    try {
      for await (const event of this.#watch) {
        if (this.#closed) return
        if (event.type === 'resync') this.#onlooker.onGap(event.reason)
        else this.#onlooker.onEvent(event)
      }
      if (!this.#closed) this.#onlooker.onBlind()
    } catch (error) {
      if (!this.#closed) this.#onlooker.onBlind(error)
    }
  }
}

/**
 * Watches that fire once, left by each read. Those that are left when it is closed stay at the server until they fire,
 * and hold on to nothing here.
 */
export class OneShotSight implements Sight {
  readonly watch: WatchListener
  #onlooker: Onlooker | null

  constructor(onlooker: Onlooker) {
    this.#onlooker = onlooker
    this.watch = event => {
      // A lost watch comes with a lost connection, after which everything is read again.
      if (event.type === 'lost') return
      if (event.type === 'removed') this.#onlooker?.onEvent({ type: 'changed', path: event.path, zxid: -1n })
      else this.#onlooker?.onEvent(event)
    }
  }

  async close(): Promise<void> {
    this.#onlooker = null
  }
}
