import { joinPath, MultiError, type ZooKeeper } from '@zookit/client'
import { connected } from '../core/connected.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { codeOf, isTransient } from '../core/errors.ts'
import { contenderPrefix } from '../core/names.ts'
import type { ResolvedOptions } from '../core/options.ts'
import { sleep } from '../core/pause.ts'
import { WatchWaiter } from '../core/watch-waiter.ts'
import { attemptsOf, giveBack } from './claim.ts'
import type { DeadLetters } from './dead-letters.ts'
import { type Candidate, candidatesOf, ensureLayout, type Layout } from './layout.ts'
import { QueueItem } from './queue-item.ts'

/** Items that can be taken now, and milliseconds until there are more. */
export interface Sifted {
  readonly ready: readonly Candidate[]
  readonly next: number
}

/** Settings that differ between kinds of queues. */
export interface ClaimerSettings {
  readonly options: ResolvedOptions
  /** True if items that arrive later are never taken before those that are listed already. */
  readonly inOrderOfComing: boolean
  readonly deadLetters: DeadLetters
  /** Leaves out items that are not due yet. */
  readonly sift: (candidates: readonly Candidate[]) => Promise<Sifted> | Sifted
}

interface Taker {
  readonly mayWait: boolean
  resolve(item: QueueItem | null): void
  reject(error: unknown): void
}

interface Look extends Sifted {
  /** Number of items, those that are being worked on included. */
  readonly size: number
}

/** Number of items of one listing that are taken before the next listing, and the largest number of rivals. */
const MOST_LISTED = 64
const MOST_RIVALS = 64

/**
 * Takes items for all callers in this process that wait for one: they share listings, watches and round trips.
 *
 * Consumers do not know of each other. Their number is estimated from the conflicts, as TCP estimates its congestion
 * window: the estimate doubles with each conflict, and shrinks by one with each success. A larger estimate makes a
 * consumer wait longer after a change, and begin further from the first item.
 */
export class Claimer {
  readonly #zk: ZooKeeper
  readonly #layout: Layout
  readonly #settings: ClaimerSettings
  readonly #waiting: Taker[] = []
  #backlog: Candidate[] = []
  #running = false
  #rivals = 1
  #conflicts = 0
  #stir = (): void => {}

  constructor(zk: ZooKeeper, layout: Layout, settings: ClaimerSettings) {
    this.#zk = zk
    this.#layout = layout
    this.#settings = settings
  }

  /** Number of times that another consumer was quicker. */
  get conflicts(): number {
    return this.#conflicts
  }

