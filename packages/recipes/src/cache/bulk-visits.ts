import { ReadBatches, type Stat, type ZooKeeper } from '@zookit/client'
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

/** Takes the result of a read. Never throws. */
type Take<Task> = (task: Task, visit: Visit) => void

/**
 * Reads many znodes with few requests. One multiRead reads several, which spares the server most of the work of a request for
 * each: every server with persistent watches has it (3.6). Its results come together, so an event of a znode can overtake the
 * result that it follows.
 */
export class BulkVisits {
  readonly #zk: ZooKeeper
  readonly #keepsData: boolean
  readonly #known: Pick<NodeTable, 'mzxidOf'>
  readonly #batches = new ReadBatches()

  /** @param known knows the last state of a znode that may be unchanged. */
  constructor(zk: ZooKeeper, keepsData: boolean, known: Pick<NodeTable, 'mzxidOf'>) {
    this.#zk = zk
    this.#keepsData = keepsData
    this.#known = known
  }

  /** Reads the znodes of tasks. @param take is given each task with its result. */
  read<Task extends ReadTask>(tasks: readonly Task[], take: Take<Task>): void {
    const whole: Task[] = []
    const short: Task[] = []
    const others: Task[] = []
    for (const task of tasks) {
      const { node, knownLength } = task
      // Short data are read at once, whether or not they have changed.
      if (this.#keepsData && node === 'verify' && knownLength >= 0 && knownLength <= ReadBatches.SHORT)
        short.push(task)
      else if (this.#keepsData && node === 'read') whole.push(task)
      else if (node !== 'none') others.push(task)
      else take(task, 'alone')
    }
    const batches = this.#batches.divide<Task>(short, {
      pathOf,
      lengthOf: ({ knownLength }) => knownLength,
    })
    for (const batch of batches) void this.#readBatch(batch, take)
    this.#readAll(whole, take)
    if (others.length > 0) void this.#verifyByStat(others, take)
  }

  async #verifyByStat<Task extends ReadTask>(tasks: readonly Task[], take: Take<Task>): Promise<void> {
    const paths = tasks.map(pathOf)
    let stats: (Stat | null)[]
    try {
      stats = await this.#zk.existsMany(paths, limitsOf(paths))
    } catch (error) {
      return takeAll(tasks, visitAfter(error), take)
    }
    const changed: Task[] = []
    for (let i = 0; i < tasks.length; i++) {
      const [task, stat] = [tasks[i]!, stats[i]!]
      if (stat === null || !this.#keepsData || stat.mzxid === this.#known.mzxidOf(task.path)) {
        take(task, { data: null, stat })
      } else changed.push(task)
    }
    this.#readAll(changed, take)
  }

  #readAll<Task extends ReadTask>(tasks: readonly Task[], take: Take<Task>): void {
    for (const batch of this.#batches.divide<Task>(tasks, { pathOf })) void this.#readBatch(batch, take)
  }

  /** Reads some znodes, with one request if they are several. */
  async #readBatch<Task extends ReadTask>(tasks: readonly Task[], take: Take<Task>): Promise<void> {
    const paths = tasks.map(pathOf)
    let znodes: (Visited | null)[]
    try {
      znodes = await this.#zk.getMany(paths, { ...limitsOf(paths), snapshot: paths.length > 1 })
      this.#batches.note(paths, index => znodes[index]?.data?.length ?? 0)
    } catch (error) {
      // The reply may have been too long.
      this.#batches.noteTooLong(paths)
      return takeAll(tasks, visitAfter(error), take)
    }
    for (let i = 0; i < tasks.length; i++) take(tasks[i]!, znodes[i] ?? ABSENT)
  }
}

const ABSENT: Visited = { data: null, stat: null }

function takeAll<Task>(tasks: readonly Task[], visit: Visit, take: Take<Task>): void {
  for (const task of tasks) take(task, visit)
}

function visitAfter(error: unknown): 'alone' | 'cut' {
  return isDisconnection(error) || isEnd(error) ? 'cut' : 'alone'
}

function pathOf({ path }: ReadTask): string {
  return path
}

/** All at once: the window limits them. What was read before a connection was lost says nothing after it: no retries. */
function limitsOf({ length }: readonly string[]): { concurrency: number; retry: number } {
  return { concurrency: length, retry: 0 }
}
