import { parentOf, ReadBatches, type Stat, type ZooKeeper } from '@zookit/client'
import { isDisconnection, isEnd } from '../core/errors.ts'
import type { ReadTask } from './read-task.ts'
import type { NodeTable } from './table/node-table.ts'

/** A znode as a bulk read has found it. */
export interface Visited {
  readonly data: Buffer | null
  /** Null if the znode does not exist. */
  readonly stat: Stat | null
}

/**
 * Result of a bulk read for one znode. `alone`: it must be read by itself, because the bulk read says nothing about it.
 * `cut`: the connection was lost.
 */
export type Visit = Visited | 'alone' | 'cut'

/**
 * Reads many znodes with one promise. Their results come together, when all are there. So an event can overtake the
 * result that it follows: such a znode is read again by itself.
 *
 * Several znodes are read by one multiRead, which spares the server most of the work of a request for each. Every server with
 * persistent watches has it (3.6).
 */
export class BulkVisits {
  readonly #zk: ZooKeeper
  readonly #keepsData: boolean
  readonly #known: Pick<NodeTable, 'mzxidOf' | 'dataLengthOf'>
  /** The znodes that are being read; true for those of which an event has come meanwhile. */
  readonly #reading = new Map<string, boolean>()
  readonly #batches = new ReadBatches()

  /** @param known knows the last state of a znode that may be unchanged. */
  constructor(zk: ZooKeeper, keepsData: boolean, known: Pick<NodeTable, 'mzxidOf' | 'dataLengthOf'>) {
    this.#zk = zk
    this.#keepsData = keepsData
    this.#known = known
  }

  /** Notes an event of a znode, which also says something about the children of its parent. */
  onEvent(path: string): void {
    if (this.#reading.size === 0) return
    for (const one of [path, parentOf(path)]) {
      if (one !== null && this.#reading.has(one)) this.#reading.set(one, true)
    }
  }

  /**
   * Reads the znodes of tasks that no other bulk read has. Never rejects.
   *
   * @param take is given each task with its result, all of them in one turn of the event loop.
   */
  async read<Task extends ReadTask>(
    tasks: readonly Task[],
    take: (task: Task, visit: Visit) => void,
  ): Promise<void> {
    for (const { path } of tasks) this.#reading.set(path, false)
    const found = await this.#visit(tasks)
    for (const task of tasks) {
      const { path } = task
      const isOvertaken = this.#reading.get(path)
      this.#reading.delete(path)
      const visit = found instanceof Map ? (found.get(path) ?? 'alone') : found
      take(task, isOvertaken ? 'alone' : visit)
    }
  }

  async #visit(tasks: readonly ReadTask[]): Promise<Map<string, Visited> | 'alone' | 'cut'> {
    const found = new Map<string, Visited>()
    const verified = tasks.filter(({ node }) => node === 'verify' || (node === 'read' && !this.#keepsData))
    const read = tasks.filter(({ node }) => node === 'read' && this.#keepsData)
    try {
      await Promise.all([this.#verify(verified.map(pathOf), found), this.#read(read.map(pathOf), found)])
      return found
    } catch (error) {
      return isDisconnection(error) || isEnd(error) ? 'cut' : 'alone'
    }
  }

  /** Reads Stats, and the data of the znodes that have changed; short data are read at once. */
  async #verify(paths: readonly string[], found: Map<string, Visited>): Promise<void> {
    const short = new Map<string, number>()
    const others: string[] = []
    for (const path of paths) {
      const length = this.#known.dataLengthOf(path)
      if (this.#keepsData && length !== undefined && length <= ReadBatches.SHORT) short.set(path, length)
      else others.push(path)
    }
    const batches = this.#batches.divide([...short.keys()], path => short.get(path))
    await Promise.all([this.#readAll(batches, found), this.#verifyByStat(others, found)])
  }

  async #verifyByStat(paths: readonly string[], found: Map<string, Visited>): Promise<void> {
    if (paths.length === 0) return
    const stats = await this.#zk.existsMany(paths, limitsOf(paths))
    const changed: string[] = []
    for (let i = 0; i < paths.length; i++) {
      const [path, stat] = [paths[i]!, stats[i]!]
      if (stat === null || !this.#keepsData || stat.mzxid === this.#known.mzxidOf(path)) {
        found.set(path, { data: null, stat })
      } else changed.push(path)
    }
    await this.#read(changed, found)
  }

  async #read(paths: readonly string[], found: Map<string, Visited>): Promise<void> {
    await this.#readAll(this.#batches.divide(paths), found)
  }

  async #readAll(batches: readonly (readonly string[])[], found: Map<string, Visited>): Promise<void> {
    await Promise.all(batches.map(batch => this.#readBatch(batch, found)))
  }

  /** Reads some znodes, with one request if they are several. */
  async #readBatch(paths: readonly string[], found: Map<string, Visited>): Promise<void> {
    try {
      const znodes = await this.#zk.getMany(paths, { ...limitsOf(paths), snapshot: paths.length > 1 })
      paths.forEach((path, index) => void found.set(path, znodes[index] ?? ABSENT))
      this.#batches.note(paths, index => znodes[index]?.data?.length ?? 0)
    } catch (error) {
      // The reply may have been too long.
      this.#batches.noteTooLong(paths)
      throw error
    }
  }
}

const ABSENT: Visited = { data: null, stat: null }

function pathOf({ path }: ReadTask): string {
  return path
}

/** All at once: the window limits them. What was read before a connection was lost says nothing after it: no retries. */
function limitsOf({ length }: readonly string[]): { concurrency: number; retry: number } {
  return { concurrency: length, retry: 0 }
}