  /** @param mayWait false: return null instead of waiting. */
  async take(operation: string, mayWait: boolean, limits: Limits): Promise<QueueItem | null> {
    const subject = { operation, path: this.#layout.items }
    using deadline = new Deadline(this.#zk, limits, subject)
    deadline.check()
    const { promise, taker } = takerOf(mayWait && deadline.mayWait)
    this.#waiting.push(taker)
    if (!taker.mayWait) this.#stir()
    if (!this.#running) void this.#run()
    try {
      const item = await deadline.race(promise)
      if (item === null && mayWait) deadline.checkMayWait()
      return item
    } catch (error) {
      this.#leave(taker)
      // An item that was claimed at the same moment goes back.
      promise.then(item => item && QueueItem.returnUnseen(item)).catch(() => {})
      throw error
    }
  }

  #leave(taker: Taker): void {
    const index = this.#waiting.indexOf(taker)
    if (index >= 0) this.#waiting.splice(index, 1)
    if (this.#waiting.length === 0) this.#stir()
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      try {
        if (this.#zk.state !== 'connected') await connected(this.#zk)
        await this.#round()
      } catch (error) {
        this.#backlog = []
        if (!isTransient(error)) this.#fail(error)
        else await connected(this.#zk).then(() => this.#pause(this.#settings.options.jitter), this.#fail)
      }
    }
    this.#running = false
  }

  readonly #fail = (error: unknown): void => {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }

  async #round(): Promise<void> {
    if (this.#backlog.length === 0) {
      const look = await this.#look()
      if (look.ready.length === 0) return await this.#idle(look.size)
      this.#backlog = look.ready.slice(0, MOST_LISTED)
    }
    await this.#claimSome()
  }

  // ---- listing and waiting ------------------------------------------------------------------------------------

  /**
   * Lists items and claims in one flush. @param waiter is woken by changes of the items, and of the claims if
   * `claims` is set.
   */
  async #look(waiter?: WatchWaiter, claims = false): Promise<Look> {
    const listing = [
      this.#list(this.#layout.items, waiter),
      this.#list(this.#layout.claims, claims ? waiter : undefined),
    ]
    try {
      const [items, claimed] = await Promise.all(listing)
      const taken = new Set(claimed)
      const free = candidatesOf(items!.filter(name => !taken.has(name)))
      return { ...(await this.#settings.sift(free)), size: items!.length }
    } catch (error) {
      if (codeOf(error) !== 'NO_NODE') throw error
    }
    await ensureLayout(this.#zk, this.#layout, this.#settings.options.acl)
    return this.#look(waiter, claims)
  }

  async #list(path: string, waiter: WatchWaiter | undefined): Promise<string[]> {
    const reading = waiter
      ? waiter.watch(path, 'children', watch => this.#zk.getChildren(path, { watch }))
      : this.#zk.getChildren(path)
    return (await reading).children
  }

  /** Lists again with watches, and waits: nothing can be taken. Claims matter only if there are claimed items. */
  async #idle(size: number): Promise<void> {
    for (const taker of this.#waiting.filter(({ mayWait }) => !mayWait)) {
      this.#waiting.splice(this.#waiting.indexOf(taker), 1)
      taker.resolve(null)
    }
    if (this.#waiting.length === 0) return
    const waiter = new WatchWaiter(this.#zk)
    try {
      const stirred = new Promise<void>(resolve => {
        this.#stir = resolve
      })
      const look = await this.#look(waiter, size > 0)
      if (look.ready.length > 0) this.#backlog = look.ready.slice(0, MOST_LISTED)
      else if (size > 0 || look.size === 0) await this.#rest([waiter.fired, stirred], look.next)
    } finally {
      waiter.cancel()
    }
    if (this.#waiting.length === 0 && !this.#settings.inOrderOfComing) this.#backlog = []
    if (this.#backlog.length === 0) await this.#stagger()
  }

  async #rest(calls: Promise<void>[], milliseconds: number): Promise<void> {
    if (this.#waiting.length === 0 || this.#waiting.some(({ mayWait }) => !mayWait)) return
    if (milliseconds === Infinity) return await Promise.race(calls)
    const longest = 0x7fff_ffff
    const { promise, cancel } = sleep(this.#zk, Math.min(Math.max(milliseconds, 1), longest))
    await Promise.race([...calls, promise])
    cancel()
  }

  /** Waits for a random time, which grows with the number of rivals. A consumer without rivals sets no timer. */
  #stagger(): Promise<void> {
    const most = Math.min(this.#settings.options.jitter, 2 * (this.#rivals - 1))
    if (most > 0) return this.#pause(most)
    return new Promise(resolve => this.#zk.environment.defer(resolve))
  }

  #pause(most: number): Promise<void> {
    return sleep(this.#zk, this.#zk.environment.random() * most).promise
  }

  // ---- claiming ---------------------------------------------------------------------------------------------

  async #claimSome(): Promise<void> {
    const backlog = this.#backlog
    const listed = backlog.length
    const count = Math.min(this.#waiting.length, backlog.length)
    const picked = backlog.splice(this.#offset(count), count)
    const results = await Promise.allSettled(picked.map(candidate => this.#claim(candidate)))
    const isAll = results.every(result => result.status === 'fulfilled' && result.value instanceof QueueItem)
    // With other consumers, most of the listed items will be theirs by the next time.
    if (!isAll || !this.#settings.inOrderOfComing || this.#rivals > 1) this.#backlog = []
    for (const result of results) if (result.status === 'fulfilled') this.#settle(result.value)
    const failed = results.find(result => result.status === 'rejected')
    if (failed) throw failed.reason
    // With fewer items than rivals, only time keeps the rivals apart.
    const isConflict = results.some(result => result.status === 'fulfilled' && result.value === 'conflict')
    if (isConflict && listed < this.#rivals) await this.#stagger()
  }

  /** Picks the first item to claim: the first one without rivals, else a random one of the same rank. */
  #offset(count: number): number {
    const { rank } = this.#backlog[0]!
    const others = this.#backlog.findIndex(candidate => candidate.rank !== rank)
    const equals = others < 0 ? this.#backlog.length : others
    const places = Math.max(Math.min(this.#rivals, equals - count + 1), 1)
    return Math.floor(this.#zk.environment.random() * places)
  }

  #settle(result: QueueItem | 'conflict' | 'gone'): void {
    if (result === 'gone') return
    if (result === 'conflict') {
      this.#conflicts++
      this.#rivals = Math.min(this.#rivals * 2, MOST_RIVALS)
      return
    }
    this.#rivals = Math.max(this.#rivals - 1, 1)
    const taker = this.#waiting.shift()
    if (taker) taker.resolve(result)
    else QueueItem.returnUnseen(result).catch(() => {})
  }

  /** Makes the claim and reads the item in one flush. */
  async #claim(candidate: Candidate): Promise<QueueItem | 'conflict' | 'gone'> {
    const { options, deadLetters } = this.#settings
    const { environment, session } = this.#zk
    const name = contenderPrefix(() => environment.random(), session.id, 'holder')
    const item = joinPath(this.#layout.items, candidate.name)
    const claim = joinPath(this.#layout.claims, candidate.name)
    const holder = joinPath(item, name)
    const node = { mode: 'ephemeral', acl: options.acl } as const
    const transaction = this.#zk.transaction().create(holder, null, node).create(claim, name, node)
    const requests = [transaction.commit(), this.#zk.getData(item), this.#zk.exists(holder)] as const
    const [claimed, read, stood] = await Promise.allSettled(requests)
    const place = { item, claim, holder, session: session.id }
    if (claimed.status === 'rejected') {
      if (claimed.reason?.outcome === 'unknown') giveBack(this.#zk, place).catch(() => {})
      return this.#refusal(claimed.reason)
    }
    if (read.status === 'fulfilled' && stood.status === 'fulfilled' && stood.value !== null) {
      const { czxid, ephemeralOwner } = stood.value
      const { data, stat } = read.value
      const own = { ...place, session: ephemeralOwner, czxid, data, attempts: attemptsOf(stat) }
      const onReleased = (): void => void (this.#backlog = [])
      if (own.attempts <= deadLetters.maxAttempts)
        return new QueueItem(this.#zk, own, { deadLetters, whenSuspended: options.whenSuspended, onReleased })
      // Its last consumer has died with it.
      await deadLetters.receive(own, data)
      return 'gone'
    }
    giveBack(this.#zk, place).catch(() => {})
    if (read.status === 'rejected') throw read.reason
    if (stood.status === 'rejected') throw stood.reason
    return 'gone'
  }

  async #refusal(error: unknown): Promise<'conflict' | 'gone'> {
    const code = codeOf(error)
    if (code === 'NODE_EXISTS') return 'conflict'
    if (code !== 'NO_NODE') throw error
    if (MultiError.is(error) && error.index > 0) {
      await ensureLayout(this.#zk, this.#layout, this.#settings.options.acl)
    }
    return 'gone'
  }
}

function takerOf(mayWait: boolean): { promise: Promise<QueueItem | null>; taker: Taker } {
  let taker: Taker | undefined
  const promise = new Promise<QueueItem | null>((resolve, reject) => {
    taker = { mayWait, resolve, reject }
  })
  return { promise, taker: taker! }
}
