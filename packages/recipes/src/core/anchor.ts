import {
  type Data,
  joinPath,
  MultiError,
  type Stat,
  type WriteOperation,
  type ZooKeeper,
  ZooKeeperError,
} from '@zookit/client'
import { BackgroundDeleter } from './background-deleter.ts'
import { checkEnd, isSame, nextVersion, orNull, outcomeOf, retryRead } from './conditional-write.ts'
import type { Deadline } from './deadline.ts'
import { codeOf, isTransient, withOutcome } from './errors.ts'
import { contenderPrefix } from './names.ts'
import { perClient } from './per-client.ts'
import type { SuspectWrite } from './suspect-write.ts'

/** Codes that say that a znode cannot have an anchor: it is ephemeral, or children must not be created there. */
const UNANCHORED: ReadonlySet<string | undefined> = new Set([
  'NO_AUTH',
  'NO_CHILDREN_FOR_EPHEMERALS',
  'EPHEMERAL_ON_LOCAL_SESSION',
  'QUOTA_EXCEEDED',
])

/** Codes that say that somebody else has changed the znodes of a transaction. */
const CONFLICTS: ReadonlySet<string> = new Set(['BAD_VERSION', 'NO_NODE', 'NODE_EXISTS', 'NOT_EMPTY'])

const ANCHOR = /^_c_[0-9a-f-]{36}-[0-9a-f]{16}-anchor$/

/**
 * The znodes of a client below which children can be created and not deleted: each anchor would stay there as long as the
 * session.
 */
const undeletable = perClient(() => new Set<string>())

/** Tells whether a znode is the anchor of somebody's update, by its name. */
export function isAnchor(name: string): boolean {
  return name.endsWith('-anchor') && ANCHOR.test(name)
}

/** A transaction that begins with a write to the znode of an anchor. */
export type AnchoredWrites = readonly [
  { readonly type: 'setData'; readonly path: string; readonly data: Data; readonly version: number },
  ...WriteOperation[],
]

/**
 * Makes reading, computing and writing one conditional step, for one call.
 *
 * A version alone does not tell that a znode is the one that was read: versions begin at 0 again when it is deleted and made
 * again. So an ephemeral child, the anchor, is created ahead of the read, in the same flush, and deleted in the transaction
 * of the write. A znode that is deleted takes it along: the transaction is applied to the znode that was read, or not at all.
 * When its answer is lost, the anchor says whether it was applied.
 */
export class Anchor implements Disposable {
  readonly #zk: ZooKeeper
  readonly #path: string
  /** The newest anchor, and its session; null where none exists. */
  #own: { readonly path: string; readonly session: bigint; isCertain: boolean } | null = null
  /** True where the znode cannot have one. */
  #isUnanchored: boolean

  constructor(zk: ZooKeeper, path: string) {
    this.#zk = zk
    this.#path = path
    this.#isUnanchored = undeletable(zk).has(path)
  }

  /**
   * Reads behind the anchor, in a state no older than this call.
   *
   * @param read reads the znode, and what else is to be replaced. Null: the znode does not exist.
   * @throws as `readLatest`.
   */
  async read<Result>(deadline: Deadline, read: () => Promise<Result | null>): Promise<Result | null> {
    for (;;) {
      const result = await retryRead(this.#zk, deadline, async () => {
        const [, , found] = await Promise.all([
          this.#create().catch(deadline.noted),
          this.#zk.sync(this.#path),
          read(),
        ])
        return found
      })
      if (result === null) this.#own = null
      // Otherwise the znode was created in between, or the session was renewed.
      if (result === null || this.#isUnanchored || this.#stands) return result
    }
  }

