import type { Options } from './options.ts'
import { run } from './run.ts'
import { summarize } from './statistics.ts'
import { cellTable } from './table.ts'

/**
 * The highest CPU time of an operation, as a ratio to that of `lean`, which does the same work and nothing else. They are
 * about 1.5 times the usual ratio: a busy machine passes, and a path that costs twice as much does not. Lower them when
 * the path becomes cheaper.
 */
const MOST: Readonly<Record<string, number>> = { getData: 1.7, exists: 1.9, setData: 1.8 }

const SHORT = { rounds: 8, seconds: 0.1 }

/**
 * Measures the hot path in a few short rounds, on a machine that may be busy. It compares only CPU time, as a ratio to
 * a client that takes turns with zookit, and takes the best round.
 *
 * @returns true if every ratio is within its limit.
 */
export async function check(options: Options): Promise<boolean> {
  const short = { client: ['lean', 'zookit'], load: Object.keys(MOST), inFlight: [1000], ...SHORT }
  const { cells } = await run('stub', { ...options, ...short }, ({ cells }) =>
    console.log(cellTable(cells.at(-1)!)),
  )
  let good = cells.length > 0
  for (const cell of cells) {
    const zookit = summarize(cell).find(({ client }) => client === 'zookit')
    const ratio = zookit?.against.lean?.bestCpu ?? Infinity
    const most = MOST[cell.name]!
    console.log(`${cell.name}: ${ratio.toFixed(2)} × the CPU time of lean, the limit is ${most}`)
    good &&= ratio <= most
  }
  return good
}
