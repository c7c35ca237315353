import type { NodeEvent, ResyncReason, Watch, WatchListener, ZooKeeper } from '@zookit/client'
import { codeOf } from '../core/errors.ts'

/** Who is told of what happens in a tree. */
export interface TreeWatchListener {
  onEvent(event: NodeEvent): void
  /** Changes may have gone unseen: everything is to be read again. */
  onGap(reason: ResyncReason): void
  /** The watch is gone, with an error or without one. */
  onWatchEnded(error?: unknown): void
}

/** How many events may come in one read of the connection: a chunk of 64 KiB has far fewer. */
const BUFFER = 65_536

/** Clients whose servers have refused a lasting watch: to ask again would cost the connection again. */
const withoutPersistentWatches = new WeakSet<ZooKeeper>()

/** Whether the client's servers are known to have no lasting watches: those before 3.6. */
export function lacksPersistentWatches(zk: ZooKeeper): boolean {
  return withoutPersistentWatches.has(zk)
}

/** Takes an error for what it says of the server. @returns whether it says that there are no lasting watches. */
export function noteRefusal(zk: ZooKeeper, error: unknown): boolean {
  if (codeOf(error) !== 'UNIMPLEMENTED') return false
  withoutPersistentWatches.add(zk)
  return true
}

/** What sees the changes of a tree. It is there before whatever is read after it was made. */
export interface TreeWatch {
  /** What reads leave at the nodes that they read; undefined where one watch sees all. */
  readonly watch: WatchListener | undefined
  close(): Promise<void>
}

/** One watch for all, which stays. */
export class PersistentTreeWatch implements TreeWatch {
  readonly watch: undefined
  readonly #watch: Watch
  readonly #listener: TreeWatchListener
  #closed = false

  constructor(zk: ZooKeeper, path: string, recursive: boolean, listener: TreeWatchListener) {
    this.#watch = zk.watch(path, { recursive, buffer: BUFFER })
    this.#listener = listener
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
        if (event.type === 'resync') this.#listener.onGap(event.reason)
        else this.#listener.onEvent(event)
      }
      if (!this.#closed) this.#listener.onWatchEnded()
    } catch (error) {
      if (!this.#closed) this.#listener.onWatchEnded(error)
    }
  }
}

/**
 * Watches that fire once, left by each read. Those that are left when it is closed stay at the server until they fire,
 * and hold on to nothing here.
 */
export class OneShotTreeWatch implements TreeWatch {
  readonly watch: WatchListener
  #listener: TreeWatchListener | null

  constructor(listener: TreeWatchListener) {
    this.#listener = listener
    this.watch = event => {
      // A lost watch comes with a lost connection, after which everything is read again.
      if (event.type === 'lost') return
      if (event.type === 'removed') this.#listener?.onEvent({ type: 'changed', path: event.path, zxid: -1n })
      else this.#listener?.onEvent(event)
    }
  }

  async close(): Promise<void> {
    this.#listener = null
  }
}
