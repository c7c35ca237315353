import { type NodeEvent, parentOf, type ResyncReason, type Stat, type ZooKeeper } from '@zookit/client'
import { sleep } from '../core/deadline.ts'
import { codeOf, isDisconnection, isEnd, isTransient } from '../core/errors.ts'
import { childPath, type NodeTable } from './node-table.ts'
import { type ReadTask, ReadWindow } from './read-window.ts'
import {
  lacksPersistentWatches,
  noteRefusal,
  OneShotTreeWatch,
  PersistentTreeWatch,
  type TreeWatch,
  type TreeWatchListener,
} from './tree-watch.ts'

/** Selects the part of a tree that is mirrored. */
export interface MirrorSettings {
  /** Number of levels below the root: 0 is the root alone. */
  readonly depth: number
  /** True if the root itself is among the znodes. */
  readonly holdsRoot: boolean
  readonly keepsData: boolean
  /** Returns true if a znode and its descendants are wanted. Not called for the root. */
  readonly select: ((path: string) => boolean) | undefined
  /** Number of znodes that are read at a time. */
  readonly window: number
  /** Milliseconds: after a lost connection, reading begins at a random moment within this time. */
  readonly jitter: number
}

/** Receives the events of a mirror. */
export interface MirrorOwner {
  /** Called when all znodes that existed when reading began are in the table; null: for the first time. */
  onSynced(reason: ResyncReason | null): void
  onError(error: unknown, path: string): void
  /** Called when the mirror ends, with an error or because the client was closed. */
  onEnd(failure?: { error: unknown }): void
}

/** Shortest and longest pause in milliseconds before something is tried again. */
const FIRST_PAUSE = 100
const LAST_PAUSE = 2000

/** Result of a read. `cut`: the connection was lost, and everything is read again. */
type Outcome = 'done' | 'absent' | 'cut' | 'retry'

/**
 * Keeps a table equal to a tree, from its construction to `stop`.
 *
 * The watch is requested before anything is read, on the same connection, which keeps the order: so each change is
 * either in what is read or followed by an event, whose znode is then read again. Whenever events may be missing,
 * everything is read again. The table ignores states that are older than its own.
 */
export class TreeMirror implements TreeWatchListener {
  readonly #zk: ZooKeeper
  readonly #root: string
  readonly #settings: MirrorSettings
  readonly #table: NodeTable
  readonly #owner: MirrorOwner
  readonly #window: ReadWindow
  #treeWatch: TreeWatch
  /** Znodes that must not be read. */
  readonly #denied = new Set<string>()
  /** Znodes that do not exist, or not yet, whose children were left out. */
  readonly #childless = new Set<string>()
  readonly #pauses = new Set<() => void>()
  #stopped = false
  /** Number of the newest synchronisation, and the number of its reads that are still to come. */
  #epoch = 0
  #pending = 0
  #reason: ResyncReason | null = null
  /** The session in which the table was complete, if the connection has not been lost since. */
  #syncedIn: bigint | null = null
  #isFirst = true
  /** The session of the one-shot watches. */
  #session: bigint
  #watchFailures = 0
  readonly #rootLevel: number

