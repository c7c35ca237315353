import { type Data, type SessionState, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import type { Broadcast } from './broadcast.ts'
import { connected, isCertain } from './connected.ts'
import { Deadline, type Limits, sleep } from './deadline.ts'
import { codeOf, isDisconnection, isEnd, isTransient } from './errors.ts'
import type { OwnNode } from './handle.ts'
import { ManagedNode, type ManagedNodeSettings } from './managed-node.ts'
import { Wakeup } from './wakeup.ts'

/**
 * What happens to a node that is kept.
 *
 * - `created`: it is there; `after` says what had become of it before.
 * - `lost`: it was deleted, has gone with its session, or has been replaced by another session's (`displaced`), which is
 *   then waited for to go.
 * - `withdrawn`: it was deleted by its owner, for the time being.
 * - `error`: an attempt to bring it back has failed with what others may fail with too; the next follows.
 * - `resync`: events came faster than they were taken, and those that waited were dropped.
 */
export type KeptNodeEvent =
  | { type: 'created'; path: string; token: bigint; after: 'start' | NodeLoss | 'withdrawn' }
  | { type: 'lost'; path: string; reason: NodeLoss }
  | { type: 'withdrawn'; path: string }
  | { type: 'error'; error: unknown }
  | { type: 'resync' }

/** How a node that is kept can be lost, until it is there again. */
export type NodeLoss = 'deleted' | 'expired' | 'displaced'

/** How a node is kept. */
export interface ReconcilerSettings extends ManagedNodeSettings {
  /** After a lost connection, requests are made at a random moment of so many milliseconds. */
  readonly jitter: number
  /** Milliseconds between two writes that only show that somebody is there. Default: none. */
  readonly touch?: number | undefined
  /** Whether the node is left as it is at the end. Default false. */
  readonly leave?: boolean | undefined
}

/** Pauses between attempts that fail for no passing reason, in milliseconds. */
const FIRST_PAUSE = 100
const LAST_PAUSE = 10_000

interface Waiter {
  readonly generation: number
  resolve(): void
  reject(error: unknown): void
}

/** The stretch of time for which a node is kept. */
interface Run {
  readonly node: ManagedNode
  readonly wakeup: Wakeup
  step: Promise<void>
  stopping: boolean
  /** Whether the node has been there. */
  begun: boolean
  touch: { cancel(): void } | null
}

/**
 * Keeps a node in being. One loop does all of it, a step at a time: it compares what is wanted with what is there, and
 * sleeps until either changes.
 */
export class Reconciler {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #settings: ReconcilerSettings
  readonly #events: Pick<Broadcast<KeptNodeEvent>, 'emit' | 'end'>
  readonly #waiters = new Set<Waiter>()
  #wanted: { data: Data; absent: boolean; generation: number }
  /** The generation of what is in the node. */
  #written = 0
  #after: 'start' | NodeLoss | 'withdrawn' = 'start'
  /** The node that was told of as created, until it is told of as lost. */
  #told: OwnNode | null = null
  #run: Run | null = null
  #starters = 0
  #touchDue = false
  /** The end of the run before. */
  #ending: Promise<void> = Promise.resolve()
  #closing: Promise<void> | null = null

  /** @param events is told of everything, and ended when this ends. */
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
    this.#events = events
  }

  /** The node, while it is ours as far as is known. */
  get own(): OwnNode | null {
    return this.#run?.node.own ?? null
  }

  /** Whether the node is there and ours for certain, now. */
  get held(): boolean {
    const own = this.own
    if (own === null) return false
    return this.#run!.node.ephemeral ? isCertain(this.#zk, own.session) : this.#zk.state === 'connected'
  }

  /** What is, or is to be, in the node. */
  get data(): Data {
    return this.#wanted.data
  }

  /**
   * Begins, if it has not begun yet. If the limits end the wait of all who wait for the beginning, it ends.
   *
   * @returns when the node is there.
   * @throws what it cannot be made for; ABORTED; REQUEST_TIMEOUT; CLOSED; AUTH_FAILED; SESSION_EXPIRED.
   */
  async start(limits: Limits, operation = 'start'): Promise<void> {
    using deadline = new Deadline(this.#zk.environment, limits, { operation, path: this.path })
    deadline.check()
    this.#checkOpen(operation)
    this.#starters++
    try {
      if (this.#run === null) await this.#begin(deadline)
      await deadline.race(this.#settled())
    } finally {
      if (--this.#starters === 0 && this.#run && !this.#run.begun) void this.#stop(this.#run)
    }
  }

  /**
   * Replaces the data: at once, or when the node is there again. It stands, whatever ends the wait.
   *
   * @returns when the node has it, or what came after it.
   */
  async write(data: Data, limits: Limits, operation = 'setData'): Promise<void> {
    await this.#want({ data, absent: false }, limits, operation)
  }

  /** Deletes the node until `write`. */
  async withdraw(limits: Limits, operation = 'withdraw'): Promise<void> {
    await this.#want({ data: this.#wanted.data, absent: true }, limits, operation)
  }

  /**
   * Ends it, and deletes the node for certain.
   *
   * @throws ABORTED; REQUEST_TIMEOUT: it goes on in the background; NO_AUTH: the node must not be deleted.
   */
  async close(limits: Limits = {}, operation = 'close'): Promise<void> {
    using deadline = new Deadline(this.#zk.environment, limits, { operation, path: this.path })
    this.#closing ??= this.#close()
    await deadline.race(this.#closing)
  }

  async #close(): Promise<void> {
    const ending = this.#run ? this.#stop(this.#run) : this.#ending
    const message = 'it was closed'
    this.#rejectAll(new ZooKeeperError('CLOSED', { message, path: this.path, outcome: 'not-sent' }))
    try {
      await ending
    } finally {
      this.#events.end()
    }
  }

  #checkOpen(operation: string): void {
    if (this.#closing === null) return
    const message = 'it was closed'
    throw new ZooKeeperError('CLOSED', { message, operation, path: this.path, outcome: 'not-sent' })
  }

  async #want(wanted: { data: Data; absent: boolean }, limits: Limits, operation: string): Promise<void> {
    using deadline = new Deadline(this.#zk.environment, limits, { operation, path: this.path })
    deadline.check()
    this.#checkOpen(operation)
    this.#wanted = { ...wanted, generation: this.#wanted.generation + 1 }
    if (this.#run === null) return
    this.#run.wakeup.notify()
    await deadline.race(this.#settled())
  }

  /** Resolves when what is wanted now is so. */
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

  // ---- the loop ---------------------------------------------------------------------------------------------

  async #begin(deadline: Deadline): Promise<void> {
    // A node that is still being deleted must not be taken for the new one.
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
    let pause = 0
    while (!run.stopping) {
      if (this.#zk.state !== 'connected') await run.wakeup.untilStopped(connected(this.#zk))
      if (session !== null && session !== this.#zk.session.id) pause = Math.max(pause, this.#settings.jitter)
      const pausing = sleep(environment, environment.random() * pause)
      if (pause > 0) await run.wakeup.untilStopped(pausing.promise)
      pausing.cancel()
      if (run.stopping) return
      session = this.#zk.session.id
      try {
        run.step = this.#step(run)
        await run.step
        pause = 0
        await run.wakeup.wait()
      } catch (error) {
        pause = this.#onFailed(run, error, pause)
      }
    }
  }

  /** Until everything is as it is wanted, or there is something to wait for. */
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
    return this.#written < generation || this.#touchDue ? 'write' : 'done'
  }

  async #perform(run: Run, action: 'withdraw' | 'look' | 'make' | 'write'): Promise<void> {
    const { node } = run
    const { data, generation } = this.#wanted
    if (action === 'withdraw') await node.remove()
    else if (action === 'look') await node.look()
    else if (action === 'make') {
      if (await node.make(data)) this.#onMade(run, generation)
    } else {
      this.#touchDue = false
      if (await node.write(data)) this.#written = generation
    }
  }

  #onMade(run: Run, generation: number): void {
    this.#written = generation
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

  /** @returns for how long at most to pause before the next attempt. @throws what ends it all. */
  #onFailed(run: Run, error: unknown, pause: number): number {
    // Whether a session follows shows when the loop waits for a connection.
    if (isEnd(error) || isDisconnection(error)) return this.#settings.jitter
    if (!isTransient(error)) {
      if (!run.begun) throw error
      if (!run.stopping) this.#events.emit({ type: 'error', error })
    }
    return Math.min(Math.max(pause * 2, FIRST_PAUSE), LAST_PAUSE)
  }

  readonly #onState = (state: SessionState): void => {
    const run = this.#run!
    if (state === 'expired') {
      run.node.expire()
      if (this.#told && run.node.own === null) this.#tellLost('expired')
    }
    run.wakeup.notify()
  }

  // ---- the end ----------------------------------------------------------------------------------------------

  /** The first attempt has failed, or the client has ended. */
  #onEnd(run: Run, error: unknown): void {
    void this.#stop(run)
    if (run.begun) {
      this.#closing ??= Promise.resolve()
      this.#events.end(codeOf(error) === 'CLOSED' ? undefined : { error })
    }
    this.#rejectAll(error)
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
      // Whoever waits for it is told too; after a start that was given up, nobody does.
      this.#ending.catch(error => this.#events.emit({ type: 'error', error }))
    }
    return this.#ending
  }

  async #sweep(run: Run): Promise<void> {
    await run.step.catch(() => {})
    if (this.#settings.leave) run.node.stopWatching()
    else await run.node.remove()
  }
}
