import { type ACL, checks, inspectAs, joinPath, type Stat, type ZooKeeper } from '@zookit/client'
import { checkRecipe, type OptionTable, SHARED } from '../core/arguments.ts'
import { checkMethods, optional, takes } from '../core/checked-methods.ts'
import { checkEnd, createIf, outcomeOf, readLatest, retryRead } from '../core/conditional-write.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { badArgument, codeOf, isTransient, withOutcome } from '../core/errors.ts'
import { uuid } from '../core/names.ts'
import { sleep } from '../core/pause.ts'
import { SerialQueue } from '../core/serial-queue.ts'
import { type Moment, ServerClock } from '../core/server-clock.ts'
import { tellPath } from '../core/tell.ts'
import { releaseWithin } from '../core/while-held.ts'
import { type Lock, Mutex } from '../mutex.ts'
import { Grants, type Rate } from './grants.ts'

/** Options of a RateLimiter. All who use a path must have the same `permits` and `interval`. */
export interface RateLimiterOptions {
  /** Number of permits that are granted at most in any interval. */
  permits: number
  /** Milliseconds. */
  interval: number
  /** ACL of the znodes that are created. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
}

/** State of the limit, read at one moment. */
interface View {
  readonly grants: Grants
  readonly version: number
  readonly moment: Moment
  /** True if somebody waits for permits. */
  readonly isQueued: boolean
}

/** Number of attempts against other writers before a place in the queue is taken. */
const TRIES = 3

/** Longest pause in milliseconds after another writer was quicker. */
const PAUSE = 20

const OPTIONS: OptionTable = checks.optionTable('{ permits: 100, interval: 1000 }', {
  permits: checks.whole(1),
  interval: checks.whole(1),
  acl: SHARED.acl,
})

/**
 * A limit on how often something is done by all clients of a path together: at most `permits` in any `interval`. It is never
 * exceeded; after a lost connection permits may be counted that nobody has used.
 *
 * The clock is that of the ensemble's leader, which stamps each grant. When another server becomes the leader, an interval is
 * shorter or longer by the difference of the two clocks.
 */
export class RateLimiter {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #rate: Rate
  readonly #acl: readonly ACL[] | undefined
  readonly #clock: ServerClock
  readonly #line: Mutex
  readonly #queue = new SerialQueue()
  /** The calls that may have taken permits: a grant of theirs was not answered, and is not known to be theirs. */
  readonly #unsure = new WeakSet<Deadline>()

