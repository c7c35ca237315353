import { releaseUntil, whileHeld } from '../core/while-held.ts'
import type { Partition } from './partition.ts'

/** Work on a partition. It should end soon after the signal is aborted: until then nobody else gets the partition. */
export type PartitionWork = (partition: Partition, signal: AbortSignal) => unknown

/**
 * Runs the work on partitions, one run at a time for each partition. Each partition that is taken is released in the
 * end.
 */
export class Workers {
  readonly #work: PartitionWork
  readonly #signal: AbortSignal | undefined
  readonly #taken = new Set<Partition>()
  /** The last work on each partition. */
  readonly #last = new Map<string, Promise<void>>()
  readonly #controller = new AbortController()
  #failure: { error: unknown } | undefined
  #isEnding = false

  /** @param signal once it is aborted, nothing waits for a connection in order to release a partition. */
  constructor(work: PartitionWork, signal?: AbortSignal) {
    this.#work = work
    this.#signal = signal
  }

  /** Aborted when work has failed. */
  get failed(): AbortSignal {
    return this.#controller.signal
  }

  /** Error of the first work that failed. */
  get failure(): { error: unknown } | undefined {
    return this.#failure
  }

  /** Begins to work on the new partitions, each when earlier work on the same one has ended. */
  take(partitions: readonly Partition[]): void {
    if (this.#isEnding) return
    for (const partition of partitions) {
      if (this.#taken.has(partition)) continue
      this.#taken.add(partition)
      const { name } = partition
      const before = this.#last.get(name) ?? Promise.resolve()
      const working = before.then(() => this.#perform(partition)).catch(error => this.#fail(error))
      this.#last.set(name, working)
      void working.then(() => {
        if (this.#last.get(name) === working) this.#last.delete(name)
      })
    }
  }

  /** Aborts all work and waits for it. Takes no partitions any more. */
  async end(): Promise<void> {
    this.#isEnding = true
    for (const partition of this.#taken) partition.revoke('released')
    await Promise.all(this.#last.values())
  }

  async #perform(partition: Partition): Promise<void> {
    const { signal } = partition
    const perform = async (): Promise<void> => {
      try {
        if (!signal.aborted) await this.#work(partition, signal)
      } catch (error) {
        // An error after the abort is ignored, as a consequence of it.
        if (!signal.aborted) throw error
      } finally {
        this.#taken.delete(partition)
      }
    }
    const release = (): Promise<void> => releaseUntil(this.#signal, limits => partition.release(limits))
    await whileHeld(partition, perform, release)
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#controller.abort()
  }
}
