import {
  AddWatchMode,
  type AddWatchRequest,
  type AnyOperation,
  ErrorNumber,
  op,
  WatcherType,
} from '@zookit/jute'
import { checkRemoval, watchFault } from '../arguments/watch-checks.ts'
import { watchEventChannel } from '../diagnostics.ts'
import { ZooKeeperError } from '../errors.ts'
import type { ServerAddress } from '../link/server-address.ts'
import type { WatchTraces } from '../observe/watch-traces.ts'
import type { RequestLimits } from '../requests/request.ts'
import { type PendingChange, PendingWatches } from './pending-watches.ts'
import type { RestingPaths } from './resting-paths.ts'
import { type Hole, KIND_OF, ServerWatches } from './server-watches.ts'
import { SilentRefusals } from './silent-refusals.ts'
import {
  LASTING,
  NAMES,
  ONE_SHOT,
  type RemovableWatch,
  type RemoveWatchesOptions,
  type SendRequest,
  TYPE_OF,
  type WatchRequestOptions,
} from './watch-options.ts'
import { setBy, type WatchEvent, type Watcher, type WatchName, WatchRegistry } from './watch-registry.ts'
import { WatchRestore } from './watch-restore.ts'

const MODE_OF = { persistent: AddWatchMode.persistent, recursive: AddWatchMode.persistentRecursive } as const
const { NO_WATCHER, MARSHALLING_ERROR, THROTTLED_OP } = ErrorNumber

/** Handles the reply to a change. `hasFailed`: the caller is told of an error of the client's own, so it has no watch. */
type OnChanged = (err: number, hasFailed: boolean) => void

/** A request that changes watches, what its reply means, and whether it waits for room in a full queue in any case. */
type Change = readonly [operation: AnyOperation, body: unknown, onChanged: OnChanged, mustWait?: boolean]

/**
 * The watches of a session, and their one owner: it knows for every path and kind what requests under way ask of the
 * server (`#pending`), what the server holds as far as its replies and events tell (`#server`), and who listens
 * (`#registry`: a listener is registered when a reply tells that the server has its watch).
 *
 * After every answer, abort, timeout, removal, refusal and reconnect, what the server holds for the path is compared with
 * what is listened to; when no request under way may change it any more, `#settle` sends what is due. Lasting watches are
 * added or removed. One-shot ones are set by a SetWatches, which tells of the changes since the listener's read: none is
 * missed.
 *
 * Servers before 3.9.0 hold one mode for a path: whichever came last (ZOOKEEPER-4466). A recursive watch can stand in for
 * every other one, so it must be the last where there is one. That is why a one-shot watch is not set at the server under
 * a watch that covers it.
 */
export class Watches {
  readonly #registry: WatchRegistry
  readonly #server: ServerWatches
  /**
   * Set by a watcher that has put an event into a queue whose consumer is still to take it. The replies that came in one
   * read with the event are held until that consumer has had a turn of the event loop.
   */
  isBehind = false
  readonly #traces: WatchTraces
  readonly #send: SendRequest
  readonly #pending = new PendingWatches()
  readonly #restore: WatchRestore
  readonly #hasRecursive = (path: string): boolean => this.#server.hasRecursiveOnly(path)
  readonly #refusals = new SilentRefusals()
  /** Paths that may need a correction when the present connection has answered every SetWatches. */
  readonly #unsettled = new Set<string>()
  /** Ends the corrections that were asked for on the present connection; null while there are none. */
  #corrections: AbortController | null = null
  readonly #resting: RestingPaths
  /** Requests that were given up after they were sent, whose replies are still to come on the present connection. */
  readonly #givenUp = new Set<() => void>()

