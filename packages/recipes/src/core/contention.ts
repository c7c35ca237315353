import { joinPath, PulledEvents, type ZooKeeper } from '@zookit/client'
import PQueue from 'p-queue'
import { checkCall, SIGNAL, type Subject } from './arguments.ts'
import type { Changes } from './broadcast.ts'
import { connected } from './connected.ts'
import { type ContenderInfo, ContenderReader, infoOf } from './contender-reader.ts'
import type { Rule } from './contention-rule.ts'
import { Deadline, type Limits } from './deadline.ts'
import { tracedWait } from './diagnostics.ts'
import { type ContentionSettings, type EnterOptions, Entry } from './entry.ts'
import { codeOf } from './errors.ts'
import { looks } from './look.ts'
import { type Contender, contendersOf, withoutCompanions } from './names.ts'
import type { OwnNode } from './ownership.ts'
import { SuspectWrite } from './suspect-write.ts'

/** The contender that a new znode would be. */
export interface Newcomer {
  readonly marker: string
  readonly detail?: string
  readonly rule: Rule
}

/** Number of znodes that are read at a time. */
const CONCURRENCY = 32

const NOBODY: ReadonlySet<string> = new Set()

/**
 * Sequential znodes under a parent, each of which waits for its turn. Locks, semaphores and elections are built on
 * it.
 */
export class Contention {
  readonly #zk: ZooKeeper
  readonly #path: string
  readonly #settings: ContentionSettings

  constructor(zk: ZooKeeper, path: string, settings: ContentionSettings) {
    this.#zk = zk
    this.#path = path
    this.#settings = settings
  }

  /**
   * Adds a contender and waits until the rule says that it is its turn. Continues after lost connections. When the
   * session or the znode is lost, a new znode starts at the end of the line.
   *
   * @returns the znode; null if `mayWait` is false and it is not its turn.
   * @throws ABORTED; REQUEST_TIMEOUT; CLOSED; AUTH_FAILED; SESSION_EXPIRED if the client does not renew its session;
   *   NO_AUTH; REQUEST_TOO_LARGE; what the rule throws. The znode is then deleted in the background until it is gone.
   */
  enter(options: EnterOptions): Promise<OwnNode | null> {
    return tracedWait(this.#zk, options.operation, this.#path, () => this.#enter(options))
  }

  async #enter(options: EnterOptions): Promise<OwnNode | null> {
    const { operation, signal, timeout } = options
    const subject = { operation, path: this.#path }
    using deadline = new Deadline(this.#zk, { signal, timeout }, subject)
    deadline.check()
    const suspect = new SuspectWrite(this.#zk)
    for (;;) {
      if (this.#zk.state !== 'connected') await deadline.wait(connected(this.#zk))
      const entry = new Entry(this.#zk, this.#path, this.#settings, options, { suspect, deadline })
      let granted = false
      try {
        const result = await entry.run()
        granted = typeof result === 'object'
        if (result !== 'again') return result === 'busy' ? null : result
      } finally {
        if (!granted) entry.abandon()
      }
    }
  }

  /**
   * Lists the contenders in the order of their arrival, with the data of their znodes. The list is not a snapshot:
   * contenders that leave before they are read are left out.
   *
   * @throws ABORTED; REQUEST_TIMEOUT; what a read throws, except NO_NODE.
   */
  async list(operation: string, limits: Limits = {}): Promise<ContenderInfo[]> {
    using deadline = new Deadline(this.#zk, limits, { operation, path: this.#path })
    deadline.check()
    return await deadline.race(this.#readAll(await deadline.race(this.#present())))
  }

  /**
   * Counts the contenders: a new one would have this many ahead of it. Takes one round trip.
   *
   * @throws ABORTED; REQUEST_TIMEOUT; what a read throws, except NO_NODE.
   */
  async count(operation: string, limits: Limits = {}): Promise<number> {
    using deadline = Deadline.begin(this.#zk, limits, { operation, path: this.#path })
    return (await deadline.race(this.#present())).length
  }

  /**
   * Returns whether a contender that came now would have to wait. Takes one round trip.
   *
   * @throws as `count`; what the rule throws.
   */
  async mustWait(
    operation: string,
    { marker, detail = '', rule }: Newcomer,
    limits: Limits = {},
  ): Promise<boolean> {
    using deadline = Deadline.begin(this.#zk, limits, { operation, path: this.#path })
    const { probe } = this.#settings
    const reads = [this.#present(), probe === undefined ? null : this.#zk.getData(probe)] as const
    const [present, probed] = await deadline.race(Promise.all(reads))
    const sequence = ((present.at(-1)?.sequence ?? -1) + 1) | 0
    const mine = { name: `-${detail}${marker}`, marker, sequence }
    const contenders = [...present, mine]
    const view = { contenders, index: present.length, mine, probe: probed?.data ?? null, admitted: NOBODY }
    return rule(view) !== null
  }

  /**
   * Follows the contenders: yields all of them, in the order of their arrival, now and after each change. Changes that
   * come faster than they are taken are skipped.
   *
   * @param options.signal ends it: the iteration throws ABORTED. `return` ends it at once. The iteration is done when the
   *   client is closed.
   */
  observe(operation: string, options: Pick<Limits, 'signal'> = {}): Changes<readonly ContenderInfo[]> {
    const subject = { operation, path: this.#path }
    checkCall(subject, options, SIGNAL)
    return new PulledEvents(options.signal, signal => this.#observe(subject, signal))
  }

  async *#observe(
    subject: Subject,
    signal: AbortSignal,
  ): AsyncGenerator<readonly ContenderInfo[], void, undefined> {
    using deadline = Deadline.begin(this.#zk, { signal }, subject)
    const reader = new ContenderReader(this.#zk, this.#path, this.#settings.counts)
    let shown: string | undefined
    try {
      const views = looks(this.#zk, deadline, this.#settings.jitter, waiter => reader.read(waiter))
      for await (const contenders of views) {
        const names = contenders.map(({ name }) => name).join('/')
        if (names !== shown) yield contenders
        shown = names
      }
    } catch (error) {
      deadline.check()
      if (codeOf(error) !== 'CLOSED') throw error
    }
  }

  async #present(): Promise<readonly Contender[]> {
    try {
      const { children } = await this.#zk.getChildren(this.#path)
      return withoutCompanions(contendersOf(children, this.#settings.counts))
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return []
      throw error
    }
  }

  async #readAll(contenders: readonly Contender[]): Promise<ContenderInfo[]> {
    const queue = new PQueue({ concurrency: CONCURRENCY })
    const infos = await queue.addAll(contenders.map(contender => () => this.#readOne(contender)))
    return infos.filter(info => info !== null)
  }

  async #readOne(contender: Contender): Promise<ContenderInfo | null> {
    const path = joinPath(this.#path, contender.name)
    try {
      return infoOf(contender, path, await this.#zk.getData(path))
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return null
      throw error
    }
  }
}
