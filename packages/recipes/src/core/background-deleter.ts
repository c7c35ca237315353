import { joinPath, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import PQueue from 'p-queue'
import { connected, connectedOrEnded, isSession } from './connected.ts'
import { codeOf, isDisconnection } from './errors.ts'
import type { OwnNode } from './ownership.ts'
import { sleep } from './pause.ts'
import { perClient } from './per-client.ts'

/** Number of failed deletions that are retried at a time, so that a server that comes back is not flooded. */
const CONCURRENCY = 8

/** Longest pause in milliseconds before the first retry, and before later retries while the server is reachable. */
const FIRST_PAUSE = 100
const LAST_PAUSE = 2000

/** Codes of errors that no retry would change. */
const FINAL: ReadonlySet<string | undefined> = new Set([
  'NO_AUTH',
  'NOT_EMPTY',
  'BAD_VERSION',
  'BAD_ARGUMENTS',
  'UNIMPLEMENTED',
  'REQUEST_TOO_LARGE',
])

/**
 * Deletes znodes with a guarantee: retries until the znode is gone, or until its session has ended and the znode with
 * it. A contender that stays behind on a live session is a lock that nobody holds and nobody can get.
 */
export class BackgroundDeleter {
  readonly #zk: ZooKeeper
  readonly #queue = new PQueue({ concurrency: CONCURRENCY })

  private constructor(zk: ZooKeeper) {
    this.#zk = zk
  }

  /** Returns the deleter of a client. */
  static readonly of: (zk: ZooKeeper) => BackgroundDeleter = perClient(zk => new BackgroundDeleter(zk))

  /** Number of deletions that have failed at least once and are still to be done. */
  get pending(): number {
    return this.#queue.size + this.#queue.pending
  }

  /**
   * Deletes a znode. The request is made before this returns. A znode that does not exist counts as deleted.
   *
   * @param session the session that owns the ephemeral: the deletion ends when that session does. Null: for znodes
   *   that outlive a session; the deletion goes on in the client's later sessions.
   * @throws an error that no retry would change, such as NO_AUTH; with `null`, also the error that has ended the
   *   client.
   */
  remove(path: string, session: bigint | null, version = -1): Promise<void> {
    return this.retry(session, () => this.#zk.delete(path, { version }))
  }

  /**
   * Deletes a znode and its companions, as `remove` does. The companions go first: a recipe counts them and the znode as one
   * contender, and must not count a companion that is left alone as another contender.
   */
  async removeNode({ path, companions = [], session }: Omit<OwnNode, 'czxid'>): Promise<void> {
    if (companions.length === 0) return await this.remove(path, session)
    const paths = [...companions].reverse()
    await Promise.all([...paths, path].map(one => this.remove(one, session)))
  }

  /**
   * Deletes the children whose names begin with a prefix that nobody else uses: finds the znode of a create that was
   * never answered. The listing follows a `sync`, because a server that lags behind could hide the znode.
   */
  removeByPrefix(parent: string, prefix: string, session: bigint | null): Promise<void> {
    return this.retry(session, async () => {
      const [, { children }] = await Promise.all([this.#zk.sync(parent), this.#zk.getChildren(parent)])
      const mine = children.filter(name => name.startsWith(prefix))
      await Promise.all(mine.map(name => this.#deleteIfPresent(joinPath(parent, name))))
    })
  }

  /**
   * Repeats an attempt until it succeeds, no retry would help, or the session has ended. NO_NODE counts as success.
   *
   * @param attempt one try. It must not call the deleter: it may run in a place that the call would wait for.
   * @param session null: goes on in the client's later sessions.
   * @throws with the outcome `unknown` if an earlier attempt may have been applied.
   */
  async retry(session: bigint | null, attempt: () => Promise<void>): Promise<void> {
    if (session !== null && !isSession(this.#zk, session)) return
    let mayBeApplied = false
    const noted = async (): Promise<void> => {
      try {
        await attempt()
      } catch (error) {
        mayBeApplied ||= (error as { outcome?: unknown }).outcome === 'unknown'
        throw error
      }
    }
    try {
      if ((await outcomeOf(noted)) === 'done') return
      await this.#queue.add(() => this.#retry(session, noted))
    } catch (error) {
      throw mayBeApplied ? asUnknown(error) : error
    }
  }

  async #deleteIfPresent(path: string): Promise<void> {
    await this.#zk.delete(path).catch(error => {
      if (codeOf(error) !== 'NO_NODE') throw error
    })
  }

  async #retry(session: bigint | null, attempt: () => Promise<void>): Promise<void> {
    let most = FIRST_PAUSE
    while (await this.#next(session, most)) {
      const outcome = await outcomeOf(attempt)
      if (outcome === 'done') return
      // The session itself pauses before it reconnects, and a lost connection says nothing about the next server.
      most = outcome === 'disconnected' ? FIRST_PAUSE : Math.min(most * 2, LAST_PAUSE)
    }
  }

  /** Waits for the time of the next attempt. Returns false if the session has ended and no attempt is needed. */
  async #next(session: bigint | null, most: number): Promise<boolean> {
    if (session !== null && !isSession(this.#zk, session)) return false
    const { environment } = this.#zk
    const { promise, cancel } = sleep(this.#zk, environment.random() * most)
    const ended = this.#closed()
    await Promise.race([promise, ended.promise])
    cancel()
    ended.forget()
    if (session === null) await connected(this.#zk)
    else await connectedOrEnded(this.#zk, session)
    return session === null || isSession(this.#zk, session)
  }

  /** Resolves when the client is closed, so that no timer outlives it. */
  #closed(): { promise: Promise<void>; forget(): void } {
    let onState = (): void => {}
    const promise = new Promise<void>(resolve => {
      onState = () => {
        if (this.#zk.state === 'closed') resolve()
      }
      this.#zk.on('state', onState)
      onState()
    })
    return { promise, forget: () => void this.#zk.off('state', onState) }
  }
}

/** Returns the error of the last attempt, for a call of which an earlier attempt may have been applied. */
function asUnknown(error: unknown): unknown {
  if (!ZooKeeperError.is(error) || error.outcome === 'unknown') return error
  const { code, errno, operation, path } = error
  const message = 'an earlier attempt, whose answer was lost, may have been applied; the last one failed'
  return new ZooKeeperError(code, { message, errno, operation, path, cause: error, outcome: 'unknown' })
}

/** Runs an attempt and classifies its result. @throws an error that no retry will change. */
async function outcomeOf(attempt: () => Promise<void>): Promise<'done' | 'disconnected' | 'failed'> {
  try {
    await attempt()
    return 'done'
  } catch (error) {
    const code = codeOf(error)
    if (code === 'NO_NODE') return 'done'
    if (code === undefined || FINAL.has(code)) throw error
    return isDisconnection(error) ? 'disconnected' : 'failed'
  }
}
