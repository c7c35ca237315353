import { checks, inspectAs, joinPath, nameOf, type ZooKeeper } from '@zookit/client'
import { ACQUIRE, checkCall, checkRecipe, SHARED } from './core/arguments.ts'
import { BackgroundDeleter } from './core/background-deleter.ts'
import { checkMethods, takes } from './core/checked-methods.ts'
import { retryRead } from './core/conditional-write.ts'
import type { ContenderInfo } from './core/contender-reader.ts'
import { Contention } from './core/contention.ts'
import { ensureParent } from './core/creation.ts'
import { Deadline, type Limits } from './core/deadline.ts'
import { codeOf, isEnd, withOutcome } from './core/errors.ts'
import { NodeHandle } from './core/handle.ts'
import type { AcquireOptions } from './core/lockable.ts'
import { lookUntil } from './core/look.ts'
import { type Contender, contendersOf, parseContender } from './core/names.ts'
import { type RecipeOptions, type ResolvedOptions, resolveOptions } from './core/options.ts'
import type { OwnNode } from './core/ownership.ts'
import { tellPath } from './core/tell.ts'
import type { WatchWaiter } from './core/watch-waiter.ts'

/** Options of a DoubleBarrier. */
export interface DoubleBarrierOptions extends Omit<RecipeOptions, 'parent'> {
  /** Number of members that must arrive before any of them goes in. It must be the same for all who use the path. */
  count: number
}

const MARKERS = ['member-']

/** The members of a round: those with numbers after the first bound, up to the second. */
interface Round {
  readonly after: number | null
  readonly last: number
}

/** A member that has arrived, and the number of those who wait, itself included. */
interface Arrival {
  readonly node: OwnNode
  readonly waiting: number
}

/** A member of a round that has gone in. */
export class BarrierMember extends NodeHandle {
  readonly #round: Round
  readonly #jitter: number
  readonly #parent: string

  constructor(zk: ZooKeeper, node: OwnNode, options: ResolvedOptions, parent: string, round: Round) {
    super(zk, node, options.whenSuspended)
    this.#round = round
    this.#jitter = options.jitter
    this.#parent = parent
  }