  /**
   * @param path the znode that remembers the grants.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: RateLimiterOptions) {
    checkRecipe('RateLimiter', { zk, path, options, count: arguments.length }, OPTIONS, [
      'permits',
      'interval',
    ])
    const { permits, interval, acl } = options
    this.path = path
    this.#zk = zk
    this.#rate = { permits, interval }
    this.#acl = acl
    this.#clock = ServerClock.of(zk)
    this.#line = new Mutex(zk, joinPath(path, 'line'), { acl, whenSuspended: 'keep' })
  }

  /**
   * Waits until permits are free, and takes them. Callers are served in the order in which they began to wait: many permits are not
   * overtaken by few.
   *
   * @param permits number of them, 1 by default; at most those of an interval.
   * @throws ABORTED, REQUEST_TIMEOUT, CONNECTION_LOSS, SESSION_EXPIRED: with the outcome `unknown` permits may have been taken;
   *   INVALID_DATA: the znode is another recipe's; NO_AUTH; what ends the client.
   */
  async acquire(permits = 1, limits: Limits = {}): Promise<void> {
    using deadline = this.#deadline('acquire', permits, limits)
    const acquire = async (): Promise<void> => {
      if (await this.#tryNow(permits, deadline)) return
      while (!(await this.#acquireInLine(permits, deadline)));
    }
    await this.#queue.run(deadline, acquire).catch(error => this.#judge(error, deadline))
  }

  /**
   * Takes permits if they are free now and nobody waits for some.
   *
   * @param permits number of them, 1 by default; at most those of an interval.
   * @returns false if they are not free.
   * @throws as `acquire`.
   */
  async tryAcquire(permits = 1, limits: Limits = {}): Promise<boolean> {
    using deadline = this.#deadline('tryAcquire', permits, limits)
    return await this.#tryNow(permits, deadline, Infinity).catch(error => this.#judge(error, deadline))
  }

  /** Returns the number of permits that are free now, whether others wait for them or not. */
  async available(limits: Limits = {}): Promise<number> {
    using deadline = this.#deadline('available', 1, limits)
    const { grants } = await this.#look(deadline)
    return Math.max(this.#rate.permits - grants.used, 0)
  }

  /** Throws the error of a call, with the outcome of its grants. */
  #judge(error: unknown, deadline: Deadline): never {
    throw this.#unsure.has(deadline) ? withOutcome(error, 'unknown') : error
  }

  /** Takes permits without waiting for any. @param tries number of attempts while others are quicker. */
  async #tryNow(permits: number, deadline: Deadline, tries = TRIES): Promise<boolean> {
    for (let attempt = 0; attempt < tries; attempt++) {
      if (attempt > 0) await deadline.jitter(PAUSE)
      const view = await this.#look(deadline)
      if (view.isQueued || this.#delay(permits, view) > 0) return false
      if (await this.#take(permits, view, deadline)) return true
    }
    return false
  }

  /** @returns false if the place in the line was lost. */
  async #acquireInLine(permits: number, deadline: Deadline): Promise<boolean> {
    const place = await this.#line.acquire(deadline.inner).catch(error => {
      checkEnd(deadline, error)
      throw error
    })
    try {
      return await this.#takeInTurn(place, permits, deadline)
    } finally {
      await releaseWithin(deadline, place)
    }
  }

  /** @returns false if the place in the line was lost. */
  async #takeInTurn(place: Lock, permits: number, deadline: Deadline): Promise<boolean> {
    while (place.held) {
      const view = await this.#look(deadline)
      const delay = this.#delay(permits, view)
      if (delay === 0) {
        if (await this.#take(permits, view, deadline)) return true
        continue
      }
      // The clock was set back. What is written now has the time of today, so that it ends an interval from now.
      if (view.grants.isAhead(view.moment)) await this.#take(0, view, deadline)
      const { promise, cancel } = sleep(this.#zk, delay)
      try {
        await deadline.wait(promise)
      } finally {
        cancel()
      }
    }
    return false
  }

  #delay(permits: number, { grants, moment }: View): number {
    return grants.at(moment, this.#rate).delay(permits, moment, this.#rate)
  }

  /** Reads the grants, the line and the server's clock, in a state no older than this call. */
  async #look(deadline: Deadline): Promise<View> {
    for (;;) {
      const found = await retryRead(this.#zk, deadline, () => this.#read())
      if (found === null) {
        const data = Grants.none.format(0, uuid(this.#zk.environment.random))
        await createIf(this.#zk, this.path, data, this.#acl, deadline).catch(error => {
          if (!isTransient(error)) throw error
        })
        continue
      }
      try {
        await retryRead(this.#zk, deadline, () => this.#clock.measure(this.path, this.#acl))
        return { ...found, moment: this.#clock.now() }
      } catch (error) {
        // Somebody has deleted the znode.
        if (codeOf(error) !== 'NO_NODE') throw error
      }
    }
  }

  async #read(): Promise<Omit<View, 'moment'> | null> {
    const [, node, line] = await Promise.all([
      this.#zk.sync(this.path),
      this.#zk.getData(this.path).catch(error => {
        if (codeOf(error) === 'NO_NODE') return null
        throw error
      }),
      this.#zk.exists(this.#line.path),
    ])
    if (node === null) return null
    const grants = Grants.parse(node, this.path)
    return { grants, version: node.stat.version, isQueued: (line?.numChildren ?? 0) > 0 }
  }

  /**
   * Takes permits, if nobody has taken any since the view was read. What may have been written and may not is counted as taken, by
   * nobody: the limit holds, and the caller tries again.
   *
   * @returns false if somebody else was quicker.
   */
  async #take(permits: number, { grants, version, moment }: View, deadline: Deadline): Promise<boolean> {
    const writer = uuid(this.#zk.environment.random)
    const data = grants.at(moment, this.#rate).format(permits, writer)
    deadline.check()
    const sent = this.#clock.mark()
    try {
      const stat: Stat = await this.#zk.setData(this.path, data, { version, signal: deadline.signal })
      this.#clock.learn(sent, stat.mtime)
      return true
    } catch (error) {
      if (codeOf(error) === 'BAD_VERSION' || codeOf(error) === 'NO_NODE') return false
      checkEnd(deadline, error)
      if (!isTransient(error)) throw error
      if (outcomeOf(error) !== 'unknown') return false
      this.#unsure.add(deadline)
      const node = await readLatest(this.#zk, this.path, deadline)
      return node !== null && Grants.parse(node, this.path).writer === writer
    }
  }

  #deadline(operation: string, permits: number, limits: Limits): Deadline {
    if (permits > this.#rate.permits) {
      const error = badArgument(`an interval has ${this.#rate.permits} permits: ${permits} are never free`)
      throw checks.withSubject(error, operation, this.path)
    }
    return Deadline.begin(this.#zk, limits, { operation, path: this.path })
  }
}

const PERMITS = ['the permits', optional(checks.whole(1))] as const

checkMethods(RateLimiter, { acquire: takes(PERMITS), tryAcquire: takes(PERMITS), available: takes() })
inspectAs(RateLimiter, tellPath)
