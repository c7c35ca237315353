import { joinPath, type ZooKeeper } from '@zookit/client'
import PQueue from 'p-queue'
import { connected } from './connected.ts'
import { Deadline, type Limits } from './deadline.ts'
import { type ContentionSettings, type EnterOptions, Entry } from './entry.ts'
import { codeOf } from './errors.ts'
import { type Contender, contendersOf } from './names.ts'
import type { OwnNode } from './ownership.ts'
import { SuspectWrite } from './suspect-write.ts'

/** A contender, with the data of its znode. */
export interface ContenderInfo extends Contender {
  readonly path: string
  readonly data: Buffer | null
  /** The session that owns the ephemeral znode. */
  readonly session: bigint
  /** The czxid of the znode: the fencing token, once it is this contender's turn. */
  readonly token: bigint
}

/** Number of znodes that are read at a time. */
const CONCURRENCY = 32

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
   * Adds a contender and waits until the rule says that it is its turn. Lost connections are sat out. When the
   * session or the znode is lost, a new znode starts at the end of the line.
   *
   * @returns the znode; null if `mayWait` is false and it is not its turn.
   * @throws ABORTED; REQUEST_TIMEOUT; CLOSED; AUTH_FAILED; SESSION_EXPIRED if the client does not renew its session;
   *   NO_AUTH; REQUEST_TOO_LARGE; what the rule throws. The znode is then deleted in the background until it is gone.
   */
  async enter(options: EnterOptions): Promise<OwnNode | null> {
    const { operation, signal, timeout } = options
    const subject = { operation, path: this.#path }
    using deadline = new Deadline(this.#zk.environment, { signal, timeout }, subject)
    deadline.check()
    const suspect = new SuspectWrite(this.#zk)
    for (;;) {
      if (this.#zk.state !== 'connected') await deadline.race(connected(this.#zk))
      const entry = new Entry(this.#zk, this.#path, this.#settings, { ...options, suspect }, deadline)
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
    using deadline = new Deadline(this.#zk.environment, limits, { operation, path: this.#path })
    deadline.check()
    try {
      const { children } = await deadline.race(this.#zk.getChildren(this.#path))
      return await deadline.race(this.#readAll(contendersOf(children, this.#settings.counts)))
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return []
      throw error
    }
  }

  /**
   * Counts the contenders: a new one would have this many ahead of it. Takes one round trip.
   *
   * @throws ABORTED; REQUEST_TIMEOUT; what a read throws, except NO_NODE.
   */
  async count(operation: string, limits: Limits = {}): Promise<number> {
    using deadline = new Deadline(this.#zk.environment, limits, { operation, path: this.#path })
    deadline.check()
    try {
      const { children } = await deadline.race(this.#zk.getChildren(this.#path))
      return contendersOf(children, this.#settings.counts).length
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return 0
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
      const { data, stat } = await this.#zk.getData(path)
      return { ...contender, path, data, session: stat.ephemeralOwner, token: stat.czxid }
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return null
      throw error
    }
  }
}
