import type { Spread } from '../statistics.ts'

/** A figure of the project's budget, and its measurement. */
export interface Bar {
  what: string
  /** The limit; null for a figure that is shown for comparison. */
  limit: number | null
  /** The meaning of the limit: the least or the highest value. */
  bound: 'at least' | 'at most'
  unit: string
  /** The median. */
  value: number
  /** The ends of the middle half of the rounds; null for a single measurement. */
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

/** Returns true if the limit is met; null if there is none. */
export function met({ bound, limit, value }: Bar): boolean | null {
  if (limit === null) return null
  return bound === 'at least' ? value >= limit : value <= limit
}

/** Formats a figure with three significant digits and its unit. */
function figure(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)
  return unit === '×' ? `${digits} ×` : `${digits} ${unit}`
}

/** Formats a bar as cells of a table: name, limit, measurement, range, met or missed. */
export function cellsOfBar(bar: Bar): [string, string, string, string, string] {
  const { what, bound, limit, unit, value, range } = bar
  const isMet = met(bar)
  return [
    what,
    limit === null ? '-' : `${bound} ${figure(limit, unit)}`,
    figure(value, unit),
    range ? `${figure(range[0], unit)} to ${figure(range[1], unit)}` : '-',
    isMet === null ? '' : isMet ? 'met' : 'missed',
  ]
}
