import {
  type ACL,
  type Data,
  isEphemeral,
  joinPath,
  type NodeOptions,
  nameOf,
  parentOf,
  type Stat,
  type ZooKeeper,
} from '@zookit/client'
import { BackgroundDeleter } from './background-deleter.ts'
import { ensureParent, type ParentMode } from './creation.ts'
import { codeOf } from './errors.ts'
import type { OwnNode } from './handle.ts'
import { uuid } from './names.ts'
import { WatchWaiter } from './watch-waiter.ts'

/** What kind of node is kept. */
export type KeptMode = 'ephemeral' | 'persistent' | 'ephemeral-sequential' | 'persistent-sequential' | 'ttl'

/** What stays the same of a node that is kept. */
export interface ManagedNodeSettings {
  readonly mode: KeptMode
  /** Milliseconds, in the mode `ttl`. */
  readonly ttl?: number | undefined
  readonly acl: readonly ACL[] | undefined
  /** What is put above it where nothing is. */
  readonly parent: ParentMode
}

/**
 * One node that is to be ours, and what is known of it. Each method is one attempt: it throws what its requests throw,
 * and may be called again. None may be called while another one is under way.
 */
export class ManagedNode {
  readonly #zk: ZooKeeper
  readonly #settings: ManagedNodeSettings
  readonly #ephemeral: boolean
  /** In the sequential modes null until the server has completed the name, which then stays. */
  #path: string | null
  readonly #parent: string
  /** What the name is, or begins with. */
  readonly #prefix: string
  #own: OwnNode | null = null
  /** The session in which it was ours last. */
  #lastSession: bigint | null = null
  #displaced = false
  #waiter: WatchWaiter | null = null
  #needsLook = true
  readonly #onWatchFired: () => void
  /** Whether a creation was tried of which nothing more is known. */
  #tried = false
  /** Whether a sequential node may be there whose name is not known. */
  #unsure = false

  /** @param onWatchFired is called when something has happened to the node: look at it. */
  constructor(zk: ZooKeeper, path: string, settings: ManagedNodeSettings, onWatchFired: () => void) {
    this.#zk = zk
    this.#settings = settings
    this.#ephemeral = settings.mode.startsWith('ephemeral')
    const sequential = settings.mode.endsWith('-sequential')
    this.#path = sequential ? null : path
    this.#parent = parentOf(path)!
    const name = nameOf(path)
    // As Curator protects a create: a node whose create was never answered is found again by it.
    this.#prefix = sequential ? `_c_${uuid(() => zk.environment.random())}-${name}` : name
    this.#onWatchFired = onWatchFired
  }

  /** The node, while it is ours as far as is known. */
  get own(): OwnNode | null {
    return this.#own
  }

  /** Whether it was ours in this session, and is another session's now. It is waited until that one is gone. */
  get displaced(): boolean {
    return this.#displaced
  }

  /** Whether it goes with the session. */
  get ephemeral(): boolean {
    return this.#ephemeral
  }

