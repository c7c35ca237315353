import type { ACL, Data, SessionState, Stat, Transaction, ZooKeeper } from '@zookit/client'
import { parentOf } from '@zookit/client'
import { BackgroundDeleter } from '../core/background-deleter.ts'
import { connected } from '../core/connected.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { codeOf, isTransient, type LossReason, OwnershipError } from '../core/errors.ts'
import type { Handle } from '../core/handle.ts'
import { ServerClock } from '../core/server-clock.ts'
import { checkDuration, decodeLease, encodeLease, type LeaseRecord } from './lease-record.ts'

/** What renewing takes. */
export interface RenewOptions extends Limits {
  /** From now, in milliseconds. Default: as it was granted. */
  duration?: number | undefined
  /** What others read of it. Default: what it was. */
  data?: Data | undefined
}

/** A lease that has been written, and by which request. */
export interface Grant {
  readonly path: string
  readonly stat: Stat
  readonly record: LeaseRecord
  /** When the request was sent. */
  readonly sentAt: number
  readonly acl: readonly ACL[] | undefined
}

const LONGEST_TIMER = 0x7fff_ffff

/**
 * A lease that is held until its time is over. It has no session: a lost connection does not end it. Closing the client
 * ends this handle, and leaves the lease to whoever comes under the same name.
 */
export class HeldLease implements Handle {
  /** The node that stands for it. */
  readonly path: string
  readonly token: bigint
  readonly #zk: ZooKeeper
  readonly #acl: readonly ACL[] | undefined
  readonly #clock: ServerClock
  readonly #controller = new AbortController()
  readonly #duration: number
  #record: LeaseRecord
  /** The version that the node has while nobody else has the lease. */
  #version: number
  /** The end, on the environment's clock: not later than at the server. */
  #deadline: number
  #timer: { cancel(): void } | undefined
  #releasing: Promise<void> | undefined

