import { SingleBar } from 'cli-progress'
import { clients } from './clients.ts'
import { cellsOf, describeCell } from './loads.ts'
import { measure } from './measure.ts'
import type { Options } from './options.ts'
import { paceOf } from './pace.ts'
import { newResults, type Results } from './results.ts'
import { startTarget, type TargetName } from './targets.ts'

/** Measures all cells of the options on one target, one after the other. */
export async function run(
  name: TargetName,
  options: Options,
  onCell: (text: Results) => void,
): Promise<Results> {
  const { rounds, seconds, warmUp, profile: profiles } = options
  const cells = options.load.flatMap(load => cellsOf(load, options))
  const entries = clients.filter(client => options.client.includes(client.name))
  const target = await startTarget(name, options.hosts)
  const results = newResults(target.name, { rounds, seconds, warmUp, profiles })
  const bar = new SingleBar({
    format: '{bar} {percentage} % {cell}',
    clearOnComplete: true,
    hideCursor: true,
  })
  const effort = { rounds, seconds, warmUp, profiles }
  const steps = cells.map(cell => entries.length * (paceOf(cell, effort).rounds + 1))
  const stepsBefore = (index: number): number => steps.slice(0, index).reduce((sum, count) => sum + count, 0)
  bar.start(stepsBefore(cells.length), 0, { cell: '' })
  try {
    for (const [index, cell] of cells.entries()) {
      bar.update(stepsBefore(index), { cell: describeCell(cell) })
      results.cells.push(await measure(cell, entries, target, effort, () => bar.increment()))
      onCell(results)
    }
  } finally {
    bar.stop()
    await target.stop()
  }
  return results
}