  /**
   * @param send sends a request on the session.
   * @param call runs a watcher, and keeps its exception away from the other watchers.
   * @param lastZxid returns the zxid of the newest reply.
   * @param traces publishes what happens to the watches.
   */
  constructor(
    send: SendRequest,
    call: (watcher: Watcher, event: WatchEvent) => void,
    lastZxid: () => bigint,
    traces: WatchTraces,
    resting: RestingPaths,
  ) {
    this.#traces = traces
    this.#resting = resting
    this.#send = send
    this.#registry = new WatchRegistry(call)
    this.#server = new ServerWatches(this.#registry, lastZxid)
    this.#restore = new WatchRestore(this.#registry, this.#server)
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
    const fault = watchFault(operation, serverPath, options)
    if (fault !== null) return Promise.reject(fault)
    const kind = operation.watch === 'child' ? 'child' : 'data'
    const watch = !this.#covers(kind, serverPath)
    const onChanged: OnChanged = (err, hasFailed) => {
      const name = setBy(operation, err)
      if (name === null) return
      if (watch) this.#server.onSet(name, serverPath)
      else this.#server.fix(serverPath)
      if (!hasFailed) this.#registry.add(name, serverPath, options.watcher)
      this.#server.judge(serverPath)
    }
    return this.#ask(kind, serverPath, options, [operation, { path: serverPath, watch }, onChanged])
  }

