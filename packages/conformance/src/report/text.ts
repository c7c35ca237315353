import Table from 'cli-table3'
import { labelOf } from '../label.ts'
import { tally } from './tally.ts'
import type { ConformanceReport } from './types.ts'

/** Prints the results by area, as a table for a terminal. */
export function formatTable({ hosts, release, results }: ConformanceReport): string {
  const { rows, total } = tally(results)
  const table = new Table({
    head: ['area', 'passed', 'failed', 'not applicable'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  })
  for (const { name, passed, failed, notApplicable } of [...rows, total]) {
    table.push([name, passed, failed, notApplicable])
  }
  return `${hosts}, held to ZooKeeper ${release}\n${table.toString()}`
}

/** Prints each failure: the expectation, what came instead, and the frames. Empty if nothing failed. */
export function formatFailures({ results }: ConformanceReport): string {
  return results
    .flatMap(result => {
      if (!result.failure) return []
      const { expected, actual, frames } = result.failure
      const lines = [
        labelOf(result),
        `  reference: ${result.reference}`,
        `  expected: ${expected}`,
        `  got: ${actual}`,
      ]
      return [[...lines, ...frames.map(frame => frame.replaceAll(/^/gm, '    '))].join('\n')]
    })
    .join('\n\n')
}