  /**
   * Leaves, and waits until all members of the round have left. A member whose session ends has left.
   *
   * @param limits end the wait, not the leaving.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH; CLOSED; AUTH_FAILED; SESSION_EXPIRED if the client does not renew its
   *   session.
   */
  async leave(limits: Limits = {}): Promise<void> {
    const subject = { operation: 'leave', path: this.path }
    using deadline = new Deadline(this.zk, limits, subject)
    const leaving = super.release()
    deadline.workGoesOn()
    try {
      await deadline.race(leaving)
      await lookUntil(this.zk, deadline, this.#jitter, waiter => this.#look(waiter))
    } catch (error) {
      // The own znode may be gone whatever ends the wait for the others.
      throw isEnd(error) ? withOutcome(error, 'unknown') : error
    }
  }

  /** Keeps the znode until the member leaves: the others must not go on while it works, though it may be cut off. */
  protected override onEnd(): void {}

  /** Watches only the next of the remaining members, in a ring, so that a departure wakes few. */
  async #look(waiter: WatchWaiter): Promise<true | undefined> {
    const mine = nameOf(this.path)
    const own = parseContender(mine, MARKERS)!.sequence
    for (;;) {
      const others = (await this.#members()).filter(({ name }) => name !== mine)
      const next = others.find(({ sequence }) => ((sequence - own) | 0) > 0) ?? others[0]
      if (next === undefined) return true
      const path = joinPath(this.#parent, next.name)
      try {
        await waiter.watch(path, 'data', watch => this.zk.getData(path, { watch }))
        return undefined
      } catch (error) {
        if (codeOf(error) !== 'NO_NODE') throw error
      }
    }
  }

  async #members(): Promise<Contender[]> {
    try {
      const { children } = await this.zk.getChildren(this.#parent)
      return contendersOf(children, MARKERS).filter(member => isIn(this.#round, member))
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return []
      throw error
    }
  }
}

const OPTIONS = checks.optionTable('{ count: 3 }', {
  count: checks.whole(1),
  data: SHARED.data,
  acl: SHARED.acl,
  whenSuspended: SHARED.whenSuspended,
  jitter: SHARED.jitter,
})

/**
 * Lets a fixed number of members in together, and out together. A member that arrives after a round has gone in waits
 * for the next round. The barrier can be used again and again.
 *
 * The gate is the data of the barrier's znode: the number of each round's last member. The last member to arrive
 * moves the gate, in one transaction that checks that all members of the round exist.
 */
export class DoubleBarrier {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #options: ResolvedOptions
  readonly #count: number
  readonly #contention: Contention

  /**
   * @param path the znode that is the parent of the members' znodes, and whose data is the gate.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: DoubleBarrierOptions) {
    checkRecipe('DoubleBarrier', { zk, path, options, count: arguments.length }, OPTIONS, ['count'])
    this.path = path
    this.#zk = zk
    // Not a container: the gate must not be deleted while somebody arrives.
    this.#options = { ...resolveOptions(options), parent: 'persistent' }
    this.#count = options.count
    this.#contention = new Contention(zk, path, { ...this.#options, counts: MARKERS, probe: path })
  }

  /**
   * Lists those who wait and those who are in, in the order of their arrival, with their data. Takes two round trips.
   */
  members(limits?: Limits): Promise<ContenderInfo[]> {
    return this.#contention.list('members', limits)
  }

  /**
   * Arrives, and waits until enough members have arrived. A member that loses its session before that arrives again.
   *
   * @returns the place inside. It may be lost already, see `held`. Call `leave`, or use `await using`, which leaves
   *   without waiting for the others.
   * @throws ABORTED, REQUEST_TIMEOUT: the znode is deleted; NO_AUTH; CLOSED; AUTH_FAILED; SESSION_EXPIRED if the
   *   client does not renew its session.
   */
  async enter(options: AcquireOptions = {}): Promise<BarrierMember> {
    const subject = { operation: 'enter', path: this.path }
    checkCall(subject, options, ACQUIRE)
    const { signal, timeout } = options
    using deadline = new Deadline(this.#zk, { signal, timeout }, subject)
    deadline.check()
    for (;;) {
      const arrival = await this.#come(options.data, deadline)
      if (arrival === null) continue
      const { node, waiting } = arrival
      let isIn = false
      try {
        // Of several that wait together, the last to arrive sees them all.
        if (waiting >= this.#count) await deadline.race(this.#openFor(node, deadline))
        const round = await lookUntil(this.#zk, deadline, this.#options.jitter, waiter =>
          this.#look(waiter, node),
        )
        isIn = round !== 'lost'
        if (round !== 'lost') return new BarrierMember(this.#zk, node, this.#options, this.path, round)
      } finally {
        if (!isIn)
          BackgroundDeleter.of(this.#zk)
            .remove(node.path, node.session)
            .catch(() => {})
      }
    }
  }

  /** Creates the member's znode, and counts those who wait. Returns null if it must be tried again. */
  async #come(data: AcquireOptions['data'], deadline: Deadline): Promise<Arrival | null> {
    let waiting = 0
    const { acl } = this.#options
    const node = await this.#contention
      .enter({
        operation: 'enter',
        ...deadline.inner,
        marker: MARKERS[0]!,
        data: data === undefined ? this.#options.data : data,
        acl,
        rule: ({ contenders, probe }) => {
          waiting = outsideOf(contenders, boundsOf(probe)).length
          return null
        },
      })
      .catch(async error => {
        deadline.check()
        // The barrier does not exist yet, or the answer to its create was lost.
        if (codeOf(error) !== 'NO_NODE') throw error
        await retryRead(this.#zk, deadline, () => ensureParent(this.#zk, this.path, 'persistent', acl))
        return null
      })
    return node && { node, waiting }
  }

  /** Moves the gate, as long as the session lives. @throws an error that no retry would change, such as NO_AUTH. */
  #openFor({ session }: OwnNode, deadline: Deadline): Promise<void> {
    return BackgroundDeleter.of(this.#zk).retry(session, () => this.#open().catch(deadline.noted))
  }

  /**
   * Reads the gate, and checks that the own znode still exists. A member that the gate has let in is in, whatever
   * follows.
   */
  async #look(waiter: WatchWaiter, { path }: OwnNode): Promise<Round | 'lost' | undefined> {
    const [gate, own] = await Promise.allSettled([
      waiter.watch(this.path, 'data', watch => this.#zk.getData(this.path, { watch })),
      waiter.watch(path, 'data', watch => this.#zk.getData(path, { watch })),
    ])
    if (gate.status === 'fulfilled') {
      const round = roundOf(boundsOf(gate.value.data), parseContender(nameOf(path), MARKERS)!)
      if (round) return round
    }
    for (const { reason } of [gate, own].filter(result => result.status === 'rejected')) {
      if (codeOf(reason) === 'NO_NODE') return 'lost'
      throw reason
    }
    return undefined
  }

  /** Moves the gate as long as enough members wait before it. */
  async #open(): Promise<void> {
    for (;;) {
      const reading = [this.#zk.getChildren(this.path), this.#zk.getData(this.path)] as const
      const [{ children }, gate] = await Promise.all(reading)
      const bounds = boundsOf(gate.data)
      const contenders = contendersOf(children, MARKERS)
      const round = outsideOf(contenders, bounds).slice(0, this.#count)
      if (round.length < this.#count) return
      const moved = [...neededOf(bounds, contenders), round.at(-1)!.sequence].join(' ')
      try {
        const transaction = this.#zk.transaction()
        for (const { name } of round) transaction.check(joinPath(this.path, name), -1)
        await transaction.setData(this.path, moved, { version: gate.stat.version }).commit()
      } catch (error) {
        const code = codeOf(error)
        // A member has left, or somebody else has moved the gate.
        if (code !== 'NO_NODE' && code !== 'BAD_VERSION') throw error
      }
    }
  }
}

/** Numbers of the last members of the latest rounds. */
function boundsOf(data: Buffer | null): number[] {
  const words = data?.toString().split(' ') ?? []
  return words.filter(word => /^-?\d{1,10}$/.test(word)).map(Number)
}

/** Members that have not been in a round yet. */
function outsideOf(contenders: readonly Contender[], bounds: readonly number[]): Contender[] {
  const last = bounds.at(-1)
  return contenders.filter(({ sequence }) => last === undefined || ((sequence - last) | 0) > 0)
}

/** Bounds that the remaining members still need to find their rounds. */
function neededOf(bounds: readonly number[], contenders: readonly Contender[]): number[] {
  const first = contenders[0]!.sequence
  const before = bounds.findLastIndex(bound => ((bound - first) | 0) < 0)
  return bounds.slice(Math.max(before, 0))
}

function roundOf(bounds: readonly number[], { sequence }: Contender): Round | undefined {
  const index = bounds.findIndex(bound => ((bound - sequence) | 0) >= 0)
  return index < 0 ? undefined : { after: bounds[index - 1] ?? null, last: bounds[index]! }
}

function isIn({ after, last }: Round, { sequence }: Contender): boolean {
  return ((sequence - last) | 0) <= 0 && (after === null || ((sequence - after) | 0) > 0)
}

checkMethods(BarrierMember, { leave: takes() })
checkMethods(DoubleBarrier, { enter: takes(), members: takes() })
inspectAs(DoubleBarrier, tellPath)