  constructor(zk: ZooKeeper, root: string, settings: MirrorSettings, table: NodeTable, owner: MirrorOwner) {
    this.#zk = zk
    this.#root = root
    this.#settings = settings
    this.#table = table
    this.#owner = owner
    this.#rootLevel = levelOf(root)
    this.#session = zk.session.id
    this.#window = new ReadWindow(settings.window, task => this.#execute(task))
    this.#treeWatch = this.#look()
    zk.on('state', this.#onState)
    this.#synchronise(null)
  }

  /** The session whose events the table has followed without a gap; null if there is a gap. */
  get syncedIn(): bigint | null {
    return this.#syncedIn
  }

  /** Resolves when the watch is removed at the server, or cannot be. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#syncedIn = null
    this.#zk.off('state', this.#onState)
    this.#window.clear()
    for (const end of this.#pauses) end()
    await this.#treeWatch.close()
  }

  onEvent(event: NodeEvent): void {
    const { type, path, zxid } = event
    if (this.#stopped || !this.#isWanted(path)) return
    const lasting = this.#treeWatch.watch === undefined
    if (type === 'children') {
      if (!lasting) this.#add({ path, node: 'none', list: true, epoch: 0 })
    } else if (type === 'deleted' && zxid >= 0n) {
      this.#denied.delete(path)
      this.#childless.delete(path)
      this.#table.remove(path, zxid)
    } else if (type === 'changed' || lasting) {
      // A persistent watch reports each child that is created after this znode.
      this.#add({ path, node: this.#nodeRead(path), list: false, epoch: 0 })
    } else {
      this.#add({ path, node: this.#nodeRead(path), list: this.#hasLevelBelow(path), epoch: 0 })
    }
  }

  onGap(reason: ResyncReason): void {
    if (!this.#stopped) this.#synchronise(reason)
  }

  onWatchEnded(error?: unknown): void {
    if (this.#stopped) return
    if (this.#zk.state === 'closed') return this.#owner.onEnd()
    if (isEnd(error)) return this.#owner.onEnd({ error })
    this.#syncedIn = null
    if (error === undefined || noteRefusal(this.#zk, error)) return this.#lookAgain()
    this.#owner.onError(error, this.#root)
    void this.#pause(this.#watchFailures++).then(() => {
      if (!this.#stopped) this.#lookAgain()
    })
  }

  readonly #onState = (): void => {
    if (!isLive(this.#zk)) this.#syncedIn = null
    if (this.#zk.state === 'closed') this.#owner.onEnd()
    else if (isLive(this.#zk) && this.#treeWatch.watch !== undefined) this.onGap(this.#gapReason())
  }

  #gapReason(): ResyncReason {
    const { id } = this.#zk.session
    const reason = id === this.#session ? 'reconnected' : 'renewed'
    this.#session = id
    return reason
  }

  #look(): TreeWatch {
    if (lacksPersistentWatches(this.#zk)) return new OneShotTreeWatch(this)
    return new PersistentTreeWatch(this.#zk, this.#root, this.#settings.depth > 0, this)
  }

  #lookAgain(): void {
    void this.#treeWatch.close()
    this.#treeWatch = this.#look()
    this.#synchronise('rearmed')
  }

  /** Reads everything, from the root down. */
  #synchronise(reason: ResyncReason | null): void {
    const epoch = ++this.#epoch
    this.#reason = reason
    this.#pending = 0
    this.#syncedIn = null
    this.#window.clear()
    this.#denied.clear()
    this.#childless.clear()
    const begin = (): void => this.#scan(this.#root, epoch)
    if (this.#isFirst || this.#settings.jitter === 0) begin()
    else {
      const { environment } = this.#zk
      void this.#sleep(environment.random() * this.#settings.jitter).then(() => {
        if (!this.#stopped && epoch === this.#epoch) begin()
      })
    }
  }

