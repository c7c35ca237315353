import {
  type ACL,
  type Data,
  isEphemeral,
  joinPath,
  MultiError,
  type NodeOptions,
  nameOf,
  parentOf,
  type Stat,
  type ZooKeeper,
} from '@zookit/client'
import { BackgroundDeleter } from './background-deleter.ts'
import { ensureParent, type ParentMode } from './creation.ts'
import { codeOf } from './errors.ts'
import { uuid } from './names.ts'
import type { OwnNode } from './ownership.ts'
import { SuspectWrite } from './suspect-write.ts'
import { WatchWaiter } from './watch-waiter.ts'

/** Kind of znode that is kept. */
type KeptMode = 'ephemeral' | 'persistent' | 'ephemeral-sequential' | 'persistent-sequential' | 'ttl'

/** Settings of a kept znode. */
export interface ManagedNodeSettings {
  readonly mode: KeptMode
  /** Milliseconds, in the mode `ttl`. */
  readonly ttl?: number | undefined
  readonly acl: readonly ACL[] | undefined
  /** Kind of znode to create if the parent is missing. */
  readonly parent: ParentMode
}

/**
 * A znode that we want to own, and what is known of it. Each method is one attempt: it throws what its requests
 * throw, and may be called again. Only one method may run at a time.
 */
export class ManagedNode {
  readonly #zk: ZooKeeper
  readonly #settings: ManagedNodeSettings
  readonly #ephemeral: boolean
  /** Null in the sequential modes until the server has completed the name, which then stays. */
  #path: string | null
  readonly #parent: string
  readonly #suspect: SuspectWrite
  /** The name, or its beginning in the sequential modes. */
  readonly #prefix: string
  #own: OwnNode | null = null
  /** Version of our znode, as far as is known. Each write and deletion names it. */
  #version = 0
  /** True if somebody else has written into our znode since we have. */
  #altered = false
  /** The last session in which the znode was ours. */
  #lastSession: bigint | null = null
  #displaced = false
  #waiter: WatchWaiter | null = null
  #needsLook = true
  /** True while a read of the znode is not answered. */
  #isLooking = false
  readonly #onWatchFired: () => void
  /** True if a create was tried whose result is not known. */
  #tried = false
  /** True if a sequential znode may exist whose name is not known. */
  #unsure = false

  /** @param onWatchFired called when something has happened to the znode: call `look`. */
  constructor(zk: ZooKeeper, path: string, settings: ManagedNodeSettings, onWatchFired: () => void) {
    this.#zk = zk
    this.#suspect = new SuspectWrite(zk)
    this.#settings = settings
    this.#ephemeral = settings.mode.startsWith('ephemeral')
    const sequential = settings.mode.endsWith('-sequential')
    this.#path = sequential ? null : path
    this.#parent = parentOf(path)!
    const name = nameOf(path)
    // Protects the create as Curator does: the znode of an unanswered create is found again by this prefix.
    this.#prefix = sequential ? `_c_${uuid(() => zk.environment.random())}-${name}` : name
    this.#onWatchFired = onWatchFired
  }

  /** The znode, while it is ours as far as is known. */
  get own(): OwnNode | null {
    return this.#own
  }

  /**
   * True if it was ours in this session and belongs to another session now. It is ours again only after that one is
   * gone.
   */
  get displaced(): boolean {
    return this.#displaced
  }

  /**
   * True if somebody else has written into our ephemeral: write the data again. A process that was cut off does so when its
   * own znode at the path was deleted and ours has the same version: a version is the only condition of a write.
   */
  get altered(): boolean {
    return this.#altered && this.#ephemeral && this.#own !== null
  }

  /** True if the server deletes it with the session. */
  get ephemeral(): boolean {
    return this.#ephemeral
  }

