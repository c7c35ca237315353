/**
 * Result of a read. After `cut` (the connection was lost), `busy` (a retryable error) and `failed` (another error) it is
 * made again; after `cut` mostly because everything is read again.
 */
export type Outcome = 'done' | 'absent' | 'cut' | 'busy' | 'failed'

/** A read of a znode. */
export interface ReadTask {
  readonly path: string
  /** `verify`: find out whether the znode is still in the known state. */
  readonly node: 'none' | 'verify' | 'read'
  /** True if its children must be listed. */
  readonly list: boolean
  /** The synchronisation that waits for it; 0 for none. */
  readonly epoch: number
}

const NODE_READS = ['none', 'verify', 'read'] as const

/**
 * Limits the number of znodes that are read at a time. A read starts at once if there is room. Otherwise it waits, and
 * waiting reads start together when half of the earlier ones are answered: the server has work while answers are taken, and a
 * backlog of n znodes is 2n / size writes to the connection. Reads of a znode that is being read already wait for the answer, and are then made once, however
 * often they were requested.
 */
export class ReadWindow {
  readonly #size: number
  readonly #read: (tasks: readonly ReadTask[], onRead: (path: string) => void) => void
  readonly #waiting = new Map<string, ReadTask>()
  /** Reads that must be repeated, of znodes that are being read. */
  readonly #again = new Map<string, ReadTask>()
  readonly #reading = new Set<string>()
  #isFull = false

  /** @param read is given the reads that start together, and calls `onRead` for each that is done. Never throws. */
  constructor(size: number, read: (tasks: readonly ReadTask[], onRead: (path: string) => void) => void) {
    this.#size = size
    this.#read = read
  }

  /** Adds a read, or merges it with a waiting one of the same znode. */
  add(task: ReadTask): void {
    this.#queue(task)
    this.#send()
  }

  /** Adds reads that may start together. */
  addAll(tasks: readonly ReadTask[]): void {
    for (const task of tasks) this.#queue(task)
    this.#send()
  }

  #queue(task: ReadTask): void {
    const queue = this.#reading.has(task.path) ? this.#again : this.#waiting
    const other = queue.get(task.path)
    queue.set(task.path, other === undefined ? task : mergeTasks(other, task))
  }

  /** Tells if a read of a znode has begun, and its result is not known yet. */
  isReading(path: string): boolean {
    return this.#reading.has(path)
  }

  /** Returns the read that is to follow the present one of a znode, because an event has come since; undefined if there is none. */
  repeated(path: string): ReadTask | undefined {
    return this.#again.get(path)
  }

  /** Drops the waiting reads. */
  clear(): void {
    this.#waiting.clear()
    this.#again.clear()
  }

  #send(): void {
    // Starting an iteration over a long queue is slower the more entries were removed from its front.
    if (this.#isFull) return
    const tasks: ReadTask[] = []
    for (const [path, task] of this.#waiting) {
      if (this.#reading.size >= this.#size) {
        this.#isFull = true
        break
      }
      this.#waiting.delete(path)
      this.#reading.add(path)
      tasks.push(task)
    }
    if (tasks.length > 0) this.#read(tasks, this.#onRead)
  }

  readonly #onRead = (path: string): void => {
    this.#reading.delete(path)
    const again = this.#again.get(path)
    if (again) {
      this.#again.delete(path)
      this.#waiting.set(path, again)
    }
    if (this.#reading.size <= this.#size / 2) this.#isFull = false
    this.#send()
  }
}

/** Joins two reads of the same znode into one that does the work of both. */
export function mergeTasks(a: ReadTask, b: ReadTask): ReadTask {
  const node = NODE_READS[Math.max(NODE_READS.indexOf(a.node), NODE_READS.indexOf(b.node))]!
  return { path: a.path, node, list: a.list || b.list, epoch: Math.max(a.epoch, b.epoch) }
}
