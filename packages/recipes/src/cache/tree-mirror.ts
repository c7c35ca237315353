import { type NodeEvent, parentOf, type ResyncReason, type Stat, type ZooKeeper } from '@zookit/client'
import { ifEnded, isLive } from '../core/connected.ts'
import { codeOf, isDisconnection, isEnd, isTransient } from '../core/errors.ts'
import { BulkVisits, type Visited } from './bulk-visits.ts'
import { type MirrorOwner, type MirrorSettings, rankOf } from './mirror-owner.ts'
import { LAST_PAUSE, LAST_PAUSE_OF_FAILURE, Pauses, pauseAfter, Rounds } from './pauses.ts'
import { PostponedReads } from './postponed-reads.ts'
import { LIST, mergeTasks, NODE, type Outcome, type ReadTask, taskOf, WHOLE } from './read-task.ts'
import { Reads, type ZnodeReads } from './reads.ts'
import { childPath } from './table/cached-node.ts'
import type { NodeTable } from './table/node-table.ts'
import { TreeShape } from './tree-shape.ts'
import {
  lacksPersistentWatches,
  noteRefusal,
  OneShotTreeWatch,
  PersistentTreeWatch,
  type TreeWatch,
  type TreeWatchListener,
} from './tree-watch.ts'

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
  readonly #shape: TreeShape
  readonly #table: NodeTable
  readonly #owner: MirrorOwner
  readonly #reads: Reads
  readonly #bulk: BulkVisits
  readonly #postponed: PostponedReads
  #treeWatch: TreeWatch
  /** Znodes that must not be read. */
  readonly #denied = new Set<string>()
  /** Znodes that do not exist, or not yet, whose children were left out. */
  readonly #childless = new Set<string>()
  readonly #pauses: Pauses
  #stopped = false
  /** Number of the newest synchronisation. */
  #epoch = 0
  readonly #rounds: Rounds
  #reason: ResyncReason | null = null
  /** The session in which the table was complete, if the connection has not been lost since. */
  #syncedIn: bigint | null = null
  #isFirst = true
  /** The session of the one-shot watches. */
  #session: bigint
  #watchFailures = 0

  constructor(zk: ZooKeeper, root: string, settings: MirrorSettings, table: NodeTable, owner: MirrorOwner) {
    this.#zk = zk
    this.#root = root
    this.#settings = settings
    this.#table = table
    this.#owner = owner
    this.#shape = new TreeShape(root, settings, (error, path) => owner.onError(error, path))
    this.#session = zk.sessionId
    this.#reads = new Reads(settings.window, reads => this.#executeAll(reads))
    this.#bulk = new BulkVisits(zk, settings.keepsData, table)
    this.#pauses = new Pauses(zk)
    this.#rounds = new Rounds(zk)
    this.#postponed = new PostponedReads(zk.environment, task => this.#reads.repeat(task))
    this.#treeWatch = this.#look()
    zk.on('state', this.#onState)
    ifEnded(zk, this.#onEnded)
    this.#synchronise(null)
  }

  /** The session in which the table is complete; null if there is a gap, or a change that it may not show yet. */
  get syncedIn(): bigint | null {
    return this.#reads.isBehind || this.#treeWatch.isBehind ? null : this.#syncedIn
  }

  /** Resolves when the watch is removed at the server, or cannot be. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#syncedIn = null
    this.#zk.off('state', this.#onState)
    this.#reads.clear()
    this.#postponed.clear()
    this.#pauses.end()
    await this.#treeWatch.close()
  }

  onEvent(event: NodeEvent): void {
    const { type, path, zxid } = event
    if (this.#stopped || !this.#shape.includes(path)) return
    this.#reads.overtake(path)
    const lasting = this.#treeWatch.watch === undefined
    if (type === 'children') {
      if (!lasting) this.#add(taskOf(path, 'none', true))
    } else if (type === 'deleted' && zxid >= 0n && lasting) {
      this.#denied.delete(path)
      this.#childless.delete(path)
      // What comes after the deletion has an event of its own.
      this.#reads.known(path)
      this.#table.remove(path, zxid)
    } else if (type === 'changed' || lasting) {
      // A persistent watch reports each child that is created after this znode.
      this.#add(taskOf(path, this.#shape.nodeRead(path), false))
    } else {
      this.#add(taskOf(path, this.#shape.nodeRead(path), this.#shape.hasLevelBelow(path)))
    }
  }

  onGap(reason: ResyncReason): void {
    if (!this.#stopped) this.#synchronise(reason)
  }

  onWatchEnded(error?: unknown): void {
    if (this.#stopped) return
    if (this.#zk.state === 'closed') return this.#owner.onEnd()
    if (isEnd(error)) return this.#owner.onEnd({ error })
    this.#interrupt()
    if (noteRefusal(this.#zk, error)) return this.#lookAgain('readded')
    if (error !== undefined) this.#owner.onError(error, this.#root)
    void this.#pauses.sleep(pauseAfter(this.#watchFailures++)).then(() => {
      if (!this.#stopped) this.#lookAgain('readded')
    })
  }

  readonly #onState = (): void => {
    if (!isLive(this.#zk)) this.#syncedIn = null
    if (this.#zk.state === 'closed') return this.#owner.onEnd()
    ifEnded(this.#zk, this.#onEnded)
    if (!isLive(this.#zk) || this.#treeWatch.watch === undefined) return
    const reason = this.#gapReason()
    if (lacksPersistentWatches(this.#zk)) this.onGap(reason)
    else this.#lookAgain(reason)
  }

  readonly #onEnded = (error: unknown): void => {
    if (!this.#stopped) this.#owner.onEnd(codeOf(error) === 'CLOSED' ? undefined : { error })
  }

  #gapReason(): ResyncReason {
    const id = this.#zk.sessionId
    const reason = id === this.#session ? 'reconnected' : 'renewed'
    this.#session = id
    return reason
  }

  #look(): TreeWatch {
    if (lacksPersistentWatches(this.#zk)) return new OneShotTreeWatch(this)
    return new PersistentTreeWatch(this.#zk, this.#root, this.#settings.depth > 0, this)
  }

  #lookAgain(reason: ResyncReason): void {
    void this.#treeWatch.close()
    this.#treeWatch = this.#look()
    this.#synchronise(reason)
  }

  /** Drops the current synchronisation: without a watch it proves nothing. */
  #interrupt(): void {
    this.#epoch++
    this.#syncedIn = null
    this.#reads.clear()
    this.#postponed.clear()
  }

  /** Reads everything, from the root down. */
  #synchronise(reason: ResyncReason | null): void {
    this.#interrupt()
    if (this.#rounds.isIdle || rankOf(reason) > rankOf(this.#reason)) this.#reason = reason
    this.#denied.clear()
    this.#childless.clear()
    const epoch = this.#epoch
    const begin = (): void => {
      this.#rounds.begin()
      const task = this.#shape.scanOf(this.#root, this.#table.dataLengthOf(this.#root) ?? -1, epoch)
      this.#scan(task === null ? [] : [task], epoch)
    }
    const pause = this.#rounds.pause(this.#isFirst ? 0 : this.#settings.jitter)
    if (pause === 0) return begin()
    void this.#pauses.sleep(pause).then(() => {
      if (!this.#stopped && epoch === this.#epoch) begin()
    })
  }

  #scan(tasks: readonly ReadTask[], epoch: number): void {
    // After a gap everything is read again.
    if (epoch !== 0 && epoch !== this.#epoch) return
    this.#reads.addAll(
      tasks.map(task => this.#withPostponed(task)),
      epoch === this.#epoch,
    )
  }

  #add(task: ReadTask): void {
    if (task.node === 'none' && !task.list) return
    this.#reads.add(this.#withPostponed(task), task.epoch === this.#epoch)
  }

  /** Adds to a read the postponed one of the same znode. */
  #withPostponed(task: ReadTask): ReadTask {
    const postponed = this.#postponed.take(task.path)
    return postponed === undefined ? task : mergeTasks(postponed, task)
  }

  #executeAll(reads: readonly ZnodeReads[]): void {
    const epoch = this.#epoch
    const finish = (read: ZnodeReads, outcome: Outcome): void => {
      this.#finish(read, outcome)
      this.#reads.done(read)
    }
    const alone = (read: ZnodeReads): void => void this.#read(read).then(outcome => finish(read, outcome))
    // A bulk read sets no watches, and has no advantage for a single znode.
    if (reads.length === 1 || this.#treeWatch.watch !== undefined) {
      for (const read of reads) alone(read)
      return
    }
    this.#bulk.read(reads, (read, visit) => {
      // After a gap everything is read again.
      if (this.#stopped || epoch !== this.#epoch) return this.#reads.done(read)
      if (visit === 'alone' || read.isOvertaken) return alone(read)
      const outcome = visit === 'cut' ? visit : this.#visit(read, visit)
      if (outcome !== undefined) return finish(read, outcome)
      void this.#settle(read.path, () => this.#readChildren(read)).then(outcome =>
        finish(read, outcome === 'absent' ? 'done' : outcome),
      )
    })
  }

  /** Takes what a bulk read has found. @returns undefined if the children are still to be listed. */
  #visit(read: ZnodeReads, { data, stat }: Visited): Outcome | undefined {
    if (stat === null) this.#onAbsent(read.path)
    else {
      this.#put(read, data, stat)
      if (read.list && stat.numChildren > 0) return undefined
      if (read.list) this.#onChildren(read, [])
    }
    return 'done'
  }

  #finish(read: ZnodeReads, outcome: Outcome): void {
    const { path, node, list, epoch, knownLength } = read
    if (this.#stopped || (epoch !== 0 && epoch !== this.#epoch)) return
    if (outcome === 'done') {
      this.#postponed.succeeded(path)
      // A read for an event, which may have been made before the gap, is not the one that the synchronisation waits for.
      if (epoch === this.#epoch && this.#reads.settled(read)) this.#onSynced()
    } else {
      const longest = outcome === 'failed' ? LAST_PAUSE_OF_FAILURE : LAST_PAUSE
      this.#postponed.add({ path, node, list, epoch, knownLength }, longest)
    }
  }

  #onSynced(): void {
    // Otherwise a gap is about to be reported.
    if (!isLive(this.#zk)) return
    this.#syncedIn = this.#zk.sessionId
    this.#watchFailures = 0
    this.#rounds.complete()
    const reason = this.#isFirst ? null : this.#reason
    this.#isFirst = false
    this.#owner.onSynced(reason)
  }

  /** Never rejects. */
  async #read(read: ZnodeReads): Promise<Outcome> {
    const { path } = read
    const parts: Promise<Outcome>[] = []
    if (read.node !== 'none') parts.push(this.#settle(path, () => this.#readNode(read)))
    if (read.list) parts.push(this.#settle(path, () => this.#readChildren(read)))
    const outcomes = await Promise.all(parts)
    const failure = outcomes.find(outcome => outcome !== 'done' && outcome !== 'absent')
    if (failure !== undefined || this.#stopped) return failure ?? 'cut'
    if (!outcomes.includes('absent') || path !== this.#root) return 'done'
    return this.#settle(path, () => this.#awaitRoot(read))
  }

  /** Sets a one-shot watch, in that mode, that reports the creation of the root, which does not exist. */
  async #awaitRoot(read: ZnodeReads): Promise<Outcome> {
    const { watch } = this.#treeWatch
    if (watch === undefined) return 'done'
    const stat = await this.#zk.exists(read.path, { watch })
    if (stat !== null) return this.#read(read)
    this.#reads.answered(read, WHOLE)
    return 'done'
  }

  async #readNode(read: ZnodeReads): Promise<Outcome> {
    const { path, node } = read
    const { keepsData } = this.#settings
    const { watch } = this.#treeWatch
    // No exists with a watch: where no znode is, the watch would stay permanently.
    if (watch === undefined && (node === 'verify' || !keepsData)) {
      const stat = await this.#zk.exists(path)
      if (this.#stopped) return 'done'
      if (stat === null) return this.#onAbsent(path)
      if (!keepsData || stat.mzxid === this.#table.mzxidOf(path)) {
        this.#put(read, null, stat)
        return 'done'
      }
    }
    const { data, stat } = await this.#zk.getData(path, { watch })
    if (!this.#stopped) this.#put(read, keepsData ? data : null, stat)
    return 'done'
  }

  /**
   * Leaves out a znode whose parent is not in the table: the parent must not be read, or will list the znode when it
   * comes.
   */
  #put(read: ZnodeReads, data: Buffer | null, stat: Stat): void {
    const { path } = read
    this.#reads.answered(read, NODE)
    const orphanOf = this.#table.has(path) ? null : this.#missingParent(path)
    if (orphanOf !== null) {
      this.#childless.add(orphanOf)
      return
    }
    this.#denied.delete(path)
    this.#table.put(path, data, stat)
    if (this.#childless.delete(path)) this.#add(taskOf(path, 'none', true))
  }

  /** Returns the parent of a znode if it should be in the table, and is not. */
  #missingParent(path: string): string | null {
    const parent = path === this.#root ? null : parentOf(path)
    return parent !== null && this.#shape.holds(parent) && !this.#table.has(parent) ? parent : null
  }

  async #readChildren(read: ZnodeReads): Promise<Outcome> {
    const { children } = await this.#zk.getChildren(read.path, { watch: this.#treeWatch.watch })
    if (!this.#stopped) this.#onChildren(read, children)
    return 'done'
  }

  /** Takes the list of a znode's children. */
  #onChildren(read: ZnodeReads, children: readonly string[]): void {
    const { path, epoch } = read
    // Before the table tells of it: who hears of a change finds no stale cache.
    this.#reads.answered(read, LIST)
    const lengths = this.#table.keepChildren(path, children)
    const isWhole = epoch === this.#epoch
    const below: ReadTask[] = []
    const prefix = childPath(path, '')
    for (let i = 0; i < children.length; i++) {
      const child = prefix + children[i]
      // The answer to an older read, which takes the znode out of the table, may still be on its way through promises.
      const isDue = isWhole || lengths[i] === -1 || this.#reads.isReading(child)
      const task =
        isDue && this.#shape.isSelected(child) ? this.#shape.scanOf(child, lengths[i]!, epoch) : null
      if (task !== null) below.push(task)
    }
    this.#scan(below, epoch)
  }

  async #settle(path: string, read: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await read()
    } catch (error) {
      return this.#stopped ? 'cut' : this.#onFailed(path, error)
    }
  }

  /** Handles an error. Only NO_NODE and NO_AUTH say something about the znode. */
  #onFailed(path: string, error: unknown): Outcome {
    const code = codeOf(error)
    if (code === 'NO_NODE') return this.#onAbsent(path)
    if (code === 'NO_AUTH') return this.#onDenied(path, error)
    if (isDisconnection(error) || isEnd(error)) return 'cut'
    if (isTransient(error)) return 'busy'
    if (!this.#postponed.hasFailed(path)) this.#owner.onReadFailed(error, path)
    return 'failed'
  }

  #onDenied(path: string, error: unknown): Outcome {
    const isNew = !this.#denied.has(path)
    this.#denied.add(path)
    this.#reads.answered(path, WHOLE)
    this.#table.remove(path)
    if (isNew) this.#owner.onError(error, path)
    return 'done'
  }

  #onAbsent(path: string): Outcome {
    this.#denied.delete(path)
    this.#childless.delete(path)
    // Without a watch that tells of its creation, the root may exist again already.
    if (path !== this.#root || this.#treeWatch.watch === undefined) this.#reads.answered(path, WHOLE)
    this.#table.remove(path)
    return 'absent'
  }
}
