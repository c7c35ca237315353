import {
  type Created,
  joinPath,
  nameOf,
  type WatchListener,
  type ZooKeeper,
  type ZooKeeperError,
} from '@zookit/client'
import { Bell } from './bell.ts'
import { connected, isCertain, isSession } from './connected.ts'
import type { ContentionSettings, EnterOptions, Scene } from './contention.ts'
import { codeOf, isTransient } from './errors.ts'
import { createContender, ensureParent } from './ground.ts'
import type { OwnNode } from './handle.ts'
import { contenderPrefix, contendersOf, isNearWrap } from './names.ts'
import type { Patience } from './patience.ts'
import { Sweeper } from './sweeper.ts'

/** What has become of an entry. `again`: its node or its session is gone, or there never was a node. */
export type Result = OwnNode | 'busy' | 'again'

/**
 * One node's way from its creation to its turn. Every promise that is waited for is raced against the caller's
 * patience, and whatever happens, the entry either has been granted or is abandoned, which deletes its node.
 */
export class Entry {
  readonly #zk: ZooKeeper
  readonly #path: string
  readonly #settings: ContentionSettings
  readonly #options: EnterOptions
  readonly #patience: Patience
  readonly #session: bigint
  readonly #prefix: string
  #creating: Promise<Created> | undefined
  #node: OwnNode | null = null
  #bell: Bell | null = null
  readonly #admitted = new Set<string>()

  /** To be made when connected: the session's id is part of the name. */
  constructor(
    zk: ZooKeeper,
    path: string,
    settings: ContentionSettings,
    options: EnterOptions,
    patience: Patience,
  ) {
    this.#zk = zk
    this.#path = path
    this.#settings = settings
    this.#options = options
    this.#patience = patience
    this.#session = zk.session.id
    const { random } = zk.environment
    this.#prefix = contenderPrefix(() => random(), this.#session, options.marker, options.detail)
  }

