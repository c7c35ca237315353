import { AnySignal, checks, inspectAs, type ZooKeeper } from '@zookit/client'
import { ACQUIRE, checkCall, checkRecipe, checkWork, SHARED } from './core/arguments.ts'
import type { Changes } from './core/broadcast.ts'
import { atOnce, checkMethods, takes, work } from './core/checked-methods.ts'
import type { ContenderInfo } from './core/contender-reader.ts'
import { Contention } from './core/contention.ts'
import type { Limits } from './core/deadline.ts'
import { isEndedBy } from './core/errors.ts'
import { NodeHandle } from './core/handle.ts'
import type { AcquireOptions } from './core/lockable.ts'
import { MappedChanges } from './core/mapped-changes.ts'
import { type RecipeOptions, type ResolvedOptions, resolveOptions } from './core/options.ts'
import type { OwnNode, WhenSuspended } from './core/ownership.ts'
import { tellPath } from './core/tell.ts'
import { releaseUntil, whileHeld } from './core/while-held.ts'
import { queueRule } from './mutex.ts'

/** State of an election at one moment. */
export interface ElectionView {
  /** First of the candidates; null if there is none. */
  readonly leader: ContenderInfo | null
  /** The candidates, in the order in which they would lead. */
  readonly candidates: readonly ContenderInfo[]
}

/**
 * Markers of the znodes of a candidate. Each of the other clients reads the number right behind a marker of its own: Curator's
 * `LeaderLatch`, its `LeaderSelector`, and kazoo's `Election`.
 */
const MARKERS = ['latch-', 'lock-', '__lock__'] as const
const [MARKER, ...COMPANIONS] = MARKERS

/** Options of a LeaderElection. */
export interface LeaderElectionOptions extends RecipeOptions {}

/** Options of `lead`. */
export interface LeadOptions extends Pick<AcquireOptions, 'signal' | 'data'> {
  /** True to stand for election again after the work has ended. Default true. */
  requeue?: boolean | undefined
}

/** The leadership, while it lasts. */
export class Leadership extends NodeHandle {
  constructor(zk: ZooKeeper, node: OwnNode, whenSuspended: WhenSuspended) {
    super(zk, node, whenSuspended)
    this.watchNode()
  }

  /** Resigns in favour of the next candidate. The same as `release`. */
  resign(limits?: Limits): Promise<void> {
    return this.release(limits)
  }
}

/** Work of a leader. It should obey the signal: when that is aborted, another leader may exist already. */
export type LeaderWork = (signal: AbortSignal, leadership: Leadership) => unknown

const LEAD = checks.optionTable('{ requeue: false }', {
  requeue: checks.flag,
  signal: checks.LIMIT_CHECKS.signal,
  data: SHARED.data,
})

const OPTIONS = checks.optionTable("{ data: 'host:port' }", SHARED)

/**
 * Elects one of many candidates: the one that has waited longest leads. Candidates of Curator and of kazoo on the same
 * path take part: a candidate is three znodes, one for each of their layouts, which one transaction creates.
 *
 * For a moment two may believe that they lead: one whose process was stopped and does not know yet, and its
 * successor. Protect what must not be done twice by the `token` or by `guard`.
 */
export class LeaderElection {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #options: ResolvedOptions
  readonly #contention: Contention

  /**
   * @param path parent of the candidates' znodes.
   * @param options.data data of this candidate, such as its address, which others can read.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: LeaderElectionOptions = {}) {
    checkRecipe('LeaderElection', { zk, path, options, count: arguments.length }, OPTIONS)
    this.path = path
    this.#zk = zk
    this.#options = resolveOptions(options)
    this.#contention = new Contention(zk, path, { ...this.#options, counts: MARKERS })
  }

  /**
   * Stands for election, and waits to be elected. Each call is a candidate of its own.
   *
   * @returns the leadership. Call `resign`, or use `await using`.
   * @throws ABORTED; REQUEST_TIMEOUT; CLOSED; AUTH_FAILED; SESSION_EXPIRED if the client does not renew its session;
   *   NO_AUTH.
   */
  async campaign(options: AcquireOptions = {}): Promise<Leadership> {
    checkCall({ operation: 'campaign', path: this.path }, options, ACQUIRE)
    const { acl, whenSuspended } = this.#options
    const data = options.data === undefined ? this.#options.data : options.data
    const node = await this.#contention.enter({
      ...options,
      operation: 'campaign',
      data,
      acl,
      marker: MARKER,
      companions: COMPANIONS,
      rule: queueRule,
    })
    return new Leadership(this.#zk, node!, whenSuspended)
  }

  /**
   * Stands for election again and again, and works while elected. When the work is done, or the leadership is lost
   * and the work has ended, it stands again at the end of the line. The work never runs twice at the same time.
   * With `requeue: false` it does so once, and returns when the work has ended.
   *
   * @param work receives a signal that is aborted when the leadership is lost, or `options.signal` is aborted.
   * @param options.signal ends it: the promise resolves, after the work has ended.
   * @throws what the work throws while it leads; as `campaign`. An error of the work after the loss of leadership is ignored,
   *   as a consequence of the loss.
   */
  async lead(work: LeaderWork, options: LeadOptions = {}): Promise<void> {
    const subject = { operation: 'lead', path: this.path }
    checkWork(subject, work)
    checkCall(subject, options, LEAD)
    const { requeue = true, signal, data } = options
    do {
      const leadership = await this.campaign({ signal, data }).catch(error => {
        if (isEndedBy(signal, error)) return null
        throw error
      })
      if (leadership === null) return
      // The release aborts it at the latest: what the work has left running must end too.
      const mandate = new AnySignal([leadership.signal, signal])
      const lead = async (): Promise<void> => {
        try {
          await work(mandate.signal, leadership)
        } catch (error) {
          if (!mandate.signal.aborted) throw error
        }
      }
      await whileHeld(leadership, lead, () => releaseUntil(signal, limits => leadership.resign(limits)))
    } while (requeue)
  }

  /** Lists the candidates with their data, the leader first. Takes two round trips. */
  candidates(limits?: Limits): Promise<ContenderInfo[]> {
    return this.#contention.list('candidates', limits)
  }

  /** Counts the candidates, the leader included. Takes one round trip. */
  count(limits?: Limits): Promise<number> {
    return this.#contention.count('count', limits)
  }

  /** Returns the leader with its data, or null if there is none. Takes two round trips. */
  async leader(limits?: Limits): Promise<ContenderInfo | null> {
    return (await this.candidates(limits))[0] ?? null
  }

  /**
   * Follows the election: yields the leader and all candidates now and after each change. Changes that come faster
   * than they are taken are skipped. Each observer reads the list at each change: use few observers.
   *
   * @param options.signal ends it: the iteration throws ABORTED. `return` ends it at once. The iteration is done when the client is closed.
   * @throws AUTH_FAILED; SESSION_EXPIRED if the client does not renew its session; NO_AUTH.
   */
  observe(options?: Pick<Limits, 'signal'>): Changes<ElectionView> {
    const views = this.#contention.observe('observe', options)
    return new MappedChanges(views, candidates => ({ leader: candidates[0] ?? null, candidates }))
  }
}

checkMethods(Leadership, { resign: takes() })
checkMethods(LeaderElection, {
  campaign: takes(),
  lead: takes(work),
  candidates: takes(),
  count: takes(),
  leader: takes(),
  observe: atOnce(takes()),
})
inspectAs(LeaderElection, tellPath)
