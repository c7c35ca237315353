import type { Deadline } from './deadline.ts'

/** Runs one task at a time, in the order of the calls. */
export class SerialQueue {
  #last: Promise<void> = Promise.resolve()

  /**
   * Runs a task when all earlier ones have ended. A call whose deadline passes first gives up its place.
   *
   * @throws ABORTED, REQUEST_TIMEOUT while it waits; what the task throws.
   */
  async run<Result>(deadline: Deadline, task: () => Promise<Result>): Promise<Result> {
    const before = this.#last
    let end = (): void => {}
    const ended = new Promise<void>(resolve => {
      end = resolve
    })
    this.#last = before.then(() => ended)
    try {
      await deadline.race(before)
      return await task()
    } finally {
      end()
    }
  }
}
