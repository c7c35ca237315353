import type { Spread } from '../statistics.ts'

/** One figure that the project has set itself, and what was measured. */
export interface Bar {
  what: string
  /** The limit; null for a figure that is shown for comparison. */
  limit: number | null
  /** Whether the value is to reach the limit, or to stay below it. */
  bound: 'at least' | 'at most'
  unit: string
  /** The median. */
  value: number
  /** Where the middle half of the rounds lies; null for a single measurement. */
  range: readonly [number, number] | null
}

export function bar(
  what: string,
  bound: Bar['bound'],
  limit: number | null,
  unit: string,
  value: number | Spread,
): Bar {
  if (typeof value === 'number') return { what, bound, limit, unit, value, range: null }
  return { what, bound, limit, unit, value: value.median, range: value.middle }
}

/** Whether a bar is met; null where there is none. */
export function met({ bound, limit, value }: Bar): boolean | null {
  if (limit === null) return null
  return bound === 'at least' ? value >= limit : value <= limit
}

/** A figure with the digits that count, and its unit. */
export function figure(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)
  return unit === '×' ? `${digits} ×` : `${digits} ${unit}`
}

/** A bar as cells of a table: what, wanted, measured, range, verdict. */
export function cellsOfBar(bar: Bar): [string, string, string, string, string] {
  const { what, bound, limit, unit, value, range } = bar
  const verdict = met(bar)
  return [
    what,
    limit === null ? '-' : `${bound} ${figure(limit, unit)}`,
    figure(value, unit),
    range ? `${figure(range[0], unit)} to ${figure(range[1], unit)}` : '-',
    verdict === null ? '' : verdict ? 'met' : 'missed',
  ]
}
