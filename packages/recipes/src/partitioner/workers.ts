import type { Partition } from './partition.ts'

/** What is done with a partition. It is to end soon after the signal was aborted: until then nobody else gets it. */
export type PartitionWork = (partition: Partition, signal: AbortSignal) => unknown

/** The work on partitions, at most one at a time on each name. */
export class Workers {
  readonly #work: PartitionWork
  readonly #working = new Map<string, Promise<void>>()
  readonly #controller = new AbortController()
  #due: readonly Partition[] = []
  #failure: { error: unknown } | undefined

  constructor(work: PartitionWork) {
    this.#work = work
  }

  /** Aborted when work has failed. */
  get failed(): AbortSignal {
    return this.#controller.signal
  }

  /** What the first work to fail has thrown. */
  get failure(): { error: unknown } | undefined {
    return this.#failure
  }

  /** Begins to work on what is new among them, when what is left of earlier work on it has ended. */
  take(partitions: readonly Partition[]): void {
    this.#due = partitions
    for (const partition of partitions) {
      const { name, signal } = partition
      if (signal.aborted || this.#working.has(name) || this.failed.aborted) continue
      const working = this.#perform(partition).catch(error => this.#fail(error))
      this.#working.set(
        name,
        working.then(() => this.#next(name)),
      )
    }
  }

  /** Tells all work to end, and waits for it. */
  async end(): Promise<void> {
    const due = this.#due
    this.#due = []
    for (const partition of due) partition.revoke('released')
    await Promise.all(this.#working.values())
  }

  async #perform(partition: Partition): Promise<void> {
    try {
      await this.#work(partition, partition.signal)
    } catch (error) {
      // What it throws after it was told to end is taken for a consequence of that.
      if (!partition.signal.aborted) throw error
    } finally {
      await partition.release()
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#controller.abort()
  }

  #next(name: string): void {
    this.#working.delete(name)
    this.take(this.#due)
  }
}
