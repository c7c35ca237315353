import type { Partition } from './partition.ts'

/** What is done with a partition. It is to end soon after the signal was aborted: until then nobody else gets it. */
export type PartitionWork = (partition: Partition, signal: AbortSignal) => unknown

/** The work on partitions, one after the other on those of the same name. Each that is taken is released in the end. */
export class Workers {
  readonly #work: PartitionWork
  readonly #taken = new Set<Partition>()
  /** The last work of each name. */
  readonly #last = new Map<string, Promise<void>>()
  readonly #controller = new AbortController()
  #failure: { error: unknown } | undefined
  #isEnding = false

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

  /** Begins to work on what is new among them, when what is left of earlier work of that name has ended. */
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

  /** Tells all work to end, and waits for it. Takes nothing any more. */
  async end(): Promise<void> {
    this.#isEnding = true
    for (const partition of this.#taken) partition.revoke('released')
    await Promise.all(this.#last.values())
  }

  async #perform(partition: Partition): Promise<void> {
    const { signal } = partition
    try {
      if (!signal.aborted) await this.#work(partition, signal)
    } catch (error) {
      // What it throws after it was told to end is taken for a consequence of that.
      if (!signal.aborted) throw error
    } finally {
      this.#taken.delete(partition)
      await partition.release()
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#controller.abort()
  }
}