  /**
   * @returns the node, when the rule lets it; `busy` when it would have to wait, and that is not wanted; `again` when
   *   all is to be begun anew.
   * @throws what is not going to be better, and what ends the caller's patience.
   */
  async run(): Promise<Result> {
    let scene = await this.#arrive()
    while (scene !== null) {
      const wait = this.#options.rule(scene)
      if (wait !== null && this.#options.patient === false) return 'busy'
      if (wait === null && isCertain(this.#zk, this.#session)) {
        this.#patience.check()
        this.#silence()
        if (this.#settings.announce && scene.index + 1 < scene.contenders.length) this.#announce()
        return this.#node!
      }
      scene = wait === null ? await this.#look() : await this.#wait(wait)
    }
    return 'again'
  }

  /** Deletes the node, in the background and for certain, wherever its creation has got to. */
  abandon(): void {
    this.#silence()
    this.#sweep().catch(() => {})
  }

  async #sweep(): Promise<void> {
    const sweeper = Sweeper.of(this.#zk)
    if (this.#node !== null) return await sweeper.remove(this.#node.path, this.#session)
    let path: string | undefined
    try {
      path = (await this.#creating)?.path
    } catch (error) {
      if ((error as { outcome?: unknown }).outcome !== 'unknown') return
      return await sweeper.removeByPrefix(this.#path, this.#prefix, this.#session)
    }
    if (path !== undefined) await sweeper.remove(path, this.#session)
  }

  // ---- arriving ---------------------------------------------------------------------------------------------

  /** The create and the first listing are one flush: where nobody else is, they are all there is to do. */
  async #arrive(): Promise<Scene | null> {
    const { data, acl } = this.#options
    const prefix = joinPath(this.#path, this.#prefix)
    this.#creating = createContender(this.#zk, prefix, data ?? null, acl)
    const looking = this.#read()
    // It is looked at below, if all goes well.
    looking.catch(() => {})
    let created: Created
    try {
      created = await this.#patience.race(this.#creating)
    } catch (error) {
      this.#patience.check()
      return this.#onCreateFailed(error)
    }
    this.#adopt(created.path, created.stat.czxid)
    if (created.stat.ephemeralOwner !== this.#session) return null
    try {
      return this.#toScene(...(await this.#patience.race(looking)))
    } catch (error) {
      this.#patience.check()
      return this.#onReadFailed(error)
    }
  }

  async #onCreateFailed(error: unknown): Promise<Scene | null> {
    const code = codeOf(error)
    if (code === 'NO_NODE') {
      await this.#ensureParent()
      return null
    }
    // Said once by a server that is too old for the operation; the next attempt makes do without.
    if (code === 'UNIMPLEMENTED') return null
    if (!isTransient(error)) throw error
    if ((error as { outcome?: unknown }).outcome === 'unknown') return this.#find()
    await this.#patience.jitter(this.#settings.jitter)
    return null
  }

  async #ensureParent(): Promise<void> {
    const { parent, acl } = this.#settings
    try {
      await this.#patience.race(ensureParent(this.#zk, this.#path, parent, acl))
    } catch (error) {
      this.#patience.check()
      if (!isTransient(error)) throw error
      await this.#patience.jitter(this.#settings.jitter)
    }
  }

  /**
   * Looks for the node of a create that was not answered. First a `sync`: a server that is behind would hide it. A
   * node that another session has is not ours, whatever its name.
   */
  async #find(): Promise<Scene | null> {
    for (;;) {
      if (!(await this.#comeBack())) return null
      try {
        const [, listing] = await this.#patience.race(Promise.all([this.#zk.sync(this.#path), this.#read()]))
        const name = listing[0].find(child => child.startsWith(this.#prefix))
        if (name === undefined) {
          this.#creating = undefined
          return null
        }
        const path = joinPath(this.#path, name)
        const stat = await this.#patience.race(this.#zk.exists(path))
        if (stat?.ephemeralOwner !== this.#session) return null
        this.#adopt(path, stat.czxid)
        return this.#toScene(...listing)
      } catch (error) {
        this.#patience.check()
        if (this.#isGone(error)) return null
        if (!isTransient(error)) throw error
      }
    }
  }

  #adopt(path: string, czxid: bigint): void {
    this.#node = { path, session: this.#session, czxid }
  }

  // ---- waiting ----------------------------------------------------------------------------------------------

  /** Waits for the node that is in the way, or for any change among the children, and looks again. */
  async #wait(wait: string | 'children'): Promise<Scene | null> {
    if (wait === 'children') {
      // Only what was read together with the watch proves that there is something to wait for.
      if (this.#bell === null) return this.#look(this.#hang())
      await this.#patience.race(this.#bell.rung)
      return this.#look(this.#hang())
    }
    try {
      await this.#watch(wait)
    } catch (error) {
      this.#patience.check()
      if (!this.#isGone(error)) return this.#onReadFailed(error)
    }
    return this.#look()
  }

  async #watch(name: string): Promise<void> {
    const bell = this.#hang()
    const path = joinPath(this.#path, name)
    // getData, not exists: that would leave a watch for a node that has gone for good.
    const reading = bell.hang(path, 'data', watch => this.#zk.getData(path, { watch }))
    const { probe } = this.#settings
    const probing = probe && bell.hang(probe, 'data', watch => this.#zk.getData(probe, { watch }))
    const [{ stat }] = await this.#patience.race(Promise.all([reading, probing]))
    if (this.#settings.announce && stat.version > 0 && !this.#admitted.has(name)) this.#admitted.add(name)
    else await this.#patience.race(bell.rung)
  }

  /** Those behind may have taken this one for waiting, and watch its node. */
  #announce(): void {
    const { path, session } = this.#node!
    const { data } = this.#options
    Sweeper.of(this.#zk)
      .persist(session, async () => void (await this.#zk.setData(path, data ?? null)))
      .catch(() => {})
  }

  /** Reads again what the rule is to judge, on whatever connection there is; null when the node cannot be there. */
  async #look(bell?: Bell): Promise<Scene | null> {
    if (this.#zk.state !== 'connected') await this.#patience.race(connected(this.#zk))
    if (!isSession(this.#zk, this.#session)) return null
    try {
      return this.#toScene(...(await this.#patience.race(this.#read(bell))))
    } catch (error) {
      this.#patience.check()
      return this.#onReadFailed(error)
    }
  }

  async #onReadFailed(error: unknown): Promise<Scene | null> {
    this.#silence()
    if (this.#isGone(error)) return null
    if (!isTransient(error)) throw error
    return (await this.#comeBack()) ? this.#look() : null
  }

  /** After a failure: waits for a connection, and a random while more. False: the session has ended. */
  async #comeBack(): Promise<boolean> {
    await this.#patience.race(connected(this.#zk))
    await this.#patience.jitter(this.#settings.jitter)
    return isSession(this.#zk, this.#session)
  }

  /** The children, and the data of the node that the rule depends on, in one flush. */
  #read(bell?: Bell): Promise<[string[], Buffer | null]> {
    const { probe } = this.#settings
    const list = (watch?: WatchListener) => this.#zk.getChildren(this.#path, { watch })
    const listing = bell ? bell.hang(this.#path, 'children', list) : list()
    if (probe === undefined) return listing.then(({ children }) => [children, null])
    const ask = (watch?: WatchListener) => this.#zk.getData(probe, { watch })
    const probing = bell ? bell.hang(probe, 'data', ask) : ask()
    return Promise.all([listing, probing]).then(([{ children }, { data }]) => [children, data])
  }

  #toScene(children: string[], probe: Buffer | null): Scene | null {
    const contenders = contendersOf(children, this.#settings.counts)
    const name = nameOf(this.#node!.path)
    const index = contenders.findIndex(contender => contender.name === name)
    if (index < 0) return null
    const mine = contenders[index]!
    if (isNearWrap(mine)) warnOfWrap(this.#zk, this.#path)
    return { contenders, index, mine, probe, admitted: this.#admitted }
  }

  /** Whether an error says that a contender or the parent has gone: without the probe nothing can be decided. */
  #isGone(error: unknown): boolean {
    return codeOf(error) === 'NO_NODE' && (error as ZooKeeperError).path !== this.#settings.probe
  }

  #hang(): Bell {
    this.#silence()
    this.#bell = new Bell(this.#zk)
    return this.#bell
  }

  #silence(): void {
    this.#bell?.silence()
    this.#bell = null
  }
}

const warned = new WeakSet<ZooKeeper>()

/** Curator and kazoo compare these numbers as strings: past 2^31 - 1 they are negative, and their order is lost. */
function warnOfWrap(zk: ZooKeeper, path: string): void {
  if (warned.has(zk)) return
  warned.add(zk)
  const message = `more than 2^30 contenders have come to ${path}: past 2^31 other clients than zookit lose their order`
  process.emitWarning(message, { type: 'ZooKeeperWarning', code: 'ZOOKIT_SEQUENCE' })
}
