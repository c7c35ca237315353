import {
  AddWatchMode,
  type AddWatchRequest,
  type AnyOperation,
  ErrorNumber,
  op,
  WatcherType,
} from '@zookit/jute'
import { ZooKeeperError } from '../errors.ts'
import type { RequestLimits, SendOptions } from '../requests/request.ts'
import { PendingWatches } from './pending-watches.ts'
import { encodeSetWatches, type SetWatchesContent } from './set-watches.ts'
import { type WatchEvent, type Watcher, type WatchName, WatchRegistry } from './watch-registry.ts'

/** The kinds of watches to remove. `data` includes those that wait for a znode to be created. */
export type RemovableWatch = 'data' | 'children' | 'persistent' | 'recursive' | 'any'

/** Options of a request that leaves a watch. */
export interface WatchRequestOptions extends RequestLimits {
  /** The listener of the watch. */
  watcher: Watcher
  /** The path that errors name; by default the server's. */
  path?: string | undefined
}

/** Options of the removal of watches. */
export interface RemoveWatchesOptions extends RequestLimits {
  /** Removes the watches of this watcher only; by default those of every watcher on the path. */
  watcher?: Watcher | undefined
  /** Removes the watches here even if the server cannot be told. */
  local?: boolean | undefined
  /** The path that errors name; by default the server's. */
  path?: string | undefined
}

/** Sends a request: all that the watches need of a session. */
export type SendRequest = (
  operation: AnyOperation,
  body: unknown,
  path: string,
  options?: SendOptions,
) => Promise<unknown>

const NAMES: Record<RemovableWatch, readonly WatchName[]> = {
  data: ['data', 'exist'],
  children: ['child'],
  persistent: ['persistent'],
  recursive: ['recursive'],
  any: ['data', 'exist', 'child', 'persistent', 'recursive'],
}

/** The modes of addWatch, in the order in which a path's watches are added again: a recursive one must be the last. */
const MODES = [
  ['persistent', AddWatchMode.persistent],
  ['recursive', AddWatchMode.persistentRecursive],
] as const

const { NO_WATCHER } = ErrorNumber

/**
 * The watches of a session, and their one owner: it knows for every path and kind what requests under way ask of the
 * server (`#pending`), what the server holds as far as its replies tell, and who listens (both `#registry`: a listener is
 * registered when a reply tells that the server has its watch).
 *
 * Servers before 3.9.0 hold one mode for a path: whichever came last (ZOOKEEPER-4466). A recursive watch can stand in for
 * every other one, so it must be the last where there is one. That is why a one-shot watch is not set at the server under
 * a watch that covers it, and why a path's persistent and recursive watches are added again after another kind may have
 * taken their place.
 */
export class Watches {
  readonly #send: SendRequest
  readonly #registry: WatchRegistry
  readonly #pending = new PendingWatches()
  /**
   * Set by a watcher that has put an event into a queue whose consumer is still to take it. The replies that came in one
   * read with the event are held until that consumer has had a turn of the event loop.
   */
  isBehind = false
  /** The frames of SetWatches that the present connection has not answered, oldest first. */
  #unanswered: SetWatchesContent[] = []

  /**
   * @param send sends a request on the session.
   * @param call runs a watcher, and keeps its exception away from the other watchers.
   */
  constructor(send: SendRequest, call: (watcher: Watcher, event: WatchEvent) => void) {
    this.#send = send
    this.#registry = new WatchRegistry(call)
  }

  /** The number of watched paths, over all kinds. */
  get size(): number {
    return this.#registry.size
  }

  /** Tells whether a path has a watch of one of these kinds, of one watcher or of any. */
  has(names: readonly WatchName[], serverPath: string, watcher?: Watcher): boolean {
    return this.#registry.has(names, serverPath, watcher)
  }

