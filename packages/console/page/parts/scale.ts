/** Returns the ends of a scale: from zero to a little above the largest value, however small that is. */
export function scaleOf(least: number | null, most: number | null): [number, number] {
  const end = (most ?? 0) * 1.1
  return [Math.min(0, least ?? 0), end > 0 ? end : 1]
}
