import { checks, inspectAs, joinPath, type Stat, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { checkCall, checkRecipe, SHARED } from '../core/arguments.ts'
import { checkMethods, takes } from '../core/checked-methods.ts'
import { retryRead } from '../core/conditional-write.ts'
import { connected } from '../core/connected.ts'
import { ensureParent } from '../core/creation.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { codeOf, isEnd, isTransient, withOutcome } from '../core/errors.ts'
import type { AcquireOptions } from '../core/lockable.ts'
import { uuid } from '../core/names.ts'
import { type RecipeOptions, type ResolvedOptions, resolveOptions } from '../core/options.ts'
import { inTurn } from '../core/serial-queue.ts'
import { type Mark, ServerClock } from '../core/server-clock.ts'
import { SuspectWrite } from '../core/suspect-write.ts'
import { tellPath } from '../core/tell.ts'
import { clearSlot, HeldLease } from './held-lease.ts'
import {
  decodeLease,
  durationCheck,
  encodeLease,
  type LeaseInfo,
  type LeaseRecord,
  TERM,
} from './lease-record.ts'

/** Options of a Lease. */
export interface LeaseOptions extends Pick<RecipeOptions, 'data' | 'acl' | 'jitter'> {
  /** Milliseconds for which a lease is held, unless it is renewed. */
  duration: number
  /** Number of leases that can be held at a time: the same for all who use the path. Default 1. */
  limit?: number | undefined
  /**
   * Name of the holder. A holder that comes back under the same name, such as after a restart, gets its unexpired
   * lease again, with a new token. Default: a name of this object's own.
   */
  holder?: string | undefined
}

/** Options of `acquire`. */
export interface LeaseAcquireOptions extends AcquireOptions {
  /** Milliseconds. Default: the lease's `duration`. */
  duration?: number | undefined
}

const MOST = 1024
/** The number of leases in a row that may be over before the answer arrives, until an acquisition is given up. */
const LAPSES = 3

interface Slot {
  readonly path: string
  /** Null: the znode does not exist. */
  readonly stat: Stat | null
  readonly record: LeaseRecord | null
}

const OPTIONS = checks.optionTable('{ duration: 30_000 }', {
  duration: durationCheck,
  limit: checks.mustBe(
    `a whole number from 1 to ${MOST}`,
    value => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST,
  ),
  holder: checks.mustBe('text that is not empty', value => typeof value === 'string' && value !== ''),
  data: SHARED.data,
  acl: SHARED.acl,
  jitter: SHARED.jitter,
})

/**
 * A right for a limited time, which as many hold at a time as there are leases. It needs no session: it outlives lost
 * connections, expired sessions and restarts, and ends when its time is over. Nobody waits for one: it is available
 * now or not.
 *
 * The clock is that of the ensemble's leader, measured by each client. Between measurements the client's monotonic
 * clock is used. When another server becomes the leader and its clock is ahead, leases end earlier by the difference,
 * also for holders that do not know: let the resource check the `token`, or make the writes to ZooKeeper with
 * `guard`.
 */
export class Lease {
  readonly path: string
  /** Name of the holder. */
  readonly holder: string
  readonly #zk: ZooKeeper
  readonly #options: ResolvedOptions
  readonly #duration: number
  readonly #slots: readonly string[]
  readonly #clock: ServerClock

  /**
   * @param path parent of the leases' znodes.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: LeaseOptions) {
    checkRecipe('Lease', { zk, path, options, count: arguments.length }, OPTIONS, ['duration'])
    const { limit = 1, duration, holder } = options
    this.path = path
    this.#zk = zk
    this.#options = resolveOptions(options)
    this.#duration = duration
    this.#clock = ServerClock.of(zk)
    this.#slots = Array.from({ length: limit }, (_, index) => joinPath(path, `lease-${index}`))
    this.holder = holder ?? this.#unique()
  }

  /**
   * Acquires a lease if one is free. Takes two round trips, and one more if the server's clock must be measured, at
   * most once a minute. Continues after lost connections.
   *
   * @returns null if others hold all of them.
   * @throws ABORTED, REQUEST_TIMEOUT: what was acquired is given back, and a lease that is over before the answer
   *   arrives, three times in a row, is given up like that; NO_AUTH; BAD_ARGUMENTS; CLOSED; AUTH_FAILED;
   *   SESSION_EXPIRED if the client does not renew its session.
   */
  async tryAcquire(options: LeaseAcquireOptions = {}): Promise<HeldLease | null> {
    const subject = { operation: 'tryAcquire', path: this.path }
    checkCall(subject, options, TERM)
    const { signal, timeout } = options
    using deadline = new Deadline(this.#zk, { signal, timeout }, subject)
    deadline.check()
    const record: LeaseRecord = {
      holder: this.holder,
      grant: this.#unique(),
      until: 0,
      data: options.data === undefined ? this.#options.data : options.data,
    }
    const { duration = this.#duration } = options
    const attempt = new Attempt(this.#zk)
    try {
      return await this.#acquire(record, duration, attempt, deadline)
    } catch (error) {
      for (const path of attempt.sent.keys()) clearSlot(this.#zk, path, record.grant).catch(() => {})
      // A client that has ended undoes nothing: what it may have been granted stays until its time is over.
      throw isEnd(error) && attempt.sent.size > 0 ? withOutcome(error, 'unknown') : error
    }
  }

  /** Lists the leases that are held now. */
  async holders(limits: Limits = {}): Promise<LeaseInfo[]> {
    using deadline = new Deadline(this.#zk, limits, { operation: 'holders', path: this.path })
    deadline.check()
    try {
      const slots = await deadline.race(this.#read(deadline))
      const held = slots.filter(slot => this.#isHeld(slot))
      return held.map(({ path, record }) => {
        const { holder, until, data } = record!
        return { path, holder, until: new Date(until), data: data as Buffer | null }
      })
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return []
      throw error
    }
  }

  /** Returns whether `tryAcquire` would resolve with null now. */
  async isLocked(limits: Limits = {}): Promise<boolean> {
    using deadline = Deadline.begin(this.#zk, limits, { operation: 'isLocked', path: this.path })
    try {
      return this.#choose(await deadline.race(this.#read(deadline))) === undefined
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return false
      throw error
    }
  }

  async #acquire(
    record: LeaseRecord,
    duration: number,
    attempt: Attempt,
    deadline: Deadline,
  ): Promise<HeldLease | null> {
    // Null: another attempt is due. Undefined: all leases are held.
    const once = async (): Promise<HeldLease | null | undefined> => {
      const slots = await deadline.race(this.#read(deadline, attempt.isUnknown))
      const slot = this.#choose(slots)
      return slot && (await deadline.race(this.#take(slot, record, duration, attempt, deadline)))
    }
    for (let tries = 0; ; tries++) {
      if (this.#zk.state !== 'connected') await deadline.wait(connected(this.#zk))
      try {
        const lease = await (tries === 0 ? once() : inTurn(this.#zk, this.path, deadline, once))
        if (lease === undefined) return null
        if (lease?.held) return lease
        // Without an end, a duration shorter than a round trip would write for ever, as fast as the server answers.
        if (lease !== null && ++attempt.lapses === LAPSES) throw this.#tooShort(duration)
      } catch (error) {
        deadline.check()
        if (codeOf(error) === 'NO_NODE') await retryRead(this.#zk, deadline, () => this.#ensure())
        else if (!isTransient(error)) throw error
        else await deadline.jitter(this.#options.jitter)
        attempt.isUnknown = true
      }
    }
  }

  /** Reads all slots and the time in one flush. @param sync true if a server that lags behind must catch up first. */
  async #read(deadline: Deadline, sync = false): Promise<Slot[]> {
    const catchUp = sync && this.#zk.sync(this.path)
    const measuring = this.#clock.measure(this.path, this.#options.acl).catch(deadline.noted)
    const reading = this.#slots.map(async path => {
      try {
        const { data, stat } = await this.#zk.getData(path)
        return { path, stat, record: decodeLease(data) }
      } catch (error) {
        if (codeOf(error) === 'NO_NODE') return { path, stat: null, record: null }
        throw error
      }
    })
    const [slots] = await Promise.all([Promise.all(reading), measuring, catchUp])
    return slots
  }

  /** Picks the own slot, else a random free one, so that not all try the same one. */
  #choose(slots: readonly Slot[]): Slot | undefined {
    const own = slots.find(slot => slot.record?.holder === this.holder && this.#isHeld(slot))
    const free = slots.filter(slot => !this.#isHeld(slot))
    return own ?? free[Math.floor(this.#zk.environment.random() * free.length)]
  }

  /** Tells if a lease counts as held, which it does until its end is certain. */
  #isHeld({ record }: Slot): boolean {
    return record !== null && this.#clock.now().earliest < record.until
  }

  /** Returns null if somebody else was quicker, or the time was over before the answer arrived. */
  async #take(
    slot: Slot,
    record: LeaseRecord,
    duration: number,
    attempt: Attempt,
    deadline: Deadline,
  ): Promise<HeldLease | null> {
    const { path, stat, record: present } = slot
    if (stat === null) {
      await this.#ensure(path)
      return null
    }
    const isOurs = present?.grant === record.grant
    // It was written, but the answer was lost. If its time is over, it is written again.
    if (isOurs && this.#isHeld(slot)) return this.#held(path, stat, present, attempt.sent.get(path)!)
    const sent = this.#clock.mark()
    const granted = { ...record, until: Math.floor(this.#clock.now().earliest + duration) }
    // Of several unanswered writes, any may be the one that is applied.
    if (isOurs || !attempt.sent.has(path)) attempt.sent.set(path, sent)
    try {
      const bytes = encodeLease(granted)
      const write = (): Promise<Stat> => this.#zk.setData(path, bytes, { version: stat.version })
      // One that waits for others when the call ends is not sent: it would be a grant that nobody has.
      const written = await attempt.suspect.send(write, deadline)
      this.#clock.learn(sent, written.mtime)
      return this.#held(path, written, granted, sent)
    } catch (error) {
      if (codeOf(error) === 'BAD_VERSION') return null
      throw error
    }
  }

  #held(path: string, stat: Stat, record: LeaseRecord, sent: Mark): HeldLease {
    return new HeldLease(this.#zk, { path, stat, record, sent, acl: this.#options.acl })
  }

  async #ensure(path = this.path): Promise<void> {
    await ensureParent(this.#zk, path, 'persistent', this.#options.acl)
  }

  #tooShort(duration: number): ZooKeeperError {
    const message = `the duration of ${duration} ms was over before the answer arrived, ${LAPSES} times in a row: make it longer than a few round trips`
    const subject = { operation: 'tryAcquire', path: this.path }
    const details = { message, ...subject, outcome: 'unknown', retryable: false } as const
    return new ZooKeeperError('REQUEST_TIMEOUT', details)
  }

  #unique(): string {
    return uuid(() => this.#zk.environment.random())
  }
}

/** State of an acquisition that may have to be undone. */
class Attempt {
  /** Slots that were written, and the time of the earliest write that may be the present one. */
  readonly sent = new Map<string, Mark>()
  /** True if an answer was lost. */
  isUnknown = false
  /** The number of leases that were written, and were over before the answer arrived. */
  lapses = 0
  readonly suspect: SuspectWrite

  constructor(zk: ZooKeeper) {
    this.suspect = new SuspectWrite(zk)
  }
}

checkMethods(Lease, { tryAcquire: takes(), holders: takes(), isLocked: takes() })
inspectAs(Lease, tellPath)
