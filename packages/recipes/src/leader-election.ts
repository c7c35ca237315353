import { PulledEvents, validatePath, type ZooKeeper } from '@zookit/client'
import { AnySignal } from './core/any-signal.ts'
import type { Changes } from './core/broadcast.ts'
import { type ContenderInfo, Contention } from './core/contention.ts'
import { Deadline, type Limits } from './core/deadline.ts'
import { codeOf } from './core/errors.ts'
import { NodeHandle, type OwnNode } from './core/handle.ts'
import type { AcquireOptions } from './core/lockable.ts'
import { type RecipeOptions, type ResolvedOptions, resolveOptions } from './core/options.ts'
import type { WhenSuspended } from './core/ownership.ts'
import { type ElectionView, observeElection } from './election-view.ts'
import { queueRule } from './mutex.ts'

/** Our names have the marker of Curator's LeaderLatch. Names of its LeaderSelector and of kazoo count too. */
const MARKER = 'latch-'
const MARKERS = [MARKER, 'lock-', '__lock__']

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

/**
 * Elects one of many candidates: the one that has waited longest leads.
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
  constructor(zk: ZooKeeper, path: string, options: RecipeOptions = {}) {
    validatePath(path)
    this.path = path
    this.#zk = zk
    this.#options = resolveOptions(options, path)
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
    const { acl, whenSuspended } = this.#options
    const data = options.data === undefined ? this.#options.data : options.data
    const candidacy = { ...options, operation: 'campaign', data, acl, marker: MARKER, rule: queueRule }
    const node = await this.#contention.enter(candidacy)
    return new Leadership(this.#zk, node!, whenSuspended)
  }

  /**
   * Stands for election again and again, and works while elected. When the work is done, or the leadership is lost
   * and the work has ended, it stands again at the end of the line. The work never runs twice at the same time.
   *
   * @param work receives a signal that is aborted when the leadership is lost, or `options.signal` is aborted.
   * @throws what the work throws while it leads; ABORTED, by `options.signal`, after the work has ended; as
   *   `campaign`. An error of the work after the loss of leadership is ignored, as a consequence of the loss.
   */
  async lead(work: LeaderWork, options: Pick<AcquireOptions, 'signal' | 'data'> = {}): Promise<never> {
    for (;;) {
      await using leadership = await this.campaign(options)
      // The release aborts it at the latest: what the work has left running must end too.
      const mandate = new AnySignal([leadership.signal, options.signal])
      try {
        await work(mandate.signal, leadership)
      } catch (error) {
        if (!mandate.signal.aborted) throw error
      }
    }
  }

  /** Lists the candidates with their data, the leader first. Takes two round trips. */
  candidates(limits?: Limits): Promise<ContenderInfo[]> {
    return this.#contention.list('candidates', limits)
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
  observe(options: Pick<Limits, 'signal'> = {}): Changes<ElectionView> {
    return new PulledEvents(options.signal, signal => this.#observe(signal))
  }

  async *#observe(signal: AbortSignal): AsyncGenerator<ElectionView, void, undefined> {
    const { environment } = this.#zk
    using deadline = new Deadline(environment, { signal }, { operation: 'observe', path: this.path })
    deadline.check()
    try {
      yield* observeElection(this.#zk, this.path, MARKERS, this.#options.jitter, deadline)
    } catch (error) {
      deadline.check()
      if (codeOf(error) !== 'CLOSED') throw error
    }
  }
}
