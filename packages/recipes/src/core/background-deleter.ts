import type { ZooKeeper } from '@zookit/client'
import PQueue from 'p-queue'
import { connected, connectedOrEnded, isSession } from './connected.ts'
import { sleep } from './deadline.ts'
import { codeOf, isDisconnection } from './errors.ts'
import { perClient } from './per-client.ts'

/** How many deletions that have failed before are under way at a time: a server that comes back is not to be run over. */
const CONCURRENCY = 8

/** The longest pause before the first further attempt, and before a late one where the server is there, in milliseconds. */
const FIRST_PAUSE = 100
const LAST_PAUSE = 2000

/** What no further attempt will change. */
const FINAL: ReadonlySet<string | undefined> = new Set([
  'NO_AUTH',
  'NOT_EMPTY',
  'BAD_VERSION',
  'BAD_ARGUMENTS',
  'UNIMPLEMENTED',
])

/**
 * Deletes nodes for certain: goes on until they are gone, or could only be gone because their session has ended. A
 * contender that is left behind on a session that lives on is a lock that nobody holds and nobody can get.
 */
export class BackgroundDeleter {
  readonly #zk: ZooKeeper
  readonly #queue = new PQueue({ concurrency: CONCURRENCY })

  private constructor(zk: ZooKeeper) {
    this.#zk = zk
  }

  /** Returns the deleter of a client. */
  static readonly of: (zk: ZooKeeper) => BackgroundDeleter = perClient(zk => new BackgroundDeleter(zk))

  /** How many deletions have failed before, and are still to be done. */
  get pending(): number {
    return this.#queue.size + this.#queue.pending
  }

  /**
   * Deletes a node; the request is made before this returns. A node that is not there is as good as deleted.
   *
   * @param session whose ephemeral it is: with it, it is gone. Null: the client's sessions, one after the other.
   * @throws what no further attempt would change, such as NO_AUTH; with `null`, also what has ended the client.
   */
  remove(path: string, session: bigint | null, version = -1): Promise<void> {
    return this.retry(session, () => this.#zk.delete(path, { version }))
  }

  /**
   * Deletes the children whose names begin with a prefix that nobody else uses: the node of a create that was never
   * answered. The look-up follows a `sync`: a server that is behind would hide the node.
   */
  removeByPrefix(parent: string, prefix: string, session: bigint | null): Promise<void> {
    return this.retry(session, async () => {
      const [, { children }] = await Promise.all([this.#zk.sync(parent), this.#zk.getChildren(parent)])
      const mine = children.filter(name => name.startsWith(prefix))
      await Promise.all(mine.map(name => this.remove(`${parent === '/' ? '' : parent}/${name}`, session)))
    })
  }

  /**
   * Tries until it is done, no further attempt would help, or the session has ended. NO_NODE is as good as done.
   *
   * @param session null: the client's sessions, one after the other.
   */
  async retry(session: bigint | null, attempt: () => Promise<void>): Promise<void> {
    if (session !== null && !isSession(this.#zk, session)) return
    if ((await outcomeOf(attempt)) === 'done') return
    await this.#queue.add(() => this.#retry(session, attempt))
  }

  async #retry(session: bigint | null, attempt: () => Promise<void>): Promise<void> {
    let most = FIRST_PAUSE
    while (await this.#next(session, most)) {
      const outcome = await outcomeOf(attempt)
      if (outcome === 'done') return
      // A lost connection is paused for by the session, and says nothing of the server that is found next.
      most = outcome === 'disconnected' ? FIRST_PAUSE : Math.min(most * 2, LAST_PAUSE)
    }
  }

  /** Waits for the time of the next attempt. False: the session has ended, none is needed. */
  async #next(session: bigint | null, most: number): Promise<boolean> {
    const { environment } = this.#zk
    const { promise, cancel } = sleep(environment, environment.random() * most)
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

/** What has become of an attempt. @throws what no further attempt will change. */
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
