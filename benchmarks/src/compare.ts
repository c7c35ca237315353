import type { Reference } from './clients.ts'
import { describeCell } from './loads.ts'
import type { Results } from './results.ts'
import { isReference, type Ratios, type Spread, type Summary, summarize } from './statistics.ts'

/** A change from one run to another. */
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

/** A quantity by which two runs are compared. */
interface Quantity {
  what: string
  moreIsBetter: boolean
  of(summary: Summary): Spread | undefined
}

// A ratio to a reference of the same run is the same on another day or on another machine. `lean` comes first: it does the
// same kinds of work as a client, while a bare socket leaves all work to the kernel.
const PREFERRED: readonly Reference[] = ['lean', 'floor-batch', 'floor']

const RATIOS: readonly (readonly [string, boolean, (ratios: Ratios) => Spread])[] = [
  ['throughput', true, ({ throughput }) => throughput],
  ['CPU per op', false, ({ cpu }) => cpu],
  ['p50', false, ({ p50 }) => p50],
]

const ABSOLUTE: readonly Quantity[] = [
  { what: 'ops/s', moreIsBetter: true, of: ({ throughput }) => throughput },
  { what: 'CPU µs/op', moreIsBetter: false, of: ({ cpu }) => cpu },
]

function relativeTo(reference: Reference): Quantity[] {
  return RATIOS.map(([what, moreIsBetter, of]) => ({
    what: `${what} × ${reference}`,
    moreIsBetter,
    of: ({ against }) => against[reference] && of(against[reference]),
  }))
}

function quantitiesFor(before: Summary, after: Summary): readonly Quantity[] {
  const both = PREFERRED.find(name => before.against[name] && after.against[name])
  return both ? relativeTo(both) : ABSOLUTE
}

/** Returns true if every round of one run is beyond every round of the other. With five each, chance does that once in 126. */
function beyondNoise(before: Spread, after: Spread): boolean {
  return after.low > before.high || after.high < before.low
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
 * Finds the changes beyond noise, cell by cell. Cells and clients that only one run has are ignored, and so are the
 * references, which change with the machine.
 *
 * @param tolerance the percentage by which a quantity may be worse.
 */
export function compare(before: Results, after: Results, tolerance: number): Change[] {
  const old = new Map(before.cells.map(cell => [describeCell(cell), summarize(cell)]))
  return after.cells.flatMap(cell => {
    const name = describeCell(cell)
    return summarize(cell).flatMap(summary => {
      const same = old.get(name)?.find(({ client }) => client === summary.client)
      if (!same || isReference(summary.client)) return []
      return quantitiesFor(same, summary).flatMap(quantity => {
        const change = changeOf(quantity, same, summary)
        return change ? [{ ...change, cell: name, regression: change.better < -tolerance }] : []
      })
    })
  })
}

/** Formats the changes as lines of text. */
export function describeChanges(changes: readonly Change[]): string {
  if (changes.length === 0) return 'Nothing changed beyond noise.'
  const lines = changes.map(({ cell, client, what, before, after, better, regression }) => {
    const word = better > 0 ? 'better' : 'worse'
    const numbers = `${before.toPrecision(3)} -> ${after.toPrecision(3)}`
    return `${regression ? 'REGRESSION ' : ''}${cell}, ${client}: ${what} ${numbers}, ${Math.abs(better).toFixed(0)} % ${word}`
  })
  return lines.join('\n')
}
