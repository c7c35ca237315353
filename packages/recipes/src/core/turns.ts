import type { Patience } from './patience.ts'

/** Lets one in at a time, in the order of coming. */
export class Turns {
  #last: Promise<void> = Promise.resolve()

  /**
   * Does something when all before it is done. Who runs out of patience before gives his turn up.
   *
   * @throws what `patience` says while it waits; what the work throws.
   */
  async take<Result>(patience: Patience, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last
    let end = (): void => {}
    const ended = new Promise<void>(resolve => {
      end = resolve
    })
    this.#last = before.then(() => ended)
    try {
      await patience.race(before)
      return await work()
    } finally {
      end()
    }
  }
}
