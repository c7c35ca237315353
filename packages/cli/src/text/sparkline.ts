const BARS = '▁▂▃▄▅▆▇█'

/** Draws numbers as a line of bars, the newest at the right. Null, which is not known, is a blank. */
export function sparkline(values: readonly (number | null)[], width: number): string {
  const shown = values.slice(-width)
  const most = Math.max(...shown.map(value => value ?? 0), 1)
  return shown
    .map(value =>
      value === null ? ' ' : BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))]!,
    )
    .join('')
    .padStart(width)
}
