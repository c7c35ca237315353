import type { Environment } from '@zookit/client'
import { mergeTasks, type ReadTask } from './read-task.ts'

/** A read that has failed, and waits for its next attempt. */
interface Postponed {
  readonly task: ReadTask
  readonly timer: { cancel(): void }
}

/** Milliseconds before the second attempt; each further failure doubles them. */
const FIRST_PAUSE = 100

/** Reads that have failed, each waiting for its own next attempt. They take no room in the window of reads meanwhile. */
export class PostponedReads {
  readonly #environment: Environment
  readonly #resume: (task: ReadTask) => void
  readonly #postponed = new Map<string, Postponed>()
  /** The number of failures in a row, by path. */
  readonly #failures = new Map<string, number>()

  /** @param resume is given each read when its time has come. */
  constructor(environment: Environment, resume: (task: ReadTask) => void) {
    this.#environment = environment
    this.#resume = resume
  }

  /** Says whether the last attempt to read a znode has failed. */
  hasFailed(path: string): boolean {
    return this.#failures.has(path)
  }

  /**
   * Postpones a read.
   *
   * @param longest the longest pause, in milliseconds.
   */
  add(task: ReadTask, longest: number): void {
    const { path } = task
    const present = this.take(path)
    const failures = this.#failures.get(path) ?? 0
    this.#failures.set(path, failures + 1)
    const pause = Math.min(FIRST_PAUSE * 2 ** failures, longest)
    const timer = this.#environment.setTimer(
      () => {
        const due = this.take(path)
        if (due !== undefined) this.#resume(due)
      },
      pause * (0.5 + this.#environment.random() / 2),
    )
    this.#postponed.set(path, { task: present === undefined ? task : mergeTasks(present, task), timer })
  }

  /** Takes a postponed read out; undefined if there is none. */
  take(path: string): ReadTask | undefined {
    if (this.#postponed.size === 0) return undefined
    const present = this.#postponed.get(path)
    if (present === undefined) return undefined
    this.#postponed.delete(path)
    present.timer.cancel()
    return present.task
  }

  /** Forgets the failures of a znode that has been read. */
  succeeded(path: string): void {
    this.#failures.delete(path)
  }

  /** Forgets everything. */
  clear(): void {
    for (const { timer } of this.#postponed.values()) timer.cancel()
    this.#postponed.clear()
    this.#failures.clear()
  }
}