  constructor(zk: ZooKeeper, { path, stat, record, sentAt, acl }: Grant) {
    this.path = path
    this.token = stat.mzxid
    this.#zk = zk
    this.#acl = acl
    this.#clock = ServerClock.of(zk)
    this.#record = record
    this.#version = stat.version
    this.#deadline = deadlineOf(stat, record, sentAt)
    this.#duration = Math.max(this.#deadline - sentAt, 1)
    zk.on('state', this.#onState)
    if (zk.state === 'closed') this.#end('closed')
    if (this.held) this.#watchClock()
  }

  /** When it ends, on the server's clock. */
  get until(): Date {
    return new Date(this.#record.until)
  }

  get held(): boolean {
    if (!this.#controller.signal.aborted && this.#zk.environment.now() >= this.#deadline) this.#end('lapsed')
    return !this.#controller.signal.aborted
  }

  get signal(): AbortSignal {
    void this.held
    return this.#controller.signal
  }

  /**
   * Makes it last longer, or shorter: from now on, not from its end. A lost connection is sat out for as long as it is
   * held. One round trip; one more when the server's clock is to be measured.
   *
   * @throws OwnershipError: it is not held any more; ABORTED, REQUEST_TIMEOUT: it may have been renewed, and is held here
   *   as long as it was; NO_AUTH; CLOSED; AUTH_FAILED.
   */
  async renew(options: RenewOptions = {}): Promise<void> {
    const { signal, timeout = Infinity } = options
    const duration = checkDuration(options.duration ?? this.#duration, this.path)
    if (!this.held) throw this.#controller.signal.reason
    const subject = { operation: 'renew', path: this.path }
    const rest = this.#deadline - this.#zk.environment.now()
    const limits = { signal, timeout: Math.min(timeout, rest) }
    using deadline = new Deadline(this.#zk.environment, limits, subject)
    deadline.check()
    for (;;) {
      try {
        if (this.#zk.state !== 'connected') await deadline.race(connected(this.#zk))
        return await deadline.race(this.#renew(duration, options.data))
      } catch (error) {
        if (!this.held) throw this.#controller.signal.reason
        deadline.check()
        if (!isTransient(error)) throw error
      }
    }
  }

  /** Gives it up: somebody else may have it at once. Also due when its time is over and it is not certain who knows. */
  async release(limits: Limits = {}): Promise<void> {
    const subject = { operation: 'release', path: this.path }
    using deadline = new Deadline(this.#zk.environment, limits, subject)
    await deadline.race(this.#release())
  }

  /**
   * Adds a check to a transaction: it is applied only while nobody else has had the lease, and it has not been renewed since
   * this was called.
   */
  guard<Results extends readonly unknown[]>(
    transaction: Transaction<Results>,
  ): Transaction<[...Results, undefined]> {
    return transaction.check(this.path, this.#version)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#release()
  }

  /** The lease goes on, but nobody can renew it here any more; and a timer would keep the process from ending. */
  readonly #onState = (state: SessionState): void => {
    if (state === 'closed') this.#end('closed')
  }

  async #renew(duration: number, data: Data | undefined): Promise<void> {
    await this.#clock.measure(parentOf(this.path)!, this.#acl)
    const sentAt = this.#zk.environment.now()
    const until = Math.floor(this.#clock.now().earliest + duration)
    const record = { ...this.#record, until, data: data === undefined ? this.#record.data : data }
    const stat = await this.#replace(encodeLease(record))
    if (stat === null) this.#end('taken')
    if (stat === null || !this.held) throw this.#controller.signal.reason
    this.#clock.learn(sentAt, stat.mtime)
    this.#record = record
    this.#deadline = deadlineOf(stat, record, sentAt)
    this.#watchClock()
  }

  /** Writes the node if the lease is still this one. Null: it is not. */
  async #replace(bytes: Buffer): Promise<Stat | null> {
    for (;;) {
      try {
        const stat = await this.#zk.setData(this.path, bytes, { version: this.#version })
        this.#version = stat.version
        return stat
      } catch (error) {
        if (codeOf(error) === 'NO_NODE') return null
        if (codeOf(error) !== 'BAD_VERSION') throw error
      }
      const version = await versionOf(this.#zk, this.path, this.#record.grant)
      if (version === null) return null
      this.#version = version
    }
  }

  #release(): Promise<void> {
    this.#end('released')
    this.#releasing ??= clearSlot(this.#zk, this.path, this.#record.grant)
    return this.#releasing
  }

  #end(reason: LossReason): void {
    if (this.#controller.signal.aborted) return
    this.#zk.off('state', this.#onState)
    this.#timer?.cancel()
    this.#controller.abort(new OwnershipError(reason, this.path))
  }

  #watchClock(): void {
    const { environment } = this.#zk
    this.#timer?.cancel()
    const rest = Math.ceil(Math.max(this.#deadline - environment.now(), 1))
    this.#timer = environment.setTimer(
      () => {
        if (this.held) this.#watchClock()
      },
      Math.min(rest, LONGEST_TIMER),
    )
  }
}

/**
 * Ends a grant, wherever it has got to, and nobody else's: until that is done, or the client has ended. The node stays, so
 * that its version never is what it was.
 */
export function clearSlot(zk: ZooKeeper, path: string, grant: string): Promise<void> {
  return BackgroundDeleter.of(zk).retry(null, async () => {
    await zk.sync(path)
    for (;;) {
      const version = await versionOf(zk, path, grant)
      if (version === null) return
      try {
        await zk.setData(path, null, { version })
        return
      } catch (error) {
        if (codeOf(error) !== 'BAD_VERSION') throw error
      }
    }
  })
}

/** The version of a node while it holds a grant; null if it does not. */
async function versionOf(zk: ZooKeeper, path: string, grant: string): Promise<number | null> {
  const { data, stat } = await zk.getData(path)
  return decodeLease(data)?.grant === grant ? stat.version : null
}

/** The write was stamped after it was sent, within the millisecond that the stamp says. */
function deadlineOf(stat: Stat, record: LeaseRecord, sentAt: number): number {
  return sentAt + record.until - stat.mtime - 1
}