  /**
   * Handles the end of the session: an ephemeral is gone with it. A persistent one is looked at again, because its
   * watch is gone. A displaced znode stays displaced: the other owner came later.
   */
  expire(): void {
    if (this.#ephemeral) this.#own = null
  }

  /** True if the znode must be read before its state is known. */
  get needsLook(): boolean {
    return this.#needsLook
  }

  /** True if nothing has happened to the znode of which the result is not known yet. */
  get isSeen(): boolean {
    return !this.#needsLook && !this.#isLooking && this.#waiter?.hasFired !== true
  }

  /** Reads the state of the znode and watches it again, in one round trip. */
  async look(): Promise<void> {
    const stat = await this.#watch()
    if (stat === null) {
      this.#own = null
      this.#displaced = false
    } else if (this.#own && stat.czxid !== this.#own.czxid) {
      this.#own = null
      this.#displaced = !this.#isOurs(stat)
    } else if (this.#own) {
      this.#altered ||= stat.version !== this.#version
      this.#version = stat.version
    }
  }

  /**
   * Makes the znode ours, with this data. Takes one round trip if no znode is in the way.
   *
   * A znode of another session that exists when this one begins is a leftover, mostly of a process that restarted
   * before its old session expired. It is replaced in one transaction, so that a znode exists all the time. A znode
   * that appears later belongs to a successor that did the same to us: the last one owns it.
   *
   * @returns whether it is ours. If it is not, and is not displaced either, try again.
   */
  async make(data: Data): Promise<boolean> {
    if (this.#path === null) return this.#makeSequential(data)
    const path = this.#path
    this.#tried = true
    const creating = this.#send(() => this.#zk.create(path, data, this.#nodeOptions()))
    const [created, looked] = await Promise.allSettled([creating, this.#watch()])
    if (created.status === 'rejected' && codeOf(created.reason) !== 'NODE_EXISTS') {
      return this.#onCreateFailed(created.reason)
    }
    if (looked.status === 'rejected') throw looked.reason
    const stat = looked.value
    if (stat === null) return false
    if (!this.#isOurs(stat)) return this.#replace(path, data, stat)
    if (created.status === 'rejected') await this.#rewrite(path, data, stat)
    else this.#adopt(path, stat, 0)
    return this.#own !== null
  }

  /** Replaces the data. Returns false if the znode is gone, or another one is in its place. */
  async write(data: Data): Promise<boolean> {
    for (;;) {
      const own = this.#own
      if (own === null) return false
      const options = { version: this.#version }
      try {
        const { version } = await this.#send(() => this.#zk.setData(own.path, data, options))
        this.#version = version
        this.#altered = false
        return true
      } catch (error) {
        if (codeOf(error) === 'NO_NODE') {
          this.#own = null
          return false
        }
        if (codeOf(error) !== 'BAD_VERSION') throw error
      }
      // Somebody else has written into it, or another znode is in its place.
      await this.look()
    }
  }

  /** Ends the wait for the watch. */
  stopWatching(): void {
    this.#waiter?.cancel()
    this.#waiter = null
    this.#isLooking = false
    this.#needsLook = true
  }

  /** True if no znode of ours exists or may exist. */
  get clear(): boolean {
    return this.#own === null && (this.#displaced || !this.#tried)
  }

  /**
   * Deletes the znode with a guarantee, also if it is not known whether it was created. A znode of another owner
   * stays, and so does a persistent one that may have existed before.
   *
   * @throws an error that no retry would change, such as NO_AUTH.
   */
  async remove(): Promise<void> {
    this.stopWatching()
    if (!this.clear) await this.#sweep(BackgroundDeleter.of(this.#zk))
    this.#own = null
    this.#tried = false
  }

  async #sweep(deleter: BackgroundDeleter): Promise<void> {
    const session = this.#ephemeral ? this.#zk.sessionId : null
    const path = this.#path
    const own = this.#own
    if (own) {
      let version: number | null = this.#version
      await deleter.retry(this.#ephemeral ? own.session : null, async () => {
        const known = version
        // An attempt that failed may have been applied, and somebody else may have created the znode again.
        version = null
        await this.#deleteIf(own.path, stat => stat.czxid === own.czxid, known)
      })
    } else if (path === null && this.#unsure) {
      await deleter.removeByPrefix(this.#parent, this.#prefix, session)
    } else if (path !== null && this.#ephemeral) {
      await deleter.retry(session, () => this.#deleteIf(path, stat => stat.ephemeralOwner === session))
    }
  }

  /** Deletes the znode if it is ours. @param version version of our znode; null: read it first. */
  async #deleteIf(
    path: string,
    isOurs: (stat: Stat) => boolean,
    version: number | null = null,
  ): Promise<void> {
    for (;;) {
      if (version === null) {
        // A server that lags behind could show our znode although another one is in its place.
        const [, stat] = await Promise.all([this.#zk.sync(path), this.#zk.exists(path)])
        if (stat === null || !isOurs(stat)) return
        version = stat.version
      }
      try {
        return await this.#zk.delete(path, { version })
      } catch (error) {
        if (codeOf(error) !== 'BAD_VERSION') throw error
        version = null
      }
    }
  }

  async #makeSequential(data: Data): Promise<boolean> {
    if (this.#unsure) {
      const parent = this.#parent
      // A server that lags behind could hide the znode.
      const [, { children }] = await Promise.all([this.#zk.sync(parent), this.#zk.getChildren(parent)])
      const name = children.find(child => child.startsWith(this.#prefix))
      this.#unsure = false
      if (name !== undefined) {
        this.#path = joinPath(parent, name)
        return false
      }
    }
    const { acl } = this.#settings
    const mode = this.#ephemeral ? 'ephemeral-sequential' : 'persistent-sequential'
    this.#tried = true
    try {
      const prefix = joinPath(this.#parent, this.#prefix)
      this.#path = await this.#send(() => this.#zk.create(prefix, data, { mode, acl }))
    } catch (error) {
      this.#unsure = (error as { outcome?: unknown }).outcome === 'unknown'
      return this.#onCreateFailed(error)
    }
    this.#adopt(this.#path, await this.#watch(), 0)
    return this.#own !== null
  }

  async #onCreateFailed(error: unknown): Promise<false> {
    if (codeOf(error) !== 'NO_NODE') throw error
    const { parent, acl } = this.#settings
    await ensureParent(this.#zk, this.#parent, parent, acl)
    return false
  }

  /**
   * Replaces the znode of another session. That session may not know it yet, and may still send a write or a deletion
   * for its own znode, which a version is the only condition of. So the versions of the new znode go on after those of
   * the old one. An old znode with too many versions is waited for.
   */
  async #replace(path: string, data: Data, { version }: Stat): Promise<boolean> {
    this.#displaced = this.#lastSession === this.#zk.sessionId || version < 0 || version >= MOST_VERSIONS
    if (this.#displaced) return false
    const transaction = this.#zk.transaction().delete(path, { version })
    transaction.create(path, null, this.#nodeOptions())
    for (let count = 0; count < version; count++) transaction.setData(path, null)
    transaction.setData(path, data)
    try {
      const replacing = this.#send(() => transaction.commit())
      const [stat] = await Promise.all([this.#watch(), replacing])
      this.#adopt(path, stat, version + 1)
    } catch (error) {
      // Without the right to write, the versions cannot go on.
      if (MultiError.is(error) && error.code === 'NO_AUTH' && error.index > 1) this.#displaced = true
      // It was deleted or changed meanwhile. The next attempt finds what exists now.
      else if (!MEANWHILE.has(codeOf(error))) throw error
    }
    return this.#own !== null
  }

  /** Writes the data again: the znode is ours, but its data may not be, because its create was not answered or it existed before. */
  async #rewrite(path: string, data: Data, { version }: Stat): Promise<void> {
    try {
      this.#adopt(path, await this.#send(() => this.#zk.setData(path, data, { version })), version + 1)
    } catch (error) {
      if (!MEANWHILE.has(codeOf(error))) throw error
    }
  }

  /** Records the znode as ours, if the Stat says so. @param version after our last write. */
  #adopt(path: string, stat: Stat | null, version: number): void {
    if (stat === null || !this.#isOurs(stat)) return
    this.#altered = stat.version !== version
    const session = this.#zk.sessionId
    this.#own = { path, session, czxid: stat.czxid }
    this.#version = stat.version
    this.#lastSession = session
    this.#tried = false
  }

  #send<Result>(write: () => Promise<Result>): Promise<Result> {
    return this.#suspect.send(write)
  }

  #nodeOptions(): NodeOptions {
    const { acl, mode, ttl } = this.#settings
    if (mode === 'ttl') return { acl, mode, ttl: ttl! }
    return { acl, mode: this.#ephemeral ? 'ephemeral' : 'persistent' }
  }

  #isOurs(stat: Stat): boolean {
    return this.#ephemeral ? stat.ephemeralOwner === this.#zk.sessionId : !isEphemeral(stat)
  }

  #watch(): Promise<Stat | null> {
    this.#waiter?.cancel()
    const waiter = new WatchWaiter(this.#zk)
    const path = this.#path!
    this.#waiter = waiter
    this.#needsLook = false
    void waiter.fired.then(() => {
      if (this.#waiter !== waiter) return
      this.#needsLook = true
      this.#onWatchFired()
    })
    this.#isLooking = true
    const looking = waiter.watch(path, 'data', watch => this.#zk.exists(path, { watch }))
    const answered = (isSeen: boolean): void => {
      if (this.#waiter !== waiter) return
      this.#isLooking = false
      if (!isSeen) this.#needsLook = true
    }
    looking.then(
      () => answered(true),
      () => answered(false),
    )
    return looking
  }
}

/** Number of versions of a znode of another session up to which it is replaced, in one transaction of as many writes. */
const MOST_VERSIONS = 1000

const MEANWHILE: ReadonlySet<string | undefined> = new Set(['NO_NODE', 'BAD_VERSION', 'NODE_EXISTS'])