  #scan(path: string, epoch: number): void {
    const node = this.#table.get(path) === undefined ? this.#nodeRead(path) : 'verify'
    this.#add({ path, node, list: this.#hasLevelBelow(path), epoch })
  }

  #nodeRead(path: string): 'none' | 'read' {
    return path === this.#root && !this.#settings.holdsRoot ? 'none' : 'read'
  }

  #add(task: ReadTask): void {
    if (task.node === 'none' && !task.list) return
    if (this.#window.add(task) && task.epoch === this.#epoch) this.#pending++
  }

  async #execute(task: ReadTask): Promise<void> {
    const outcome = await this.#read(task)
    if (this.#stopped || task.epoch !== this.#epoch) return
    // A read that was cut off never ends: everything is read again after the gap.
    if (outcome !== 'cut' && --this.#pending === 0) this.#onSynced()
  }

  #onSynced(): void {
    // Otherwise a gap is about to be reported.
    if (!isLive(this.#zk)) return
    this.#syncedIn = this.#zk.session.id
    this.#watchFailures = 0
    const reason = this.#isFirst ? null : this.#reason
    this.#isFirst = false
    this.#owner.onSynced(reason)
  }

  /** Never rejects. */
  async #read(task: ReadTask): Promise<Outcome> {
    for (let failures = 0; !this.#stopped; failures++) {
      const reads: Promise<Outcome>[] = []
      if (task.node !== 'none') reads.push(this.#settle(task.path, () => this.#readNode(task)))
      if (task.list) reads.push(this.#settle(task.path, () => this.#readChildren(task)))
      const outcomes = await Promise.all(reads)
      if (outcomes.includes('cut')) return 'cut'
      if (outcomes.includes('retry')) await this.#pause(failures)
      else if (!outcomes.includes('absent') || !(await this.#isBack(task.path))) return 'done'
    }
    return 'cut'
  }

  async #readNode({ path, node }: ReadTask): Promise<Outcome> {
    const { keepsData } = this.#settings
    const { watch } = this.#treeWatch
    // No exists with a watch: where no znode is, the watch would stay for good.
    if (watch === undefined && (node === 'verify' || !keepsData)) {
      const stat = await this.#zk.exists(path)
      if (this.#stopped) return 'done'
      if (stat === null) return this.#onAbsent(path)
      if (!keepsData || stat.mzxid === this.#table.get(path)?.stat.mzxid) {
        this.#put(path, null, stat)
        return 'done'
      }
    }
    const { data, stat } = await this.#zk.getData(path, { watch })
    if (!this.#stopped) this.#put(path, keepsData ? data : null, stat)
    return 'done'
  }

  /**
   * Leaves out a znode whose parent is not in the table: the parent must not be read, or will list the znode when it
   * comes.
   */
  #put(path: string, data: Buffer | null, stat: Stat): void {
    const parent = path === this.#root ? null : parentOf(path)
    const isOrphan =
      parent !== null && this.#nodeRead(parent) === 'read' && this.#table.get(parent) === undefined
    if (isOrphan) {
      this.#childless.add(parent)
      return
    }
    this.#denied.delete(path)
    this.#table.put(path, data, stat)
    if (this.#childless.delete(path)) this.#add({ path, node: 'none', list: true, epoch: 0 })
  }

  async #readChildren({ path, epoch }: ReadTask): Promise<Outcome> {
    const { children } = await this.#zk.getChildren(path, { watch: this.#treeWatch.watch })
    if (this.#stopped) return 'done'
    const present = new Set(children)
    const known = this.#table.below(path)
    for (const name of [...known]) {
      if (!present.has(name)) this.#table.remove(childPath(path, name))
    }
    const isWhole = epoch === this.#epoch
    for (const name of children) {
      const child = childPath(path, name)
      if ((isWhole || !known.has(name)) && this.#isSelected(child)) this.#scan(child, epoch)
    }
    return 'done'
  }

  async #settle(path: string, read: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await read()
    } catch (error) {
      return this.#stopped ? 'cut' : this.#onFailed(path, error)
    }
  }

  #onFailed(path: string, error: unknown): Outcome {
    if (codeOf(error) === 'NO_NODE') return this.#onAbsent(path)
    if (isDisconnection(error) || isEnd(error)) return 'cut'
    if (isTransient(error) || codeOf(error) === 'REQUEST_TIMEOUT') return 'retry'
    const isNew = !this.#denied.has(path)
    this.#denied.add(path)
    this.#table.remove(path)
    if (isNew) this.#owner.onError(error, path)
    return 'done'
  }

  #onAbsent(path: string): Outcome {
    this.#denied.delete(path)
    this.#childless.delete(path)
    this.#table.remove(path)
    return 'absent'
  }

  /** With one-shot watches: returns whether the root exists after all. If not, the watch will report its creation. */
  async #isBack(path: string): Promise<boolean> {
    const { watch } = this.#treeWatch
    if (path !== this.#root || watch === undefined) return false
    return (await this.#zk.exists(path, { watch }).catch(() => null)) !== null
  }

  #hasLevelBelow(path: string): boolean {
    return levelOf(path) - this.#rootLevel < this.#settings.depth
  }

  /** Returns whether an event's path is mirrored. */
  #isWanted(path: string): boolean {
    if (levelOf(path) - this.#rootLevel > this.#settings.depth) return false
    if (this.#settings.select === undefined) return true
    for (let at = path; at !== this.#root; at = parentOf(at)!) if (!this.#isSelected(at)) return false
    return true
  }

  #isSelected(path: string): boolean {
    try {
      return this.#settings.select?.(path) ?? true
    } catch (error) {
      this.#owner.onError(error, path)
      return false
    }
  }

  /** Pauses, longer after more failures. `stop` ends it. */
  #pause(failures: number): Promise<void> {
    return this.#sleep(Math.min(FIRST_PAUSE * 2 ** failures, LAST_PAUSE))
  }

  async #sleep(milliseconds: number): Promise<void> {
    const { promise, cancel } = sleep(this.#zk.environment, milliseconds)
    let end = (): void => {}
    const ended = new Promise<void>(resolve => {
      end = resolve
    })
    this.#pauses.add(end)
    await Promise.race([promise, ended])
    this.#pauses.delete(end)
    cancel()
  }
}

/** Returns whether reads are answered at present. */
function isLive({ state }: ZooKeeper): boolean {
  return state === 'connected' || state === 'read-only'
}

/** Returns the depth of a path below `/`. */
function levelOf(path: string): number {
  if (path === '/') return 0
  let level = 0
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) level++
  return level
}
