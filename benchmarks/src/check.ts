import type { Options } from './options.ts'
import { run } from './run.ts'
import { summarize } from './statistics.ts'
import { cellTable } from './table.ts'

/**
 * CPU time of an operation beside that of `lean`, the same work with nothing around it, above which something is wrong: some
 * 1.5 times what is usual, so that a busy machine passes and a path that costs twice as much does not. Whoever makes the
 * path cheaper lowers them.
 */
const MOST: Readonly<Record<string, number>> = { getData: 1.7, exists: 1.9, setData: 1.8 }

const SHORT = { rounds: 8, seconds: 0.1 }

/**
 * A short look at the hot path, for machines that are busy with other things: CPU time only, as a ratio to another client's
 * that takes turns with it, the best of some short rounds.
 *
 * @returns whether it costs what it should.
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