  /** Adds a persistent or recursive watch. Its watcher gets `resync` after every lost connection. */
  add(serverPath: string, mode: number, options: WatchRequestOptions): Promise<unknown> {
    const fault = watchFault(mode, serverPath, options)
    if (fault !== null) return Promise.reject(fault)
    const name = mode === AddWatchMode.persistent ? 'persistent' : 'recursive'
    const body: AddWatchRequest = { path: serverPath, mode }
    const onChanged: OnChanged = (err, hasFailed) => {
      if (err !== 0) return
      this.#server.onSet(name, serverPath)
      if (!hasFailed) this.#registry.add(name, serverPath, options.watcher)
      this.#server.judge(serverPath)
      if (!hasFailed) options.onSet?.()
    }
    return this.#ask(name, serverPath, options, [op.addWatch, body, onChanged])
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
    checkRemoval(serverPath, kind, options)
    const names = NAMES[kind]
    const { watcher, local, path = serverPath, signal, timeout } = options
    if (!this.has(names, serverPath, watcher)) {
      throw new ZooKeeperError('NO_WATCHER', { operation: 'removeWatches', path, outcome: 'not-sent' })
    }
    const type = this.#typeToRemove(serverPath, kind, watcher)
    if (type === null) return this.forget(names, serverPath, watcher)
    // Removed before anything else runs: a watch that a later request sets must not go with it.
    const onChanged: OnChanged = err => {
      const isUnknown = this.#isUnknownType(err, type)
      if (!isUnknown && err !== 0 && err !== NO_WATCHER) return
      if (isUnknown) this.#server.fix(serverPath)
      else this.#server.onRemoved(type, serverPath)
      this.#registry.remove(names, serverPath, watcher)
      this.#server.judge(serverPath)
    }
    const limits = { signal, timeout, path }
    try {
      await this.#ask('removal', serverPath, limits, [
        op.removeWatches,
        { path: serverPath, type },
        onChanged,
      ])
    } catch (error) {
      // The watch fired while the request was on its way: it is gone, as the caller asked.
      const errno = ZooKeeperError.is(error) ? error.errno : null
      if (errno === NO_WATCHER || (errno === MARSHALLING_ERROR && type > WatcherType.any)) return
      if (!local) throw error
      this.forget(names, serverPath, watcher)
    }
  }

  /** Removes watches here, tells their watchers, and has the server remove what nobody listens to any more. */
  forget(names: readonly WatchName[], serverPath: string, watcher?: Watcher): void {
    this.#server.fix(serverPath)
    this.#registry.remove(names, serverPath, watcher)
    this.#server.judge(serverPath)
    this.#settle(serverPath)
  }

  /** Tells the watchers of an event. @returns false for an event type that this release does not know. */
  fire(type: number, serverPath: string, zxid: bigint): boolean {
    if (watchEventChannel.hasSubscribers) this.#traces.fired(type, serverPath, zxid)
    const server = this.#server
    if (server.coexist === null) {
      if (zxid > 0n) server.coexist = true
      else if (this.#restore.isStanding && !server.isClosing) server.coexist = false
    }
    server.onEvent(type, serverPath, zxid)
    return this.#registry.fire(type, serverPath, zxid, this.#hasRecursive)
  }

  // ---- on a new connection -----------------------------------------------------------------------------------

  /** The number of SetWatches frames that the present connection has not answered. */
  get unanswered(): number {
    return this.#restore.unanswered
  }

  /** Sets every watch on a new connection to a server. */
  present(server: ServerAddress, lastZxid: bigint, write: (frame: Buffer) => number): void {
    this.withdraw()
    this.#traces.presented()
    this.#refusals.begin(server)
    this.#restore.begin(lastZxid, write)
  }

  /** Handles a connection that the server has closed, with every credential answered. Call it before `withdraw`. */
  onClosed(server: ServerAddress): void {
    this.#restore.onClosed(server)
  }

  /** Handles a lost connection, when the requests that it took with it are rejected. */
  onLost(): void {
    this.#refusals.refuseWaiting()
  }

  /** Awaits no answer any more: the connection is lost. */
  withdraw(): void {
    this.#restore.end()
    this.#unsettled.clear()
    this.#server.forget()
    for (const done of this.#givenUp) done()
    this.#givenUp.clear()
    this.#resting.clear()
    this.#corrections?.abort()
    this.#corrections = null
  }

  /** Handles the answer to the oldest SetWatches. One-shot watches that stand again need no event. */
  onAnswer(err: number): void {
    if (!this.#restore.onAnswer(err)) return
    this.#traces.restored(this.size)
    for (const path of [...this.#unsettled]) this.#settle(path)
    this.#unsettled.clear()
  }

  /** Tells every watcher that its watch is lost. */
  loseAll(error: ZooKeeperError): void {
    this.#server.forget()
    this.#server.closeHoles()
    this.#registry.loseAll(error)
  }

  // ---- what is asked of the server ---------------------------------------------------------------------------

  /**
   * Tells whether a persistent or recursive watch gets every event that a one-shot one would, by the time that a read
   * which is sent now reaches the server.
   */
  #covers(kind: 'data' | 'child', path: string): boolean {
    const names: readonly WatchName[] = kind === 'child' ? ['persistent'] : LASTING
    const isBusy = this.#pending.isBusy(path)
    if (isBusy && this.#pending.has(['removal'], path)) return false
    if (this.#registry.hasLasting && this.has(names, path)) return true
    return isBusy && this.#pending.has(names, path)
  }

  /** Sends a request that may change what the server holds for a path, and settles the path after it. */
  #ask(
    change: PendingChange,
    serverPath: string,
    { path = serverPath, signal, timeout }: RequestLimits & { path?: string | undefined },
    [operation, body, onChanged, mustWait = false]: Change,
  ): Promise<unknown> {
    const done = this.#pending.add(change, serverPath)
    let isAnswered = false
    const isAdd = operation === op.addWatch
    const onReply: OnChanged = (err, hasFailed) => {
      isAnswered = true
      if (isAdd) this.#refusals.onAnswer(err)
      done()
      this.#givenUp.delete(done)
      onChanged(err, hasFailed)
      this.#settle(serverPath)
    }
    const onLost = isAdd ? (error: ZooKeeperError) => this.#refusals.judge(error) : undefined
    const refusal = isAdd ? this.#refusals.waiting : undefined
    const sent = this.#send(operation, body, path, { signal, timeout, onReply, onLost, refusal, mustWait })
    sent.catch((error: unknown) => {
      if (isAnswered) return
      const isSent = ZooKeeperError.is(error) && error.outcome === 'unknown'
      // A request that was given up may still change the server's watches: its reply will tell.
      if (isSent && this.#restore.isPresented) this.#givenUp.add(done)
      else {
        done()
        // A correction that could not be made is not tried again at once: the session is closed, or will be restored.
        if (!mustWait) this.#settle(serverPath)
      }
    })
    return sent
  }

  /** Sends what is due for a path: nothing while a request under way may change what the server holds for it. */
  #settle(path: string): void {
    if (!this.#restore.isStanding) {
      if (this.#restore.isPresented) this.#unsettled.add(path)
      return
    }
    if (this.#pending.isBusy(path) || this.#resting.has(path)) return
    const correction = this.#server.correction(path)
    if (correction !== null && 'remove' in correction) return this.#removeSurplus(path, correction.remove)
    // Before 3.9.0 a one-shot watch takes a lasting one's place, so the latter is added after it.
    const hole = this.#server.takeHole(path)
    if (hole !== null) this.#close(path, hole)
    else if (correction !== null) this.#readd(path, correction.add)
  }

  /** Sends a correction. A lost connection is no failure: every watch is set again on the next one, which needs no other. */
  #correct(change: PendingChange, path: string, request: Change, onFailed = (): void => {}): void {
    const [operation, body, onChanged] = request
    this.#corrections ??= new AbortController()
    const { signal } = this.#corrections
    this.#ask(change, path, { signal }, [operation, body, onChanged, true]).catch(onFailed)
  }

  #removeSurplus(path: string, type: number): void {
    const onChanged: OnChanged = err => {
      if (err === THROTTLED_OP) return this.#resting.add(path, () => this.#settle(path))
      // Whatever else the error is, asking again would not help.
      if (!this.#isUnknownType(err, type)) this.#server.onRemoved(type, path)
      this.#server.judge(path)
    }
    this.#correct('removal', path, [op.removeWatches, { path, type }, onChanged])
  }

  #readd(path: string, name: 'persistent' | 'recursive'): void {
    const onChanged: OnChanged = err => {
      if (err === 0) this.#server.onSet(name, path)
      else this.#lose([name], path, err, op.addWatch)
      this.#server.judge(path)
    }
    this.#correct(name, path, [op.addWatch, { path, mode: MODE_OF[name] }, onChanged])
  }

  /** Sets one-shot watches that the server does not hold. It sends an event for those whose znode has changed since. */
  #close(path: string, hole: Hole): void {
    const { kinds, since } = hole
    const names = ONE_SHOT.filter(name => kinds & KIND_OF[name] && this.has([name], path))
    const { paths } = this.#server.watchesOf(path, kinds)
    const body = {
      relativeZxid: since,
      dataWatches: [...paths('data')],
      existWatches: [...paths('exist')],
      childWatches: [...paths('child')],
    }
    let isUnderWay = true
    const onChanged: OnChanged = err => {
      isUnderWay = false
      if (err !== 0) this.#lose(names, path, err, op.setWatches)
      this.#server.onClosed(path, err === 0 ? names : [])
      this.#server.judge(path)
    }
    this.#correct('correction', path, [op.setWatches, body, onChanged], () => {
      if (isUnderWay) this.#server.putBack(path, hole)
    })
  }

  /** Tells watchers that the server refused to set their watches again. */
  #lose(names: readonly WatchName[], path: string, err: number, { name: operation }: AnyOperation): void {
    this.#server.fix(path)
    this.#registry.refused(
      names.map(name => [name, [path]] as const),
      () => ZooKeeperError.fromNumber(err, { operation, path }),
    )
  }

  /** Handles the answer of a server before 3.9.0 to a type of watch that it does not know. */
  #isUnknownType(err: number, type: number): boolean {
    if (type <= WatcherType.any || err !== MARSHALLING_ERROR) return false
    this.#server.coexist = false
    return true
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
    const { coexist } = this.#server
    // Before 3.9.0 a removal takes away whatever is in the place of what is removed.
    if (kind === 'persistent' || kind === 'recursive') return coexist === false ? null : TYPE_OF[kind]
    return coexist !== true && stays(LASTING) ? null : TYPE_OF[kind]
  }
}
