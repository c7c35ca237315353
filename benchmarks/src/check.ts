import type { Options } from './options.ts'
import { run } from './run.ts'
import { summarize } from './statistics.ts'
import { cellTable } from './table.ts'

/**
 * The CPU time of an operation in the floor's, above which something is wrong: half as much again as is usual, so that
 * a busy machine passes and a path that costs twice as much does not. Change them with what they guard.
 */
const MOST: Readonly<Record<string, number>> = { getData: 6.3, exists: 4.2, setData: 4.6 }

/**
 * A short look at the hot path, for machines that are busy with other things: CPU time only, as a ratio to that of the
 * floor in the same turn, the better of two rounds.
 *
 * @returns whether it costs what it should.
 */
export async function check(options: Options): Promise<boolean> {
  const short = { client: ['floor', 'zookit'], load: Object.keys(MOST), inFlight: [1000], rounds: 2 }
  const { cells } = await run('stub', { ...options, ...short }, ({ cells }) =>
    console.log(cellTable(cells.at(-1)!)),
  )
  let good = cells.length > 0
  for (const cell of cells) {
    const zookit = summarize(cell).find(({ client }) => client === 'zookit')
    const ratio = zookit?.ofFloor?.bestCpu ?? Infinity
    const most = MOST[cell.name]!
    console.log(`${cell.name}: ${ratio.toFixed(2)} × the floor's CPU, the limit is ${most}`)
    good &&= ratio <= most
  }
  return good
}
