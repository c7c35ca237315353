import { areas } from '../case.ts'
import type { CaseResult } from './types.ts'

/** The counts of one row of the table. */
export interface Tally {
  readonly name: string
  readonly passed: number
  readonly failed: number
  readonly notApplicable: number
}

function count(name: string, results: readonly CaseResult[]): Tally {
  const of = (status: CaseResult['status']): number => results.filter(each => each.status === status).length
  return { name, passed: of('passed'), failed: of('failed'), notApplicable: of('not-applicable') }
}

/** Returns one row for each area that has results, and the sum of all. */
export function tally(results: readonly CaseResult[]): { rows: Tally[]; total: Tally } {
  const rows = areas.map(area =>
    count(
      area,
      results.filter(each => each.area === area),
    ),
  )
  const used = rows.filter(({ passed, failed, notApplicable }) => passed + failed + notApplicable > 0)
  return { rows: used, total: count('all', results) }
}
