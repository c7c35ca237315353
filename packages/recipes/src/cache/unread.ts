import type { ReadTask } from './read-window.ts'

/** The parts of a znode that are read by requests of their own, as bits. A Set for each znode would be most of the cost of a scan. */
export const NODE = 1
export const LIST = 2
/** Both parts. */
export const WHOLE: number = NODE | LIST

/** Returns the parts that a read is to find out; 0 for no read. */
export function partsOf(task: ReadTask | undefined): number {
  if (task === undefined) return 0
  return (task.node === 'none' ? 0 : NODE) | (task.list ? LIST : 0)
}

/** The znodes that may differ from a cache's table: a read of each is due, and no answer to it has come. */
export class Unread {
  readonly #parts = new Map<string, number>()

  get isEmpty(): boolean {
    return this.#parts.size === 0
  }

  /** Adds what a read is to find out. */
  add(task: ReadTask): void {
    const { path } = task
    this.#parts.set(path, (this.#parts.get(path) ?? 0) | partsOf(task))
  }

  /** Notes an answer. @param parts the parts that it tells of. */
  answered(path: string, parts: number): void {
    const present = this.#parts.get(path)
    if (present === undefined) return
    const left = present & ~parts
    if (left === 0) this.#parts.delete(path)
    else if (left !== present) this.#parts.set(path, left)
  }

  clear(): void {
    this.#parts.clear()
  }
}
