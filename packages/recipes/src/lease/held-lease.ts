import type { ACL, Data, Outcome, SessionState, Stat, Transaction, ZooKeeper } from '@zookit/client'
import { inspectAs, parentOf } from '@zookit/client'
import { checkCall } from '../core/arguments.ts'
import { BackgroundDeleter } from '../core/background-deleter.ts'
import { atOnce, checkMethods, takes, takesOnly, transaction } from '../core/checked-methods.ts'
import { outcomeOf } from '../core/conditional-write.ts'
import { awaitWork, Deadline, type Limits } from '../core/deadline.ts'
import { codeOf, type LossReason, OwnershipError, withOutcome } from '../core/errors.ts'
import type { Handle } from '../core/handle.ts'
import { type HandleJson, handleJson } from '../core/json.ts'
import { untilRetry } from '../core/look.ts'
import { type Mark, ServerClock } from '../core/server-clock.ts'
import { SuspectWrite } from '../core/suspect-write.ts'
import { tellHandle } from '../core/tell.ts'
import { decodeLease, encodeLease, type LeaseRecord, TERM } from './lease-record.ts'

/** Options of `renew`. */
export interface RenewOptions extends Limits {
  /** Milliseconds from now. Default: as it was granted. */
  duration?: number | undefined
  /** Data that others can read. Default: unchanged. */
  data?: Data | undefined
}

/** A lease that was written, and the request that wrote it. */
export interface Grant {
  readonly path: string
  readonly stat: Stat
  readonly record: LeaseRecord
  /** Time of the request. */
  readonly sent: Mark
  readonly acl: readonly ACL[] | undefined
}

/** Longest pause in milliseconds before a renewal is repeated. */
const PAUSE = 100

const LONGEST_TIMER = 0x7fff_ffff

/**
 * A lease that is held until its time is over. It has no session: a lost connection does not end it. Closing the
 * client ends this handle, and leaves the lease to a client that acquires it again under the same name.
 */
export class HeldLease implements Handle {
  /** Path of the lease's znode. */
  readonly path: string
  readonly token: bigint
  readonly #zk: ZooKeeper
  readonly #acl: readonly ACL[] | undefined
  readonly #clock: ServerClock
  readonly #controller = new AbortController()
  readonly #duration: number
  #record: LeaseRecord
  /** Version of the znode while nobody else has the lease. */
  #version: number
  /** Time of the request that wrote it last. */
  #sent: Mark
  /** Milliseconds after that request at which the lease ends here: not later than on the server. */
  #term: number
  /** The end on the server's clock that the term stands for: the earliest that was written, or may have been. */
  #earliest: number
  #timer: { cancel(): void } | undefined
  #releasing: Promise<void> | undefined