  /** Sends exists, getData or getChildren with a one-shot watch. */
  read(operation: AnyOperation, serverPath: string, options: WatchRequestOptions): Promise<unknown> {
    const registry = this.#registry
    const kind = operation.watch!
    const watch = !registry.covers(kind, serverPath)
    return this.#ask(kind === 'child' ? 'child' : 'data', serverPath, options, done => {
      const onReply = (err: number): void => {
        done()
        const isSet = registry.addReplied(operation, err, serverPath, options.watcher)
        // A persistent or recursive watch was added meanwhile: this one may have taken its place at the server.
        if (isSet && watch && registry.covers(kind, serverPath)) this.#readd(serverPath)
      }
      return [operation, { path: serverPath, watch }, onReply]
    })
  }

  /** Adds a persistent or recursive watch. Its watcher gets `resync` after every lost connection. */
  add(serverPath: string, mode: number, options: WatchRequestOptions): Promise<unknown> {
    const name = mode === AddWatchMode.persistent ? 'persistent' : 'recursive'
    const body: AddWatchRequest = { path: serverPath, mode }
    return this.#ask(name, serverPath, options, done => {
      const onReply = (err: number): void => {
        done()
        if (err !== 0) return
        this.#registry.add(name, serverPath, options.watcher)
        if (name === 'persistent') this.#readd(serverPath, 'recursive')
      }
      return [op.addWatch, body, onReply]
    })
  }

  /**
   * Removes watches from a path. Their watchers get a last event, `removed`.
   *
   * The server holds one watch for all of this session's watchers of a kind, so it is told only when nothing that stays
   * here, or is being set, depends on what it holds (ZOOKEEPER-1910).
   *
   * @throws ZooKeeperError NO_WATCHER when there is no such watch.
   */
  async remove(serverPath: string, kind: RemovableWatch, options: RemoveWatchesOptions = {}): Promise<void> {
    const names = NAMES[kind]
    const { watcher, local, path = serverPath, signal, timeout } = options
    if (!this.has(names, serverPath, watcher)) {
      throw new ZooKeeperError('NO_WATCHER', { operation: 'removeWatches', path, outcome: 'not-sent' })
    }
    const type = this.#typeToRemove(serverPath, kind, watcher)
    if (type === null) {
      this.forget(names, serverPath, watcher)
      // A server before 3.9.0 had the recursive watch in the persistent one's place.
      if (kind === 'recursive' && !this.has(['recursive'], serverPath)) this.#readd(serverPath)
      return
    }
    const onReply = (err: number): void => {
      // Removed before anything else runs: a watch that a later request sets must not go with it.
      if (err === 0 || err === NO_WATCHER) this.forget(names, serverPath, watcher)
    }
    try {
      await this.#send(op.removeWatches, { path: serverPath, type }, path, { signal, timeout, onReply })
    } catch (error) {
      // The watch fired while the request was on its way: it is gone, as the caller asked.
      if (error instanceof ZooKeeperError && error.errno === NO_WATCHER) return
      if (!local) throw error
      this.forget(names, serverPath, watcher)
    }
  }

  /** Removes watches here, without telling the server, and tells their watchers. */
  forget(names: readonly WatchName[], serverPath: string, watcher?: Watcher): void {
    this.#registry.remove(names, serverPath, watcher)
  }

  /** Tells the watchers of an event. @returns false for an event type that this release does not know. */
  fire(type: number, serverPath: string, zxid: bigint): boolean {
    return this.#registry.fire(type, serverPath, zxid)
  }

  // ---- on a new connection -----------------------------------------------------------------------------------

  /** The number of SetWatches frames that the present connection has not answered. */
  get unanswered(): number {
    return this.#unanswered.length
  }

  /** Sets every watch on a new connection. All frames have one zxid: events of one must not hide those of another. */
  present(lastZxid: bigint, write: (frame: Buffer) => number): void {
    this.withdraw()
    if (this.size === 0) return
    encodeSetWatches(this.#registry, lastZxid, (frame, content) => {
      this.#unanswered.push(content)
      return write(frame)
    })
  }

  /** Awaits no answer any more: the connection is lost. */
  withdraw(): void {
    this.#unanswered = []
  }

  /** Handles the answer to the oldest SetWatches. One-shot watches that stand again need no event. */
  onAnswer(err: number): void {
    const content = this.#unanswered.shift()
    if (!content) {
      throw new ZooKeeperError('CONNECTION_LOSS', {
        message: 'the server answered a SetWatches that was not sent',
      })
    }
    const { pieces, lasting } = content
    if (err !== 0) {
      const { name } = lasting ? op.setWatches2 : op.setWatches
      this.#registry.refused(pieces, ZooKeeperError.fromNumber(err, { operation: name }))
    } else if (lasting) {
      this.#registry.restored(pieces)
    }
  }

  /** Tells every watcher that its watch is lost. */
  loseAll(error: ZooKeeperError): void {
    this.#registry.loseAll(error)
  }

  // ---- what is asked of the server ---------------------------------------------------------------------------

  /** Sends a request that may set a watch. `done` ends its time as a pending watch; without a reply it ends here. */
  #ask(
    name: WatchName,
    serverPath: string,
    { path = serverPath, signal, timeout }: WatchRequestOptions,
    make: (done: () => void) => [AnyOperation, body: unknown, onReply: (err: number) => void],
  ): Promise<unknown> {
    const done = this.#pending.add(name, serverPath)
    const [operation, body, onReply] = make(done)
    const sent = this.#send(operation, body, path, { signal, timeout, onReply })
    sent.catch(done)
    return sent
  }

  /** Adds a path's persistent and recursive watches at the server again, and tells their watchers of the gap. */
  #readd(serverPath: string, only?: 'persistent' | 'recursive'): void {
    for (const [name, mode] of MODES) {
      if ((only !== undefined && name !== only) || !this.has([name], serverPath)) continue
      const onReply = (err: number): void => {
        if (err === 0) this.#registry.resync(name, [serverPath])
      }
      // A lost connection is no failure: every watch is set again on the next one.
      const body = { path: serverPath, mode }
      this.#send(op.addWatch, body, serverPath, { onReply }).catch(() => {})
    }
  }

  /** Returns the type of watch that the server is to remove; null if something that stays needs what it holds. */
  #typeToRemove(path: string, kind: RemovableWatch, watcher: Watcher | undefined): number | null {
    const removed = NAMES[kind]
    if (watcher !== undefined) {
      if (this.#registry.hasBesides(removed, path, watcher) || this.#pending.has(removed, path)) return null
    }
    const stays = (names: readonly WatchName[]): boolean =>
      this.has(names, path) || this.#pending.has(names, path)
    if (!stays(NAMES.any.filter(name => !removed.includes(name)))) return WatcherType.any
    if (stays(['persistent', 'recursive'])) return null
    return kind === 'data' ? WatcherType.data : kind === 'children' ? WatcherType.children : null
  }
}
