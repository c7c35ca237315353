import { joinPath, nameOf, validatePath, type ZooKeeper } from '@zookit/client'
import { BackgroundDeleter } from './core/background-deleter.ts'
import { type ContenderInfo, Contention } from './core/contention.ts'
import { ensureParent } from './core/creation.ts'
import { Deadline, type Limits } from './core/deadline.ts'
import { badArgument, codeOf } from './core/errors.ts'
import { NodeHandle, type OwnNode } from './core/handle.ts'
import type { AcquireOptions } from './core/lockable.ts'
import { lookUntil } from './core/look.ts'
import { type Contender, contendersOf, parseContender } from './core/names.ts'
import { type RecipeOptions, type ResolvedOptions, resolveOptions } from './core/options.ts'
import type { WatchWaiter } from './core/watch-waiter.ts'

/** What a double barrier is made with. */
export interface DoubleBarrierOptions extends Omit<RecipeOptions, 'parent'> {
  /** How many have to be there before anybody goes in: the same number for everybody who uses the path. */
  count: number
}

const MARKERS = ['member-']

/** The members of a round: those whose numbers come after the one and not after the other. */
interface Round {
  readonly after: number | null
  readonly last: number
}

/** One of those who have gone in together. */
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
   * Leaves, and waits until all who have gone in together have left. Whoever dies has left when his session has ended.
   *
   * @param limits end the wait, not the leaving.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH; CLOSED; AUTH_FAILED; SESSION_EXPIRED: the client does not renew its
   *   session.
   */
  async leave(limits: Limits = {}): Promise<void> {
    const subject = { operation: 'leave', path: this.path }
    using deadline = new Deadline(this.zk.environment, limits, subject)
    const leaving = super.release()
    await deadline.race(leaving)
    await lookUntil(this.zk, deadline, this.#jitter, waiter => this.#look(waiter))
  }

  /** Each waits for the next one of the ring of those who are left, so that a departure wakes few. */
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

/**
 * Lets as many in together as it is made for, and lets them out together. Who comes when a round has gone in waits for the
 * next round; it can be used again and again.
 *
 * The gate is the data of the barrier's node: the number of each round's last member. It is moved by whoever comes last
 * of a round, in one transaction with a check that all of the round are there.
 */
export class DoubleBarrier {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #options: ResolvedOptions
  readonly #count: number
  readonly #contention: Contention

  /**
   * @param path the node that the members' nodes go under, and whose data is the gate.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: DoubleBarrierOptions) {
    validatePath(path)
    this.path = path
    this.#zk = zk
    // Not a container: the gate must not be forgotten while somebody comes.
    this.#options = { ...resolveOptions(options, path), parent: 'persistent' }
    if (!Number.isInteger(options.count) || options.count < 1) {
      throw badArgument(`count is a whole number from 1, not ${String(options.count)}`, path)
    }
    this.#count = options.count
    this.#contention = new Contention(zk, path, { ...this.#options, counts: MARKERS, probe: path })
  }

  /** Who waits and who is in, in the order of coming, with their data. Two round trips. */
  members(limits?: Limits): Promise<ContenderInfo[]> {
    return this.#contention.list('members', limits)
  }

  /**
   * Comes, and waits until as many are there as the barrier is made for. Whoever loses his session before that comes anew.
   *
   * @returns one's place inside. It may be lost already, see `held`: `leave`, or `await using`, which leaves without waiting for the others.
   * @throws ABORTED, REQUEST_TIMEOUT: one's node is deleted; NO_AUTH; CLOSED; AUTH_FAILED; SESSION_EXPIRED: the client
   *   does not renew its session.
   */
  async enter(options: AcquireOptions = {}): Promise<BarrierMember> {
    const { signal, timeout } = options
    const subject = { operation: 'enter', path: this.path }
    using deadline = new Deadline(this.#zk.environment, { signal, timeout }, subject)
    deadline.check()
    for (;;) {
      const node = await this.#come(options.data, deadline)
      if (node === null) continue
      let isIn = false
      try {
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

  /** Null: to be tried again. */
  async #come(data: AcquireOptions['data'], deadline: Deadline): Promise<OwnNode | null> {
    let waiting = 0
    const { acl } = this.#options
    const node = await this.#contention
      .enter({
        operation: 'enter',
        signal: deadline.signal,
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
        // There is no barrier yet, and the answer to the first create was lost.
        if (codeOf(error) !== 'NO_NODE') throw error
        await deadline.race(ensureParent(this.#zk, this.path, 'persistent', acl))
        return null
      })
    if (node === null) return null
    // Of any that wait together, the last to come sees them all.
    if (waiting >= this.#count) {
      BackgroundDeleter.of(this.#zk)
        .retry(node.session, () => this.#open())
        .catch(() => {})
    }
    return node
  }

  /** Looks at the gate, and that one's own node is still there. Whom the gate has let in is in, whatever has come then. */
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

  /** Moves the gate for as long as enough are waiting before it. */
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
        // Somebody has gone, or somebody else has moved it.
        if (code !== 'NO_NODE' && code !== 'BAD_VERSION') throw error
      }
    }
  }
}

/** The numbers of the last members of the latest rounds. */
function boundsOf(data: Buffer | null): number[] {
  const words = data?.toString().split(' ') ?? []
  return words.filter(word => /^-?\d{1,10}$/.test(word)).map(Number)
}

/** Those who were in no round yet. */
function outsideOf(contenders: readonly Contender[], bounds: readonly number[]): Contender[] {
  const last = bounds.at(-1)
  return contenders.filter(({ sequence }) => last === undefined || ((sequence - last) | 0) > 0)
}

/** The bounds that those who are there still need to know their rounds. */
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
