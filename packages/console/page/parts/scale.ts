import type { Sample } from '../../src/protocol.ts'

/** Milliseconds without a sample after which a line breaks off: servers are looked at every two seconds while a page is open. */
const GAP = 15_000

/** Puts a sample without servers where nobody has looked for a while: no line is drawn over it. */
export function withGaps(samples: readonly Sample[]): Sample[] {
  return samples.flatMap((sample, i) => {
    const before = samples[i - 1]
    if (before === undefined || sample.at - before.at < GAP) return [sample]
    return [{ ...sample, at: before.at + 1, servers: [] }, sample]
  })
}

/** Returns the ends of a scale: from zero to a little above the largest value, however small that is. */
export function scaleOf(least: number | null, most: number | null): [number, number] {
  const end = (most ?? 0) * 1.1
  return [Math.min(0, least ?? 0), end > 0 ? end : 1]
}
