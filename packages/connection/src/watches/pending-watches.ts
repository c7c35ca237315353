import type { WatchName } from './watch-registry.ts'

/**
 * The watches that requests under way may set at the server. Whatever is removed meanwhile must leave them there.
 */
export class PendingWatches {
  /** The number of requests under way, by kind and path. */
  readonly #requests = new Map<string, number>()

  /**
   * Adds a request that was submitted.
   *
   * @returns a function to call when the request is settled; a second call does nothing.
   */
  add(name: WatchName, path: string): () => void {
    const key = name + path
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      const left = this.#requests.get(key)! - 1
      if (left === 0) this.#requests.delete(key)
      else this.#requests.set(key, left)
    }
  }

  /** Tells whether a request under way may set a watch of one of these kinds on a path. */
  has(names: readonly WatchName[], path: string): boolean {
    return this.#requests.size > 0 && names.some(name => this.#requests.has(name + path))
  }
}
