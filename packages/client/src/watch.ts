import {
  inspectAs,
  isLive,
  type Session,
  type WatchEvent,
  whenAborted,
  ZooKeeperError,
} from '@zookit/connection'
import { AddWatchMode } from '@zookit/jute'
import { abortSignal, checkOptions, fields, flag, type OptionTable, optionTable, whole } from './checks.ts'
import { EventQueue } from './event-queue.ts'
import type { ResyncReason, StreamEvent } from './events.ts'
import { type InvalidArgument, withSubject } from './invalid-argument.ts'
import type { Requests } from './requests.ts'

/** The options of watch. */
export interface WatchOptions {
  /** True also watches all znodes below, at every depth. Default false. */
  recursive?: boolean | undefined
  /** Ends the watch when it is aborted: the iteration throws ABORTED. */
  signal?: AbortSignal | undefined
  /** The number of events that may wait. One more replaces them all by a `resync`. Default 1024. */
  buffer?: number | undefined
}

const BUFFER = 1024

const OPTIONS: OptionTable = optionTable('{ recursive: true }', {
  recursive: flag,
  signal: abortSignal,
  buffer: whole(1),
})

/**
 * A persistent watch: an async iterator over the events of a znode, or with `recursive` also of all znodes below.
 *
 * The constructor requests the watch, before every later request. So every change after a read that follows it has its
 * event. The watch outlives lost connections and expired sessions. Servers do not record what a persistent watch misses,
 * so it yields `resync` wherever changes may have been missed: read again what matters to you. `close`, leaving the loop
 * and leaving the `await using` scope end the watch. It is then removed from the server, unless another watch of this
 * client needs it there.
 *
 * The iteration ends when the client is closed or the watch is removed. It throws when the watch cannot continue:
 * AUTH_FAILED, SESSION_EXPIRED with `renew: false`, ABORTED, or the server's error (NO_AUTH, ...).
 */
export class Watch implements AsyncIterator<StreamEvent, undefined>, AsyncDisposable {
  static {
    inspectAs(Watch, watch => {
      const state = watch.#ended ? 'ended' : watch.#settleReady ? 'not at the server yet' : 'at the server'
      return `${watch.path}, ${watch.#name}, ${state}`
    })
  }

  /** The path of the znode. */
  readonly path: string
  /** Resolves when the server has the watch. Rejects with the reason if the watch ends before. May be ignored. */
  readonly ready: Promise<void>
  readonly #requests: Requests
  readonly #session: Session
  readonly #name: 'persistent' | 'recursive'
  #signal: AbortSignal | undefined
  #ignoreAbort: (() => void) | undefined
  readonly #events: EventQueue<StreamEvent>
  /** Cancels an addWatch that waits for a connection. */
  readonly #giveUp = new AbortController()
  #serverPath = ''
  /** True while the newest addWatch is not answered, and true once one was sent for certain. */
  #isAdding = false
  #wasSent = false
  /** Resolves when the newest addWatch is done; never rejects. */
  #adding: Promise<void> = Promise.resolve()
  #ended = false
  #removing: Promise<void> | undefined
  #settleReady: { resolve(): void; reject(error: unknown): void } | undefined

