import {
  type ACL,
  type Data,
  joinPath,
  nameOf,
  type WatchListener,
  type ZooKeeper,
  ZooKeeperError,
} from '@zookit/client'
import { BackgroundDeleter } from './background-deleter.ts'
import { connected, isCertain, isSession } from './connected.ts'
import type { ContentionView, Rule } from './contention-rule.ts'
import {
  type CreatedTogether,
  createContender,
  createTogether,
  ensureParent,
  type ParentMode,
} from './creation.ts'
import type { Deadline, Limits } from './deadline.ts'
import { codeOf, isTransient } from './errors.ts'
import { contenderPrefix, contendersOf, isNearWrap, withoutCompanions } from './names.ts'
import type { OwnNode } from './ownership.ts'
import type { SuspectWrite } from './suspect-write.ts'
import { WatchWaiter } from './watch-waiter.ts'

/** Settings that all entries of a recipe share. */
export interface ContentionSettings {
  /** Markers of all names that count as contenders, those of other clients included. */
  readonly counts: readonly string[]
  /** Path of another znode, whose data the rule depends on. The znode must exist. */
  readonly probe?: string | undefined
  /**
   * True if an admitted contender notifies the ones behind it by setting its znode's data again. Needed if a turn can
   * come while the contender ahead is still there. Default false.
   */
  readonly announce?: boolean | undefined
  /** Kind of znode to create if the recipe's znode is missing. */
  readonly parent: ParentMode
  /** ACL of the recipe's znode. */
  readonly acl: readonly ACL[] | undefined
  /** Milliseconds: after a lost connection, requests are spread over this time at random. */
  readonly jitter: number
}

/** Settings of one entry. */
export interface EnterOptions extends Limits {
  /** Name of the operation in errors, such as `acquire`. */
  readonly operation: string
  /** Marker of the znode's name: one of `counts`. */
  readonly marker: string
  /** Markers of znodes that are created with the contender's, for clients that look for these. */
  readonly companions?: readonly string[] | undefined
  /** Part of the znode's name that others read, such as `w3-`. */
  readonly detail?: string | undefined
  readonly data?: Data | undefined
  readonly acl?: readonly ACL[] | undefined
  readonly rule: Rule
  /** False: return null instead of waiting for a turn. Default true. */
  readonly mayWait?: boolean | undefined
}

/** The parts that all entries of one call share. */
interface EntryCall {
  /** The create, over all entries of the call. */
  readonly suspect: SuspectWrite
  readonly deadline: Deadline
}

/** Result of an entry. `again`: its znode or its session is gone, or the znode was never created. */
export type Result = OwnNode | 'busy' | 'again'

/**
 * Takes one znode from its creation to its turn. Every wait ends with the caller's deadline. In the end the entry is
 * either granted or abandoned, which deletes its znode.
 */
export class Entry {
  readonly #zk: ZooKeeper
  readonly #path: string
  readonly #settings: ContentionSettings
  readonly #options: EnterOptions
  readonly #suspect: SuspectWrite
  readonly #deadline: Deadline
  readonly #session: bigint
  /** Beginning of the names of its znodes, and of no other. */
  readonly #stem: string
  readonly #prefix: string
  #creating: Promise<CreatedTogether> | undefined
  #node: OwnNode | null = null
  /** Waits for the watches that the read of the present view has set; null if it has set none. */
  #waiter: WatchWaiter | null = null
  readonly #admitted = new Set<string>()

  /** Requires a connection: the id of the session is part of the name. */
  constructor(
    zk: ZooKeeper,
    path: string,
    settings: ContentionSettings,
    options: EnterOptions,
    { suspect, deadline }: EntryCall,
  ) {
    this.#zk = zk
    this.#path = path
    this.#settings = settings
    this.#options = options
    this.#suspect = suspect
    this.#deadline = deadline
    this.#session = zk.sessionId
    const { random } = zk.environment
    this.#stem = contenderPrefix(() => random(), this.#session, '', options.detail)
    this.#prefix = this.#stem + options.marker
  }

