import { type ACL, type Data, joinPath, type ZooKeeper } from '@zookit/client'
import PQueue from 'p-queue'
import { connected } from './connected.ts'
import { Entry } from './entry.ts'
import { codeOf } from './errors.ts'
import type { ParentMode } from './ground.ts'
import type { OwnNode } from './handle.ts'
import { type Contender, contendersOf } from './names.ts'
import { type Limits, Patience } from './patience.ts'

/** What a rule judges by: a moment's contenders, one of which is ours. */
export interface Scene {
  /** First come first. Children that are no contenders are left out. */
  readonly contenders: readonly Contender[]
  /** Which of them is ours. */
  readonly index: number
  readonly mine: Contender
  /** The data of the node that was named as `probe`. */
  readonly probe: Buffer | null
  /** Names of those that are known to have been let in, where `announce` is set: the list alone may be behind. */
  readonly admitted: ReadonlySet<string>
}

/**
 * Decides whose turn it is. It must not take a turn back: whoever has been let in by those before him stays so, whoever
 * of them leaves.
 *
 * @returns null if it is ours; else what to wait for: the name of the node that is in the way, or `children` for any
 *   change among the children or of the probe, which is for one contender at a time.
 */
export type Rule = (scene: Scene) => string | 'children' | null

/** What is the same for all entries of a recipe. */
export interface ContentionSettings {
  /** The markers of all names that count as contenders, those of other clients included. */
  readonly counts: readonly string[]
  /** Another node, whose data the rule depends on. It must be there. */
  readonly probe?: string | undefined
  /**
   * Whether who is let in tells those behind, by setting its node's data again. Needed where a turn can come although
   * the one ahead is still there. Default false.
   */
  readonly announce?: boolean | undefined
  /** What is put above the contenders where nothing is. */
  readonly parent: ParentMode
  /** Who may do what with the parent. */
  readonly acl: readonly ACL[] | undefined
  /** After a lost connection, requests are made at a random moment of so many milliseconds. */
  readonly jitter: number
}

/** What is an entry's own. */
export interface EnterOptions extends Limits {
  /** Said in errors, such as `acquire`. */
  readonly operation: string
  /** The marker of its name: one of `counts`. */
  readonly marker: string
  /** What others are to know from the name alone, such as `w3-`. */
  readonly detail?: string | undefined
  readonly data?: Data | undefined
  readonly acl?: readonly ACL[] | undefined
  readonly rule: Rule
  /** False: rather null than to wait for a turn. Default true. */
  readonly patient?: boolean | undefined
}

/** A contender, and what is in its node. */
export interface ContenderInfo extends Contender {
  readonly path: string
  readonly data: Buffer | null
  /** The session whose ephemeral it is. */
  readonly session: bigint
  /** The transaction that has created it: its fencing token, when its turn has come. */
  readonly token: bigint
}

/** How many nodes are read at a time. */
const CONCURRENCY = 32

/** Sequential nodes under a parent, each waiting for its turn: the ground of locks, leases and elections. */
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
   * Puts a node among the contenders and waits until the rule says that its turn has come. Lost connections are
   * sat out; when the session or the node is lost, a new node starts at the end.
   *
   * @returns the node; null if `patient` is false and it is not its turn.
   * @throws ABORTED; REQUEST_TIMEOUT; CLOSED; AUTH_FAILED; SESSION_EXPIRED: the client does not renew its session;
   *   NO_AUTH; what the rule throws. The node is then deleted in the background, until it is gone.
   */
  async enter(options: EnterOptions): Promise<OwnNode | null> {
    const { operation } = options
    using patience = new Patience(this.#zk.environment, options, { operation, path: this.#path })
    patience.check()
    for (;;) {
      if (this.#zk.state !== 'connected') await patience.race(connected(this.#zk))
      const entry = new Entry(this.#zk, this.#path, this.#settings, options, patience)
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
   * The contenders, first come first, with what is in their nodes. As of no one moment: those that have gone before
   * they were read are left out.
   *
   * @throws ABORTED; REQUEST_TIMEOUT; and what a read throws, but for NO_NODE.
   */
  async list(operation: string, limits: Limits = {}): Promise<ContenderInfo[]> {
    using patience = new Patience(this.#zk.environment, limits, { operation, path: this.#path })
    patience.check()
    try {
      const { children } = await patience.race(this.#zk.getChildren(this.#path))
      return await patience.race(this.#readAll(contendersOf(children, this.#settings.counts)))
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
      const { data, stat } = await this.#zk.getData(path)
      return { ...contender, path, data, session: stat.ephemeralOwner, token: stat.czxid }
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return null
      throw error
    }
  }
}
