import { hasPart, PARTS, type Part, type ReadTask } from './read-window.ts'

/** The znodes that may differ from a cache's table: a read of each is due, and no answer to it has come. */
export class Unread {
  readonly #parts = new Map<string, Set<Part>>()

  get isEmpty(): boolean {
    return this.#parts.size === 0
  }

  /** Adds what a read is to find out. */
  add(task: ReadTask): void {
    const { path } = task
    const parts = this.#parts.get(path) ?? new Set<Part>()
    for (const part of PARTS) if (hasPart(task, part)) parts.add(part)
    this.#parts.set(path, parts)
  }

  answered(path: string, part: Part): void {
    const parts = this.#parts.get(path)
    if (parts?.delete(part) && parts.size === 0) this.#parts.delete(path)
  }

  clear(): void {
    this.#parts.clear()
  }
}