  /**
   * The session is gone, and what was ours with it. A node that needs none is looked at again, because the watch has gone too.
   * Who was displaced stays so: the other one has come later.
   */
  expire(): void {
    if (this.#ephemeral) this.#own = null
  }

  /** Whether anything is to be asked before the node is known to be as it should. */
  get needsLook(): boolean {
    return this.#needsLook
  }

  /** Finds out what has become of the node, and watches it again: one round trip. */
  async look(): Promise<void> {
    const stat = await this.#watch()
    if (stat === null) {
      this.#own = null
      this.#displaced = false
    } else if (this.#own && stat.czxid !== this.#own.czxid) {
      this.#own = null
      this.#displaced = !this.#isOurs(stat)
    }
  }

  /**
   * Makes the node ours, with this data: one round trip where nothing is in the way.
   *
   * A node of another session that is there when this one begins is a leftover, mostly of a process that was quicker
   * to come back than its old session was to expire. It is replaced in one transaction, so that there is a node all
   * the time. One that has come later is somebody's who does the same to us: whoever came last has it.
   *
   * @returns whether it is ours. If not, and it is not displaced, try again.
   */
  async make(data: Data): Promise<boolean> {
    if (this.#path === null) return this.#makeSequential(data)
    const path = this.#path
    this.#tried = true
    const creating = this.#zk.create(path, data, this.#nodeOptions())
    const [created, looked] = await Promise.allSettled([creating, this.#watch()])
    if (created.status === 'rejected' && codeOf(created.reason) !== 'NODE_EXISTS') {
      return this.#onCreateFailed(created.reason)
    }
    if (looked.status === 'rejected') throw looked.reason
    const stat = looked.value
    if (stat === null) return false
    if (!this.#isOurs(stat)) return this.#replace(path, data, stat)
    if (created.status === 'rejected') await this.#rewrite(path, data, stat)
    else this.#adopt(path, stat)
    return this.#own !== null
  }

  /** Replaces the data. False: the node has gone. */
  async write(data: Data): Promise<boolean> {
    try {
      await this.#zk.setData(this.#own!.path, data)
      return true
    } catch (error) {
      if (codeOf(error) !== 'NO_NODE') throw error
      this.#own = null
      return false
    }
  }

  /** Waits for nothing any more. */
  stopWatching(): void {
    this.#waiter?.cancel()
    this.#waiter = null
    this.#needsLook = true
  }

  /** Whether nothing of ours is there, nor may be. */
  get clear(): boolean {
    return this.#own === null && (this.#displaced || !this.#tried)
  }

  /**
   * Deletes the node for certain, also where it is not known whether it was created. Another's is left alone, and
   * so is a persistent one that may have been there before.
   *
   * @throws what no further attempt would change, such as NO_AUTH.
   */
  async remove(): Promise<void> {
    this.stopWatching()
    if (!this.clear) await this.#sweep(BackgroundDeleter.of(this.#zk))
    this.#own = null
    this.#tried = false
  }

  async #sweep(deleter: BackgroundDeleter): Promise<void> {
    const session = this.#ephemeral ? this.#zk.session.id : null
    const path = this.#path
    if (this.#own) await deleter.remove(this.#own.path, this.#ephemeral ? this.#own.session : null)
    else if (path === null && this.#unsure) await deleter.removeByPrefix(this.#parent, this.#prefix, session)
    else if (path !== null && this.#ephemeral) await deleter.retry(session, () => this.#removeOurs(path))
  }

  async #removeOurs(path: string): Promise<void> {
    const stat = await this.#zk.exists(path)
    if (!stat || !this.#isOurs(stat)) return
    try {
      await this.#zk.delete(path, { version: stat.version })
    } catch (error) {
      if (codeOf(error) !== 'BAD_VERSION') throw error
      await this.#removeOurs(path)
    }
  }

  async #makeSequential(data: Data): Promise<boolean> {
    if (this.#unsure) {
      const parent = this.#parent
      // A server that is behind would hide the node.
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
      this.#path = await this.#zk.create(joinPath(this.#parent, this.#prefix), data, { mode, acl })
    } catch (error) {
      this.#unsure = (error as { outcome?: unknown }).outcome === 'unknown'
      return this.#onCreateFailed(error)
    }
    this.#adopt(this.#path, await this.#watch())
    return this.#own !== null
  }

  async #onCreateFailed(error: unknown): Promise<false> {
    if (codeOf(error) !== 'NO_NODE') throw error
    const { parent, acl } = this.#settings
    await ensureParent(this.#zk, this.#parent, parent, acl)
    return false
  }

  async #replace(path: string, data: Data, { version }: Stat): Promise<boolean> {
    this.#displaced = this.#lastSession === this.#zk.session.id
    if (this.#displaced) return false
    const transaction = this.#zk.transaction().delete(path, { version })
    try {
      const replacing = transaction.create(path, data, this.#nodeOptions()).commit()
      const [stat] = await Promise.all([this.#watch(), replacing])
      this.#adopt(path, stat)
    } catch (error) {
      // It has gone or was changed meanwhile: what there is now shows with the next attempt.
      if (!MEANWHILE.has(codeOf(error))) throw error
    }
    return this.#own !== null
  }

  /** It is ours, but its data need not be: its creation was not answered, or it was there before. */
  async #rewrite(path: string, data: Data, { version }: Stat): Promise<void> {
    try {
      this.#adopt(path, await this.#zk.setData(path, data, { version }))
    } catch (error) {
      if (!MEANWHILE.has(codeOf(error))) throw error
    }
  }

  /** Takes what has been read for ours, if it is. */
  #adopt(path: string, stat: Stat | null): void {
    if (stat === null || !this.#isOurs(stat)) return
    const session = this.#zk.session.id
    this.#own = { path, session, czxid: stat.czxid }
    this.#lastSession = session
    this.#tried = false
  }

  #nodeOptions(): NodeOptions {
    const { acl, mode, ttl } = this.#settings
    if (mode === 'ttl') return { acl, mode, ttl: ttl! }
    return { acl, mode: this.#ephemeral ? 'ephemeral' : 'persistent' }
  }

  #isOurs(stat: Stat): boolean {
    return this.#ephemeral ? stat.ephemeralOwner === this.#zk.session.id : !isEphemeral(stat)
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
    const looking = waiter.watch(path, 'data', watch => this.#zk.exists(path, { watch }))
    looking.catch(() => {
      if (this.#waiter === waiter) this.#needsLook = true
    })
    return looking
  }
}

const MEANWHILE: ReadonlySet<string | undefined> = new Set(['NO_NODE', 'BAD_VERSION', 'NODE_EXISTS'])
