import type { NodeEvent, ResyncReason, Watch, WatchListener, ZooKeeper } from '@zookit/client'
import { codeOf } from '../core/errors.ts'
import { perClient } from '../core/per-client.ts'

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

/** The knowledge about the servers of one client: whether they have persistent watches (since 3.6). */
class WatchSupport {
  /** The number of connections so far. */
  #connections = 0
  /** The connection on which a server has refused a persistent watch; undefined if none has. */
  #refusedAt: number | undefined
  /** Watches that no server has accepted yet. */
  readonly pending = new Set<PersistentTreeWatch>()

  constructor(zk: ZooKeeper) {
    zk.on('state', state => {
      if (state === 'connected' || state === 'read-only') this.#connections++
    })
  }

  /**
   * Says whether a persistent watch would be refused.
   *
   * A server before 3.6 closes the connection over the request. So the refusal counts for the connection after that one, too;
   * on a later one the client may have found another server, or the same one after an upgrade: it is asked again.
   */
  get isRefused(): boolean {
    return this.#refusedAt !== undefined && this.#connections <= this.#refusedAt + 1
  }

  /** Notes a refusal. Watches that are still to be answered would cost a connection each: they are ended with it. */
  refuse(error: unknown): void {
    // Also where it was refused before: a request that waited may cost the next connection, too.
    this.#refusedAt = this.#connections
    const pending = [...this.pending]
    this.pending.clear()
    for (const watch of pending) watch.refuse(error)
  }
}

const supportOf = perClient(zk => new WatchSupport(zk))

/** Says whether the server that the client is connected to is known to have no persistent watches. */
export function lacksPersistentWatches(zk: ZooKeeper): boolean {
  return supportOf(zk).isRefused
}

/** Takes an error for what it says of the server. @returns whether it says that there are no persistent watches. */
export function noteRefusal(zk: ZooKeeper, error: unknown): boolean {
  if (codeOf(error) !== 'UNIMPLEMENTED') return false
  supportOf(zk).refuse(error)
  return true
}

/** Watches a tree. It is set before anything that is read after its construction. */
export interface TreeWatch {
  /** The watch that each read must set; undefined if one watch covers all. */
  readonly watch: WatchListener | undefined
  /** True while an event has come that the listener has not been told of. */
  readonly isBehind: boolean
  close(): Promise<void>
}

/** One persistent or recursive watch for the whole tree. */
export class PersistentTreeWatch implements TreeWatch {
  readonly watch: undefined
  readonly #watch: Watch
  readonly #listener: TreeWatchListener
  readonly #pending: Set<PersistentTreeWatch>
  #closed = false

  constructor(zk: ZooKeeper, path: string, recursive: boolean, listener: TreeWatchListener) {
    this.#watch = zk.watch(path, { recursive, buffer: BUFFER })
    this.#listener = listener
    this.#pending = supportOf(zk).pending
    this.#pending.add(this)
    const answered = (): void => void this.#pending.delete(this)
    this.#watch.ready.then(answered, answered)
    void this.#follow()
  }

  get isBehind(): boolean {
    return this.#watch.isBehind
  }

  /** Ends it with another watch's refusal. */
  refuse(error: unknown): void {
    if (this.#closed) return
    void this.close()
    this.#listener.onWatchEnded(error)
  }

  close(): Promise<void> {
    this.#closed = true
    this.#pending.delete(this)
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
  /** The events are told as they come. */
  readonly isBehind = false
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
