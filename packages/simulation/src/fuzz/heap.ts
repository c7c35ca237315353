import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Finding } from './finding.ts'

/** The most that the heap may grow by in a run, in bytes. */
const MOST = 64 * 2 ** 20

/** Measures how the heap grows, after a collection of the garbage. */
export class HeapGauge {
  readonly #collect: () => void
  readonly #before: number

  constructor() {
    setFlagsFromString('--expose-gc')
    this.#collect = runInNewContext('gc') as () => void
    this.#before = this.#used()
  }

  /** Returns the growth since this gauge was made, in bytes. @throws Finding if it is too much. */
  check(): number {
    const growth = this.#used() - this.#before
    if (growth <= MOST) return growth
    throw new Finding(`the heap grew by ${growth} bytes, and ${MOST} is the most that it may`)
  }

  #used(): number {
    this.#collect()
    return process.memoryUsage().heapUsed
  }
}