  constructor(zk: ZooKeeper, { path, stat, record, sent, acl }: Grant) {
    this.path = path
    this.token = stat.mzxid
    this.#zk = zk
    this.#acl = acl
    this.#clock = ServerClock.of(zk)
    this.#record = record
    this.#version = stat.version
    this.#sent = sent
    this.#term = termOf(stat, record)
    this.#earliest = record.until
    this.#duration = Math.max(this.#term, 1)
    zk.on('closing', this.#onClosing).on('state', this.#onClosing)
    if (zk.state === 'closed') this.#end('closed')
    if (this.held) this.#watchClock()
  }

  /** End of the lease on the server's clock. */
  get until(): Date {
    return new Date(this.#record.until)
  }

  get held(): boolean {
    if (!this.#controller.signal.aborted && this.#rest <= 0) this.#end('lapsed')
    return !this.#controller.signal.aborted
  }

  get signal(): AbortSignal {
    void this.held
    return this.#controller.signal
  }

  /**
   * Changes the end of the lease: the new duration begins now, not at the old end. Continues after lost connections as
   * long as the lease is held. Takes one round trip; one more if the server's clock must be measured.
   *
   * @throws OwnershipError: it is not held any more; ABORTED, REQUEST_TIMEOUT: it may have been renewed, and is held
   *   here until the earlier one of both ends; REQUEST_TOO_LARGE; NO_AUTH; CLOSED; AUTH_FAILED.
   */
  async renew(options: RenewOptions = {}): Promise<void> {
    const subject = { operation: 'renew', path: this.path }
    checkCall(subject, options, TERM)
    const { signal, timeout = Infinity } = options
    const { duration = this.#duration } = options
    if (!this.held) throw this.#controller.signal.reason
    const limits = { signal, timeout: Math.min(timeout, Math.max(this.#rest, 1)) }
    using deadline = new Deadline(this.#zk, limits, subject)
    deadline.check()
    deadline.workGoesOn()
    const suspect = new SuspectWrite(this.#zk)
    // Once one attempt may have been applied, so may the renewal, whatever becomes of the next.
    let isUnknown = false
    for (;;) {
      try {
        return await deadline.race(this.#renew(duration, options.data, suspect))
      } catch (error) {
        isUnknown ||= outcomeOf(error) === 'unknown'
        if (!this.held) throw this.#lost(isUnknown ? 'unknown' : 'not-sent')
        await untilRetry(this.#zk, deadline, error, PAUSE).catch(end => {
          throw isUnknown ? withOutcome(end, 'unknown') : end
        })
      }
    }
  }

  /** Returns the error of a renewal that the loss of the lease has ended. */
  #lost(outcome: Outcome): OwnershipError {
    const { reason } = this.#controller.signal.reason as OwnershipError
    return new OwnershipError(reason, this.path, outcome)
  }

  /** Releases the lease: somebody else may have it at once. Call it also when its time may be over. */
  async release(limits: Limits = {}): Promise<void> {
    const subject = { operation: 'release', path: this.path }
    await awaitWork(this.#zk, limits, subject, () => this.#release())
  }

  /**
   * Adds a check to a transaction: it is applied only while nobody else has had the lease, and it has not been
   * renewed since this call.
   */
  guard<Results extends readonly unknown[]>(
    transaction: Transaction<Results>,
  ): Transaction<[...Results, undefined]> {
    return transaction.check(this.path, this.#version)
  }

  /** Returns what JSON shows: the handle without its client, and the token as decimal text. */
  toJSON(): HandleJson & { path: string; until: Date } {
    const { path, until } = this
    return handleJson(this, { path, until })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#release()
  }

  /**
   * Listens to `closing`, and to `state`: a lease whose answer comes after that is told only of the latter. The lease goes on
   * at the server, but nobody here can renew it any more, and a timer would keep the process alive.
   */
  readonly #onClosing = (state: SessionState = 'closed'): void => {
    if (state === 'closed') this.#end('closed')
  }

  /** Milliseconds until the lease ends here. */
  get #rest(): number {
    return this.#term - this.#clock.since(this.#sent)
  }

  async #renew(duration: number, data: Data | undefined, suspect: SuspectWrite): Promise<void> {
    await this.#clock.measure(parentOf(this.path)!, this.#acl)
    const sent = this.#clock.mark()
    const until = Math.floor(this.#clock.now().earliest + duration)
    const record = { ...this.#record, until, data: data === undefined ? this.#record.data : data }
    const stat = await this.#replace(record, suspect)
    if (stat === null) this.#end('taken')
    if (stat === null) throw this.#controller.signal.reason
    // Its time was over before the answer came, or the client is closing: the new end is at the server all the same.
    if (!this.held) throw this.#lost('unknown')
    this.#clock.learn(sent, stat.mtime)
    this.#record = record
    this.#sent = sent
    this.#term = termOf(stat, record)
    this.#earliest = until
    this.#watchClock()
  }

  /** Ends the lease earlier here if a write that is sent now may do so at the server, however late its answer comes. */
  #endsAt(until: number): void {
    if (until >= this.#earliest) return
    this.#term -= this.#earliest - until
    this.#earliest = until
    if (this.held) this.#watchClock()
  }

  /** Writes the znode if the lease is still this one. Returns null if it is not. */
  async #replace(record: LeaseRecord, suspect: SuspectWrite): Promise<Stat | null> {
    const bytes = encodeLease(record)
    for (;;) {
      this.#endsAt(record.until)
      try {
        const write = () => this.#zk.setData(this.path, bytes, { version: this.#version })
        const stat = await suspect.send(write)
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
    this.#zk.off('closing', this.#onClosing).off('state', this.#onClosing)
    this.#timer?.cancel()
    this.#controller.abort(new OwnershipError(reason, this.path))
  }

  #watchClock(): void {
    const { environment } = this.#zk
    this.#timer?.cancel()
    const rest = Math.ceil(Math.max(this.#rest, 1))
    this.#timer = environment.setTimer(
      () => {
        if (this.held) this.#watchClock()
      },
      Math.min(rest, LONGEST_TIMER),
    )
  }
}

/**
 * Ends a grant, whatever is known of it, and nobody else's. Goes on until that is done or the client has ended. The
 * znode stays, so that its version is never used again.
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

/** Returns the version of the znode if it holds a certain grant; else null. */
async function versionOf(zk: ZooKeeper, path: string, grant: string): Promise<number | null> {
  const { data, stat } = await zk.getData(path)
  return decodeLease(data)?.grant === grant ? stat.version : null
}

/**
 * Returns the milliseconds from the request to the end of a lease. The server stamped the write after it was sent, within the
 * millisecond of the stamp.
 */
function termOf(stat: Stat, record: LeaseRecord): number {
  return record.until - stat.mtime - 1
}

checkMethods(HeldLease, { renew: takes(), release: takes(), guard: atOnce(takesOnly(transaction)) })
inspectAs(HeldLease, lease => `${tellHandle(lease)}, until ${lease.until.toISOString()}`)
