/** What is to be read of a node. */
export interface ReadTask {
  readonly path: string
  /** `verify`: whether it is still the one that is known. */
  readonly node: 'none' | 'verify' | 'read'
  /** Whether its children are to be listed. */
  readonly list: boolean
  /** The synchronisation that waits for it; 0 for none. */
  readonly epoch: number
}

const NODE_READS = ['none', 'verify', 'read'] as const

/**
 * Reads under way, so many nodes at a time. Who is let in goes at once; when there is no room, those who wait go
 * together when all before them have come back: a backlog of n nodes is n / size writes to the connection. What is
 * asked of a node that is being read waits for the answer, and is asked once then, however often it was wanted.
 */
export class ReadWindow {
  readonly #size: number
  readonly #read: (task: ReadTask) => Promise<void>
  readonly #waiting = new Map<string, ReadTask>()
  /** For nodes that are being read: what is to be read of them again. */
  readonly #again = new Map<string, ReadTask>()
  readonly #reading = new Set<string>()
  #isFull = false

  /** @param read never rejects. */
  constructor(size: number, read: (task: ReadTask) => Promise<void>) {
    this.#size = size
    this.#read = read
  }

  /** @returns whether it is one more to be waited for in its epoch: it has not become part of another that waits. */
  add(task: ReadTask): boolean {
    const queue = this.#reading.has(task.path) ? this.#again : this.#waiting
    const other = queue.get(task.path)
    queue.set(task.path, other === undefined ? task : merge(other, task))
    if (queue === this.#waiting) this.#send()
    return other === undefined || other.epoch < task.epoch
  }

  /** Drops what waits. */
  clear(): void {
    this.#waiting.clear()
    this.#again.clear()
  }

  #send(): void {
    // To begin to walk through a long queue takes longer the more has been taken out of it.
    if (this.#isFull) return
    for (const [path, task] of this.#waiting) {
      if (this.#reading.size >= this.#size) {
        this.#isFull = true
        return
      }
      this.#waiting.delete(path)
      this.#reading.add(path)
      void this.#read(task).then(() => this.#onRead(path))
    }
  }

  #onRead(path: string): void {
    this.#reading.delete(path)
    const again = this.#again.get(path)
    if (again) {
      this.#again.delete(path)
      this.#waiting.set(path, again)
    }
    if (this.#reading.size === 0) this.#isFull = false
    this.#send()
  }
}

function merge(a: ReadTask, b: ReadTask): ReadTask {
  const node = NODE_READS[Math.max(NODE_READS.indexOf(a.node), NODE_READS.indexOf(b.node))]!
  return { path: a.path, node, list: a.list || b.list, epoch: Math.max(a.epoch, b.epoch) }
}
