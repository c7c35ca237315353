import { describeCell } from './loads.ts'
import type { Results } from './results.ts'
import { type Spread, type Summary, summarize } from './statistics.ts'

/** What changed from one run to another. */
export interface Change {
  cell: string
  client: string
  what: string
  before: number
  after: number
  /** Percent, positive for better. */
  better: number
  /** Worse by more than the tolerance. */
  regression: boolean
}

/** A quantity that two runs are compared by. */
interface Quantity {
  what: string
  moreIsBetter: boolean
  of(summary: Summary): Spread | undefined
}

// Against the floor of the same run wherever there is one: another day, or another machine, then matters less.
const QUANTITIES: readonly Quantity[] = [
  { what: 'throughput × floor', moreIsBetter: true, of: ({ ofFloor }) => ofFloor?.throughput },
  { what: 'CPU per op × floor', moreIsBetter: false, of: ({ ofFloor }) => ofFloor?.cpu },
  { what: 'p50 × floor', moreIsBetter: false, of: ({ ofFloor }) => ofFloor?.p50 },
]
const ABSOLUTE: readonly Quantity[] = [
  { what: 'ops/s', moreIsBetter: true, of: ({ throughput }) => throughput },
  { what: 'CPU µs/op', moreIsBetter: false, of: ({ cpu }) => cpu },
]

/** Whether two medians lie further apart than the middle halves of their rounds reach. */
function beyondNoise(before: Spread, after: Spread): boolean {
  return Math.abs(after.median - before.median) > before.spread + after.spread
}

function changeOf(
  quantity: Quantity,
  before: Summary,
  after: Summary,
): Omit<Change, 'cell' | 'regression'> | null {
  const [old, now] = [quantity.of(before), quantity.of(after)]
  if (!old || !now || old.median === 0 || !beyondNoise(old, now)) return null
  const growth = (now.median / old.median - 1) * 100
  const better = quantity.moreIsBetter ? growth : -growth
  return { client: after.client, what: quantity.what, before: old.median, after: now.median, better }
}

/**
 * What changed beyond noise, cell by cell; cells and clients that only one of the runs has are passed over.
 *
 * @param tolerance percent by which something may be worse.
 */
export function compare(before: Results, after: Results, tolerance: number): Change[] {
  const old = new Map(before.cells.map(cell => [describeCell(cell), summarize(cell)]))
  return after.cells.flatMap(cell => {
    const name = describeCell(cell)
    return summarize(cell).flatMap(summary => {
      const same = old.get(name)?.find(({ client }) => client === summary.client)
      if (!same) return []
      const quantities = same.ofFloor && summary.ofFloor ? QUANTITIES : ABSOLUTE
      return quantities.flatMap(quantity => {
        const change = changeOf(quantity, same, summary)
        return change ? [{ ...change, cell: name, regression: change.better < -tolerance }] : []
      })
    })
  })
}

/** The changes as lines of text. */
export function describeChanges(changes: readonly Change[]): string {
  if (changes.length === 0) return 'Nothing changed beyond noise.'
  const lines = changes.map(({ cell, client, what, before, after, better, regression }) => {
    const word = better > 0 ? 'better' : 'worse'
    const numbers = `${before.toPrecision(3)} -> ${after.toPrecision(3)}`
    return `${regression ? 'REGRESSION ' : ''}${cell}, ${client}: ${what} ${numbers}, ${Math.abs(better).toFixed(0)} % ${word}`
  })
  return lines.join('\n')
}