  /**
   * Runs the entry.
   *
   * @returns the znode when the rule admits it; `busy` if it would have to wait and may not; `again` to start from
   *   the beginning.
   * @throws errors that cannot pass; ABORTED; REQUEST_TIMEOUT.
   */
  async run(): Promise<Result> {
    let view = await this.#arrive()
    while (view !== null) {
      const wait = this.#options.rule(view)
      if (wait !== null && this.#options.mayWait === false) return 'busy'
      if (wait !== null) this.#deadline.checkMayWait()
      if (wait === null && isCertain(this.#zk, this.#session)) {
        this.#deadline.check()
        this.#cancelWaiter()
        if (this.#mustAnnounce(view)) this.#announce()
        return this.#node!
      }
      if (wait === null) view = await this.#look()
      else view = await (wait === 'children' ? this.#waitForChange() : this.#waitFor(wait))
    }
    return 'again'
  }

  /** Deletes the znode in the background, with a guarantee, whatever is known of its creation. */
  abandon(): void {
    this.#cancelWaiter()
    this.#sweep().catch(() => {})
  }

  async #sweep(): Promise<void> {
    const deleter = BackgroundDeleter.of(this.#zk)
    if (this.#node !== null) return await deleter.removeNode(this.#node)
    let created: CreatedTogether | undefined
    try {
      created = await this.#creating
    } catch (error) {
      if ((error as { outcome?: unknown }).outcome !== 'unknown') return
      return await deleter.removeByPrefix(this.#path, this.#stem, this.#session)
    }
    if (created !== undefined) await deleter.removeNode({ ...created, session: this.#session })
  }

  // ---- creation ---------------------------------------------------------------------------------------------

  /** Sends the create and the first listing in one flush. Without contention nothing else is needed. */
  async #arrive(): Promise<ContentionView | null> {
    const content = this.#options.data ?? null
    this.#creating = this.#suspect.send(() => this.#create(content))
    const looking = this.#read()
    // Awaited below if the create succeeds.
    looking.catch(() => {})
    let created: CreatedTogether
    try {
      created = await this.#deadline.race(this.#creating)
    } catch (error) {
      this.#deadline.check()
      return this.#onCreateFailed(error)
    }
    this.#adopt(created.path, created.stat.czxid, created.companions)
    if (created.stat.ephemeralOwner !== this.#session) return null
    try {
      // The listing shows it, unless the create was a suspect's that waited for others and was sent behind it.
      return this.#toView(...(await this.#deadline.race(looking))) ?? (await this.#look())
    } catch (error) {
      this.#deadline.check()
      return this.#onReadFailed(error)
    }
  }

  async #create(data: Data): Promise<CreatedTogether> {
    // A suspect may have waited for others, and a znode of the next session would stay behind: its name is of this one.
    if (!isSession(this.#zk, this.#session)) throw endedBefore()
    const { acl, companions = [] } = this.#options
    const prefix = joinPath(this.#path, this.#prefix)
    if (companions.length === 0) {
      const { path, stat } = await createContender(this.#zk, prefix, data, acl)
      return { path, stat, companions }
    }
    const others = companions.map(marker => joinPath(this.#path, this.#stem + marker))
    return await createTogether(this.#zk, [prefix, ...others], data, acl)
  }

  async #onCreateFailed(error: unknown): Promise<ContentionView | null> {
    const code = codeOf(error)
    if (code === 'NO_NODE') {
      await this.#ensureParent()
      return null
    }
    // A server that is too old for the operation says so once. The next attempt does not use the operation.
    if (code === 'UNIMPLEMENTED') return null
    if (!isTransient(error)) throw error
    if ((error as { outcome?: unknown }).outcome === 'unknown') return this.#find()
    await this.#deadline.jitter(this.#settings.jitter)
    return null
  }

  async #ensureParent(): Promise<void> {
    const { parent, acl } = this.#settings
    try {
      await this.#deadline.race(ensureParent(this.#zk, this.#path, parent, acl))
    } catch (error) {
      this.#deadline.check()
      if (!isTransient(error)) throw error
      await this.#deadline.jitter(this.#settings.jitter)
    }
  }

  /**
   * Looks for the znode of a create that was not answered. A `sync` goes first, because a server that lags behind
   * could hide the znode. A znode that another session owns is not ours, whatever its name.
   */
  async #find(): Promise<ContentionView | null> {
    for (;;) {
      if (!(await this.#comeBack())) return null
      try {
        const [, listing] = await this.#deadline.race(Promise.all([this.#zk.sync(this.#path), this.#read()]))
        const name = listing[0].find(child => child.startsWith(this.#prefix))
        if (name === undefined) {
          // Somebody may have deleted the contender and left its companions, which others wait for.
          if (!listing[0].some(child => child.startsWith(this.#stem))) this.#creating = undefined
          return null
        }
        const path = joinPath(this.#path, name)
        const stat = await this.#deadline.race(this.#zk.exists(path))
        if (stat?.ephemeralOwner !== this.#session) return null
        const mine = listing[0].filter(child => child.startsWith(this.#stem) && child !== name)
        this.#adopt(
          path,
          stat.czxid,
          mine.map(child => joinPath(this.#path, child)),
        )
        return this.#toView(...listing)
      } catch (error) {
        this.#deadline.check()
        if (this.#isGone(error)) return null
        if (!isTransient(error)) throw error
      }
    }
  }

  #adopt(path: string, czxid: bigint, companions: readonly string[]): void {
    this.#node = { path, companions, session: this.#session, czxid }
  }

  // ---- waiting ----------------------------------------------------------------------------------------------

  /** Waits for any change of what the rule reads, and reads again with a watch on all of it. */
  async #waitForChange(): Promise<ContentionView | null> {
    // Without this waiter the view was read without watches, and proves nothing of what follows it.
    if (this.#waiter !== null) await this.#deadline.wait(this.#waiter.fired)
    return this.#look(true)
  }

  /** Waits until the contender that is in the way is gone or changed, or known to be admitted, and reads again. */
  async #waitFor(name: string): Promise<ContentionView | null> {
    this.#cancelWaiter()
    const waiter = new WatchWaiter(this.#zk)
    const path = joinPath(this.#path, name)
    const { probe } = this.#settings
    try {
      // getData, not exists: exists would leave a watch for a znode that is gone permanently.
      const reading = waiter.watch(path, 'data', watch => this.#zk.getData(path, { watch }))
      const probing = probe && waiter.watch(probe, 'data', watch => this.#zk.getData(probe, { watch }))
      const read = probing ? Promise.all([reading, probing]).then(([node]) => node) : reading
      const { stat } = await this.#deadline.race(read)
      if (this.#settings.announce && stat.version > 0) this.#admitted.add(name)
      else await this.#deadline.wait(waiter.fired)
    } catch (error) {
      this.#deadline.check()
      if (!this.#isGone(error)) return this.#onReadFailed(error)
    } finally {
      waiter.cancel()
    }
    return this.#look()
  }

  /**
   * Returns true if others may take this contender for waiting. Without a probe, only a contender whose view is older
   * than this one can, and this view shows it. With a probe, a change of the probe can mislead later ones too.
   */
  #mustAnnounce({ index, contenders }: ContentionView): boolean {
    const { announce, probe } = this.#settings
    return announce === true && (probe !== undefined || index + 1 < contenders.length)
  }

  /** Wakes the contenders behind this one: they may have seen it waiting, and watch its znode. */
  #announce(): void {
    const { path, session } = this.#node!
    const { data } = this.#options
    BackgroundDeleter.of(this.#zk)
      .retry(session, async () => void (await this.#zk.setData(path, data ?? null)))
      .catch(() => {})
  }

  /** Reads what the rule needs, on any connection. Returns null if the znode cannot exist any more. */
  async #look(isWatched = false): Promise<ContentionView | null> {
    this.#cancelWaiter()
    if (this.#zk.state !== 'connected') await this.#deadline.wait(connected(this.#zk))
    if (!isSession(this.#zk, this.#session)) return null
    if (isWatched) this.#waiter = new WatchWaiter(this.#zk)
    try {
      return this.#toView(...(await this.#deadline.race(this.#read(this.#waiter))))
    } catch (error) {
      this.#deadline.check()
      return this.#onReadFailed(error)
    }
  }

  async #onReadFailed(error: unknown): Promise<ContentionView | null> {
    this.#cancelWaiter()
    if (this.#isGone(error)) return null
    if (!isTransient(error)) throw error
    return (await this.#comeBack()) ? this.#look() : null
  }

  /** Waits, after a failure, for a connection and for a random pause. Returns false if the session has ended. */
  async #comeBack(): Promise<boolean> {
    await this.#deadline.wait(connected(this.#zk))
    await this.#deadline.jitter(this.#settings.jitter)
    return isSession(this.#zk, this.#session)
  }

  /** Reads the children, and the data of the znode that the rule depends on, in one flush. */
  #read(waiter: WatchWaiter | null = null): Promise<[string[], Buffer | null]> {
    const { probe } = this.#settings
    const list = (watch?: WatchListener) => this.#zk.getChildren(this.#path, { watch })
    const listing = waiter ? waiter.watch(this.#path, 'children', list) : list()
    if (probe === undefined) return listing.then(({ children }) => [children, null])
    const ask = (watch?: WatchListener) => this.#zk.getData(probe, { watch })
    const probing = waiter ? waiter.watch(probe, 'data', ask) : ask()
    return Promise.all([listing, probing]).then(([{ children }, { data }]) => [children, data])
  }

  #toView(children: string[], probe: Buffer | null): ContentionView | null {
    const contenders = withoutCompanions(contendersOf(children, this.#settings.counts))
    const name = nameOf(this.#node!.path)
    const index = contenders.findIndex(contender => contender.name === name)
    if (index < 0) return null
    const mine = contenders[index]!
    if (isNearWrap(mine)) warnOfWrap(this.#zk, this.#path)
    return { contenders, index, mine, probe, admitted: this.#admitted }
  }

  /**
   * Returns whether an error says that a contender or the parent is gone. Without the probe nothing can be decided.
   */
  #isGone(error: unknown): boolean {
    return codeOf(error) === 'NO_NODE' && (error as ZooKeeperError).path !== this.#settings.probe
  }

  #cancelWaiter(): void {
    this.#waiter?.cancel()
    this.#waiter = null
  }
}

/** Creates the error of a create that is not sent because the session of its entry has ended. */
function endedBefore(): ZooKeeperError {
  return new ZooKeeperError('SESSION_EXPIRED', { operation: 'createWithStat', outcome: 'not-sent' })
}

const warned = new WeakSet<ZooKeeper>()

/** Curator and kazoo compare these numbers as strings: past 2^31 - 1 they are negative, and their order is lost. */
function warnOfWrap(zk: ZooKeeper, path: string): void {
  if (warned.has(zk)) return
  warned.add(zk)
  const message = `${path} has numbered more than 2^30 contenders: past 2^31 other clients than zookit lose their order. Move to a new path before that`
  process.emitWarning(message, { type: 'ZooKeeperWarning', code: 'ZOOKIT_SEQUENCE' })
}
