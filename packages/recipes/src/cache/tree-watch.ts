import type { NodeEvent, ResyncReason, Watch, WatchListener, ZooKeeper } from '@zookit/client'
import { codeOf } from '../core/errors.ts'

/** Receives the events of a tree. */
export interface TreeWatchListener {
  onEvent(event: NodeEvent): void
  /** Called when changes may have been missed: everything must be read again. */
  onGap(reason: ResyncReason): void
  /** Called when the watch has ended, with an error or without. */
  onWatchEnded(error?: unknown): void
}

/** Number of events that may arrive in one read of the connection: a chunk of 64 KiB has far fewer. */
const BUFFER = 65_536

/** Clients whose servers have refused a persistent watch. Another try would cost the connection again. */
const withoutPersistentWatches = new WeakSet<ZooKeeper>()

/** Returns whether the client's servers are known to have no persistent watches: those before 3.6. */
export function lacksPersistentWatches(zk: ZooKeeper): boolean {
  return withoutPersistentWatches.has(zk)
}

/** Records what an error says of the server. @returns true if it says that there are no persistent watches. */
export function noteRefusal(zk: ZooKeeper, error: unknown): boolean {
  if (codeOf(error) !== 'UNIMPLEMENTED') return false
  withoutPersistentWatches.add(zk)
  return true
}

/** Watches a tree. It is set before anything that is read after its construction. */
export interface TreeWatch {
  /** The watch that each read must set; undefined if one watch covers all. */
  readonly watch: WatchListener | undefined
  close(): Promise<void>
}

/** One persistent or recursive watch for the whole tree. */
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
 * One-shot watches, set by each read. After `close` they stay at the server until they fire, but keep nothing alive
 * here.
 */
export class OneShotTreeWatch implements TreeWatch {
  readonly watch: WatchListener
  #listener: TreeWatchListener | null

  constructor(listener: TreeWatchListener) {
    this.#listener = listener
    this.watch = event => {
      // A watch is lost with its connection, after which everything is read again.
      if (event.type === 'lost') return
      if (event.type === 'removed') this.#listener?.onEvent({ type: 'changed', path: event.path, zxid: -1n })
      else this.#listener?.onEvent(event)
    }
  }

  async close(): Promise<void> {
    this.#listener = null
  }
}
