import type { WatchName } from './watch-registry.ts'

/** A request that changes what the server holds for a path: it sets a kind of watch, or removes or corrects some. */
export type PendingChange = WatchName | 'removal' | 'correction'

type Counts = Partial<Record<PendingChange, number>> & { all: number }

/**
 * The requests under way that may change the watches of a path at the server: from the call until the reply is here, or
 * none can come any more.
 */
export class PendingWatches {
  readonly #byPath = new Map<string, Counts>()

  /**
   * Adds a request that was submitted.
   *
   * @returns a function to call when the request is over; a second call does nothing.
   */
  add(change: PendingChange, path: string): () => void {
    const counts = this.#byPath.get(path) ?? { all: 0 }
    if (counts.all++ === 0) this.#byPath.set(path, counts)
    counts[change] = (counts[change] ?? 0) + 1
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      counts[change]!--
      if (--counts.all === 0) this.#byPath.delete(path)
    }
  }

  /** Tells whether a request under way may set a watch of one of these kinds on a path, or do another of these changes. */
  has(changes: readonly PendingChange[], path: string): boolean {
    const counts = this.#byPath.get(path)
    return counts !== undefined && changes.some(change => (counts[change] ?? 0) > 0)
  }

  /** Tells whether any request under way may change what the server holds for a path. */
  isBusy(path: string): boolean {
    return this.#byPath.has(path)
  }
}