  /**
   * Writes in the place of what was read.
   *
   * @param before the Stat that `read` has found.
   * @param writes the first one writes the znode of the anchor.
   * @returns the znode's new version; null if somebody else was quicker: read, and try again.
   * @throws ABORTED, REQUEST_TIMEOUT and what ends the client, with the outcome of the write; an error with the outcome `unknown`
   *   if the write may have been applied; NO_AUTH; QUOTA_EXCEEDED; REQUEST_TOO_LARGE.
   */
  async write(
    before: Stat,
    writes: AnchoredWrites,
    deadline: Deadline,
    suspect: SuspectWrite,
  ): Promise<number | null> {
    deadline.check()
    const own = this.#stands ? this.#own : null
    // It ended with its session, and what was read behind it proves nothing any more.
    if (own === null && !this.#isUnanchored) return null
    const release = own === null ? [] : [{ type: 'delete', path: own.path } as const]
    try {
      const all: readonly WriteOperation[] = [...release, ...writes]
      const { signal } = deadline
      const results = await suspect.send(() => this.#zk.multi(all, { signal }), deadline)
      const stat = results[release.length] as Stat
      if (own !== null) this.#own = null
      else if (stat.czxid !== before.czxid) throw this.#overwritten()
      return stat.version
    } catch (error) {
      if (MultiError.is(error)) return this.#onRefused(error, own !== null)
      checkEnd(deadline, error)
      if (!isTransient(error)) throw error
      if (outcomeOf(error) !== 'unknown') return null
      return await this.#inquire(before, writes[0].data, deadline, error)
    }
  }

  /** Deletes the anchor if it was left behind, in the background. */
  [Symbol.dispose](): void {
    const own = this.#own
    if (own === null) return
    const deleting = BackgroundDeleter.of(this.#zk).remove(own.path, own.session)
    // It ends with the session, at the latest.
    deleting.catch(() => {})
  }

  /** True if the anchor was created, and its session lives as far as is known. */
  get #stands(): boolean {
    return this.#own?.isCertain === true && this.#own.session === this.#zk.sessionId
  }

  /** Creates the anchor if there is none, and the znode exists. @throws as a create. */
  async #create(): Promise<void> {
    if (this.#isUnanchored || this.#stands) return
    const { session, environment } = this.#zk
    if (this.#own?.session !== session.id) {
      const path = joinPath(this.#path, contenderPrefix(environment.random, session.id, 'anchor'))
      this.#own = { path, session: session.id, isCertain: false }
    }
    const own = this.#own
    try {
      await this.#zk.create(own.path, null, { mode: 'ephemeral' })
      own.isCertain = true
    } catch (error) {
      const code = codeOf(error)
      // An earlier create was not answered.
      if (code === 'NODE_EXISTS') own.isCertain = true
      else if (UNANCHORED.has(code)) this.#isUnanchored = true
      else if (code !== 'NO_NODE') throw error
    }
  }

  #onRefused(error: MultiError, isAnchored: boolean): null {
    const isOfAnchor = isAnchored && error.index === 0
    if (isOfAnchor && error.code === 'NO_AUTH') {
      undeletable(this.#zk).add(this.#path)
      this.#isUnanchored = true
    } else if (!CONFLICTS.has(error.code)) throw error
    // It has gone with the znode, which may have been made again since.
    if (isOfAnchor) this.#own = null
    return null
  }

  /** Finds out the result of a transaction that was sent and not answered. @throws its error, if that is not certain. */
  async #inquire(before: Stat, data: Data, deadline: Deadline, error: unknown): Promise<number | null> {
    const own = this.#own
    // After a `sync`, no request of an older connection of the session can follow.
    const [, node, anchor] = await retryRead(this.#zk, deadline, () =>
      Promise.all([
        this.#zk.sync(this.#path),
        orNull(this.#zk.getData(this.#path)),
        own === null ? null : this.#zk.exists(own.path),
      ]),
    ).catch(failure => {
      throw withOutcome(failure, 'unknown')
    })
    if (anchor !== null) return null
    const wasAnchored = this.#stands
    this.#own = null
    if (node === null || node.stat.czxid !== before.czxid) throw error
    const next = nextVersion(before.version)
    const isOther = node.stat.version === next && !isSame(node.data, data)
    if (isOther || node.stat.version === before.version) return null
    if (wasAnchored) return next
    throw error
  }

  #overwritten(): ZooKeeperError {
    const message =
      'the znode was deleted and made again while it was being updated: the update was computed from the data of the deleted one, and has replaced that of the new one. Give whoever updates it the right to create and delete children, so that this is refused'
    return new ZooKeeperError('BAD_VERSION', { message, path: this.#path, outcome: 'unknown' })
  }
}
