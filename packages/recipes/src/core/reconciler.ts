import { type Data, type SessionState, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import type { Broadcast } from './broadcast.ts'
import { connected, isCertain } from './connected.ts'
import { awaitWork, Deadline, type Limits } from './deadline.ts'
import { asError, codeOf, isDisconnection, isEnd, isLostWrite, isTransient, withOutcome } from './errors.ts'
import type { KeptNodeEvent, NodeLoss } from './kept-node-event.ts'
import { ManagedNode, type ManagedNodeSettings } from './managed-node.ts'
import type { OwnNode } from './ownership.ts'
import { sleep } from './pause.ts'
import type { Run, Waiter } from './reconciler-run.ts'
import { isImpossible } from './suspect-write.ts'
import { Wakeup } from './wakeup.ts'

/** Settings of a kept znode. */
export interface ReconcilerSettings extends ManagedNodeSettings {
  /** Milliseconds: after a lost connection, requests are spread over this time at random. */
  readonly jitter: number
  /** Milliseconds between two writes that only show that the owner is alive. Default: none. */
  readonly touch?: number | undefined
  /** True if the znode is left as it is at the end. Default false. */
  readonly leave?: boolean | undefined
}

/** Shortest and longest pause in milliseconds after an attempt that failed for a lasting reason. */
const FIRST_PAUSE = 100
const LAST_PAUSE = 10_000

/**
 * Keeps a znode in existence. One loop does all the work, one step at a time: it compares the wanted state with the
 * actual one, and sleeps until either changes.
 */
export class Reconciler {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #settings: ReconcilerSettings
  readonly #events: Pick<Broadcast<KeptNodeEvent>, 'emit' | 'end'>
  readonly #waiters = new Set<Waiter>()
  #wanted: { data: Data; absent: boolean; generation: number }
  /** Generation of the znode's data. */
  #written = 0
  #after: 'start' | NodeLoss | 'withdrawn' = 'start'
  /** The znode that was reported as created, until it is reported as lost. */
  #told: OwnNode | null = null
  #run: Run | null = null
  #starters = 0
  #touchDue = false
  /** True once a write was sent and not answered. */
  #hasLost = false
  /** Generation of the newest attempt. */
  #attempted = 0
  /** Data that was written last. */
  #possible: Data
  /** End of the previous run. */
  #ending: Promise<void> = Promise.resolve()
  #closing: Promise<void> | null = null

  /** @param events receives every event, and is ended when this ends. */
  constructor(
    zk: ZooKeeper,
    path: string,
    settings: ReconcilerSettings,
    data: Data,
    events: Pick<Broadcast<KeptNodeEvent>, 'emit' | 'end'>,
  ) {
    this.path = path
    this.#zk = zk
    this.#settings = settings
    this.#wanted = { data, absent: false, generation: 1 }
    this.#possible = data
    this.#events = events
  }

  /** The znode, while it is ours as far as is known. */
  get own(): OwnNode | null {
    return this.#run?.node.own ?? null
  }

  /** True if the znode certainly exists and is ours now. */
  get held(): boolean {
    const own = this.own
    if (own === null || !this.#run!.node.isSeen) return false
    return isCertain(this.#zk, this.#run!.node.ephemeral ? own.session : this.#zk.sessionId)
  }

  /** True if the znode may be missing, another's, or changed by another. */
  get stale(): boolean {
    return !this.held || this.#run!.node.altered
  }

  /** Data that is, or will be, in the znode. */
  get data(): Data {
    return this.#wanted.data
  }

  /**
   * Begins, if it has not begun yet. If the limits of every waiting caller pass, it ends.
   *
   * @returns when the znode exists.
   * @throws the reason why the znode cannot be created; ABORTED; REQUEST_TIMEOUT; CLOSED; AUTH_FAILED;
   *   SESSION_EXPIRED.
   */
  async start(limits: Limits, operation = 'start'): Promise<void> {
    using deadline = new Deadline(this.#zk, limits, { operation, path: this.path })
    deadline.check()
    this.#checkOpen(operation)
    this.#starters++
    try {
      if (this.#run === null) await this.#begin(deadline)
      deadline.workGoesOn()
      await deadline.race(this.#settled())
    } finally {
      if (--this.#starters === 0 && this.#run && !this.#run.begun) void this.#stop(this.#run)
    }
  }

  /**
   * Replaces the data, at once or when the znode exists again. The new data stays, whatever ends the wait.
   *
   * @returns when the znode has this data, or newer data.
   */
  async write(data: Data, limits: Limits, operation = 'setData'): Promise<void> {
    await this.#want({ data, absent: false }, limits, operation)
  }

  /** Deletes the znode until `write`. */
  async withdraw(limits: Limits, operation = 'withdraw'): Promise<void> {
    await this.#want({ data: this.#wanted.data, absent: true }, limits, operation)
  }

  /**
   * Ends, and deletes the znode with a guarantee.
   *
   * @throws ABORTED; REQUEST_TIMEOUT: it goes on in the background; NO_AUTH: the znode must not be deleted.
   */
  async close(limits: Limits = {}, operation = 'close'): Promise<void> {
    await awaitWork(this.#zk, limits, { operation, path: this.path }, () => {
      this.#closing ??= this.#close()
      return this.#closing
    })
  }

  async #close(): Promise<void> {
    const ending = this.#run ? this.#stop(this.#run) : this.#ending
    const message = 'it was closed before'
    const outcome = this.#attempted > 0 ? 'unknown' : 'not-sent'
    this.#rejectAll(new ZooKeeperError('CLOSED', { message, path: this.path, outcome }))
    try {
      await ending
    } finally {
      this.#events.end()
    }
  }

  #checkOpen(operation: string): void {
    if (this.#closing === null) return
    const message = 'it was closed before'
    throw new ZooKeeperError('CLOSED', { message, operation, path: this.path, outcome: 'not-sent' })
  }

  async #want(wanted: { data: Data; absent: boolean }, limits: Limits, operation: string): Promise<void> {
    using deadline = new Deadline(this.#zk, limits, { operation, path: this.path })
    deadline.check()
    this.#checkOpen(operation)
    this.#wanted = { ...wanted, generation: this.#wanted.generation + 1 }
    if (this.#run === null) return
    this.#run.wakeup.notify()
    deadline.workGoesOn()
    await deadline.race(this.#settled())
  }

  /** Resolves when the state that is wanted now is reached. */
  #settled(): Promise<void> {
    const { absent, generation } = this.#wanted
    if (this.#written >= generation && (absent || this.own !== null)) return Promise.resolve()
    return new Promise((resolve, reject) => void this.#waiters.add({ generation, resolve, reject }))
  }

  #settle(): void {
    for (const waiter of this.#waiters) {
      if (waiter.generation > this.#written) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }

  #rejectAll(error: unknown): void {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    for (const { reject } of waiters) reject(error)
  }

  // ---- loop -------------------------------------------------------------------------------------------------

  async #begin(deadline: Deadline): Promise<void> {
    // A znode that is still being deleted must not be taken for the new one.
    await deadline.race(this.#ending.catch(() => {}))
    this.#checkOpen('start')
    if (this.#run !== null) return
    const wakeup = new Wakeup()
    const node = new ManagedNode(this.#zk, this.path, this.#settings, () => wakeup.notify())
    const run: Run = { node, wakeup, step: Promise.resolve(), stopping: false, begun: false, touch: null }
    this.#run = run
    this.#written = 0
    this.#zk.on('state', this.#onState)
    this.#loop(run).catch(error => this.#onEnd(run, error))
  }

  async #loop(run: Run): Promise<void> {
    const { environment } = this.#zk
    let session: bigint | null = null
    /** Longest pause before the next step; null if the last one did not fail. */
    let pause: number | null = null
    while (!run.stopping) {
      if (this.#zk.state !== 'connected') await run.wakeup.untilStopped(connected(this.#zk))
      if (session !== null && session !== this.#zk.sessionId)
        pause = Math.max(pause ?? 0, this.#settings.jitter)
      if (pause !== null) {
        const pausing = sleep(this.#zk, environment.random() * pause)
        await run.wakeup.untilStopped(pausing.promise)
        pausing.cancel()
      }
      if (run.stopping) return
      session = this.#zk.sessionId
      try {
        run.step = this.#step(run)
        await run.step
        pause = null
        await run.wakeup.wait()
      } catch (error) {
        pause = this.#onFailed(run, error, pause ?? 0)
      }
    }
  }

  /** Works until the wanted state is reached, or there is something to wait for. */
  async #step(run: Run): Promise<void> {
    while (!run.stopping) {
      const { generation } = this.#wanted
      const action = this.#next(run.node)
      if (action === 'wait') return
      if (action === 'done') {
        run.begun = true
        this.#written = generation
        return this.#settle()
      }
      await this.#perform(run, action)
      if (this.#told && !run.node.own && !run.stopping) this.#onGone(run.node)
    }
  }

  #next(node: ManagedNode): 'withdraw' | 'look' | 'make' | 'write' | 'wait' | 'done' {
    const { absent, generation } = this.#wanted
    if (absent) return node.clear ? 'done' : 'withdraw'
    if (node.needsLook && (node.own || node.displaced)) return 'look'
    if (node.displaced) return 'wait'
    if (node.own === null) return 'make'
    return this.#written < generation || this.#touchDue || node.altered ? 'write' : 'done'
  }

  async #perform(run: Run, action: 'withdraw' | 'look' | 'make' | 'write'): Promise<void> {
    const { node } = run
    const { data, generation } = this.#wanted
    this.#attempted = generation
    if (action === 'withdraw') await node.remove()
    else if (action === 'look') await node.look()
    else if (action === 'make') {
      if (await node.make(data)) this.#onMade(run, data, generation)
    } else {
      this.#touchDue = false
      if (await node.write(data)) this.#onWritten(data, generation)
    }
  }

  #onWritten(data: Data, generation: number): void {
    this.#written = generation
    this.#possible = data
  }

  /** Rejects those who want data that can never be written, and returns to the data that was written last. */
  #takeBack(error: unknown): void {
    const { generation } = this.#wanted
    for (const waiter of this.#waiters) {
      if (waiter.generation > this.#attempted) continue
      this.#waiters.delete(waiter)
      waiter.reject(error)
    }
    if (generation === this.#attempted) this.#wanted = { ...this.#wanted, data: this.#possible }
  }

  #onMade(run: Run, data: Data, generation: number): void {
    this.#onWritten(data, generation)
    this.#told = run.node.own!
    const { path, czxid } = this.#told
    this.#events.emit({ type: 'created', path, token: czxid, after: this.#after })
    if (run.touch === null) this.#touchLater(run)
  }

  #onGone({ displaced }: ManagedNode): void {
    if (!this.#wanted.absent) return this.#tellLost(displaced ? 'displaced' : 'deleted')
    const { path } = this.#told!
    this.#told = null
    this.#after = 'withdrawn'
    this.#events.emit({ type: 'withdrawn', path })
  }

  #tellLost(reason: NodeLoss): void {
    const { path } = this.#told!
    this.#told = null
    this.#after = reason
    this.#events.emit({ type: 'lost', path, reason })
  }

  #touchLater(run: Run): void {
    const { touch } = this.#settings
    if (touch === undefined || run.stopping) return
    run.touch = this.#zk.environment.setTimer(() => {
      this.#touchDue = true
      run.wakeup.notify()
      this.#touchLater(run)
    }, touch)
  }

  /**
   * Handles a failed attempt. @returns the longest pause in milliseconds before the next one. @throws what ends
   * everything.
   */
  #onFailed(run: Run, error: unknown, pause: number): number {
    this.#hasLost ||= isLostWrite(error)
    // The state tells so only when close() has ended.
    if (codeOf(error) === 'CLOSED' || codeOf(error) === 'AUTH_FAILED') throw error
    // The loop finds out whether a new session follows when it waits for a connection.
    if (isEnd(error) || isDisconnection(error)) return this.#settings.jitter
    if (!isTransient(error)) {
      if (!run.begun) throw error
      if (isImpossible(error)) this.#takeBack(error)
      if (!run.stopping) this.#events.emit({ type: 'error', error: asError(error) })
    }
    return Math.min(Math.max(pause * 2, FIRST_PAUSE), LAST_PAUSE)
  }

  readonly #onState = (state: SessionState): void => {
    const run = this.#run
    if (run === null) return
    if (state === 'expired') {
      run.node.expire()
      if (this.#told && run.node.own === null) this.#tellLost('expired')
    }
    run.wakeup.notify()
  }

  // ---- end --------------------------------------------------------------------------------------------------

  /** Handles the failure of the first attempt, or the end of the client. */
  #onEnd(run: Run, error: unknown): void {
    void this.#stop(run)
    if (run.begun) {
      this.#closing ??= Promise.resolve()
      this.#events.end(codeOf(error) === 'CLOSED' ? undefined : { error })
    }
    // What an attempt may have made stays, unless it goes with the session.
    const mayStay = isEnd(error) && (this.#hasLost || (this.#attempted > 0 && !run.node.ephemeral))
    this.#rejectAll(mayStay ? withOutcome(error, 'unknown') : error)
  }

  #stop(run: Run): Promise<void> {
    if (!run.stopping) {
      run.stopping = true
      this.#zk.off('state', this.#onState)
      run.touch?.cancel()
      run.wakeup.stop()
      this.#run = null
      this.#told = null
      this.#after = 'start'
      this.#ending = this.#sweep(run)
      // The listeners are told too: after a start that was given up, nobody else waits for it.
      this.#ending.catch(error => this.#events.emit({ type: 'error', error: asError(error) }))
    }
    return this.#ending
  }

  async #sweep(run: Run): Promise<void> {
    await run.step.catch(() => {})
    if (this.#settings.leave) run.node.stopWatching()
    else await run.node.remove()
  }
}