  /** @param fault the fault of the call; it ends the watch like an argument that is not valid. */
  constructor(requests: Requests, path: string, options: WatchOptions = {}, fault?: InvalidArgument) {
    this.path = path
    this.#requests = requests
    this.#session = requests.session
    // Before the check the options may be anything, null too.
    const { recursive, buffer = BUFFER, signal } = fields(options) as WatchOptions
    this.#name = recursive ? 'recursive' : 'persistent'
    this.#events = new EventQueue<StreamEvent>(
      buffer,
      () => this.#resync('overflow'),
      () => void this.close(),
    )
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject }
    })
    // The iteration throws the same error, so a rejection that nobody handles here is no fault.
    this.ready.catch(() => {})
    try {
      if (fault) throw fault
      checkOptions(options, OPTIONS)
      this.#serverPath = requests.resolve(path)
      this.#begin(signal)
    } catch (error) {
      this.#end({ error: withSubject(error, 'watch', path) })
    }
  }

  /** True while an event has come for which the consumer has not returned yet: it has not called `next` again. */
  get isBehind(): boolean {
    return !this.#events.isAwaited
  }

  /** Resolves with the next event. */
  next(): Promise<IteratorResult<StreamEvent, undefined>> {
    return this.#events.next()
  }

  /** Ends the watch; leaving a `for await` loop calls it. Does not wait for the server. */
  return(): Promise<IteratorReturnResult<undefined>> {
    return this.#events.return()
  }

  /**
   * Ends the watch and the iteration, and drops the waiting events. Resolves when the server has removed the watch, or
   * when it cannot or need not be told. Never rejects.
   */
  close(): Promise<void> {
    this.#takeBack()
    this.#end()
    this.#events.abandon()
    this.#removing ??= this.#remove()
    return this.#removing
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #begin(signal: AbortSignal | undefined): void {
    this.#signal = signal
    if (signal?.aborted) return this.#onAbort()
    if (signal) this.#ignoreAbort = whenAborted(signal, this.#onAbort)
    this.#add()
  }

  /** Requests the watch. @param reason that of the `resync` for the time without a watch; none for the first time. */
  #add(reason?: ResyncReason): void {
    this.#isAdding = true
    const mode = this.#name === 'recursive' ? AddWatchMode.persistentRecursive : AddWatchMode.persistent
    const options = {
      signal: this.#giveUp.signal,
      watcher: this.#watcher,
      path: this.path,
      onSet: () => this.#onSet(reason),
    }
    this.#adding = this.#session.watches.add(this.#serverPath, mode, options).then(
      () => {},
      error => this.#onFailed(error, reason),
    )
  }

  /** Tells of the time without the watch at once: a continuation could run behind that of a later reply. */
  #onSet(reason: ResyncReason | undefined): void {
    this.#wasSent = true
    this.#settleReady?.resolve()
    this.#settleReady = undefined
    if (reason !== undefined) this.#push(this.#resync(reason))
  }

  /** Handles the loss of the watch, or the failure to add it: adds it again where that can help. */
  #onFailed(error: unknown, reason?: ResyncReason): void {
    const { code, outcome } = ZooKeeperError.is(error) ? error : {}
    this.#isAdding = false
    if (outcome !== 'not-sent') this.#wasSent = true
    if (this.#ended) return
    if (code === 'CLOSED') this.#end()
    else if (code === 'CONNECTION_LOSS') this.#add(reason ?? 'reconnected')
    else if (code === 'NOT_CONNECTED') this.#addWhenLive(reason ?? 'reconnected')
    else if (code === 'SESSION_EXPIRED' && this.#session.state !== 'expired') this.#add('renewed')
    else this.#end({ error })
  }

  #addWhenLive(reason: ResyncReason): void {
    const onState = (): void => {
      const { state } = this.#session
      if (state === 'expired') reason = 'renewed'
      if (!this.#ended && (state === 'connecting' || state === 'suspended')) return
      this.#session.off('state', onState)
      if (!this.#ended) this.#add(reason)
    }
    this.#session.on('state', onState)
  }

  readonly #watcher = (event: WatchEvent): void => {
    const { chroot } = this.#requests
    if (event.type === 'resync') {
      this.#push(this.#resync(isLive(this.#session.state) ? 'readded' : 'reconnected'))
    } else if (event.type === 'removed') {
      this.#end()
    } else if (event.type === 'lost') {
      // A session that is renewed leaves the state `expired` in this turn, after this event.
      const { error } = chroot.stripEvent(event)
      queueMicrotask(() => this.#onFailed(error))
    } else {
      this.#push(chroot.stripEvent(event))
    }
  }

  /** Adds an event. If it waits for the consumer, later replies of the same chunk must wait for it too. */
  #push(event: StreamEvent): void {
    if (this.#events.push(event)) this.#session.watches.isBehind = true
  }

  readonly #onAbort = (): void => {
    const cause = this.#signal?.reason
    this.#takeBack()
    this.#end({ error: this.#error('ABORTED', 'the signal of the watch was aborted', cause) })
    this.#removing ??= this.#remove()
  }

  /** Takes back an addWatch that waits for a connection: nobody needs the watch on the next one. */
  #takeBack(): void {
    if (this.#ended || isLive(this.#session.state)) return
    const { outstanding } = this.#session
    this.#giveUp.abort()
    // One that was sent keeps its place in the queue, unless it was lost.
    if (this.#session.outstanding < outstanding) this.#isAdding = false
  }

  #end(failure?: { error: unknown }): void {
    if (this.#ended) return
    this.#ended = true
    this.#ignoreAbort?.()
    this.#settleReady?.reject(failure?.error ?? this.#error('CLOSED', 'the watch was ended'))
    this.#events.end(failure)
  }

  #error(code: 'ABORTED' | 'CLOSED', message: string, cause?: unknown): ZooKeeperError {
    const outcome = this.#isAdding || this.#wasSent ? 'unknown' : 'not-sent'
    return new ZooKeeperError(code, { message, operation: 'addWatch', path: this.path, outcome, cause })
  }

  /** Removes the watch from the server. Without a connection no server has it: then it is removed here only. */
  async #remove(): Promise<void> {
    const { watches } = this.#session
    // A request that still waits when the connection is lost is cancelled: nobody needs the watch on the next one.
    const onState = (): void => {
      if (!isLive(this.#session.state)) this.#giveUp.abort()
    }
    onState()
    this.#session.on('state', onState)
    await this.#adding
    this.#session.off('state', onState)
    if (!watches.has([this.#name], this.#serverPath, this.#watcher)) return
    if (!isLive(this.#session.state)) watches.forget([this.#name], this.#serverPath, this.#watcher)
    else {
      const options = { watcher: this.#watcher, local: true, path: this.path }
      await watches.remove(this.#serverPath, this.#name, options)
    }
  }

  #resync(reason: ResyncReason): StreamEvent {
    return { type: 'resync', path: this.path, reason }
  }
}
